//! The two CRI services over their unix socket.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use hyper_util::rt::TokioIo;
use k8s_cri::v1::image_service_client::ImageServiceClient;
use k8s_cri::v1::runtime_service_client::RuntimeServiceClient;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};
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
    fn a_tcp_endpoint_is_refused_by_name() {
        let error = socket_path("tcp://127.0.0.1:1").unwrap_err().to_string();
        assert!(error.contains("tcp://127.0.0.1:1"), "{error}");
    }
}
