//! The two CRI services over their unix socket.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use hyper_util::rt::TokioIo;
use k8s_cri::v1::image_service_client::ImageServiceClient;
use k8s_cri::v1::runtime_service_client::RuntimeServiceClient;
use k8s_cri::v1::{ContainerStatus, ContainerStatusRequest, PodSandboxStatus, PodSandboxStatusRequest};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Response, Status};
use tower::service_fn;

/// A node with many images answers with more than gRPC's usual 4 MiB.
const MESSAGE_LIMIT: usize = 64 << 20;

/// Clients of one runtime.
#[derive(Clone, Debug)]
pub(super) struct Runtime {
    pub(super) containers: RuntimeServiceClient<Channel>,
    pub(super) images: ImageServiceClient<Channel>,
}

impl Runtime {
    /// Connects to `runtime`, and for images to `images` when that is another one.
    pub(super) async fn connect(runtime: &str, images: Option<&str>, timeout: Duration) -> Result<Self> {
        let channel = connect(runtime, timeout).await?;
        let image_channel = match images {
            Some(endpoint) if endpoint != runtime => connect(endpoint, timeout).await?,
            _ => channel.clone(),
        };
        Ok(Self {
            containers: RuntimeServiceClient::new(channel).max_decoding_message_size(MESSAGE_LIMIT),
            images: ImageServiceClient::new(image_channel).max_decoding_message_size(MESSAGE_LIMIT),
        })
    }
}

impl Runtime {
    /// The state of one container, named by the begin of its id.
    pub(super) async fn container(&mut self, id: &str) -> Result<ContainerStatus> {
        let request = ContainerStatusRequest {
            container_id: id.to_owned(),
            verbose: false,
        };
        let answer = self.containers.container_status(request).await;
        let answer = answer.answer(format_args!("look up container {id}"))?;
        answer
            .status
            .with_context(|| format!("the runtime says nothing about container {id}"))
    }

    /// The state of one pod, named by the begin of its id.
    pub(super) async fn pod(&mut self, id: &str) -> Result<PodSandboxStatus> {
        let request = PodSandboxStatusRequest {
            pod_sandbox_id: id.to_owned(),
            verbose: false,
        };
        let answer = self.containers.pod_sandbox_status(request).await;
        let answer = answer.answer(format_args!("look up pod {id}"))?;
        answer
            .status
            .with_context(|| format!("the runtime says nothing about pod {id}"))
    }
}

/// What the runtime answers.
pub(super) trait Answer<T> {
    /// The answer, or the runtime's own words about what it could not do.
    fn answer(self, what: impl Display) -> Result<T>;
}

impl<T> Answer<T> for Result<Response<T>, Status> {
    fn answer(self, what: impl Display) -> Result<T> {
        self.map(Response::into_inner).map_err(|status| {
            let words = if status.message().is_empty() {
                status.code().description()
            } else {
                status.message()
            };
            anyhow!(words.to_owned()).context(what.to_string())
        })
    }
}

async fn connect(endpoint: &str, timeout: Duration) -> Result<Channel> {
    let socket = socket_path(endpoint)?;
    let connector = {
        let socket = socket.clone();
        service_fn(move |_: Uri| {
            let socket = socket.clone();
            async move { Ok::<_, std::io::Error>(TokioIo::new(UnixStream::connect(socket).await?)) }
        })
    };
    Endpoint::from_static("http://cri")
        .connect_timeout(timeout)
        .connect_with_connector(connector)
        .await
        .with_context(|| {
            format!(
                "connect to the container runtime at {}: is bowline running? `bowline status` tells",
                socket.display()
            )
        })
}

/// The path in `unix:///run/x.sock`, `unix:/run/x.sock` or `/run/x.sock`.
pub(super) fn socket_path(endpoint: &str) -> Result<PathBuf> {
    let path = Path::new(endpoint.strip_prefix("unix:").unwrap_or(endpoint));
    if !path.is_absolute() {
        bail!("runtime endpoint `{endpoint}` is not a unix socket: expected unix:///path/to/socket");
    }
    Ok(path.components().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_may_be_urls_or_paths() {
        for endpoint in ["unix:///run/c.sock", "unix:/run/c.sock", "/run/c.sock"] {
            assert_eq!(
                socket_path(endpoint).unwrap(),
                Path::new("/run/c.sock"),
                "{endpoint}"
            );
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_runtimes_words() {
        let refused = |status| Err::<Response<()>, _>(status).answer("pull image x").unwrap_err();
        assert_eq!(
            format!("{:#}", refused(Status::unknown("no such host"))),
            "pull image x: no such host"
        );
        let silent = format!("{:#}", refused(Status::deadline_exceeded("")));
        assert_eq!(
            silent,
            "pull image x: Deadline expired before operation could complete"
        );
    }

    #[test]
    fn a_tcp_endpoint_is_refused_by_name() {
        let error = socket_path("tcp://127.0.0.1:1").unwrap_err().to_string();
        assert!(error.contains("tcp://127.0.0.1:1"), "{error}");
    }
}
