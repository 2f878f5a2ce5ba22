//! Why a chart cannot be used.

use thiserror::Error;

use super::MAX_DEPTH;
use crate::archive::ArchiveError;

/// A chart that cannot be used.
#[derive(Debug, Error)]
pub enum ChartError {
    /// The archive was refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Every chart has a `Chart.yaml`.
    #[error("Chart.yaml file is missing")]
    NoManifest,
    /// A file's YAML is broken or not of the expected shape.
    #[error("cannot load {file}: {message}")]
    Yaml {
        /// Which file.
        file: String,
        /// The reader's words.
        message: String,
    },
    /// A field of `Chart.yaml` is wrong.
    #[error("validation: {0}")]
    Metadata(String),
    /// A text file is not UTF-8.
    #[error("{file} is not UTF-8 text")]
    NotText {
        /// Which file.
        file: String,
    },
    /// A chart below this one cannot be used.
    #[error("error unpacking subchart {name} in {chart}: {source}")]
    Subchart {
        /// The directory or archive.
        name: String,
        /// The chart that holds it.
        chart: String,
        /// Why.
        source: Box<Self>,
    },
    /// Charts within charts without end.
    #[error("charts lie more than {MAX_DEPTH} deep within one another")]
    TooDeep,
}
