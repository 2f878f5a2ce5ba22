//! `crictl pods`: pod sandboxes.

use anyhow::Result;
use clap::Args;
use k8s_cri::v1::{ListPodSandboxRequest, PodSandbox, PodSandboxFilter, PodSandboxStateValue};
use regex::Regex;
use serde_json::json;

use super::client::{Answer as _, Runtime};
use super::filters::{self, PodState};
use super::output::{Format, lines, print, serialize};
use super::protojson::{POD_STATES, to_json};
use super::table::{render, short_id};
use super::units;

/// Flags of `pods`.
#[derive(Args, Debug)]
pub(super) struct Pods {
    /// Show only the pod whose id begins so
    #[arg(long)]
    id: Option<String>,
    /// Show only pods with this label; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Show the N newest pods
    #[arg(short = 'n', long, value_name = "N")]
    last: Option<usize>,
    /// Show the newest pod
    #[arg(short, long)]
    latest: bool,
    /// Show only pods whose name matches this regular expression
    #[arg(long)]
    name: Option<Regex>,
    /// Show only pods of namespaces that match this regular expression
    #[arg(long)]
    namespace: Option<Regex>,
    /// Do not shorten ids
    #[arg(long)]
    no_trunc: bool,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
    /// Show only ids
    #[arg(short, long)]
    quiet: bool,
    /// Show only pods in this state
    #[arg(short, long, value_enum, ignore_case = true)]
    state: Option<PodState>,
}

/// Prints the pods that were asked for.
pub(super) async fn run(pods: Pods, mut runtime: Runtime) -> Result<()> {
    let filter = PodSandboxFilter {
        id: pods.id.clone().unwrap_or_default(),
        state: pods.state.map(|state| PodSandboxStateValue {
            state: state.number(),
        }),
        label_selector: filters::selector(&pods.label)?,
    };
    let request = ListPodSandboxRequest { filter: Some(filter) };
    let answer = runtime
        .containers
        .list_pod_sandbox(request)
        .await
        .answer("list pods")?;
    let found = choose(&pods, answer.items);
    if pods.quiet {
        return print(&lines(found.iter().map(|pod| &pod.id)));
    }
    if pods.output != Format::Table {
        let items = to_json(&found, POD_STATES)?;
        return print(&serialize(&json!({ "items": items }), pods.output)?);
    }
    let now = i64::try_from(jiff::Timestamp::now().as_nanosecond())?;
    print(&table(&found, !pods.no_trunc, now))
}

fn choose(pods: &Pods, mut found: Vec<PodSandbox>) -> Vec<PodSandbox> {
    found.retain(|pod| {
        let metadata = pod.metadata.clone().unwrap_or_default();
        filters::matches(pods.name.as_ref(), &metadata.name)
            && filters::matches(pods.namespace.as_ref(), &metadata.namespace)
    });
    found.sort_by_key(|pod| std::cmp::Reverse(pod.created_at));
    found.truncate(filters::newest(pods.latest, pods.last));
    found
}

fn table(pods: &[PodSandbox], short: bool, now: i64) -> String {
    let header = [
        "POD ID",
        "CREATED",
        "STATE",
        "NAME",
        "NAMESPACE",
        "ATTEMPT",
        "RUNTIME",
    ];
    let rows: Vec<Vec<String>> = pods
        .iter()
        .map(|pod| {
            let metadata = pod.metadata.clone().unwrap_or_default();
            let handler = if pod.runtime_handler.is_empty() {
                "(default)"
            } else {
                &pod.runtime_handler
            };
            vec![
                if short { short_id(&pod.id) } else { pod.id.clone() },
                units::age(pod.created_at, now),
                PodState::word(pod.state).to_owned(),
                metadata.name,
                metadata.namespace,
                metadata.attempt.to_string(),
                handler.to_owned(),
            ]
        })
        .collect();
    render(&header, &rows)
}

#[cfg(test)]
mod tests {
    use k8s_cri::v1::PodSandboxMetadata;

    use super::*;

    #[test]
    fn pods_are_listed_as_crictl_lists_them() {
        let pod = PodSandbox {
            id: "9a8b7c6d5e4f3a2b1c".into(),
            metadata: Some(PodSandboxMetadata {
                name: "etcd-one".into(),
                namespace: "kube-system".into(),
                attempt: 0,
                ..PodSandboxMetadata::default()
            }),
            state: 1,
            created_at: 0,
            ..PodSandbox::default()
        };
        insta::assert_snapshot!(table(&[pod], true, 3_600_000_000_000), @r"
        POD ID              CREATED             STATE               NAME                NAMESPACE           ATTEMPT             RUNTIME
        9a8b7c6d5e4f3       About an hour ago   NotReady            etcd-one            kube-system         0                   (default)
        ");
    }
}
