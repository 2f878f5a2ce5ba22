//! Which name a release gets.

use anyhow::{Error, Result, bail, ensure};
use gotemplate::{Functions, Templates, Value, sprig};

use crate::cli::Subject;

/// What a release is called that nobody named.
const UNNAMED: &str = "release-name";

/// The release's name and the chart, in Helm's words where they do not fit together.
pub(super) fn name_and_chart(subject: &Subject) -> Result<(String, &str)> {
    match subject.name_and_chart.as_slice() {
        [name, chart] => {
            ensure!(
                !subject.generate_name,
                "cannot set --generate-name and also specify a name"
            );
            ensure!(
                subject.name_template.is_empty(),
                "cannot set --name-template and also specify a name"
            );
            Ok((name.clone(), chart))
        }
        [chart] if subject.name_template.is_empty() => Ok((UNNAMED.to_owned(), chart)),
        [chart] => Ok((from_template(&subject.name_template)?, chart)),
        [_, _, surplus @ ..] => bail!(
            "expected at most two arguments, unexpected arguments: {}",
            surplus.join(", ")
        ),
        [] => bail!("a chart is missing"),
    }
}

fn from_template(text: &str) -> Result<String> {
    let mut templates = Templates::new(TEMPLATE, Functions::new(sprig::FUNCTIONS));
    templates.parse(TEMPLATE, text).map_err(|error| told(&error))?;
    let name = templates
        .execute(TEMPLATE, Value::Nil)
        .map_err(|error| told(&error))?;
    Ok(name.to_text().into_owned())
}

/// The name of the template, which errors speak of.
const TEMPLATE: &str = "name-template";

fn told(error: &gotemplate::Error) -> Error {
    Error::msg(error.to_string())
}
