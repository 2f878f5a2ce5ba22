//! Everything a release depends on, read from the cluster.

use std::collections::BTreeMap;

use bowline_crds::values::{Content, layers};
use bowline_crds::{
    HelmChart, HelmChartConfig, HelmChartSpec, HelmChartStatus, MANAGED_BY_ANNOTATION, OPERATOR_NAME,
    UNMANAGED_ANNOTATION,
};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DynamicObject};
use kube::core::ApiResource;
use kube::{Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Charts, Error, Key};
use crate::release::History;
use crate::release::history::Store;

/// What there is for one HelmChart.
pub(crate) struct Fetched {
    pub(crate) key: Key,
    pub(crate) chart: HelmChart,
    pub(crate) config: Option<HelmChartConfig>,
    /// The keys with values, by Secret and key; those that are missing are not in here.
    pub(crate) secrets: BTreeMap<(String, String), String>,
    pub(crate) history: History,
    pub(crate) kube_version: String,
}

/// Objects that the schema let through and that still cannot be read.
pub(crate) struct Undecodable {
    pub(crate) chart: DynamicObject,
    pub(crate) message: String,
}

/// What was found under a key.
pub(crate) enum Fetch {
    Found(Box<Fetched>),
    /// Gone, or in somebody else's hands.
    NotOurs,
    Undecodable(Box<Undecodable>),
}

impl Fetched {
    /// Where the release is, if it was ever recorded, or else where it shall be.
    pub(crate) fn release_namespace(&self) -> &str {
        let status = self.chart.status.as_ref();
        status
            .and_then(|status| status.namespace.as_deref())
            .unwrap_or(self.namespace())
    }

    /// Where the release shall be.
    pub(crate) fn namespace(&self) -> &str {
        let target = self.chart.spec.target_namespace.as_deref();
        target
            .filter(|target| !target.is_empty())
            .unwrap_or(&self.key.namespace)
    }
}

/// Reads the HelmChart of `key`, its HelmChartConfig, the Secrets they name, and the release's history.
pub(crate) async fn fetch(key: &Key, charts: &Charts) -> Result<Fetch, Error> {
    let Some(object) = get::<HelmChart>(key, charts).await? else {
        return Ok(Fetch::NotOurs);
    };
    if !is_ours(&object) {
        return Ok(Fetch::NotOurs);
    }
    let chart = match decode::<HelmChart>(&object) {
        Ok(chart) => chart,
        Err(_) if object.metadata.deletion_timestamp.is_some() => remains(&object),
        Err(message) => return Ok(undecodable(object, message)),
    };
    let config = match get::<HelmChartConfig>(key, charts)
        .await?
        .as_ref()
        .map(decode::<HelmChartConfig>)
    {
        None => None,
        Some(Ok(config)) => Some(config),
        Some(Err(message)) => {
            return Ok(undecodable(
                object,
                format!("HelmChartConfig {}: {message}", key.name),
            ));
        }
    };
    let secrets = fetch_secrets(key, &chart, config.as_ref(), charts).await?;
    let mut fetched = Fetched {
        key: key.clone(),
        chart,
        config,
        secrets,
        history: History::default(),
        kube_version: charts.kube_version().await?.clone(),
    };
    let store = Store::new(
        charts.context.client.clone(),
        fetched.release_namespace(),
        &key.name,
    );
    fetched.history = store.history().await?;
    let release = (fetched.release_namespace().to_owned(), key.name.clone());
    charts.index().releases.insert(release, key.clone());
    Ok(Fetch::Found(Box::new(fetched)))
}

async fn get<K: Resource<DynamicType = ()>>(
    key: &Key,
    charts: &Charts,
) -> Result<Option<DynamicObject>, Error> {
    let resource = ApiResource::erase::<K>(&());
    let api: Api<DynamicObject> =
        Api::namespaced_with(charts.context.client.clone(), &key.namespace, &resource);
    let what = format!("{} {}/{}", resource.kind, key.namespace, key.name);
    api.get_opt(&key.name).await.map_err(Error::api(what))
}

fn is_ours(chart: &DynamicObject) -> bool {
    let annotations = chart.annotations();
    let managed_by = annotations.get(MANAGED_BY_ANNOTATION);
    !annotations.contains_key(UNMANAGED_ANNOTATION)
        && managed_by.is_none_or(|name| [OPERATOR_NAME, "helm-controller"].contains(&name.as_str()))
}

/// Reads by way of JSON: what one object holds must not break the watch over all.
fn decode<K: DeserializeOwned>(object: &DynamicObject) -> Result<K, String> {
    let value = serde_json::to_value(object).map_err(|error| error.to_string())?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// What matters of a HelmChart that is deleted, however broken its spec is.
fn remains(object: &DynamicObject) -> HelmChart {
    let target = object
        .data
        .pointer("/spec/targetNamespace")
        .and_then(Value::as_str);
    let spec = HelmChartSpec {
        target_namespace: target.map(ToOwned::to_owned),
        ..HelmChartSpec::default()
    };
    let mut chart = HelmChart::new(&object.name_any(), spec);
    chart.metadata = object.metadata.clone();
    chart.status = decode_status(object);
    chart
}

fn decode_status(object: &DynamicObject) -> Option<HelmChartStatus> {
    serde_json::from_value(object.data.get("status")?.clone()).ok()
}

fn undecodable(chart: DynamicObject, message: String) -> Fetch {
    Fetch::Undecodable(Box::new(Undecodable { chart, message }))
}

/// Reads each Secret once and remembers whom it concerns.
async fn fetch_secrets(
    key: &Key,
    chart: &HelmChart,
    config: Option<&HelmChartConfig>,
    charts: &Charts,
) -> Result<BTreeMap<(String, String), String>, Error> {
    let mut wanted: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
    for layer in layers(&chart.spec, config.map(|config| &config.spec)) {
        if let Content::Secret { name, key, optional } = layer.content {
            wanted.entry(name).or_default().push((key, optional));
        }
    }
    let api: Api<Secret> = Api::namespaced(charts.context.client.clone(), &key.namespace);
    let mut values = BTreeMap::new();
    for (name, keys) in wanted {
        if keys.iter().any(|(_, optional)| !optional) {
            let secret = (key.namespace.clone(), name.to_owned());
            charts
                .index()
                .secrets
                .entry(secret)
                .or_default()
                .insert(key.clone());
        }
        let what = format!("Secret {}/{name}", key.namespace);
        let Some(secret) = api.get_opt(name).await.map_err(Error::api(what))? else {
            continue;
        };
        for (key, _) in keys {
            if let Some(bytes) = secret.data.as_ref().and_then(|data| data.get(key)) {
                let text = String::from_utf8_lossy(&bytes.0).into_owned();
                values.insert((name.to_owned(), key.to_owned()), text);
            }
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(annotation: Option<(&str, &str)>) -> DynamicObject {
        let mut chart = DynamicObject::new("web", &ApiResource::erase::<HelmChart>(&()));
        chart.metadata.annotations =
            annotation.map(|(key, value)| [(key.to_owned(), value.to_owned())].into());
        chart
    }

    #[test]
    fn charts_of_other_controllers_are_left_alone() {
        assert!(is_ours(&chart(None)));
        assert!(is_ours(&chart(Some((MANAGED_BY_ANNOTATION, "helm-controller")))));
        assert!(!is_ours(&chart(Some((MANAGED_BY_ANNOTATION, "somebody")))));
        assert!(!is_ours(&chart(Some((UNMANAGED_ANNOTATION, "")))));
    }

    #[test]
    fn a_deleted_chart_is_uninstalled_however_broken_its_spec_is() {
        let broken = chart(None).data(serde_json::json!({
            "spec": {"targetNamespace": "shop", "timeout": 5},
            "status": {"revision": 3}
        }));
        let remains = remains(&broken);
        assert_eq!(remains.spec.target_namespace.as_deref(), Some("shop"));
        assert_eq!(remains.status.unwrap().revision, Some(3));
    }

    #[test]
    fn a_spec_of_another_shape_is_told_by_its_field() {
        let chart = chart(None).data(serde_json::json!({"spec": {"failurePolicy": "explode"}}));
        assert!(decode::<HelmChart>(&chart).unwrap_err().contains("explode"));
    }
}
