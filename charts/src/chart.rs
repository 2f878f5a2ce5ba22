//! A chart: its files sorted into what each is for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::archive::{self, ArchiveError};
use crate::values::type_name;
use crate::yaml::{self, YamlError};

/// One file of a chart, by its path relative to the chart's directory, with `/` between names.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// `templates/service.yaml.j2`
    pub path: String,
    /// The content.
    pub data: Vec<u8>,
}

impl File {
    /// A file of `data` at `path`.
    pub fn new(path: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            data: data.into(),
        }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({}, {} bytes)", self.path, self.data.len())
    }
}

/// What `Chart.yaml` says, as far as it matters here; [`Chart::manifest`] has all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// `v1` or `v2`.
    pub api_version: String,
    /// The chart's name.
    pub name: String,
    /// The chart's version.
    pub version: String,
    /// The version of what it installs.
    #[serde(default)]
    pub app_version: String,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// `application`, the default, or `library`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Which Kubernetes versions it is for.
    #[serde(default)]
    pub kube_version: String,
    /// Free-form marks.
    #[serde(default)]
    pub annotations: std::collections::BTreeMap<String, String>,
    #[serde(default, skip_serializing)]
    dependencies: Vec<Value>,
}

/// A chart, ready to be rendered.
#[derive(Clone, Debug)]
pub struct Chart {
    metadata: Metadata,
    manifest: Value,
    values: Value,
    templates: Vec<File>,
    crds: Vec<File>,
    files: Vec<File>,
}

/// A chart that cannot be used.
#[derive(Debug, Error)]
pub enum ChartError {
    /// The archive was refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Every chart has a `Chart.yaml`.
    #[error("no Chart.yaml in the chart's directory")]
    NoManifest,
    /// A file's YAML is broken or not of the expected shape.
    #[error("{file}{}", line.map(|line| format!(":{line}")).unwrap_or_default())]
    Yaml {
        /// Which file.
        file: String,
        /// The line, where known.
        line: Option<usize>,
        /// The parser's words.
        #[source]
        source: YamlError,
    },
    /// A field of `Chart.yaml` is wrong.
    #[error("Chart.yaml: {field} is {value:?}; expected {expected}")]
    Manifest {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// `values.yaml` holds no mapping.
    #[error("values.yaml: expected a mapping, found {found}")]
    Values {
        /// What it holds.
        found: &'static str,
    },
    /// A text file is not UTF-8.
    #[error("{file} is not UTF-8 text")]
    NotText {
        /// Which file.
        file: String,
    },
    /// The chart builds on others, which this version cannot.
    #[error(
        "chart {chart} depends on other charts ({found}); charts with dependencies are not in this version"
    )]
    Dependencies {
        /// The chart.
        chart: String,
        /// Where they were found.
        found: &'static str,
    },
}

impl Chart {
    /// Reads a chart from the bytes of a `.tgz`.
    pub fn from_archive(bytes: &[u8]) -> Result<Self, ChartError> {
        Self::from_files(archive::unpack(bytes)?)
    }

    /// Sorts a chart's files, whose paths are relative to its directory.
    pub fn from_files(files: Vec<File>) -> Result<Self, ChartError> {
        let manifest: Value = match find(&files, "Chart.yaml") {
            Some(file) => read_yaml(file)?,
            None => return Err(ChartError::NoManifest),
        };
        let metadata = read_metadata(&manifest)?;
        refuse_dependencies(&metadata, &files)?;
        let values = match find(&files, "values.yaml").map(read_yaml).transpose()? {
            None | Some(Value::Null) => Value::Object(Map::new()),
            Some(values @ Value::Object(_)) => values,
            Some(other) => {
                return Err(ChartError::Values {
                    found: type_name(&other),
                });
            }
        };
        let mut chart = Self {
            metadata,
            manifest,
            values,
            templates: Vec::new(),
            crds: Vec::new(),
            files: Vec::new(),
        };
        for file in files {
            match file.path.as_str() {
                "Chart.yaml" | "values.yaml" => {}
                path if path.starts_with("templates/") => chart.templates.push(file),
                path if path.starts_with("crds/") && has_manifests(path) => chart.crds.push(file),
                _ => chart.files.push(file),
            }
        }
        for list in [&mut chart.templates, &mut chart.crds, &mut chart.files] {
            list.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Ok(chart)
    }

    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The chart's version.
    pub fn version(&self) -> &str {
        &self.metadata.version
    }

    /// What `Chart.yaml` says, checked.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// All of `Chart.yaml`.
    pub fn manifest(&self) -> &Value {
        &self.manifest
    }

    /// The default values; always a mapping.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// What lies under `templates/`, by path.
    pub fn templates(&self) -> &[File] {
        &self.templates
    }

    /// The YAML and JSON files under `crds/`, by path.
    pub fn crds(&self) -> &[File] {
        &self.crds
    }

    /// Every other file, for templates to read.
    pub fn files(&self) -> &[File] {
        &self.files
    }
}

fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|file| file.path == path)
}

fn has_manifests(path: &str) -> bool {
    [".yaml", ".yml", ".json"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

fn read_yaml(file: &File) -> Result<Value, ChartError> {
    let text = text(file)?;
    yaml::read_value(text).map_err(|source| ChartError::Yaml {
        file: file.path.clone(),
        line: source.line,
        source,
    })
}

/// A file's content as text, without a byte order mark.
pub(crate) fn text(file: &File) -> Result<&str, ChartError> {
    let text = std::str::from_utf8(&file.data).map_err(|_| ChartError::NotText {
        file: file.path.clone(),
    })?;
    Ok(text.trim_start_matches('\u{feff}'))
}

fn read_metadata(manifest: &Value) -> Result<Metadata, ChartError> {
    let metadata: Metadata = serde_json::from_value(manifest.clone()).map_err(|error| ChartError::Yaml {
        file: "Chart.yaml".to_owned(),
        line: None,
        source: YamlError {
            message: error.to_string(),
            line: None,
        },
    })?;
    let fail = |field, value: &str, expected| {
        Err(ChartError::Manifest {
            field,
            value: value.to_owned(),
            expected,
        })
    };
    if !matches!(metadata.api_version.as_str(), "v1" | "v2") {
        return fail("apiVersion", &metadata.api_version, "v1 or v2");
    }
    if !is_name(&metadata.name) {
        return fail(
            "name",
            &metadata.name,
            "letters, digits, '-', '_' and '.', at most 250",
        );
    }
    if !is_version(&metadata.version) {
        return fail("version", &metadata.version, "a version such as 1.2.3");
    }
    if !matches!(metadata.kind.as_str(), "" | "application" | "library") {
        return fail("type", &metadata.kind, "application or library");
    }
    Ok(metadata)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 250
        && !name.starts_with('.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Loose on purpose: Helm takes `1.2` and `v1.2.3` too. Strict enough to be part of a file name.
fn is_version(version: &str) -> bool {
    version
        .trim_start_matches('v')
        .starts_with(|c: char| c.is_ascii_digit())
        && version.len() <= 128
        && version
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
}

fn refuse_dependencies(metadata: &Metadata, files: &[File]) -> Result<(), ChartError> {
    let found = if !metadata.dependencies.is_empty() {
        "dependencies in Chart.yaml"
    } else if find(files, "requirements.yaml").is_some() {
        "requirements.yaml"
    } else if files.iter().any(|file| is_subchart(&file.path)) {
        "files in charts/"
    } else {
        return Ok(());
    };
    Err(ChartError::Dependencies {
        chart: metadata.name.clone(),
        found,
    })
}

/// As in Helm, names that begin with `_` or `.` under `charts/` are no charts.
fn is_subchart(path: &str) -> bool {
    path.strip_prefix("charts/")
        .is_some_and(|rest| !rest.starts_with(['_', '.']) && rest != "README.md")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MANIFEST: &str = "{apiVersion: v2, name: web, version: 1.0.0}";

    fn chart(files: &[(&str, &str)]) -> Result<Chart, ChartError> {
        Chart::from_files(files.iter().map(|(path, text)| File::new(*path, *text)).collect())
    }

    fn refused(files: &[(&str, &str)]) -> String {
        chart(files).unwrap_err().to_string()
    }

    #[test]
    fn files_are_sorted_into_what_they_are_for() {
        let chart = chart(&[
            ("templates/b.yaml.j2", ""),
            ("templates/a.yaml.j2", ""),
            ("crds/x.yaml", ""),
            ("crds/README.md", ""),
            ("page.html", "<p>"),
            ("values.yaml", "a: 1"),
            ("Chart.yaml", MANIFEST),
        ])
        .unwrap();
        let paths = |files: &[File]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        assert_eq!(
            paths(chart.templates()),
            ["templates/a.yaml.j2", "templates/b.yaml.j2"]
        );
        assert_eq!(paths(chart.crds()), ["crds/x.yaml"]);
        assert_eq!(paths(chart.files()), ["crds/README.md", "page.html"]);
        assert_eq!(
            (chart.name(), chart.version(), chart.values()),
            ("web", "1.0.0", &json!({"a": 1}))
        );
    }

    #[test]
    fn a_manifest_that_names_no_usable_chart_is_refused() {
        assert_eq!(refused(&[]), "no Chart.yaml in the chart's directory");
        let manifest = |text: &str| refused(&[("Chart.yaml", text)]);
        assert_eq!(
            manifest("{apiVersion: v3, name: web, version: 1.0.0}"),
            r#"Chart.yaml: apiVersion is "v3"; expected v1 or v2"#
        );
        assert!(
            manifest("{apiVersion: v2, name: ../web, version: 1.0.0}").starts_with("Chart.yaml: name is")
        );
        assert!(manifest("{apiVersion: v2, name: web, version: ../1}").starts_with("Chart.yaml: version is"));
        assert!(manifest("{apiVersion: v2, name: web, version: 1.0.0, type: x}").contains("type is"));
    }

    #[test]
    fn broken_yaml_is_named_by_file_and_line() {
        let error = refused(&[("Chart.yaml", MANIFEST), ("values.yaml", "a: 1\na: 2\n")]);
        assert_eq!(error, "values.yaml:2");
        assert_eq!(
            refused(&[("Chart.yaml", MANIFEST), ("values.yaml", "[1]")]),
            "values.yaml: expected a mapping, found a list"
        );
    }

    #[test]
    fn charts_that_build_on_others_are_refused_by_name() {
        let manifest = "{apiVersion: v2, name: web, version: 1.0.0, dependencies: [{name: db}]}";
        assert!(refused(&[("Chart.yaml", manifest)]).contains("dependencies in Chart.yaml"));
        assert!(
            refused(&[("Chart.yaml", MANIFEST), ("charts/db/Chart.yaml", "")]).contains("files in charts/")
        );
        assert!(
            chart(&[
                ("Chart.yaml", MANIFEST),
                ("charts/_x", ""),
                ("charts/README.md", "")
            ])
            .is_ok()
        );
    }
}
