//! `crictl ps`: containers.

use std::collections::HashMap;

use anyhow::Result;
use clap::Args;
use k8s_cri::v1::{Container, ContainerFilter, ContainerStateValue, ListContainersRequest};
use regex::Regex;
use serde_json::json;

use super::client::{Answer as _, Runtime};
use super::filters::{self, ContainerState};
use super::output::{Format, lines, print, serialize};
use super::protojson::{CONTAINER_STATES, to_json};
use super::table::{render, short_id};
use super::units;

/// Flags of `ps`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of crictl")]
pub(super) struct Ps {
    /// Show all containers, not only running ones
    #[arg(short, long)]
    all: bool,
    /// Show only the container whose id begins so
    #[arg(long)]
    id: Option<String>,
    /// Show only containers whose image has this name or id
    #[arg(long)]
    image: Option<String>,
    /// Show only containers with this label; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Show the N newest containers, whatever their state
    #[arg(short = 'n', long, value_name = "N")]
    last: Option<usize>,
    /// Show the newest container, whatever its state
    #[arg(short, long)]
    latest: bool,
    /// Show only containers whose name matches this regular expression
    #[arg(long)]
    name: Option<Regex>,
    /// Show only containers of namespaces that match this regular expression
    #[arg(long)]
    namespace: Option<Regex>,
    /// Do not shorten ids
    #[arg(long)]
    no_trunc: bool,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
    /// Show only containers of the pod whose id begins so
    #[arg(short, long)]
    pod: Option<String>,
    /// Show only ids
    #[arg(short, long)]
    quiet: bool,
    /// Show only containers in this state
    #[arg(short, long, value_enum, ignore_case = true)]
    state: Option<ContainerState>,
}

/// Prints the containers that were asked for.
pub(super) async fn run(ps: Ps, mut runtime: Runtime) -> Result<()> {
    let request = ListContainersRequest {
        filter: Some(filter(&ps)?),
    };
    let answer = runtime
        .containers
        .list_containers(request)
        .await
        .answer("list containers")?;
    let containers = choose(&ps, answer.containers);
    if ps.quiet {
        return print(&lines(containers.iter().map(|container| &container.id)));
    }
    if ps.output != Format::Table {
        let containers = to_json(&containers, CONTAINER_STATES)?;
        return print(&serialize(&json!({ "containers": containers }), ps.output)?);
    }
    let now = i64::try_from(jiff::Timestamp::now().as_nanosecond())?;
    print(&table(&containers, !ps.no_trunc, now))
}

fn filter(ps: &Ps) -> Result<ContainerFilter> {
    let state = match (ps.state, ps.all) {
        _ if ps.latest || ps.last.is_some() => None,
        (Some(state), _) => Some(state),
        (None, true) => None,
        (None, false) => Some(ContainerState::Running),
    };
    Ok(ContainerFilter {
        id: ps.id.clone().unwrap_or_default(),
        state: state.map(|state| ContainerStateValue {
            state: state.number(),
        }),
        pod_sandbox_id: ps.pod.clone().unwrap_or_default(),
        label_selector: filters::selector(&ps.label)?,
    })
}

fn choose(ps: &Ps, mut containers: Vec<Container>) -> Vec<Container> {
    containers.retain(|container| {
        filters::matches(ps.name.as_ref(), name(container))
            && filters::matches(
                ps.namespace.as_ref(),
                label(&container.labels, "io.kubernetes.pod.namespace"),
            )
            && ps.image.as_ref().is_none_or(|image| has_image(container, image))
    });
    containers.sort_by_key(|container| std::cmp::Reverse(container.created_at));
    containers.truncate(filters::newest(ps.latest, ps.last));
    containers
}

fn has_image(container: &Container, wanted: &str) -> bool {
    let named = container
        .image
        .as_ref()
        .is_some_and(|image| image.image.contains(wanted) || image.user_specified_image.contains(wanted));
    named || short_id(&container.image_ref).starts_with(&short_id(wanted))
}

fn table(containers: &[Container], short: bool, now: i64) -> String {
    let header = [
        "CONTAINER",
        "IMAGE",
        "CREATED",
        "STATE",
        "NAME",
        "ATTEMPT",
        "POD ID",
        "POD",
        "NAMESPACE",
    ];
    let shorten = |id: &str| if short { short_id(id) } else { id.to_owned() };
    let rows: Vec<Vec<String>> = containers
        .iter()
        .map(|container| {
            let image = container.image.as_ref().map_or("", |image| &image.image);
            vec![
                shorten(&container.id),
                if image.starts_with("sha256:") {
                    shorten(image)
                } else {
                    image.to_owned()
                },
                units::age(container.created_at, now),
                ContainerState::word(container.state).to_owned(),
                name(container).to_owned(),
                container
                    .metadata
                    .as_ref()
                    .map_or(0, |metadata| metadata.attempt)
                    .to_string(),
                shorten(&container.pod_sandbox_id),
                label(&container.labels, "io.kubernetes.pod.name").to_owned(),
                label(&container.labels, "io.kubernetes.pod.namespace").to_owned(),
            ]
        })
        .collect();
    render(&header, &rows)
}

fn name(container: &Container) -> &str {
    container.metadata.as_ref().map_or("", |metadata| &metadata.name)
}

/// A label that the kubelet gave.
pub(super) fn label<'a>(labels: &'a HashMap<String, String>, key: &str) -> &'a str {
    labels.get(key).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use k8s_cri::v1::{ContainerMetadata, ImageSpec};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        ps: Ps,
    }

    fn parse(line: &str) -> Ps {
        Line::try_parse_from(std::iter::once("ps").chain(line.split_whitespace()))
            .unwrap()
            .ps
    }

    fn container(name: &str, created_at: i64, state: i32) -> Container {
        Container {
            id: format!("{name}-0123456789abcdef"),
            pod_sandbox_id: "9a8b7c6d5e4f3a2b1c".into(),
            metadata: Some(ContainerMetadata {
                name: name.into(),
                attempt: 1,
            }),
            image: Some(ImageSpec {
                image: "sha256:aabbccddeeff00112233".into(),
                ..ImageSpec::default()
            }),
            state,
            created_at,
            labels: [
                ("io.kubernetes.pod.name".to_owned(), format!("{name}-one")),
                ("io.kubernetes.pod.namespace".to_owned(), "kube-system".to_owned()),
            ]
            .into(),
            ..Container::default()
        }
    }

    #[test]
    fn the_newest_container_comes_first() {
        const MINUTE: i64 = 60_000_000_000;
        let found = choose(
            &parse(""),
            vec![container("etcd", 0, 1), container("web", 3 * MINUTE, 2)],
        );
        insta::assert_snapshot!(table(&found, true, 5 * MINUTE), @r"
        CONTAINER           IMAGE               CREATED             STATE               NAME                ATTEMPT             POD ID              POD                 NAMESPACE
        web-012345678       aabbccddeeff0       2 minutes ago       Exited              web                 1                   9a8b7c6d5e4f3       web-one             kube-system
        etcd-01234567       aabbccddeeff0       5 minutes ago       Running             etcd                1                   9a8b7c6d5e4f3       etcd-one            kube-system
        ");
    }

    #[test]
    fn only_running_containers_are_asked_for_unless_told_otherwise() {
        let state = |line: &str| filter(&parse(line)).unwrap().state.map(|value| value.state);
        assert_eq!(state(""), Some(1));
        assert_eq!(state("-a"), None);
        assert_eq!(state("--state exited"), Some(2));
        assert_eq!(state("--state Exited -n 3"), None);
        assert_eq!(state("-l"), None);
    }

    #[test]
    fn names_and_counts_choose() {
        let all = || {
            vec![
                container("etcd", 1, 1),
                container("kube-apiserver", 2, 1),
                container("kube-proxy", 3, 1),
            ]
        };
        let chosen = |line: &str| -> Vec<String> {
            choose(&parse(line), all())
                .iter()
                .map(|c| name(c).to_owned())
                .collect()
        };
        assert_eq!(chosen("--name ^kube"), ["kube-proxy", "kube-apiserver"]);
        assert_eq!(chosen("-n 1"), ["kube-proxy"]);
        assert_eq!(chosen("--image aabbccddeeff00112233 --name etcd"), ["etcd"]);
        assert_eq!(chosen("--namespace default"), Vec::<String>::new());
    }
}
