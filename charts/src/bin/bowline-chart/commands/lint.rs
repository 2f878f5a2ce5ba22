//! `lint`: what is wrong with charts, in helm lint's layout.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use bowline_charts::Render;
use bowline_charts::lint::{Remark, Severity, lint as remarks_on};

use super::Answer;
use crate::cli::Lint;
use crate::source;

pub(crate) fn lint(arguments: &Lint) -> Result<Answer> {
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
    let with = source::render("test-release", &arguments.input)?;
    let lowest = if arguments.strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    let (mut text, mut failed, mut notable) = (String::new(), 0, false);
    for chart in &charts {
        let remarks = about(chart, &with);
        let worst = remarks.iter().map(|remark| remark.severity).max();
        failed += usize::from(worst >= Some(lowest));
        let is_notable = worst >= Some(Severity::Warning);
        notable |= is_notable;
        if !arguments.quiet || is_notable {
            write(&mut text, chart, &remarks, arguments.quiet);
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

fn write(text: &mut String, chart: &Path, remarks: &[Remark], is_quiet: bool) {
    let _ = writeln!(text, "==> Linting {}", chart.display());
    let shown = remarks
        .iter()
        .filter(|remark| !is_quiet || remark.severity > Severity::Info);
    for remark in shown {
        let _ = writeln!(text, "{remark}");
        if let Some(diagnosis) = &remark.diagnosis {
            let _ = writeln!(text, "{diagnosis}");
        }
    }
    text.push('\n');
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
