//! The rules for `values.yaml`: it can be read, and the chart's own schema takes it. Charts below are not looked at.

use super::{Remarks, find};
use crate::helm::values::read_values;
use crate::json::to_json;
use crate::values::merge_over;
use crate::{File, Render, schema};

const PATH: &str = "values.yaml";

pub(super) fn check(files: &[File], with: &Render, remarks: &mut Remarks) {
    let Some(file) = find(files, PATH) else {
        return remarks.info(PATH, "file does not exist");
    };
    let values = match read_values(file.content(), with.generation) {
        Ok(values) => values,
        Err(error) => return remarks.error(PATH, format!("unable to parse YAML: {error}")),
    };
    match with.given.merged(with.generation) {
        Ok(given) => merge_over(&values, &given),
        Err(error) => return remarks.error(PATH, error.in_full()),
    }
    let schema =
        find(files, "values.schema.json").filter(|schema| !schema.data.is_empty() && !with.skips_schema);
    if let Some(schema) = schema
        && let Err(error) = schema::validate(schema.content(), &to_json(&values.into()))
    {
        remarks.error(PATH, error.to_string());
    }
}
