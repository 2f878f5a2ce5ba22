//! The rules for `templates/`: they render, and what they give are sound objects.

use super::{Remarks, ignored, object};
use crate::manifest::{ManifestError, read_head, split};
use crate::render::{Language, RenderError, Role, tried};
use crate::{Chart, File, Render};

const PATH: &str = "templates/";
const ENDINGS: [&str; 4] = [".yaml", ".yml", ".tpl", ".txt"];

pub(super) fn check(files: &[File], with: &Render, remarks: &mut Remarks) {
    if !files.iter().any(|file| file.path.starts_with(PATH)) {
        return remarks.warning(PATH, "directory does not exist");
    }
    let chart = match Chart::from_files(files.to_vec()) {
        Ok(chart) => chart,
        Err(error) => return remarks.error(PATH, error.to_string()),
    };
    let tried = match tried(&chart, with) {
        Ok(Some(tried)) => tried,
        Ok(None) => return,
        Err(error) => return remarks.explained(PATH, error.to_string(), error.diagnosis()),
    };
    for words in &tried.told {
        remarks.info(PATH, words.as_str());
    }
    for template in chart.templates() {
        let path = &template.path;
        let ending = ending(path);
        if Role::of(path).language == Language::Helm && !ENDINGS.contains(&ending) {
            let valid = "Valid extensions are .yaml, .yml, .tpl, or .txt";
            remarks.error(path, format!("file extension '{ending}' not valid. {valid}"));
        }
        let text = tried.files.get(&format!("{}/{path}", chart.name()));
        let is_yaml = [".yaml", ".yml"]
            .iter()
            .any(|yaml| ending.eq_ignore_ascii_case(yaml));
        if let Some(text) = text.filter(|_| is_yaml)
            && let Err(error) = documents(path, text, with, remarks)
        {
            let diagnosis = error.diagnosis(with.given.has_secrets());
            remarks.explained(
                path,
                format!("unable to parse YAML: {}", error.source),
                Some(&diagnosis),
            );
            return;
        }
    }
    // What a chart gives where it lacks a value says nothing.
    if tried.told.is_empty() && !remarks.has_errors() {
        applied(&chart, with, remarks);
    }
}

/// The ending of a template's name, without that of its language.
fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = name.strip_suffix(".j2").unwrap_or(name);
    name.rfind('.').map_or("", |dot| &name[dot..])
}

fn documents(path: &str, text: &[u8], with: &Render, remarks: &mut Remarks) -> Result<(), ManifestError> {
    if Role::of(path).is_partial || text.trim_ascii().is_empty() {
        return Ok(());
    }
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    if first.starts_with(b" ") || first.starts_with(b"\t") {
        let line = String::from_utf8_lossy(first);
        remarks.warning(
            path,
            format!("document starts with an illegal indent: {line:?}, which may cause parsing problems"),
        );
    }
    let whole = String::from_utf8_lossy(text);
    for document in split(text, with.generation) {
        let head = read_head(path, document, with.generation)?;
        let document = String::from_utf8_lossy(document);
        let document = object::Document {
            path,
            head: &head,
            text: &document,
            file: &whole,
        };
        object::check(&document, with, remarks);
        ignored::check(&document, remarks);
    }
    Ok(())
}

/// Our own rule: what a chart gives can be applied.
fn applied(chart: &Chart, with: &Render, remarks: &mut Remarks) {
    if chart.metadata().kind == "library" {
        return;
    }
    match crate::render(chart, with) {
        Err(error @ RenderError::Object { .. }) => {
            remarks.error(PATH, format!("{:#}", anyhow::Error::new(error)));
        }
        Err(
            error @ (RenderError::Duplicate { .. } | RenderError::Yaml { .. } | RenderError::File { .. }),
        ) => {
            remarks.explained(PATH, error.to_string(), error.diagnosis());
        }
        _ => {}
    }
}
