//! Asking a component for its health: one small HTTP/1 GET, plain or over TLS, with a limit on time and size.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// An answer that takes longer is no answer.
const LIMIT: Duration = Duration::from_secs(5);
/// More than any health page says.
const MOST: u64 = 64 << 10;

/// Where a component answers for its health.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
    /// Present: TLS, and this is whom to believe.
    pub(crate) tls: Option<Arc<rustls::ClientConfig>>,
}

/// Why a component is not well.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    /// It serves, and says what is wrong.
    #[error("{address}{path}: {said}")]
    Answered {
        address: SocketAddr,
        path: &'static str,
        said: String,
    },
    /// It does not serve.
    #[error("{0:#}")]
    Silent(anyhow::Error),
}

impl Endpoint {
    /// Ok when the component says that it is well.
    pub(crate) async fn ask(&self) -> Result<(), Trouble> {
        let Self { address, path, .. } = *self;
        let silence = || format!("no answer from {address} within {} s", LIMIT.as_secs());
        let answer = timeout(LIMIT, self.get())
            .await
            .with_context(silence)
            .and_then(|answer| answer);
        judge(&answer.map_err(Trouble::Silent)?).map_err(|said| Trouble::Answered { address, path, said })
    }

    async fn get(&self) -> Result<String> {
        let address = self.address;
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connect to {address}"))?;
        match &self.tls {
            None => self.exchange(stream).await,
            Some(config) => {
                let name = ServerName::IpAddress(address.ip().into());
                let stream = TlsConnector::from(config.clone())
                    .connect(name, stream)
                    .await
                    .with_context(|| format!("TLS with {address}"))?;
                self.exchange(stream).await
            }
        }
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> Result<String> {
        let Self { address, path, .. } = self;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .context("send request")?;
        let mut answer = Vec::new();
        // A peer that closes without TLS's goodbye has still answered.
        let read = stream.take(MOST).read_to_end(&mut answer).await;
        if answer.is_empty() {
            read.with_context(|| format!("read answer of {address}"))?;
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A 200 is well; anything else is told with the page's telling lines.
fn judge(answer: &str) -> Result<(), String> {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).unwrap_or("no HTTP");
    if status == "200" {
        return Ok(());
    }
    let failed: Vec<&str> = body.lines().filter(|line| line.starts_with("[-]")).collect();
    let said = if failed.is_empty() {
        body.trim().to_owned()
    } else {
        failed.join(", ")
    };
    Err(format!("{status} {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn serve(answer: &'static str) -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 256];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        Endpoint {
            address,
            path: "/readyz",
            tls: None,
        }
    }

    #[tokio::test]
    async fn a_200_is_well() {
        serve("HTTP/1.1 200 OK\r\n\r\nok").await.ask().await.unwrap();
    }

    #[tokio::test]
    async fn what_fails_is_named() {
        let page =
            "HTTP/1.1 500 Internal\r\n\r\n[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n";
        let error = serve(page).await.ask().await.unwrap_err();
        let Trouble::Answered { said, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(said, "500 [-]etcd failed: reason withheld");
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_with_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = Endpoint {
            address,
            path: "/",
            tls: None,
        }
        .ask()
        .await
        .unwrap_err();
        assert!(error.to_string().contains(&address.to_string()));
    }
}
