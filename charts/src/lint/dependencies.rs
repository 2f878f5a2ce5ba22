//! The rules for the charts below: each is named, once, and there.

use super::Remarks;
use crate::{Chart, File};

const PATH: &str = "charts/";

pub(super) fn check(files: &[File], remarks: &mut Remarks) {
    let chart = match Chart::from_files(files.to_vec()) {
        Ok(chart) => chart,
        Err(error) => return remarks.error("", format!("unable to load chart\n\t{error}")),
    };
    let asked = &chart.metadata().dependencies;
    let there = chart.subcharts();
    let unasked: Vec<&str> = there
        .iter()
        .map(Chart::name)
        .filter(|name| !asked.iter().any(|dependency| dependency.name == *name))
        .collect();
    if !unasked.is_empty() {
        let names = unasked.join(",");
        remarks.error(
            PATH,
            format!("chart metadata is missing these dependencies: {names}"),
        );
    }
    let missing: Vec<&str> = asked
        .iter()
        .map(|dependency| dependency.name.as_str())
        .filter(|name| !there.iter().any(|chart| chart.name() == *name))
        .collect();
    if !missing.is_empty() {
        let names = missing.join(",");
        remarks.warning(
            PATH,
            format!("chart directory is missing these dependencies: {names}"),
        );
    }
}
