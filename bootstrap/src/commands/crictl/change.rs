//! `crictl rm`, `rmp`, `stop`, `stopp`: ends containers and pods.

use anyhow::{Result, bail};
use clap::Args;
use k8s_cri::v1::{
    ListContainersRequest, ListPodSandboxRequest, RemoveContainerRequest, RemovePodSandboxRequest,
    StopContainerRequest, StopPodSandboxRequest,
};

use super::client::{Answer as _, Runtime};
use super::filters::{ContainerState, PodState};
use super::output::print;

/// Flags of `rm` and `rmp`.
#[derive(Args, Debug)]
pub(super) struct Remove {
    /// Remove all
    #[arg(short, long)]
    all: bool,
    /// Stop first what still runs
    #[arg(short, long)]
    force: bool,
    ids: Vec<String>,
}

/// Removes containers.
pub(super) async fn remove_containers(remove: Remove, mut runtime: Runtime) -> Result<()> {
    let ids = if remove.all {
        let answer = runtime
            .containers
            .list_containers(ListContainersRequest::default())
            .await;
        let containers = answer.answer("list containers")?.containers;
        containers.into_iter().map(|container| container.id).collect()
    } else {
        given(remove.ids)?
    };
    let force = remove.force;
    each(ids, |id| {
        let mut runtime = runtime.clone();
        async move {
            let status = runtime.container(&id).await?;
            if status.state == ContainerState::Running.number() {
                refuse_unless(force, "container", &id)?;
                stop_container(&mut runtime, &id, 0).await?;
            }
            let request = RemoveContainerRequest {
                container_id: id.clone(),
            };
            let answer = runtime.containers.remove_container(request).await;
            answer.answer(format_args!("remove container {id}"))?;
            Ok(format!("{id}\n"))
        }
    })
    .await
}

/// Removes pods.
pub(super) async fn remove_pods(remove: Remove, mut runtime: Runtime) -> Result<()> {
    let ids = if remove.all {
        let answer = runtime
            .containers
            .list_pod_sandbox(ListPodSandboxRequest::default())
            .await;
        answer
            .answer("list pods")?
            .items
            .into_iter()
            .map(|pod| pod.id)
            .collect()
    } else {
        given(remove.ids)?
    };
    let force = remove.force;
    each(ids, |id| {
        let mut runtime = runtime.clone();
        async move {
            let status = runtime.pod(&id).await?;
            if status.state == PodState::Ready.number() {
                refuse_unless(force, "pod", &id)?;
                stop_pod(&mut runtime, &id).await?;
            }
            let request = RemovePodSandboxRequest {
                pod_sandbox_id: id.clone(),
            };
            let answer = runtime.containers.remove_pod_sandbox(request).await;
            answer.answer(format_args!("remove pod {id}"))?;
            Ok(format!("Removed sandbox {id}\n"))
        }
    })
    .await
}

/// The CRI itself would end what runs without a word.
fn refuse_unless(force: bool, what: &str, id: &str) -> Result<()> {
    if !force {
        bail!("{what} {id} is running: stop it first, or give --force");
    }
    Ok(())
}

async fn stop_container(runtime: &mut Runtime, id: &str, timeout: i64) -> Result<()> {
    let container_id = id.to_owned();
    let answer = runtime
        .containers
        .stop_container(StopContainerRequest {
            container_id,
            timeout,
        })
        .await;
    answer.answer(format_args!("stop container {id}"))?;
    Ok(())
}

async fn stop_pod(runtime: &mut Runtime, id: &str) -> Result<()> {
    let pod_sandbox_id = id.to_owned();
    let answer = runtime
        .containers
        .stop_pod_sandbox(StopPodSandboxRequest { pod_sandbox_id })
        .await;
    answer.answer(format_args!("stop pod {id}"))?;
    Ok(())
}

/// Flags of `stop`.
#[derive(Args, Debug)]
pub(super) struct Stop {
    /// Seconds until what does not stop is killed
    #[arg(short, long, default_value_t = 0)]
    timeout: i64,
    #[arg(required = true)]
    ids: Vec<String>,
}

/// Stops containers.
pub(super) async fn stop_containers(stop: Stop, runtime: Runtime) -> Result<()> {
    let timeout = stop.timeout;
    each(stop.ids, |id| {
        let mut runtime = runtime.clone();
        async move {
            stop_container(&mut runtime, &id, timeout).await?;
            Ok(format!("{id}\n"))
        }
    })
    .await
}

/// Arguments of `stopp`.
#[derive(Args, Debug)]
pub(super) struct StopPods {
    #[arg(required = true)]
    ids: Vec<String>,
}

/// Stops pods.
pub(super) async fn stop_pods(stop: StopPods, runtime: Runtime) -> Result<()> {
    each(stop.ids, |id| {
        let mut runtime = runtime.clone();
        async move {
            stop_pod(&mut runtime, &id).await?;
            Ok(format!("Stopped sandbox {id}\n"))
        }
    })
    .await
}

fn given(ids: Vec<String>) -> Result<Vec<String>> {
    if ids.is_empty() {
        bail!("name what to remove, or give --all");
    }
    Ok(ids)
}

/// Does `change` to each thing and prints its word; one that fails does not spare the rest.
pub(super) async fn each<T, F>(things: Vec<T>, change: impl Fn(T) -> F) -> Result<()>
where
    F: Future<Output = Result<String>>,
{
    let mut failures = Vec::new();
    for thing in things {
        match change(thing).await {
            Ok(text) => print(&text)?,
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    if !failures.is_empty() {
        bail!(failures.join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_that_fails_does_not_spare_the_rest() {
        let seen = std::sync::Mutex::new(Vec::new());
        let result = each(vec!["a", "b"], |id| {
            seen.lock().unwrap().push(id);
            async move {
                anyhow::ensure!(id != "a", "stop pod a: gone");
                Ok(String::new())
            }
        })
        .await;
        assert_eq!(result.unwrap_err().to_string(), "stop pod a: gone");
        assert_eq!(*seen.lock().unwrap(), ["a", "b"]);
    }

    #[test]
    fn what_runs_is_removed_by_force_only() {
        assert!(refuse_unless(true, "pod", "9a").is_ok());
        let error = refuse_unless(false, "pod", "9a").unwrap_err().to_string();
        assert_eq!(error, "pod 9a is running: stop it first, or give --force");
    }
}
