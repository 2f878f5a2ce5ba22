//! All NodeConfigs, Nodes and `NodeState`s.

use anyhow::{Context as _, Result};
use bowline_crds::{NodeConfig, NodeState};
use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt as _;
use kube::api::{Api, DynamicObject, ListParams};
use kube::core::{ApiResource, ObjectMeta, PartialObjectMeta};

use crate::context::Context;

/// What there is.
#[derive(Default)]
pub(crate) struct Fetched {
    pub(crate) configs: Vec<NodeConfig>,
    /// NodeConfigs that cannot be read, with the reason.
    pub(crate) undecodable: Vec<(DynamicObject, String)>,
    pub(crate) nodes: Vec<ObjectMeta>,
    pub(crate) states: Vec<NodeState>,
}

/// Reads all of it; of Nodes only the metadata.
pub(crate) async fn fetch(context: &Context) -> Result<Fetched> {
    let all = ListParams::default();
    let resource = ApiResource::erase::<NodeConfig>(&());
    let configs: Api<DynamicObject> = Api::all_with(context.client.clone(), &resource);
    let nodes: Api<PartialObjectMeta<Node>> = Api::all(context.client.clone());
    let states: Api<NodeState> = Api::all(context.client.clone());
    let mut fetched = Fetched {
        nodes: nodes
            .list(&all)
            .await
            .context("list Nodes")?
            .items
            .into_iter()
            .map(|node| node.metadata)
            .collect(),
        states: states.list(&all).await.context("list NodeStates")?.items,
        ..Fetched::default()
    };
    for object in configs.list(&all).await.context("list NodeConfigs")? {
        match decode(&object) {
            Ok(config) if config.metadata.deletion_timestamp.is_none() => fetched.configs.push(config),
            Ok(_) => {}
            Err(message) => fetched.undecodable.push((object, message)),
        }
    }
    fetched.configs.sort_by_key(kube::ResourceExt::name_any);
    Ok(fetched)
}

/// One at a time: what one object holds must not hide the others.
fn decode(object: &DynamicObject) -> Result<NodeConfig, String> {
    let value = serde_json::to_value(object).map_err(|error| error.to_string())?;
    let config: NodeConfig = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let selector = config.spec.node_selector.clone().unwrap_or_default();
    match kube::core::Selector::try_from(selector) {
        Ok(_) => Ok(config),
        Err(error) => Err(format!("spec.nodeSelector of {}: {error}", object.name_any())),
    }
}
