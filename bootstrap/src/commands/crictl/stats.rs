//! `crictl stats` and `statsp`: what containers and pods use.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use k8s_cri::v1::{
    ContainerStats, ContainerStatsFilter, CpuUsage, ListContainerStatsRequest, ListPodSandboxStatsRequest,
    MemoryUsage, PodSandboxStats, PodSandboxStatsFilter, UInt64Value,
};
use serde_json::json;

use super::client::{Answer as _, Runtime};
use super::filters;
use super::output::{Format, print, serialize};
use super::protojson::to_json;
use super::table::{render, short_id};
use super::units;

/// Flags of `stats` and `statsp`.
#[derive(Args, Debug)]
pub(super) struct Stats {
    /// Show only the one whose id begins so
    #[arg(long)]
    id: Option<String>,
    /// Show only those with this label; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Show only containers of the pod whose id begins so
    #[arg(short, long)]
    pod: Option<String>,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
    /// Seconds over which CPU use is measured
    #[arg(short, long, default_value_t = 1)]
    seconds: u64,
}

/// Prints what containers use.
pub(super) async fn containers(stats: Stats, mut runtime: Runtime) -> Result<()> {
    let request = ListContainerStatsRequest {
        filter: Some(ContainerStatsFilter {
            id: stats.id.clone().unwrap_or_default(),
            pod_sandbox_id: stats.pod.clone().unwrap_or_default(),
            label_selector: filters::selector(&stats.label)?,
        }),
    };
    let list = async |runtime: &mut Runtime| -> Result<Vec<ContainerStats>> {
        let answer = runtime.containers.list_container_stats(request.clone()).await;
        Ok(answer.answer("measure containers")?.stats)
    };
    let before = list(&mut runtime).await?;
    if stats.output != Format::Table {
        return print(&serialize(
            &json!({ "stats": to_json(&before, &[])? }),
            stats.output,
        )?);
    }
    tokio::time::sleep(Duration::from_secs(stats.seconds)).await;
    print(&container_table(&before, &list(&mut runtime).await?))
}

fn container_table(before: &[ContainerStats], after: &[ContainerStats]) -> String {
    let id = |stats: &ContainerStats| {
        stats
            .attributes
            .as_ref()
            .map_or_else(String::new, |a| a.id.clone())
    };
    let earlier: HashMap<String, Option<&CpuUsage>> = before
        .iter()
        .map(|stats| (id(stats), stats.cpu.as_ref()))
        .collect();
    let mut rows: Vec<Vec<String>> = after
        .iter()
        .map(|stats| {
            let metadata = stats.attributes.as_ref().and_then(|a| a.metadata.as_ref());
            let layer = stats.writable_layer.as_ref();
            vec![
                short_id(&id(stats)),
                metadata.map_or_else(String::new, |metadata| metadata.name.clone()),
                percent(earlier.get(&id(stats)).copied().flatten(), stats.cpu.as_ref()),
                memory(stats.memory.as_ref()),
                units::size(number(layer.and_then(|layer| layer.used_bytes.as_ref()))),
                number(layer.and_then(|layer| layer.inodes_used.as_ref())).to_string(),
            ]
        })
        .collect();
    rows.sort_by(|a, b| (&a[1], &a[0]).cmp(&(&b[1], &b[0])));
    render(&["CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES"], &rows)
}

/// Prints what pods use.
pub(super) async fn pods(stats: Stats, mut runtime: Runtime) -> Result<()> {
    let request = ListPodSandboxStatsRequest {
        filter: Some(PodSandboxStatsFilter {
            id: stats.id.clone().unwrap_or_default(),
            label_selector: filters::selector(&stats.label)?,
        }),
    };
    let list = async |runtime: &mut Runtime| -> Result<Vec<PodSandboxStats>> {
        let answer = runtime.containers.list_pod_sandbox_stats(request.clone()).await;
        Ok(answer.answer("measure pods")?.stats)
    };
    let before = list(&mut runtime).await?;
    if stats.output != Format::Table {
        return print(&serialize(
            &json!({ "stats": to_json(&before, &[])? }),
            stats.output,
        )?);
    }
    tokio::time::sleep(Duration::from_secs(stats.seconds)).await;
    print(&pod_table(&before, &list(&mut runtime).await?))
}

fn pod_table(before: &[PodSandboxStats], after: &[PodSandboxStats]) -> String {
    let id = |stats: &PodSandboxStats| {
        stats
            .attributes
            .as_ref()
            .map_or_else(String::new, |a| a.id.clone())
    };
    let cpu = |stats: &PodSandboxStats| stats.linux.as_ref().and_then(|linux| linux.cpu);
    let earlier: HashMap<String, Option<CpuUsage>> =
        before.iter().map(|stats| (id(stats), cpu(stats))).collect();
    let mut rows: Vec<Vec<String>> = after
        .iter()
        .map(|stats| {
            let metadata = stats.attributes.as_ref().and_then(|a| a.metadata.as_ref());
            vec![
                metadata.map_or_else(String::new, |metadata| metadata.name.clone()),
                short_id(&id(stats)),
                percent(
                    earlier.get(&id(stats)).and_then(Option::as_ref),
                    cpu(stats).as_ref(),
                ),
                memory(stats.linux.as_ref().and_then(|linux| linux.memory.as_ref())),
            ]
        })
        .collect();
    rows.sort();
    render(&["POD", "POD ID", "CPU %", "MEM"], &rows)
}

fn memory(memory: Option<&MemoryUsage>) -> String {
    units::size(number(
        memory.and_then(|memory| memory.working_set_bytes.as_ref()),
    ))
}

/// CPU time over wall time between two looks, in percent of one CPU.
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
fn percent(before: Option<&CpuUsage>, after: Option<&CpuUsage>) -> String {
    let used = |cpu: &CpuUsage| number(cpu.usage_core_nano_seconds.as_ref());
    let share = match (before, after) {
        (Some(before), Some(after)) if after.timestamp > before.timestamp => {
            let wall = (after.timestamp - before.timestamp) as f64;
            used(after).saturating_sub(used(before)) as f64 / wall * 100.0
        }
        _ => 0.0,
    };
    format!("{share:.2}")
}

fn number(value: Option<&UInt64Value>) -> u64 {
    value.map_or(0, |value| value.value)
}

#[cfg(test)]
mod tests {
    use k8s_cri::v1::{ContainerAttributes, ContainerMetadata};

    use super::*;

    fn cpu(timestamp: i64, used: u64) -> CpuUsage {
        CpuUsage {
            timestamp,
            usage_core_nano_seconds: Some(UInt64Value { value: used }),
            ..CpuUsage::default()
        }
    }

    fn stats(cpu: CpuUsage) -> ContainerStats {
        ContainerStats {
            attributes: Some(ContainerAttributes {
                id: "0123456789abcdef".into(),
                metadata: Some(ContainerMetadata {
                    name: "etcd".into(),
                    attempt: 0,
                }),
                ..ContainerAttributes::default()
            }),
            cpu: Some(cpu),
            memory: Some(MemoryUsage {
                working_set_bytes: Some(UInt64Value { value: 52_428_800 }),
                ..MemoryUsage::default()
            }),
            ..ContainerStats::default()
        }
    }

    #[test]
    fn cpu_use_is_measured_between_two_looks() {
        let table = container_table(&[stats(cpu(1_000, 500))], &[stats(cpu(2_000, 750))]);
        insta::assert_snapshot!(table, @r"
        CONTAINER           NAME                CPU %               MEM                 DISK                INODES
        0123456789abc       etcd                25.00               52.4MB              0B                  0
        ");
    }

    #[test]
    fn a_container_seen_once_has_used_nothing_yet() {
        assert_eq!(percent(None, Some(&cpu(2_000, 750))), "0.00");
        assert_eq!(percent(Some(&cpu(2_000, 750)), Some(&cpu(2_000, 750))), "0.00");
    }
}
