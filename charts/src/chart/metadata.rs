//! What `Chart.yaml` says.

use std::collections::BTreeMap;

use gotemplate::{Map, Value};
use serde::{Deserialize, Serialize};

use super::ChartError;
use super::fields::{Fields, Mistyped};
use crate::helm::values::shown;
use crate::helm::version;

/// What `Chart.yaml` says. Written as JSON it is what Helm's release records hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// The chart's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The project's page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// Where its source lies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The chart's version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// One sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Who looks after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub maintainers: Vec<Maintainer>,
    /// The address of an icon.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// `v1` or `v2`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// Unused by Helm, but templates may read it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Unused by Helm, but templates may read it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tags: String,
    /// The version of what it installs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    /// Whether people should look for another one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// Free-form marks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Which Kubernetes versions it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kube_version: String,
    /// The charts it builds on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// `application`, the default, or `library`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Whether dependencies are spoken of at all.
    #[serde(skip)]
    pub(crate) has_dependencies: bool,
}

/// Somebody who looks after a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintainer {
    /// A person or organisation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// An address for mail.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// An address of a page.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A chart that another one builds on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dependency {
    /// The name in its own `Chart.yaml`.
    pub name: String,
    /// Which versions will do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where to fetch it from.
    pub repository: String,
    /// Paths of values that switch it on and off; the first that is there decides.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Groups that are switched together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether it takes part in this render.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub enabled: bool,
    /// Which of its values the parent takes over.
    #[serde(rename = "import-values", skip_serializing_if = "Vec::is_empty")]
    pub import_values: Vec<Import>,
    /// Another name, for a chart that is used more than once.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub alias: String,
}

/// Values that a chart takes over from one that it builds on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Import {
    /// A table below `exports`, into the chart's own values.
    Export(String),
    /// A table by its path there, and its path here.
    Paths {
        /// There.
        child: String,
        /// Here.
        parent: String,
    },
}

impl Import {
    /// The path there and the path here.
    pub(crate) fn paths(&self) -> (String, String) {
        match self {
            Self::Export(name) => (format!("exports.{name}"), ".".to_owned()),
            Self::Paths { child, parent } => (child.clone(), parent.clone()),
        }
    }
}

impl Metadata {
    /// Reads the fields of a mapping over what was read before: `requirements.yaml` after `Chart.yaml`.
    pub(crate) fn read(&mut self, map: &Map) -> Result<(), Mistyped> {
        let fields = Fields::new("Metadata", map);
        for (name, field) in [
            ("name", &mut self.name),
            ("home", &mut self.home),
            ("version", &mut self.version),
            ("description", &mut self.description),
            ("icon", &mut self.icon),
            ("apiVersion", &mut self.api_version),
            ("condition", &mut self.condition),
            ("tags", &mut self.tags),
            ("appVersion", &mut self.app_version),
            ("kubeVersion", &mut self.kube_version),
            ("type", &mut self.kind),
        ] {
            fields.text(name, field)?;
        }
        fields.texts("sources", &mut self.sources)?;
        fields.texts("keywords", &mut self.keywords)?;
        fields.flag("deprecated", &mut self.deprecated)?;
        fields.text_map("annotations", &mut self.annotations)?;
        if let Some(list) = fields.tables("maintainers")? {
            self.maintainers = list.iter().map(maintainer).collect::<Result<_, _>>()?;
        }
        if let Some(list) = fields.tables("dependencies")? {
            self.dependencies = list.iter().map(dependency).collect::<Result<_, _>>()?;
            self.has_dependencies = true;
        }
        Ok(())
    }

    /// Cleans texts of what cannot be printed and checks what has to be there.
    pub(super) fn check(&mut self) -> Result<(), ChartError> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            clean(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(clean);
        let wrong = |what: String| Err(ChartError::Metadata(what));
        if self.name.is_empty() {
            return wrong("chart.metadata.name is required".to_owned());
        }
        if matches!(self.name.as_str(), "." | "..") || self.name.contains('/') {
            return wrong(format!("chart.metadata.name {:?} is invalid", self.name));
        }
        if self.version.is_empty() {
            return wrong("chart.metadata.version is required".to_owned());
        }
        if !version::is_version(&self.version) {
            return wrong(format!("chart.metadata.version {:?} is invalid", self.version));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return wrong("chart.metadata.type must be application or library".to_owned());
        }
        for maintainer in &mut self.maintainers {
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url]
                .into_iter()
                .for_each(clean);
        }
        self.check_dependencies()
    }

    fn check_dependencies(&mut self) -> Result<(), ChartError> {
        let mut seen = Vec::new();
        for dependency in &mut self.dependencies {
            for text in [
                &mut dependency.name,
                &mut dependency.version,
                &mut dependency.repository,
                &mut dependency.condition,
            ] {
                clean(text);
            }
            dependency.tags.iter_mut().for_each(clean);
            let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if !dependency.alias.chars().all(is_plain) {
                return Err(ChartError::Metadata(format!(
                    "dependency {:?} has disallowed characters in the alias",
                    dependency.name
                )));
            }
            let key = if dependency.alias.is_empty() {
                &dependency.name
            } else {
                &dependency.alias
            };
            if seen.contains(key) {
                return Err(ChartError::Metadata(format!(
                    "more than one dependency with name or alias {key:?}"
                )));
            }
            seen.push(key.clone());
        }
        Ok(())
    }
}

fn maintainer(map: &Map) -> Result<Maintainer, Mistyped> {
    let fields = Fields::new("Maintainer", map);
    let mut maintainer = Maintainer::default();
    fields.text("name", &mut maintainer.name)?;
    fields.text("email", &mut maintainer.email)?;
    fields.text("url", &mut maintainer.url)?;
    Ok(maintainer)
}

fn dependency(map: &Map) -> Result<Dependency, Mistyped> {
    let fields = Fields::new("Dependency", map);
    let mut dependency = Dependency::default();
    fields.text("name", &mut dependency.name)?;
    fields.text("version", &mut dependency.version)?;
    fields.text("repository", &mut dependency.repository)?;
    fields.text("condition", &mut dependency.condition)?;
    fields.texts("tags", &mut dependency.tags)?;
    fields.flag("enabled", &mut dependency.enabled)?;
    fields.text("alias", &mut dependency.alias)?;
    for item in &fields.list("import-values")?.unwrap_or_default() {
        match item {
            Value::String(name) => dependency.import_values.push(Import::Export(name.to_string())),
            Value::Map(paths) => {
                let path = |key| {
                    paths
                        .get(key)
                        .map_or_else(|| "<nil>".to_owned(), |path| shown(&path))
                };
                dependency.import_values.push(Import::Paths {
                    child: path("child"),
                    parent: path("parent"),
                });
            }
            _ => {}
        }
    }
    Ok(dependency)
}

/// White space becomes spaces, what cannot be printed goes.
fn clean(text: &mut String) {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}')
    };
    if !text
        .chars()
        .any(|c| is_hidden(c) || (c.is_whitespace() && c != ' '))
    {
        return;
    }
    *text = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_hidden(*c))
        .collect();
}
