//! A HelmChart is deleted: its objects go in Helm's order, then its records, then our hold on it.

use std::time::Duration;

use bowline_crds::{HELM_CHART_FINALIZER, HelmChart, WRANGLER_FINALIZER};
use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt as _;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::controller::Action;
use serde_json::json;

use super::fetch::Fetched;
use super::objects::{hook_identities, identities, without_kept};
use super::{Charts, Error, Key, status};
use crate::release::history::Store;
use crate::release::hooks::Runner;
use crate::release::{Record, Status};
use crate::remove::remove_all;
use crate::report::{Note, tell};

/// Each attempt waits this long for objects to be gone; the next begins where it ended.
const ATTEMPT: Duration = Duration::from_mins(1);

/// Uninstalls the release and lets the HelmChart go.
pub(crate) async fn uninstall(fetched: &Fetched, charts: &Charts) -> Result<Action, Error> {
    let finalizers = fetched.chart.finalizers();
    let held = [HELM_CHART_FINALIZER, WRANGLER_FINALIZER];
    if !finalizers.iter().any(|name| held.contains(&name.as_str())) {
        forget(&fetched.key, charts);
        return Ok(Action::await_change());
    }
    if let Err(error) = remove_release(fetched, charts).await {
        status::report_uninstall(fetched, &error, charts).await?;
        return Err(error);
    }
    tell(
        &charts.context,
        &fetched.chart,
        Note::normal("Uninstalled", "the release is uninstalled"),
    )
    .await;
    release_hold(fetched, charts).await?;
    forget(&fetched.key, charts);
    Ok(Action::await_change())
}

async fn remove_release(fetched: &Fetched, charts: &Charts) -> Result<(), Error> {
    let context = &charts.context;
    let namespace = fetched.release_namespace();
    let store = Store::new(context.client.clone(), namespace, &fetched.key.name);
    let Some(newest) = fetched.history.newest() else {
        return Ok(());
    };
    let mut records = Vec::new();
    for entry in fetched.history.live() {
        records.push(store.read(entry.revision).await?);
    }
    let mut objects = Vec::new();
    for record in &records {
        objects.extend(identities(record, context).await?);
    }
    objects.sort();
    objects.dedup();
    // In a namespace that is going away nothing new can be made, and all goes by itself.
    let with_hooks = !is_terminating(namespace, charts).await?;
    let hooks = Runner {
        context,
        store: &store,
        config_hash: &newest.config_hash,
        timeout: ATTEMPT,
    };
    let mut record = records.pop().unwrap_or_default();
    if record.info.status != Status::Uninstalling {
        record.set_status(Status::Uninstalling, "Deletion in progress (or silently failed)");
        store.update(&record, &newest.config_hash).await?;
    }
    if with_hooks {
        hooks.run(&mut record, "pre-delete").await?;
    }
    let objects = without_kept(context, objects).await?;
    remove_all(context, &objects, ATTEMPT).await?;
    if with_hooks {
        hooks.run(&mut record, "post-delete").await?;
    }
    remove_hooks(&record, charts).await?;
    for entry in &fetched.history.entries {
        store.delete(entry.revision).await?;
    }
    Ok(())
}

/// Helm leaves hooks behind; a HelmChart that is deleted leaves nothing.
async fn remove_hooks(record: &Record, charts: &Charts) -> Result<(), Error> {
    let mut objects = hook_identities(record, &charts.context).await?;
    objects.retain(|object| object.kind != "CustomResourceDefinition");
    let objects = without_kept(&charts.context, objects).await?;
    Ok(remove_all(&charts.context, &objects, ATTEMPT).await?)
}

async fn is_terminating(namespace: &str, charts: &Charts) -> Result<bool, Error> {
    let api: Api<Namespace> = Api::all(charts.context.client.clone());
    let live = api.get_metadata_opt(namespace).await;
    let live = live.map_err(Error::api(format!("Namespace {namespace}")))?;
    Ok(live.is_none_or(|live| live.metadata.deletion_timestamp.is_some()))
}

async fn release_hold(fetched: &Fetched, charts: &Charts) -> Result<(), Error> {
    let Key { namespace, name } = &fetched.key;
    let ours = [HELM_CHART_FINALIZER, WRANGLER_FINALIZER];
    let others: Vec<&String> = fetched
        .chart
        .finalizers()
        .iter()
        .filter(|name| !ours.contains(&name.as_str()))
        .collect();
    let api: Api<HelmChart> = Api::namespaced(charts.context.client.clone(), namespace);
    let patch = Patch::Merge(json!({"metadata": {"finalizers": others}}));
    match api.patch_metadata(name, &PatchParams::default(), &patch).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(source) => Err(Error::api(format!("HelmChart {namespace}/{name}"))(source)),
    }
}

fn forget(key: &Key, charts: &Charts) {
    let mut index = charts.index();
    index.applied.remove(key);
    index.releases.retain(|_, its| its != key);
    index.secrets.retain(|_, keys| {
        keys.remove(key);
        !keys.is_empty()
    });
}
