//! What was fetched becomes one checked [`Release`], or a sentence that says what has to be changed. Pure.

use std::time::Duration;

use bowline_charts::set;
use bowline_charts::values::{Given, Layer, ValuesError};
use bowline_crds::helm_chart::Driver;
use bowline_crds::values::{Content, layers};
use bowline_crds::{FailurePolicy, HelmChartSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Error;
use super::fetch::Fetched;

/// As Helm's.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);
const MAX_RELEASE_NAME: usize = 53;
/// A label's value holds no more; K3s cuts there too.
const MAX_HASH: usize = 63;

/// A release as it shall be.
pub(crate) struct Release<'a> {
    pub(crate) name: &'a str,
    pub(crate) namespace: &'a str,
    /// base64 of the chart's archive.
    pub(crate) content: &'a str,
    /// What people gave, for the render.
    pub(crate) given: Given,
    /// The same, merged, for the record.
    pub(crate) values: Value,
    pub(crate) timeout: Duration,
    pub(crate) failure_policy: FailurePolicy,
    pub(crate) force_conflicts: bool,
    pub(crate) take_ownership: bool,
    pub(crate) create_namespace: bool,
    pub(crate) kube_version: &'a str,
    /// SHA-256 of all of the above that makes a difference to the objects.
    pub(crate) hash: String,
}

/// Checks what people wrote, and merges it.
pub(crate) fn validate(fetched: &Fetched) -> Result<Release<'_>, Error> {
    let spec = &fetched.chart.spec;
    let config = fetched.config.as_ref().map(|config| &config.spec);
    check_name(&fetched.key.name)?;
    check_version(spec)?;
    check_namespace(fetched)?;
    let content = chart_content(spec)?;
    let (given, values) = merge_values(fetched)?;
    let failure_policy = config
        .and_then(|config| config.failure_policy)
        .or(spec.failure_policy);
    let force_conflicts = config
        .and_then(|config| config.force_conflicts)
        .or(spec.force_conflicts);
    let namespace = fetched.namespace();
    Ok(Release {
        name: &fetched.key.name,
        namespace,
        content,
        hash: hash(&[content, &values.to_string(), namespace, &fetched.kube_version]),
        given,
        values,
        timeout: timeout(spec.timeout.as_deref())?,
        failure_policy: failure_policy.unwrap_or(FailurePolicy::Retry),
        force_conflicts: force_conflicts.unwrap_or(false),
        take_ownership: spec.take_ownership.unwrap_or(false),
        create_namespace: spec.create_namespace.unwrap_or(false),
        kube_version: &fetched.kube_version,
    })
}

fn invalid(message: impl Into<String>) -> Error {
    Error::Stalled {
        reason: "InvalidSpec",
        message: message.into(),
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.len() > MAX_RELEASE_NAME {
        let length = name.len();
        return Err(invalid(format!(
            "the name has {length} characters; a release's name, which it becomes, has at most {MAX_RELEASE_NAME}"
        )));
    }
    Ok(())
}

fn check_version(spec: &HelmChartSpec) -> Result<(), Error> {
    match spec.helm_version.as_deref() {
        None | Some("" | "v3") if spec.driver == Some(Driver::ConfigMap) => Err(Error::Stalled {
            reason: "UnsupportedDriver",
            message: "spec.driver configmap is not supported; remove the field".into(),
        }),
        None | Some("" | "v3") => Ok(()),
        Some(other) => Err(Error::Stalled {
            reason: "UnsupportedVersion",
            message: format!("spec.helmVersion {other:?} is not supported; remove the field"),
        }),
    }
}

/// A release does not move: its objects in the old namespace would stay behind, and with them their data.
fn check_namespace(fetched: &Fetched) -> Result<(), Error> {
    let (is, wanted) = (fetched.release_namespace(), fetched.namespace());
    if is == wanted {
        return Ok(());
    }
    Err(Error::Stalled {
        reason: "NamespaceChanged",
        message: format!(
            "the release is in namespace {is} and cannot move to {wanted}; set spec.targetNamespace back, or delete \
             the HelmChart and create it anew"
        ),
    })
}

/// The chart itself; other ways to name one are told what to do instead.
fn chart_content(spec: &HelmChartSpec) -> Result<&str, Error> {
    if let Some(content) = spec
        .chart_content
        .as_deref()
        .filter(|content| !content.is_empty())
    {
        return Ok(content);
    }
    let chart = spec.chart.as_deref().unwrap_or_default();
    if chart.is_empty() {
        return Err(invalid(
            "spec.chartContent is empty; put the base64 of the chart's .tgz there",
        ));
    }
    let from = match spec.repo.as_deref().filter(|repo| !repo.is_empty()) {
        Some(repo) => format!("{chart} from {repo}"),
        None => chart.to_owned(),
    };
    Err(Error::Stalled {
        reason: "UnsupportedSource",
        message: format!(
            "fetching {from} is not supported in this version; put the base64 of the chart's .tgz into \
             spec.chartContent instead"
        ),
    })
}

fn timeout(text: Option<&str>) -> Result<Duration, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(DEFAULT_TIMEOUT);
    };
    match text.parse::<kube::core::Duration>() {
        Ok(duration) if !duration.is_negative() => Ok(duration.into()),
        _ => Err(invalid(format!(
            "spec.timeout is {text:?}; expected a duration such as 5m0s"
        ))),
    }
}

/// All layers over one another, in K3s' order.
fn merge_values(fetched: &Fetched) -> Result<(Given, Value), Error> {
    let config = fetched.config.as_ref().map(|config| &config.spec);
    let mut given = Given::default();
    for layer in layers(&fetched.chart.spec, config) {
        match layer.content {
            Content::Yaml(text) => given.layers.push(Layer::yaml(layer.origin, text)),
            Content::Object(value) => given.layers.push(Layer::new(layer.origin, value.clone())),
            Content::Secret { name, key, optional } => {
                let origin = format!("{}: Secret {name}, key {key}", layer.origin);
                match fetched.secrets.get(&(name.to_owned(), key.to_owned())) {
                    Some(text) => given.layers.push(Layer::yaml(origin, text.as_str()).secret()),
                    None if optional => {}
                    None => return Err(missing_secret(&origin)),
                }
            }
            Content::Set(assignments) => {
                let assignments = assignments.iter().map(|(key, value)| {
                    let value = match value {
                        IntOrString::Int(number) => Value::from(*number),
                        IntOrString::String(text) => Value::from(text.as_str()),
                    };
                    (key.clone(), value)
                });
                given.assignments = set::of_chart_set(&assignments.collect());
            }
        }
    }
    let values = given.to_json().map_err(|error| wrong_values(&error))?;
    Ok((given, values))
}

fn wrong_values(error: &ValuesError) -> Error {
    Error::Stalled {
        reason: "InvalidValues",
        message: error.in_full(),
    }
}

/// Not final: the Secret's coming is watched for.
fn missing_secret(origin: &str) -> Error {
    Error::Stalled {
        reason: "SecretMissing",
        message: format!("{origin} is not there; create it, or set ignoreUpdates"),
    }
}

fn hash(parts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        // The length in front: two parts cannot be taken for one another.
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    let mut hash = hex::encode(sha.finalize());
    hash.truncate(MAX_HASH);
    hash
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bowline_crds::{HelmChart, HelmChartConfig, HelmChartStatus};
    use serde_json::json;

    use super::*;
    use crate::helm_chart::Key;
    use crate::release::History;

    fn fetched(spec: Value, config: Option<Value>) -> Fetched {
        Fetched {
            key: Key {
                namespace: "shop".into(),
                name: "web".into(),
            },
            chart: HelmChart::new("web", serde_json::from_value(spec).unwrap()),
            config: config.map(|spec| HelmChartConfig::new("web", serde_json::from_value(spec).unwrap())),
            secrets: BTreeMap::new(),
            history: History::default(),
            kube_version: "v1.37.2".into(),
        }
    }

    fn refused(spec: Value) -> (&'static str, String) {
        match validate(&fetched(spec, None)).map(|_| ()) {
            Err(Error::Stalled { reason, message }) => (reason, message),
            other => panic!("expected a refusal, found {other:?}"),
        }
    }

    #[test]
    fn a_chart_from_a_repository_is_told_what_to_use_instead() {
        let (reason, message) = refused(json!({"chart": "traefik", "repo": "https://example.org"}));
        assert_eq!(reason, "UnsupportedSource");
        assert!(
            message.starts_with("fetching traefik from https://example.org is not supported"),
            "{message}"
        );
        assert!(message.contains("spec.chartContent"));
    }

    #[test]
    fn wrong_fields_are_named_with_what_they_should_be() {
        let (reason, message) = refused(json!({"chartContent": "x", "timeout": "soon"}));
        assert_eq!(
            (reason, message.as_str()),
            (
                "InvalidSpec",
                "spec.timeout is \"soon\"; expected a duration such as 5m0s"
            )
        );
        let (reason, _) = refused(json!({"chartContent": "x", "helmVersion": "v2"}));
        assert_eq!(reason, "UnsupportedVersion");
        let (reason, _) = refused(json!({"chartContent": "x", "driver": "configmap"}));
        assert_eq!(reason, "UnsupportedDriver");
        let (reason, message) = refused(json!({"chartContent": "x", "valuesContent": "a: ["}));
        assert_eq!(reason, "InvalidValues");
        assert!(
            message.starts_with("failed to parse HelmChart valuesContent: "),
            "{message}"
        );
    }

    #[test]
    fn the_config_wins_over_the_chart_and_set_over_both() {
        let spec = json!({
            "chartContent": "x", "set": {"c": "set"}, "failurePolicy": "abort",
            "valuesContent": "a: chart", "values": {"b": "chart", "c": "chart"}
        });
        let fetched = fetched(spec, Some(json!({"valuesContent": "{b: config, c: config}"})));
        let release = validate(&fetched).unwrap();
        assert_eq!(release.values, json!({"a": "chart", "b": "config", "c": "set"}));
        assert_eq!(
            release.failure_policy,
            FailurePolicy::Abort,
            "a config that sets values leaves the policy"
        );
    }

    #[test]
    fn a_release_does_not_move_to_another_namespace() {
        let mut fetched = fetched(json!({"chartContent": "x", "targetNamespace": "new"}), None);
        assert!(validate(&fetched).is_ok());
        let namespace = Some("old".to_owned());
        fetched.chart.status = Some(HelmChartStatus {
            namespace,
            ..HelmChartStatus::default()
        });
        let error = validate(&fetched).err().unwrap();
        assert!(
            matches!(
                error,
                Error::Stalled {
                    reason: "NamespaceChanged",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_secrets_values_never_appear_in_an_error() {
        let mut fetched = fetched(
            json!({"chartContent": "x", "valuesSecrets": [{"name": "s", "keys": ["k"]}]}),
            None,
        );
        let missing = validate(&fetched).err().unwrap().to_string();
        assert!(missing.contains("Secret s, key k is not there"), "{missing}");
        fetched
            .secrets
            .insert(("s".into(), "k".into()), "password: [hunter2".into());
        let broken = validate(&fetched).err().unwrap().to_string();
        assert!(broken.contains("Secret s, key k"), "{broken}");
        assert!(!broken.contains("hunter2"), "{broken}");
    }

    #[test]
    fn the_hash_follows_values_and_content_and_nothing_else() {
        let hash = |spec| validate(&fetched(spec, None)).unwrap().hash;
        let one = hash(json!({"chartContent": "x", "values": {"a": 1}}));
        assert_eq!(one.len(), 63);
        assert_eq!(
            one,
            hash(json!({"chartContent": "x", "valuesContent": "a: 1", "jobImage": "y"}))
        );
        assert_ne!(one, hash(json!({"chartContent": "x", "values": {"a": 2}})));
        assert_ne!(one, hash(json!({"chartContent": "y", "values": {"a": 1}})));
    }
}
