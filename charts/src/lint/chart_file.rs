//! The rules for `Chart.yaml`.

use gotemplate::sprig::semver::Version;
use gotemplate::{Kind, Map};

use super::{Remarks, address, find};
use crate::File;
use crate::chart::Metadata;
use crate::helm::values::read_fields;

const PATH: &str = "Chart.yaml";

/// What may stand in it.
const FIELDS: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

pub(super) fn check(files: &[File], remarks: &mut Remarks) {
    let Some(file) = find(files, PATH) else {
        return remarks.error(PATH, "file does not exist");
    };
    let fields = match read_fields(file.content()) {
        Ok(fields) => fields,
        Err(error) => return remarks.error(PATH, format!("unable to parse YAML\n\t{error}")),
    };
    let mut metadata = Metadata::default();
    if let Err(error) = metadata.read(&fields) {
        return remarks.error(PATH, format!("unable to parse YAML\n\t{error}"));
    }
    if let Some(unknown) = unknown(&fields) {
        remarks.warning(
            PATH,
            format!(
                "failed to strictly parse chart metadata file\n\terror unmarshaling JSON: while decoding JSON: json: \
                 unknown field {unknown:?}"
            ),
        );
    }
    name(&metadata.name, remarks);
    api_version(&metadata.api_version, remarks);
    versions(&metadata, &fields, remarks);
    people(&metadata, remarks);
    sources(&metadata, remarks);
    later(&metadata, remarks);
    if !is_strict_version(&metadata.version) {
        remarks.warning(
            PATH,
            format!("version '{}' is not a valid SemVerV2", metadata.version),
        );
    }
}

/// The first field that nobody knows; case does not count.
fn unknown(fields: &Map) -> Option<String> {
    let is_known = |key: &str| FIELDS.iter().any(|field| field.eq_ignore_ascii_case(key));
    let keys = fields.keys().into_iter().map(|key| key.to_string());
    keys.into_iter().find(|key| !is_known(key))
}

fn name(name: &str, remarks: &mut Remarks) {
    if name.is_empty() {
        return remarks.error(PATH, "name is required");
    }
    if name.contains('/') || matches!(name, "." | "..") {
        remarks.error(PATH, format!("chart name {name:?} is invalid"));
    }
}

fn api_version(version: &str, remarks: &mut Remarks) {
    match version {
        "v1" | "v2" => {}
        "" => remarks.error(
            PATH,
            r#"apiVersion is required. The value must be either "v1" or "v2""#,
        ),
        other => remarks.error(
            PATH,
            format!(r#"apiVersion '{other}' is not valid. The value must be either "v1" or "v2""#),
        ),
    }
}

fn versions(metadata: &Metadata, fields: &Map, remarks: &mut Remarks) {
    let typed = |field: &str, remarks: &mut Remarks| {
        if let Some(value) = fields.get(field).filter(|value| value.kind() != Kind::String) {
            let found = match value.kind() {
                // Helm looks at this with the eyes of JSON.
                Kind::Int | Kind::Uint64 => "float64",
                _ => value.type_name(),
            };
            remarks.error(
                PATH,
                format!("{field} should be of type string but it's of type {found}"),
            );
        }
    };
    typed("version", remarks);
    let version = &metadata.version;
    if version.is_empty() {
        remarks.error(PATH, "version is required");
    } else if Version::parse(version.as_bytes()).is_err() {
        remarks.error(PATH, format!("version '{version}' is not a valid SemVer"));
    }
    typed("appVersion", remarks);
}

/// All three numbers, and no `v`.
fn is_strict_version(version: &str) -> bool {
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && Version::parse(version.as_bytes()).is_ok()
}

fn people(metadata: &Metadata, remarks: &mut Remarks) {
    for person in &metadata.maintainers {
        let (name, email, url) = (&person.name, &person.email, &person.url);
        let wrong = if name.is_empty() {
            "each maintainer requires a name".to_owned()
        } else if !email.is_empty() && !address::is_email(email) {
            format!("invalid email '{email}' for maintainer '{name}'")
        } else if !url.is_empty() && !address::is_url(url) {
            format!("invalid url '{url}' for maintainer '{name}'")
        } else {
            continue;
        };
        return remarks.error(PATH, wrong);
    }
}

fn sources(metadata: &Metadata, remarks: &mut Remarks) {
    if let Some(source) = metadata
        .sources
        .iter()
        .find(|source| !address::is_request_url(source))
    {
        remarks.error(PATH, format!("invalid source URL '{source}'"));
    }
    if metadata.icon.is_empty() {
        remarks.info(PATH, "icon is recommended");
    } else if !address::is_request_url(&metadata.icon) {
        remarks.error(PATH, format!("invalid icon URL '{}'", metadata.icon));
    }
}

/// What only the second form of the file has.
fn later(metadata: &Metadata, remarks: &mut Remarks) {
    let version = &metadata.api_version;
    if version == "v2" {
        return;
    }
    if !metadata.kind.is_empty() {
        remarks.error(
            PATH,
            format!("chart type is not valid in apiVersion '{version}'. It is valid in apiVersion 'v2'"),
        );
    }
    if !metadata.dependencies.is_empty() {
        remarks.error(
            PATH,
            format!(
                "dependencies are not valid in the Chart file with apiVersion '{version}'. They are valid in apiVersion \
                 'v2'"
            ),
        );
    }
}
