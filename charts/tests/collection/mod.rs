//! The collection of public charts, which lies beside the repository, or where `BOWLINE_SHARED` says.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The sampled part of the collection, unpacked.
pub(crate) struct Collection {
    pub(crate) root: tempfile::TempDir,
    /// One entry a case: a chart with certain values.
    pub(crate) index: Vec<Value>,
}

impl Collection {
    /// Unpacks the charts of which `is_wanted` says so. None, and a word about it, where there is no collection.
    pub(crate) fn open(is_wanted: impl Fn(&str) -> bool) -> Option<Self> {
        let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
        let shared = std::env::var_os("BOWLINE_SHARED").map_or(beside, PathBuf::from);
        let path = shared.join("charts-corpus/corpus.tar.zst");
        let Ok(file) = fs_err::File::open(&path) else {
            println!("skipped: {} is not there", path.display());
            return None;
        };
        let mut decoder = zstd::Decoder::new(file).unwrap();
        decoder.window_log_max(27).unwrap();
        let mut archive = tar::Archive::new(decoder);
        let root = tempfile::tempdir().unwrap();
        let mut index: Vec<Value> = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().into_owned();
            if path == Path::new("index.json") {
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                index = serde_json::from_str(&text).unwrap();
                index.retain(|case| is_wanted(case["chart"].as_str().unwrap()));
            } else if path
                .components()
                .nth(1)
                .is_some_and(|chart| is_wanted(&chart.as_os_str().to_string_lossy()))
            {
                entry.unpack_in(root.path()).unwrap();
            }
        }
        Some(Self { root, index })
    }

    /// Where a chart's files lie.
    pub(crate) fn chart(&self, id: &str) -> PathBuf {
        self.root.path().join("charts").join(id)
    }
}

/// One chart in so many, always the same, of every size.
pub(crate) fn is_sampled(chart: &str, one_in: u32) -> bool {
    let hash = chart.bytes().fold(7_u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(byte.into())
    });
    hash.is_multiple_of(one_in)
}
