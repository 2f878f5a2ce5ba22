//! Chart and values to Kubernetes objects.
//!
//! In comes a chart (the bytes of a `.tgz`, or files read by [`directory`]), the values people gave, and the facts
//! of the release and the cluster. Out come checked objects in the order in which Helm applies them, the hooks and
//! CRDs apart. Only [`directory`] reads files and nothing uses the network; without a [`Pin`] templates also see the
//! system's clock and randomness. Nothing that came from outside is trusted: archives, YAML and templates all work
//! within limits.
//!
//! ```
//! use bowline_charts::{Chart, Release, Render, render};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let file = |path: &str, text: &str| bowline_charts::File::new(path, text);
//! let chart = Chart::from_files(vec![
//!     file("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
//!     file("values.yaml", "color: blue"),
//!     file("templates/page.yaml.j2", "{apiVersion: v1, kind: ConfigMap, metadata: {name: page}, data: {color: {{ values.color }}}}"),
//! ])?;
//! let values = json!({"color": "red"});
//! let rendered = render(&chart, &Render::new(Release::install("web", "default"), values))?;
//! assert_eq!(rendered.objects[0].value()["data"]["color"], "red");
//! # Ok(())
//! # }
//! ```

pub mod archive;
pub mod capabilities;
pub mod chart;
mod diagnosis;
pub mod directory;
pub mod explain;
mod generation;
mod helm;
mod ignore;
mod jinja;
mod json;
pub mod kind_order;
pub mod lint;
pub mod manifest;
pub mod object;
mod pin;
pub mod render;
mod schema;
pub mod set;
pub mod toml;
pub mod values;
pub mod yaml;

pub use archive::ArchiveError;
pub use capabilities::{Capabilities, Lookup, NoLookup};
pub use chart::{Chart, ChartError, File, Metadata};
pub use diagnosis::Diagnosis;
pub use generation::Generation;
pub use ignore::matches_path;
pub use object::{Hook, Object, ObjectError};
pub use pin::{Pin, PinError};
pub use render::{
    HookManifest, Manifest, Manifests, Release, Render, RenderError, Rendered, manifests, manifests_of,
    render,
};
