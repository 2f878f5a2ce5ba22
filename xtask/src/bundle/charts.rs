//! Bundled charts: each directory becomes a deterministic archive inside a `HelmChart` manifest.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compression, GzBuilder};
use serde::Deserialize;
use serde_json::json;

use crate::image::Tree;
use crate::image::tar_of;

const BOOTSTRAP: &str = "bowline.dev/bootstrap";
const NAMESPACE: &str = "kube-system";

/// A chart as a node finds it: one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) name: String,
    pub(crate) manifest: String,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// Reads every chart below `directory`, in the order of their names.
pub(crate) fn read(directory: &Path, epoch: u64) -> Result<Vec<Chart>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut charts = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let path = entry?.path();
        if path.join("Chart.yaml").is_file() {
            charts.push(pack(&path, epoch).with_context(|| format!("pack the chart {}", path.display()))?);
        }
    }
    charts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(charts)
}

fn pack(directory: &Path, epoch: u64) -> Result<Chart> {
    let metadata: Metadata = serde_saphyr::from_str(&fs_err::read_to_string(directory.join("Chart.yaml"))?)
        .context("read Chart.yaml")?;
    let named = directory
        .file_name()
        .is_some_and(|name| name == metadata.name.as_str());
    ensure!(
        named,
        "Chart.yaml says name {:?}, expected the directory's",
        metadata.name
    );
    let tree = Tree::copy_of(directory)?.files_below(&metadata.name);
    let archive = compress(&tar_of(&tree, epoch)?)?;
    let bootstrap = metadata
        .annotations
        .get(BOOTSTRAP)
        .is_some_and(|value| value == "true");
    let manifest = manifest(&metadata.name, &archive, bootstrap)?;
    Ok(Chart {
        name: metadata.name,
        manifest,
    })
}

/// Gzip without a name or a date in its header.
fn compress(tar: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(tar).context("compress a chart")?;
    encoder.finish().context("compress a chart")
}

fn manifest(name: &str, archive: &[u8], bootstrap: bool) -> Result<String> {
    let mut spec = json!({ "chartContent": STANDARD.encode(archive), "targetNamespace": NAMESPACE });
    if bootstrap {
        spec["bootstrap"] = json!(true);
    }
    let object = json!({
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChart",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": spec,
    });
    let mut text = serde_json::to_string_pretty(&object).context("write a HelmChart")?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use serde_json::Value;

    use super::*;
    use crate::bill::Bill;

    fn chart(directory: &Path, annotations: &str) {
        fs_err::create_dir_all(directory.join("templates")).unwrap();
        let text = format!("apiVersion: v2\nname: coredns\nversion: 1.0.0\n{annotations}");
        fs_err::write(directory.join("Chart.yaml"), text).unwrap();
        fs_err::write(directory.join("templates/service.yaml.j2"), "kind: Service\n").unwrap();
    }

    #[test]
    fn a_chart_is_packed_under_its_name_and_the_same_twice() {
        let directory = tempfile::tempdir().unwrap();
        chart(
            &directory.path().join("coredns"),
            "annotations:\n  bowline.dev/bootstrap: \"true\"\n",
        );
        let charts = read(directory.path(), 0).unwrap();
        assert_eq!(charts, read(directory.path(), 0).unwrap());

        let object: Value = serde_json::from_str(&charts[0].manifest).unwrap();
        assert_eq!(object["spec"]["bootstrap"], true);
        assert_eq!(object["metadata"]["namespace"], "kube-system");
        let archive = STANDARD
            .decode(object["spec"]["chartContent"].as_str().unwrap())
            .unwrap();
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(archive.as_slice())
            .read_to_end(&mut tar)
            .unwrap();
        let mut archive = tar::Archive::new(tar.as_slice());
        let names: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(names, ["coredns/Chart.yaml", "coredns/templates/service.yaml.j2"]);
    }

    #[test]
    fn only_a_chart_that_says_so_is_for_the_bootstrap() {
        let directory = tempfile::tempdir().unwrap();
        chart(&directory.path().join("coredns"), "");
        let object: Value = serde_json::from_str(&read(directory.path(), 0).unwrap()[0].manifest).unwrap();
        assert_eq!(object["spec"].get("bootstrap"), None);
    }

    #[test]
    fn a_chart_in_a_directory_of_another_name_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        chart(&directory.path().join("dns"), "");
        let error = format!("{:#}", read(directory.path(), 0).unwrap_err());
        assert!(
            error.ends_with("Chart.yaml says name \"coredns\", expected the directory's"),
            "{error}"
        );
    }

    /// Every image that a bundled chart names by default is in the bill, so an airgapped node has it.
    #[test]
    fn bundled_charts_use_images_of_the_bill() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let bill = Bill::read(&root.join("components/components.yaml")).unwrap();
        let known: Vec<String> = bill.images.iter().map(|image| bill.reference(image)).collect();
        let Ok(entries) = fs_err::read_dir(root.join("charts/bundled")) else {
            return;
        };
        for entry in entries {
            let values = entry.unwrap().path().join("values.yaml");
            let values: Value = serde_saphyr::from_str(&fs_err::read_to_string(&values).unwrap()).unwrap();
            for image in images(&values) {
                assert!(known.contains(&image), "{image} is not in the bill");
            }
        }
    }

    /// References below any `image` key: `{registry, repository, tag}` or one string.
    fn images(value: &Value) -> Vec<String> {
        let Value::Object(map) = value else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (key, value) in map {
            match value {
                Value::String(image) if key == "image" => found.push(image.clone()),
                Value::Object(image) if key == "image" => {
                    let part = |name: &str| image.get(name).and_then(Value::as_str).unwrap_or_default();
                    let name = [part("registry"), part("repository")]
                        .into_iter()
                        .filter(|part| !part.is_empty());
                    found.push(format!("{}:{}", name.collect::<Vec<_>>().join("/"), part("tag")));
                }
                _ => found.extend(images(value)),
            }
        }
        found
    }
}
