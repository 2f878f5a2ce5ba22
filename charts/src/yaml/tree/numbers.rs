//! Floats that JSON cannot tell, numbers as floats, and bytes in base 64.

use gotemplate::Value;

/// The first float that JSON cannot tell, in the order of keys.
pub(super) fn first_infinite(value: &Value) -> Option<&'static str> {
    match value {
        Value::Float(float) if float.is_nan() => Some("NaN"),
        Value::Float(float) if float.is_infinite() => Some(if *float > 0.0 { "+Inf" } else { "-Inf" }),
        Value::List(items) => items.iter().find_map(first_infinite),
        Value::Map(map) => map.read().iter().find_map(|(_, value)| first_infinite(value)),
        _ => None,
    }
}

pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    engine.decode(text).ok()
}

#[expect(clippy::cast_precision_loss, reason = "JSON's numbers are floats")]
pub(super) fn int_to_float(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "JSON's numbers are floats")]
pub(super) fn uint_to_float(value: u64) -> f64 {
    value as f64
}
