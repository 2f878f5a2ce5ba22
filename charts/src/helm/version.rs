//! Version constraints, as charts write them.

use gotemplate::sprig::semver::{Constraint, Version};

/// Whether `version` is one that `constraint` allows; nonsense allows nothing.
pub(crate) fn is_compatible(constraint: &str, version: &str) -> bool {
    match (
        Constraint::parse(constraint.as_bytes()),
        Version::parse(version.as_bytes()),
    ) {
        (Ok(constraint), Ok(version)) => constraint.allows(&version),
        _ => false,
    }
}

/// Whether a chart may have this version.
pub(crate) fn is_version(version: &str) -> bool {
    Version::parse(version.as_bytes()).is_ok()
}
