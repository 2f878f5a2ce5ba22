//! `show`: parts of a chart as they are.

use anyhow::Result;
use bowline_charts::{Chart, yaml};

use crate::cli::{Part, Show};
use crate::source;

pub(super) fn show(arguments: &Show) -> Result<Vec<u8>> {
    let path = source::located(&arguments.chart)?;
    let files = source::files(&path)?;
    let values = files.iter().find(|file| file.path == "values.yaml").cloned();
    let chart = Chart::from_files(files)?;
    source::check_values(&chart)?;
    let is_wanted = |part| [part, Part::All].contains(&arguments.part);
    let mut text = Text::new(arguments.part == Part::All);
    if is_wanted(Part::Chart) {
        text.push(yaml::write(chart.metadata())?.as_bytes());
    }
    if let Some(values) = values.filter(|_| is_wanted(Part::Values)) {
        text.part();
        text.push(values.content());
    }
    if is_wanted(Part::Readme) {
        let is_readme = |path: &str| {
            let names = ["readme.md", "readme.txt", "readme"];
            names.iter().any(|name| path.eq_ignore_ascii_case(name))
        };
        if let Some(readme) = chart.files().iter().find(|file| is_readme(&file.path)) {
            text.part();
            text.push(readme.content());
        }
    }
    if is_wanted(Part::Crds) {
        push_definitions(&mut text, &chart);
    }
    Ok(text.bytes)
}

/// The definitions of a chart, then of those below it.
fn push_definitions(text: &mut Text, chart: &Chart) {
    for file in chart.crds() {
        if !file.content().starts_with(SEPARATOR) {
            text.separate();
        }
        text.push(file.content());
    }
    for subchart in chart.subcharts() {
        push_definitions(text, subchart);
    }
}

const SEPARATOR: &[u8] = b"---";

struct Text {
    bytes: Vec<u8>,
    has_parts: bool,
}

impl Text {
    fn new(has_parts: bool) -> Self {
        Self {
            bytes: Vec::new(),
            has_parts,
        }
    }

    /// A file and the line end that helm puts after each, whether it has one or not.
    fn push(&mut self, data: &[u8]) {
        self.bytes.extend_from_slice(data);
        self.bytes.push(b'\n');
    }

    fn separate(&mut self) {
        self.bytes.extend_from_slice(SEPARATOR);
        self.bytes.push(b'\n');
    }

    /// Sets a part apart from the one before, where there are several.
    fn part(&mut self) {
        if self.has_parts {
            self.separate();
        }
    }
}
