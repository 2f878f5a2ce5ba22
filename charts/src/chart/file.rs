//! A file of a chart, in memory.

use std::fmt;
use std::sync::Arc;

use super::ChartError;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One file of a chart, by its path relative to the chart's directory, with `/` between names.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// `templates/service.yaml`
    pub path: String,
    /// The content, which clones of the file share.
    pub data: Arc<Vec<u8>>,
}

impl File {
    /// A file of `data` at `path`.
    pub fn new(path: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            data: Arc::new(data.into()),
        }
    }

    /// The content without a byte order mark.
    pub fn content(&self) -> &[u8] {
        self.data.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.data)
    }

    /// The same for others to share, if the data has no byte order mark.
    pub(crate) fn shared_content(&self) -> Option<&Arc<Vec<u8>>> {
        (!self.data.starts_with(BYTE_ORDER_MARK)).then_some(&self.data)
    }

    /// The same, without a copy if no other file shares it.
    pub(crate) fn into_content(self) -> Vec<u8> {
        let mut data = Arc::unwrap_or_clone(self.data);
        if data.starts_with(BYTE_ORDER_MARK) {
            data.drain(..BYTE_ORDER_MARK.len());
        }
        data
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({}, {} bytes)", self.path, self.data.len())
    }
}

/// A file's content as text, without a byte order mark.
pub(crate) fn text(file: &File) -> Result<&str, ChartError> {
    std::str::from_utf8(file.content()).map_err(|_| ChartError::NotText {
        file: file.path.clone(),
    })
}
