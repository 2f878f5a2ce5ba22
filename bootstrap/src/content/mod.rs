//! OCI images become programs and charts on disk and images in containerd, by digest.
//!
//! In come the archives and lists in `agent/images/`, and registries as `registries.yaml` describes them. Out go
//! an unpacked [`runtime`] image, and images in containerd. Nothing that comes in is
//! trusted: every byte is checked against a digest or counted against a limit before it is used.

pub(crate) mod digest;
pub(crate) mod reference;

pub(crate) mod image;

mod background;
mod blobs;
mod disk;

pub(crate) mod archive;
pub(crate) mod folder;
pub(crate) mod registry;
pub(crate) mod source;

pub(crate) mod import;
pub(crate) mod runtime;
