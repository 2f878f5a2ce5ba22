//! Rendered files in, ordered documents out, as Helm parts and sorts them.

mod head;
mod sort;
mod split;

pub use head::{Head, HeadError};
pub(crate) use sort::read_head;
pub use sort::{Event, Excerpt, Hook, Manifest, ManifestError, Sorted, sort};
pub use split::split;
