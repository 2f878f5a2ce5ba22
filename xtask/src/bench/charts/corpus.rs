//! The charts to measure: directories below `charts/` of a collection, which may be packed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::digest;
use crate::progress::Step;

/// A window of 128 MiB, which zstd only takes when told so.
const WINDOW_LOG: u32 = 27;

/// The chart directories of a collection, a directory or a `.tar.zst`, whose names have `filter` in them. What is
/// packed is unpacked once, below `folder`.
pub(crate) fn open(collection: &Path, filter: Option<&str>, folder: &Path) -> Result<Vec<PathBuf>> {
    ensure!(
        collection.exists(),
        "{} is not there: name a collection of charts with --corpus, a directory with `charts/` in it or a .tar.zst \
         of one",
        collection.display()
    );
    let directory = if collection.is_dir() {
        collection.to_owned()
    } else {
        unpacked(collection, folder)?
    };
    let charts = chosen(&directory.join("charts"), filter)?;
    if charts.is_empty() {
        let wanted = filter.map_or_else(String::new, |filter| format!(" with {filter} in its name"));
        bail!("{} has no chart{wanted}", collection.display());
    }
    Ok(charts)
}

fn chosen(directory: &Path, filter: Option<&str>) -> Result<Vec<PathBuf>> {
    let mut charts = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_wanted = filter.is_none_or(|filter| name.to_string_lossy().contains(filter));
        if is_wanted && entry.path().join("Chart.yaml").is_file() {
            charts.push(entry.path());
        }
    }
    charts.sort();
    Ok(charts)
}

/// The charts of an archive, in a directory named by its content.
fn unpacked(archive: &Path, folder: &Path) -> Result<PathBuf> {
    let finished = folder.join(digest::of_file(archive)?);
    if finished.is_dir() {
        return Ok(finished);
    }
    let step = Step::begin("unpack the charts");
    fs_err::create_dir_all(folder)?;
    let work = tempfile::Builder::new()
        .prefix(".unpacking-")
        .tempdir_in(folder)?;
    unpack(archive, work.path()).with_context(|| format!("unpack {}", archive.display()))?;
    fs_err::rename(work.keep(), &finished)?;
    step.done();
    Ok(finished)
}

fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    let mut decoder = zstd::Decoder::new(fs_err::File::open(archive)?).context("set up zstd")?;
    decoder.window_log_max(WINDOW_LOG).context("set up zstd")?;
    let mut archive = tar::Archive::new(decoder);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()?.starts_with("charts") {
            entry.unpack_in(folder)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(directory: &Path) {
        for name in ["web", "web-db", "cache"] {
            let chart = directory.join("charts").join(name);
            fs_err::create_dir_all(&chart).unwrap();
            fs_err::write(chart.join("Chart.yaml"), "name: x\n").unwrap();
        }
        fs_err::create_dir_all(directory.join("charts/empty")).unwrap();
    }

    fn names(charts: &[PathBuf]) -> Vec<String> {
        let names = charts.iter().filter_map(|chart| chart.file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_charts_of_a_directory_are_those_with_a_chart_yaml_and_a_fitting_name() {
        let directory = tempfile::tempdir().unwrap();
        collection(directory.path());
        let open = |filter| open(directory.path(), filter, directory.path());
        assert_eq!(names(&open(None).unwrap()), ["cache", "web", "web-db"]);
        assert_eq!(names(&open(Some("web")).unwrap()), ["web", "web-db"]);
        let error = open(Some("mail")).unwrap_err().to_string();
        assert!(error.ends_with("has no chart with mail in its name"), "{error}");
    }

    #[test]
    fn an_archive_is_unpacked_once() {
        let directory = tempfile::tempdir().unwrap();
        collection(&directory.path().join("plain"));
        let mut archive = tar::Builder::new(Vec::new());
        archive
            .append_dir_all("charts", directory.path().join("plain/charts"))
            .unwrap();
        let path = directory.path().join("corpus.tar.zst");
        let packed = zstd::encode_all(archive.into_inner().unwrap().as_slice(), 1).unwrap();
        fs_err::write(&path, packed).unwrap();
        let folder = directory.path().join("cache");
        let first = open(&path, None, &folder).unwrap();
        assert_eq!(names(&first), ["cache", "web", "web-db"]);
        fs_err::remove_file(first[0].join("Chart.yaml")).unwrap();
        assert_eq!(names(&open(&path, None, &folder).unwrap()), ["web", "web-db"]);
    }

    #[test]
    fn a_collection_that_is_not_there_is_named() {
        let error = open(Path::new("/no/such"), None, Path::new("/no")).unwrap_err();
        assert!(error.to_string().starts_with("/no/such is not there"), "{error}");
    }
}
