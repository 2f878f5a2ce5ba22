//! `package`: a chart's directory into an archive.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Error, Result, bail, ensure};
use bowline_charts::{Chart, File, Metadata, archive, yaml};
use serde::de::IgnoredAny;

use super::Answer;
use crate::cli::Package;
use crate::{given, source};

const MANIFEST: &str = "Chart.yaml";
const SCHEMA: &str = "values.schema.json";

/// Packs one chart after the other, up to the first that cannot be.
pub(super) fn package(arguments: &Package) -> Answer {
    let mut text = String::new();
    for chart in &arguments.charts {
        match pack(chart, arguments) {
            Ok(path) => {
                let told = format!(
                    "Successfully packaged chart and saved it to: {}\n",
                    path.display()
                );
                text.push_str(&told);
            }
            Err(error) => return Answer::failed(text, error),
        }
    }
    text.into()
}

fn pack(path: &Path, arguments: &Package) -> Result<PathBuf> {
    let metadata =
        fs_err::metadata(path).map_err(|error| Error::msg(given::in_words("stat", path, &error)))?;
    ensure!(
        metadata.is_dir(),
        "unable to detect chart at {}: only a directory can be packed",
        path.display()
    );
    let mut files = source::files(path)?;
    let chart = Chart::from_files(files.clone())?;
    source::check_values(&chart)?;
    let chart = versioned(chart, &mut files, arguments)?;
    let missing = chart.missing_dependencies();
    ensure!(
        missing.is_empty(),
        "found in Chart.yaml, but missing in charts/ directory: {}",
        missing.join(", ")
    );
    check_schemas(&files).context("failed to save")?;
    let bytes = archive::pack(chart.name(), &files).context("failed to save")?;
    let directory = destination(&arguments.destination)?;
    let path = directory.join(format!("{}-{}.tgz", chart.name(), chart.version()));
    let is_plain = |part: &Component<'_>| *part != Component::CurDir;
    let path: PathBuf = path.components().filter(is_plain).collect();
    fs_err::write(&path, bytes)?;
    Ok(path)
}

/// The directory, which is made where it is missing; the present one by its whole path, as helm tells it.
fn destination(directory: &Path) -> Result<PathBuf> {
    if directory.as_os_str() == "." {
        return Ok(std::env::current_dir()?);
    }
    if directory.exists() && !directory.is_dir() {
        bail!("failed to save: is not a directory: {}", directory.display());
    }
    fs_err::create_dir_all(directory)?;
    Ok(directory.to_owned())
}

/// Charts below that are archives were checked when they were packed.
fn check_schemas(files: &[File]) -> Result<()> {
    for file in files {
        let Some(directory) = file.path.strip_suffix(SCHEMA) else {
            continue;
        };
        // `charts/<name>/` any number of times.
        let parts: Vec<&str> = directory.split_terminator('/').collect();
        let is_of_chart = parts.chunks(2).all(|part| matches!(part, ["charts", _]));
        if is_of_chart && serde_json::from_slice::<IgnoredAny>(file.content()).is_err() {
            bail!("invalid JSON in {SCHEMA}");
        }
    }
    Ok(())
}

/// The chart with the versions that are asked for, which its `Chart.yaml` then says.
fn versioned(chart: Chart, files: &mut [File], arguments: &Package) -> Result<Chart> {
    let mut wanted = chart.metadata().clone();
    for (field, version) in [
        (&mut wanted.version, &arguments.version),
        (&mut wanted.app_version, &arguments.app_version),
    ] {
        if !version.is_empty() {
            field.clone_from(version);
        }
    }
    let manifest = files.iter().position(|file| file.path == MANIFEST);
    let Some(manifest) = manifest.filter(|_| wanted != *chart.metadata()) else {
        return Ok(chart);
    };
    let text = String::from_utf8_lossy(&files[manifest].data).into_owned();
    let text = with_field(&text, "version", &arguments.version);
    let text = with_field(&text, "appVersion", &arguments.app_version);
    files[manifest] = File::new(MANIFEST, text);
    match Chart::from_files(files.to_vec()) {
        Ok(changed) if *changed.metadata() == wanted => return Ok(changed),
        _ => {}
    }
    // The file is written in some other way: then as a whole, as helm does it each time.
    files[manifest] = File::new(MANIFEST, whole(wanted)?);
    // All but the version was good before.
    Chart::from_files(files.to_vec()).map_err(|_| Error::msg("invalid semantic version"))
}

fn whole(mut metadata: Metadata) -> Result<String> {
    if metadata.api_version == "v1" {
        // Those have a file of their own.
        metadata.dependencies.clear();
    }
    Ok(yaml::write(&metadata)?)
}

/// The text with another value of a field that has a line of its own; an empty one changes nothing.
fn with_field(text: &str, name: &str, value: &str) -> String {
    if value.is_empty() {
        return text.to_owned();
    }
    // A text in quotes is always a text, as a bare 1.10 is not.
    let line = format!("{name}: {}", serde_json::Value::from(value));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let is_field = |line: &&mut String| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    match lines.iter_mut().find(is_field) {
        Some(found) => {
            let comment = found.find(" #").map(|at| found.split_off(at));
            *found = line + &comment.unwrap_or_default();
        }
        None => lines.push(line),
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_changed_in_its_line_or_added() {
        assert_eq!(
            with_field("name: a\nversion: 1.0.0 # now\n# end\n", "version", "2.0.0"),
            "name: a\nversion: \"2.0.0\" # now\n# end\n"
        );
        assert_eq!(
            with_field("name: a", "appVersion", "1.10"),
            "name: a\nappVersion: \"1.10\"\n"
        );
    }
}
