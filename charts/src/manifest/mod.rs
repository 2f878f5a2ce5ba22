//! Rendered files in, ordered manifests out, as Helm sorts and prints them.

mod head;
mod print;
mod sort;
mod split;

pub use head::{Head, HeadError};
pub use print::{CustomResource, PrintOptions, print};
pub use sort::{Event, Hook, Manifest, ManifestError, Sorted, sort};
pub use split::split;

/// Whose rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generation {
    /// Helm 3
    Helm3,
    /// Helm 4
    #[default]
    Helm4,
}
