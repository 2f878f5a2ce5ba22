//! The bundled charts in the manifests folder: what the runtime image brings, with this cluster's facts.
//!
//! A person's own files there are never touched, and a chart that left the product is left alone.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use crate::apply;
use crate::layout::Layout;
use crate::plan::File;
use crate::plan::charts::{Laid, lay_out};
use crate::plan::facts::HostFacts;
use crate::settings::Settings;

/// Lays out every chart of the folder `charts`; gives the names of those that shall be installed.
pub(crate) fn prepare(
    layout: &Layout,
    charts: &Path,
    settings: &Settings,
    facts: &HostFacts,
) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(charts).context("list the bundled charts")? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let text = fs_err::read_to_string(&path)?;
        match lay_out(file, &text, settings, facts)? {
            Laid::Manifest { file, content } => {
                remove(&layout.manifests().join(disabled(&file)))?;
                write(&layout.manifests().join(&file), content.into_bytes())?;
                names.push(file.trim_end_matches(".yaml").to_owned());
            }
            Laid::Disabled { file } => {
                // The marker first: the operator must never see a chart that is simply gone.
                write(&layout.manifests().join(disabled(&file)), Vec::new())?;
                remove(&layout.manifests().join(file))?;
            }
        }
    }
    names.sort();
    Ok(names)
}

fn disabled(file: &str) -> String {
    format!("{file}{}", bowline_crds::DISABLED_SUFFIX)
}

/// The operator's user is not root, so all may read.
fn write(path: &Path, content: Vec<u8>) -> Result<()> {
    let file = File {
        path: path.to_owned(),
        mode: 0o644,
        owner: 0,
        content,
    };
    apply::write_file(&file).context("lay out a bundled chart")?;
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{facts, settings};

    const CHART: &str = "kind: HelmChart\nmetadata: {name: x}\nspec: {chartContent: abc}\n";

    #[test]
    fn charts_come_and_go_with_the_settings_and_own_files_stay() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path());
        let charts = data.path().join("charts");
        fs_err::create_dir_all(&charts).unwrap();
        fs_err::create_dir_all(layout.manifests()).unwrap();
        fs_err::write(charts.join("coredns.yaml"), CHART).unwrap();
        fs_err::write(charts.join("ingress.yaml"), CHART).unwrap();
        fs_err::write(layout.manifests().join("own.yaml"), "kind: ConfigMap").unwrap();
        let mut settings = settings();
        let names = prepare(&layout, &charts, &settings, &facts()).unwrap();
        assert_eq!(names, ["coredns", "ingress"]);
        settings.server.disable.insert("ingress".into());
        let names = prepare(&layout, &charts, &settings, &facts()).unwrap();
        assert_eq!(names, ["coredns"]);
        let has = |name: &str| layout.manifests().join(name).exists();
        assert!(!has("ingress.yaml") && has("ingress.yaml.disabled") && has("own.yaml"));
        settings.server.disable.clear();
        prepare(&layout, &charts, &settings, &facts()).unwrap();
        assert!(has("ingress.yaml") && !has("ingress.yaml.disabled"));
    }
}
