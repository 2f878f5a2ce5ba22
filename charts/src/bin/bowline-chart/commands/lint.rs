//! `lint`: what is wrong with charts, in helm lint's layout.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use bowline_charts::lint::{Remark, Severity, lint as remarks_on};
use bowline_charts::{Release, Render};

use super::Answer;
use crate::cli::Lint;
use crate::given::in_words;
use crate::source;

pub(crate) fn lint(arguments: &Lint, namespace: &str) -> Result<Answer> {
    let mut charts = arguments.charts.clone();
    if charts.is_empty() {
        charts.push(PathBuf::from("."));
    }
    if arguments.with_subcharts {
        let below: Vec<PathBuf> = charts
            .iter()
            .flat_map(|chart| subcharts(&chart.join("charts")))
            .collect();
        charts.extend(below);
    }
    let release = Release::install("test-release", namespace);
    let with = source::render(release, &arguments.input)?;
    let lowest = if arguments.strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    let (mut text, mut failed, mut notable) = (String::new(), 0, false);
    for chart in &charts {
        let (mut told, worst) = if let Some(fault) = no_chart(chart) {
            (format!("Error {fault}\n"), Some(Severity::Error))
        } else {
            let remarks = about(chart, &with);
            let worst = remarks.iter().map(|remark| remark.severity).max();
            (written(&remarks, arguments.quiet), worst)
        };
        failed += usize::from(worst >= Some(lowest));
        let is_notable = worst >= Some(Severity::Warning);
        notable |= is_notable;
        if !arguments.quiet || is_notable {
            told.insert_str(0, &format!("==> Linting {}\n", chart.display()));
            told.push('\n');
            text.push_str(&told);
        }
    }
    let summary = format!("{} chart(s) linted, {failed} chart(s) failed", charts.len());
    if failed > 0 {
        return Ok(Answer::failed(text, anyhow::Error::msg(summary)));
    }
    if !arguments.quiet || notable {
        let _ = writeln!(text, "{summary}");
    }
    Ok(text.into())
}

/// What is said about a chart; one that cannot be read gets an error like any other.
fn about(chart: &Path, with: &Render) -> Vec<Remark> {
    match source::files(chart) {
        Ok(files) => remarks_on(&files, with),
        Err(error) => vec![Remark {
            severity: Severity::Error,
            path: String::new(),
            text: format!("unable to load chart\n\t{error:#}"),
            diagnosis: None,
        }],
    }
}

fn written(remarks: &[Remark], is_quiet: bool) -> String {
    let mut text = String::new();
    let shown = remarks
        .iter()
        .filter(|remark| !is_quiet || remark.severity > Severity::Info);
    for remark in shown {
        let _ = writeln!(text, "{remark}");
        if let Some(diagnosis) = &remark.diagnosis {
            let _ = writeln!(text, "{diagnosis}");
        }
    }
    text
}

/// Why there is no chart at all, about which nothing else can be said.
fn no_chart(path: &Path) -> Option<String> {
    let name = path.to_string_lossy();
    if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
        let error = fs_err::metadata(path).err()?;
        return Some(format!(
            "unable to open tarball: {}",
            in_words("open", path, &error)
        ));
    }
    let manifest = path.join("Chart.yaml");
    let error = fs_err::metadata(&manifest).err()?;
    let told = in_words("stat", &manifest, &error);
    Some(format!("unable to check Chart.yaml file in chart: {told}"))
}

/// The charts below a directory, at any depth, by their paths.
fn subcharts(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(directory) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let is_packed = path.extension().is_some_and(|ending| ending == "tgz");
        let is_link = path.is_symlink();
        if !is_link && path.is_dir() {
            if path.join("Chart.yaml").is_file() {
                found.push(path.clone());
            }
            found.extend(subcharts(&path.join("charts")));
        } else if is_packed && !is_link {
            found.push(path);
        }
    }
    found
}
