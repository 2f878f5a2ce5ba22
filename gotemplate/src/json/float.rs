//! Floats as text: the forms of JSON and of YAML in Go.

use crate::format;

/// JSON's form: exponents only for the very large and the very small. Not for infinities.
pub fn json(float: f64) -> String {
    let size = float.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return float.to_string();
    }
    let text = format::float(float, 'e', None);
    // One digit is enough for an exponent here.
    match text.split_once("e-0") {
        Some((digits, exponent)) => format!("{digits}e-{exponent}"),
        None => text,
    }
}

/// YAML's form: exponents from a million on.
pub fn yaml(float: f64) -> String {
    special(float).map_or_else(|| format::float(float, 'g', None), str::to_owned)
}

/// YAML's form of a float's value in single precision, which keys are written in.
pub fn yaml_single(float: f64) -> String {
    yaml(to_single(float))
}

/// The form in single precision of floats that YAML has where a text is wanted.
pub fn single(float: f64) -> String {
    format::float(to_single(float), 'g', None)
}

/// The value in single precision; its shortest digits are also the shortest of the double that they name.
#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is what is wanted"
)]
fn to_single(float: f64) -> f64 {
    (float as f32).to_string().parse().unwrap_or(float)
}

fn special(float: f64) -> Option<&'static str> {
    if float.is_nan() {
        Some(".nan")
    } else if float.is_infinite() {
        Some(if float > 0.0 { ".inf" } else { "-.inf" })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_writes_whole_numbers_out() {
        for (float, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1e6, "1000000"),
            (123_456_789_012_345_680.0, "123456789012345680"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (0.1, "0.1"),
            (0.000_001, "0.000001"),
            (1e-7, "1e-7"),
            (-2.5e-10, "-2.5e-10"),
            (1e-100, "1e-100"),
        ] {
            assert_eq!(json(float), text);
        }
    }

    #[test]
    fn yaml_writes_exponents_from_a_million_on() {
        for (float, text) in [
            (1.5, "1.5"),
            (123_456.75, "123456.75"),
            (2_097_152.5, "2.0971525e+06"),
            (1e21, "1e+21"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (f64::NEG_INFINITY, "-.inf"),
        ] {
            assert_eq!(yaml(float), text);
        }
        assert_eq!(yaml_single(1.1), "1.1");
        assert_eq!((&*yaml_single(1e40), &*single(1e40)), (".inf", "+Inf"));
    }
}
