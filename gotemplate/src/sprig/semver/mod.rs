//! Versions and the constraint language of Masterminds' library.
//!
//! A constraint is groups joined by `||`; a group is comparisons joined by commas or spaces, all of which must hold.

mod constraint;
mod scan;
mod version;

pub use constraint::{Constraint, ConstraintError};
pub use version::{Version, VersionError};
