//! The rules for the files of `crds/`.

use super::Remarks;
use crate::manifest::{Head, split};
use crate::{Chart, File, Render};

pub(super) fn check(files: &[File], with: &Render, remarks: &mut Remarks) {
    let Ok(chart) = Chart::from_files(files.to_vec()) else {
        return;
    };
    for file in chart.crds() {
        for document in split(file.content(), with.generation) {
            let head = match Head::read(document, with.generation) {
                Ok(head) => head,
                Err(error) => return remarks.error(&file.path, format!("unable to parse YAML: {error}")),
            };
            if head == Head::default() {
                continue;
            }
            if !head.api_version.starts_with("apiextensions.k8s.io") {
                remarks.error(&file.path, "apiVersion is not in 'apiextensions.k8s.io'");
            }
            if head.kind != "CustomResourceDefinition" {
                remarks.error(&file.path, "object kind is not 'CustomResourceDefinition'");
            }
        }
    }
}
