//! `crictl rm`, `rmp`, `stop`, `stopp`: ends containers and pods.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use k8s_cri::v1::{
    ListContainersRequest, ListPodSandboxRequest, RemoveContainerRequest, RemovePodSandboxRequest,
    StopContainerRequest, StopPodSandboxRequest,
};

use super::client::Runtime;
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
        let request = ListContainersRequest::default();
        let answer = runtime
            .containers
            .list_containers(request)
            .await
            .context("list containers")?;
        answer
            .into_inner()
            .containers
            .into_iter()
            .map(|container| container.id)
            .collect()
    } else {
        given(remove.ids)?
    };
    let force = remove.force;
    each(ids, "remove container", |id| {
        let mut containers = runtime.containers.clone();
        async move {
            let (container_id, timeout) = (id.clone(), 0);
            if force {
                containers
                    .stop_container(StopContainerRequest {
                        container_id,
                        timeout,
                    })
                    .await?;
            }
            containers
                .remove_container(RemoveContainerRequest {
                    container_id: id.clone(),
                })
                .await?;
            Ok(format!("{id}\n"))
        }
    })
    .await
}

/// Removes pods.
pub(super) async fn remove_pods(remove: Remove, mut runtime: Runtime) -> Result<()> {
    let ids = if remove.all {
        let request = ListPodSandboxRequest::default();
        let answer = runtime
            .containers
            .list_pod_sandbox(request)
            .await
            .context("list pods")?;
        answer.into_inner().items.into_iter().map(|pod| pod.id).collect()
    } else {
        given(remove.ids)?
    };
    let force = remove.force;
    each(ids, "remove pod", |id| {
        let mut containers = runtime.containers.clone();
        async move {
            if force {
                let pod_sandbox_id = id.clone();
                containers
                    .stop_pod_sandbox(StopPodSandboxRequest { pod_sandbox_id })
                    .await?;
            }
            let pod_sandbox_id = id.clone();
            containers
                .remove_pod_sandbox(RemovePodSandboxRequest { pod_sandbox_id })
                .await?;
            Ok(format!("Removed sandbox {id}\n"))
        }
    })
    .await
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
    each(stop.ids, "stop container", |container_id| {
        let mut containers = runtime.containers.clone();
        async move {
            let stopped = format!("{container_id}\n");
            containers
                .stop_container(StopContainerRequest {
                    container_id,
                    timeout,
                })
                .await?;
            Ok(stopped)
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
    each(stop.ids, "stop pod", |pod_sandbox_id| {
        let mut containers = runtime.containers.clone();
        async move {
            let stopped = format!("Stopped sandbox {pod_sandbox_id}\n");
            containers
                .stop_pod_sandbox(StopPodSandboxRequest { pod_sandbox_id })
                .await?;
            Ok(stopped)
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
pub(super) async fn each<T, F>(things: Vec<T>, what: &str, change: impl Fn(T) -> F) -> Result<()>
where
    T: Named,
    F: Future<Output = Result<String, tonic::Status>>,
{
    let mut failures = Vec::new();
    for thing in things {
        let name = thing.name().to_owned();
        match change(thing).await {
            Ok(text) => print(&text)?,
            Err(status) => failures.push(format!("{what} {name}: {}", status.message())),
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        bail!(failures.join("\n"))
    }
}

/// What a failure calls a thing.
pub(super) trait Named {
    fn name(&self) -> &str;
}

impl Named for String {
    fn name(&self) -> &str {
        self
    }
}

impl Named for k8s_cri::v1::Image {
    fn name(&self) -> &str {
        self.repo_tags.first().unwrap_or(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_that_fails_does_not_spare_the_rest() {
        let seen = std::sync::Mutex::new(Vec::new());
        let result = each(vec!["a".to_owned(), "b".to_owned()], "stop pod", |id| {
            seen.lock().unwrap().push(id.clone());
            async move {
                if id == "a" {
                    Err(tonic::Status::not_found("gone"))
                } else {
                    Ok(String::new())
                }
            }
        })
        .await;
        assert_eq!(result.unwrap_err().to_string(), "stop pod a: gone");
        assert_eq!(*seen.lock().unwrap(), ["a", "b"]);
    }
}
