//! A chart: its files sorted into what each is for, and the charts below it.

mod error;
mod fields;
mod file;
mod metadata;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Generation;
use crate::archive::{self, Budget};
use crate::helm::values::{read_fields, read_values};
use crate::json::to_json;

pub use error::ChartError;
pub use file::File;
pub(crate) use file::text;
pub use metadata::{Dependency, Import, Maintainer, Metadata};

/// What the archives inside of a chart may hold together: as much as so many of the largest.
const ARCHIVES_WITHIN: u8 = 4;

/// How deep charts may lie within charts.
const MAX_DEPTH: usize = 16;

/// A chart, ready to be rendered.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    metadata: Metadata,
    values: Option<File>,
    schema: Option<File>,
    templates: Vec<File>,
    files: Vec<File>,
    subcharts: Vec<Self>,
    /// The directory or archive under `charts/` of the chart above.
    place: String,
}

impl Chart {
    /// Reads a chart from the bytes of a `.tgz`.
    pub fn from_archive(bytes: &[u8]) -> Result<Self, ChartError> {
        Self::from_files(archive::unpack(bytes)?)
    }

    /// Sorts a chart's files, whose paths are relative to its directory.
    pub fn from_files(files: Vec<File>) -> Result<Self, ChartError> {
        Self::within(files, 0, &mut Budget::for_archives(ARCHIVES_WITHIN))
    }

    fn within(files: Vec<File>, depth: usize, budget: &mut Budget) -> Result<Self, ChartError> {
        if depth > MAX_DEPTH {
            return Err(ChartError::TooDeep);
        }
        let mut chart = Self {
            metadata: read_metadata(&files)?,
            ..Self::default()
        };
        let mut below: BTreeMap<String, Vec<File>> = BTreeMap::new();
        for file in files {
            chart.sort(file, &mut below);
        }
        for (name, files) in below {
            let subchart =
                subchart((&name, files), depth + 1, budget).map_err(|source| ChartError::Subchart {
                    name: name.clone(),
                    chart: chart.metadata.name.clone(),
                    source: Box::new(source),
                })?;
            chart.subcharts.extend(subchart.map(|subchart| Self {
                place: name,
                ..subchart
            }));
        }
        Ok(chart)
    }

    fn sort(&mut self, mut file: File, below: &mut BTreeMap<String, Vec<File>>) {
        let is_old = self.metadata.api_version == "v1";
        match file.path.as_str() {
            "Chart.yaml" | "Chart.lock" => {}
            "requirements.yaml" | "requirements.lock" if !is_old => {}
            "values.yaml" => self.values = Some(file),
            "values.schema.json" => self.schema = Some(file),
            path if path.starts_with("templates/") => self.templates.push(file),
            path if path.starts_with("charts/") && !path.to_ascii_lowercase().ends_with(".prov") => {
                file.path.drain(.."charts/".len());
                let name = file.path.split('/').next().unwrap_or_default().to_owned();
                below.entry(name).or_default().push(file);
            }
            _ => self.files.push(file),
        }
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

    /// `Chart.yaml` as JSON, as release records hold it.
    pub fn manifest(&self) -> Value {
        serde_json::to_value(&self.metadata).unwrap_or_default()
    }

    /// The default values as JSON; always a mapping.
    pub fn values(&self) -> Result<Value, ChartError> {
        let Some(text) = self.values_text() else {
            return Ok(Value::Object(serde_json::Map::new()));
        };
        let values = read_values(text, Generation::Helm4).map_err(|message| ChartError::Yaml {
            file: "values.yaml".to_owned(),
            message,
        })?;
        Ok(to_json(&gotemplate::Value::Map(values)))
    }

    /// `values.yaml`.
    pub(crate) fn values_text(&self) -> Option<&[u8]> {
        self.values.as_ref().map(File::content)
    }

    /// `values.schema.json`.
    pub(crate) fn schema(&self) -> Option<&[u8]> {
        self.schema.as_ref().map(File::content)
    }

    /// What lies under `templates/`, in the order of the chart.
    pub fn templates(&self) -> &[File] {
        &self.templates
    }

    /// The YAML and JSON files under `crds/`, in the order of the chart.
    pub fn crds(&self) -> impl Iterator<Item = &File> {
        let is_definition = |file: &&File| file.path.starts_with("crds/") && has_manifests(&file.path);
        self.files.iter().filter(is_definition)
    }

    /// Every other file, for templates to read; the definitions are among them.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Where it lies under `charts/` of the chart above.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The dependencies that `Chart.yaml` names and `charts/` lacks.
    pub fn missing_dependencies(&self) -> Vec<&str> {
        let is_there = |name: &str| self.subcharts.iter().any(|subchart| subchart.name() == name);
        let named = self.metadata.dependencies.iter();
        named
            .map(|dependency| dependency.name.as_str())
            .filter(|name| !is_there(name))
            .collect()
    }

    /// The charts below this one.
    pub fn subcharts(&self) -> &[Self] {
        &self.subcharts
    }
}

fn has_manifests(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["yaml", "yml", "json"]
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// A chart in a directory or archive under `charts/`; none where names begin with `_` or `.` or lie there loose.
fn subchart(
    (name, mut files): (&str, Vec<File>),
    depth: usize,
    budget: &mut Budget,
) -> Result<Option<Chart>, ChartError> {
    if name.starts_with(['_', '.']) {
        return Ok(None);
    }
    if name.to_ascii_lowercase().ends_with(".tgz") {
        let archive = files.first().filter(|file| file.path == name);
        let bytes = archive.ok_or(ChartError::NoManifest)?;
        let files = archive::unpack_within(&bytes.data, budget)?;
        return Chart::within(files, depth, budget).map(Some);
    }
    let prefix = name.len() + 1;
    files.retain(|file| file.path.len() > prefix);
    if files.is_empty() {
        // As in Helm: a file that is no chart makes the chart unusable.
        return Err(ChartError::NoManifest);
    }
    for file in &mut files {
        file.path.drain(..prefix);
    }
    Chart::within(files, depth, budget).map(Some)
}

fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|file| file.path == path)
}

fn read_metadata(files: &[File]) -> Result<Metadata, ChartError> {
    let mut metadata = Metadata::default();
    let mut read = |file: &File| {
        let wrong = |message| ChartError::Yaml {
            file: file.path.clone(),
            message,
        };
        let map = read_fields(file.content()).map_err(wrong)?;
        metadata.read(&map).map_err(|error| wrong(error.to_string()))
    };
    read(find(files, "Chart.yaml").ok_or(ChartError::NoManifest)?)?;
    if let Some(file) = find(files, "requirements.yaml") {
        read(file)?;
    }
    if metadata.api_version.is_empty() {
        // Charts that are older than the field.
        "v1".clone_into(&mut metadata.api_version);
    }
    metadata.check()?;
    Ok(metadata)
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
            ("templates/a.yaml", ""),
            ("templates/b.yaml.j2", ""),
            ("crds/x.yaml", ""),
            ("crds/README.md", ""),
            ("page.html", "<p>"),
            ("values.yaml", "a: 1"),
            ("values.schema.json", "{}"),
            ("Chart.yaml", MANIFEST),
            ("Chart.lock", ""),
        ])
        .unwrap();
        let paths = |files: &[File]| files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
        assert_eq!(
            paths(chart.templates()),
            ["templates/a.yaml", "templates/b.yaml.j2"]
        );
        let crds: Vec<_> = chart.crds().map(|file| file.path.as_str()).collect();
        assert_eq!(crds, ["crds/x.yaml"]);
        assert_eq!(
            paths(chart.files()),
            ["crds/x.yaml", "crds/README.md", "page.html"]
        );
        assert_eq!((chart.name(), chart.version()), ("web", "1.0.0"));
        assert_eq!(chart.values().unwrap(), json!({"a": 1}));
        assert_eq!(chart.schema(), Some(&b"{}"[..]));
    }

    #[test]
    fn a_manifest_that_names_no_usable_chart_is_refused() {
        assert_eq!(refused(&[]), "Chart.yaml file is missing");
        let manifest = |text: &str| refused(&[("Chart.yaml", text)]);
        for (text, reason) in [
            ("{version: 1.0.0}", "chart.metadata.name is required"),
            (
                "{name: ../web, version: 1.0.0}",
                r#"chart.metadata.name "../web" is invalid"#,
            ),
            ("{name: web}", "chart.metadata.version is required"),
            (
                "{name: web, version: ../1}",
                r#"chart.metadata.version "../1" is invalid"#,
            ),
            (
                "{name: web, version: 1.0.0, type: x}",
                "chart.metadata.type must be application or library",
            ),
            (
                "{name: web, version: 1.0.0, dependencies: [{name: a}, {name: b, alias: a}]}",
                r#"more than one dependency with name or alias "a""#,
            ),
            (
                "{name: web, version: 1.0.0, dependencies: [{name: a, alias: a/b}]}",
                r#"dependency "a" has disallowed characters in the alias"#,
            ),
        ] {
            assert_eq!(manifest(text), format!("validation: {reason}"));
        }
        assert_eq!(
            manifest("{name: [web]}"),
            "cannot load Chart.yaml: json: cannot unmarshal array into Go struct field Metadata.name of type string"
        );
    }

    #[test]
    fn fields_are_read_as_loosely_as_helm_reads_them() {
        let chart = chart(&[(
            "Chart.yaml",
            "{Name: web, version: 1, appVersion: 2.50, icon: null, annotations: {a: true, b: 5}, keywords: [x, 1], \
             home: 9223372036854775809, description: 1234e10, condition: 1.23456789}",
        )])
        .unwrap();
        let metadata = chart.metadata();
        assert_eq!((metadata.name.as_str(), metadata.version.as_str()), ("web", "1"));
        assert_eq!(metadata.app_version, "2.5");
        assert_eq!(metadata.home, "9223372036854775809");
        assert_eq!(metadata.description, "1.234e+13");
        assert_eq!(metadata.condition, "1.2345679");
        assert_eq!(metadata.api_version, "v1", "charts that are older than the field");
        assert_eq!(metadata.keywords, ["x", "1"]);
        assert_eq!(metadata.annotations["a"], "true");
        assert_eq!(chart.manifest()["appVersion"], "2.5");
        assert!(chart.manifest().get("icon").is_none());
    }

    #[test]
    fn charts_below_are_found_in_directories_and_archives() {
        let packed = archive::pack("db", &[File::new("Chart.yaml", "{name: db, version: 2.0.0}")]).unwrap();
        let files = vec![
            File::new("Chart.yaml", "{name: web, version: 1.0.0, apiVersion: v1}"),
            File::new("requirements.yaml", "dependencies: [{name: db, version: '>1'}]"),
            File::new("charts/cache/Chart.yaml", "{name: cache, version: 1.0.0}"),
            File::new(
                "charts/cache/charts/inner/Chart.yaml",
                "{name: inner, version: 1.0.0}",
            ),
            File::new("charts/db-2.0.0.tgz", packed),
            File::new("charts/_old/Chart.yaml", ""),
            File::new("charts/.x", ""),
            File::new("charts/db-2.0.0.tgz.prov", ""),
        ];
        let chart = Chart::from_files(files).unwrap();
        let names: Vec<_> = chart.subcharts().iter().map(Chart::name).collect();
        assert_eq!(names, ["cache", "db"]);
        assert_eq!(chart.subcharts()[0].subcharts()[0].name(), "inner");
        assert_eq!(chart.metadata().dependencies[0].name, "db");
        let files: Vec<_> = chart.files().iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["requirements.yaml", "charts/db-2.0.0.tgz.prov"]);
    }

    #[test]
    fn what_is_wrong_below_is_told_with_its_place() {
        assert_eq!(
            refused(&[("Chart.yaml", MANIFEST), ("charts/README.md", "")]),
            "error unpacking subchart README.md in web: Chart.yaml file is missing"
        );
        assert!(
            refused(&[("Chart.yaml", MANIFEST), ("charts/x.tgz", "text")])
                .starts_with("error unpacking subchart x.tgz in web: ")
        );
        let deep = "charts/a/".repeat(30);
        let files: Vec<(String, &str)> = (0..30)
            .map(|depth| (format!("{}Chart.yaml", &deep[..9 * depth]), MANIFEST))
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        assert!(refused(&files).contains("deep within one another"));
    }
}
