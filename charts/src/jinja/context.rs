//! What every template sees: `values`, `release`, `chart`, `capabilities`, `files`.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use minijinja::value::{Object, Serde, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use crate::capabilities::Capabilities;
use crate::chart::{File, Metadata};
use crate::helm::glob::Glob;
use crate::helm::tree::Node;
use crate::render::{Release, Render};

/// Adds them as globals, so that macros of other files see them too.
pub(super) fn add(
    environment: &mut Environment<'_>,
    node: &Node<'_>,
    with: &Render,
    values: &serde_json::Value,
) {
    environment.add_global("values", Value::from(Serde(values)));
    environment.add_global("release", release(&with.release));
    environment.add_global("chart", metadata(&node.metadata));
    environment.add_global(
        "capabilities",
        Value::from_object(Cluster(with.capabilities.clone())),
    );
    let files = node
        .chart
        .files()
        .iter()
        .map(|file| (file.path.clone(), file.clone()))
        .collect();
    environment.add_global("files", Value::from_object(Files(files)));
}

fn release(release: &Release) -> Value {
    minijinja::context! {
        name => release.name.as_str(),
        namespace => release.namespace.as_str(),
        revision => release.revision,
        is_install => !release.is_upgrade,
        is_upgrade => release.is_upgrade,
        service => "Helm",
    }
}

fn metadata(metadata: &Metadata) -> Value {
    minijinja::context! {
        api_version => metadata.api_version.as_str(),
        name => metadata.name.as_str(),
        version => metadata.version.as_str(),
        app_version => metadata.app_version.as_str(),
        description => metadata.description.as_str(),
        type => metadata.kind.as_str(),
        kube_version => metadata.kube_version.as_str(),
        annotations => Value::from(Serde(&metadata.annotations)),
    }
}

/// `capabilities`: `kube_version.{version,major,minor}`, `api_versions` and `has("apps/v1")`.
#[derive(Debug)]
struct Cluster(Capabilities);

impl Object for Cluster {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "kube_version" => {
                let (major, minor) = self.0.major_minor();
                Some(
                    minijinja::context! { version => self.0.kube_version.as_str(), major => major, minor => minor },
                )
            }
            "api_versions" => Some(self.0.api_versions.iter().cloned().collect::<Vec<_>>().into()),
            _ => None,
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        if method != "has" {
            return Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("capabilities has no method {method}"),
            ));
        }
        let (api_version,): (&str,) = from_args(arguments)?;
        Ok(self.0.has(api_version).into())
    }
}

/// `files`: `get("page.html")` as text, `base64("logo.png")`, and `glob("conf/*.toml")` as a mapping of texts.
#[derive(Debug)]
struct Files(BTreeMap<String, File>);

impl Files {
    fn bytes(&self, path: &str) -> Result<&[u8], Error> {
        self.0.get(path).map(File::content).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOperation,
                format!("the chart has no file {path:?} outside templates/"),
            )
        })
    }

    fn text(&self, path: &str) -> Result<&str, Error> {
        std::str::from_utf8(self.bytes(path)?).map_err(|_| {
            let message = format!("file {path:?} is not UTF-8 text; read it with files.base64");
            Error::new(ErrorKind::InvalidOperation, message)
        })
    }
}

impl Object for Files {
    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        let (argument,): (&str,) = from_args(arguments)?;
        match method {
            "get" => Ok(self.text(argument)?.into()),
            "base64" => Ok(BASE64.encode(self.bytes(argument)?).into()),
            "glob" => {
                let glob = Glob::new(argument).ok_or_else(|| {
                    let message = format!("{argument:?} is not a pattern of files");
                    Error::new(ErrorKind::InvalidOperation, message)
                })?;
                let paths = self.0.keys().filter(|path| glob.matches(path));
                let texts = paths.map(|path| Ok((path.clone(), self.text(path)?.to_owned())));
                Ok(texts.collect::<Result<BTreeMap<_, _>, Error>>()?.into())
            }
            _ => Err(Error::new(
                ErrorKind::UnknownMethod,
                format!("files has no method {method}"),
            )),
        }
    }
}
