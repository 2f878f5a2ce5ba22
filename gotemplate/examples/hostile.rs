//! Templates that want to hang, to crash or to fill the memory: each ends with an error, and soon.

use gotemplate::{Error, Functions, Limits, Str, System, Templates, Value, sprig};

/// Enough for an honest page.
const LIMITS: Limits = Limits {
    fuel: 1_000_000,
    output: 1 << 20,
    memory: 16 << 20,
    depth: 100,
};

const HOSTILE: [(&str, &str); 6] = [
    ("endless loop", "{{ range 9000000000000000000 }}{{ end }}"),
    (
        "endless recursion",
        r#"{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}"#,
    ),
    (
        "endless output",
        r#"{{ range 1000000 }}{{ print "a long line, again and again" }}{{ end }}"#,
    ),
    (
        "endless text",
        r#"{{ $x := "ab" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}"#,
    ),
    (
        "value in a cycle",
        r#"{{ $d := dict }}{{ $_ := set $d "me" $d }}{{ toJson $d }}"#,
    ),
    ("endless format", r#"{{ repeat 1000000000 "x" }}"#),
];

fn rendered(text: &str) -> Result<Str, Error> {
    let mut templates = Templates::new("hostile", Functions::new(sprig::FUNCTIONS));
    templates.parse("t", text)?;
    templates
        .context(LIMITS, &mut (), &mut System)
        .execute("t", Value::Nil)
}

fn main() {
    for (name, text) in HOSTILE {
        match rendered(text) {
            Ok(output) => println!("{name}: {} bytes", output.len()),
            Err(error) => println!("{name}: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_does_harm() {
        for (name, text) in HOSTILE {
            match rendered(text) {
                // Sprig's own form of `toJson` gives nothing where Go would refuse the cycle.
                Ok(output) => assert!(name == "value in a cycle" && output.is_empty(), "{name}"),
                Err(error) => assert!(error.is_limit(), "{name}: {error}"),
            }
        }
    }
}
