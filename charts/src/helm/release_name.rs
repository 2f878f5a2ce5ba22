//! Which names a release may have.

use crate::Generation;
use crate::render::RenderError;

const MAX_LENGTH: usize = 53;

/// The rule as Helm tells it.
const RULE: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

/// Refuses a name as Helm does before it looks at values.
pub(super) fn check(name: &str, generation: Generation) -> Result<(), RenderError> {
    let reason = if name.is_empty() {
        "no name provided".to_owned()
    } else if name.len() > MAX_LENGTH || !name.split('.').all(is_label) {
        format!(
            "invalid release name, must match regex {RULE} and the length must not be longer than {MAX_LENGTH}"
        )
    } else {
        return Ok(());
    };
    let start = match generation {
        Generation::Helm3 => "",
        Generation::Helm4 => "release name check failed: ",
    };
    Err(RenderError::helm(format!(
        "{start}release name {name:?}: {reason}"
    )))
}

fn is_label(label: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes_but_shorter() {
        let long = "a".repeat(53);
        for name in ["a", "a-1.b", "0", &long] {
            assert!(check(name, Generation::Helm4).is_ok(), "{name}");
        }
        for name in ["A", "a_b", "-a", "a-", "a..b", ".a", "ä", &"a".repeat(54)] {
            let error = check(name, Generation::Helm3).unwrap_err().to_string();
            assert!(error.starts_with(&format!(
                "release name {name:?}: invalid release name, must match"
            )));
        }
        assert_eq!(
            check("", Generation::Helm4).unwrap_err().to_string(),
            r#"release name check failed: release name "": no name provided"#
        );
    }
}
