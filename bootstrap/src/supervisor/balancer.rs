//! The on-node balancer: 127.0.0.1:6444 to whichever API server answers.
//!
//! A client is accepted at once and held until there is an answer. The kubelet's first registration would
//! otherwise be refused, and its growing delay would cost seconds of every start.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// How long a held client waits before each next round over the API servers.
const ROUND: Duration = Duration::from_millis(50);
/// Rounds grow to this, so that a long outage costs no processor time.
const LONGEST_ROUND: Duration = Duration::from_secs(1);
/// An API server that does not accept within this is passed over for now.
const CONNECT: Duration = Duration::from_secs(2);
/// A client that nobody answers is let go: it notices, says so in its log, and comes back.
const HOLD: Duration = Duration::from_mins(1);

/// Serves `listener` until `shutdown`, in front of the API servers that `servers` names at each moment.
pub(crate) async fn serve(
    listener: TcpListener,
    servers: watch::Receiver<Vec<SocketAddr>>,
    shutdown: CancellationToken,
) -> Result<()> {
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    clients.spawn(carry(client, servers.clone()));
                }
                // Out of file descriptors, or the client gave up meanwhile: the next may do better.
                Err(error) => {
                    debug!(%error, "client not accepted");
                    sleep(ROUND).await;
                }
            },
            Some(_) = clients.join_next() => {}
        }
    }
    clients.shutdown().await;
    Ok(())
}

/// Carries one client's bytes to and from an API server.
async fn carry(mut client: TcpStream, servers: watch::Receiver<Vec<SocketAddr>>) {
    let Some(mut server) = first_that_accepts(&servers).await else {
        return;
    };
    // Small requests and watch events must not wait for more bytes.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    if let Err(error) = copy_bidirectional(&mut client, &mut server).await {
        debug!(%error, "connection ended");
    }
}

async fn first_that_accepts(servers: &watch::Receiver<Vec<SocketAddr>>) -> Option<TcpStream> {
    let end = Instant::now() + HOLD;
    let mut round = ROUND;
    while Instant::now() < end {
        let candidates = servers.borrow().clone();
        for address in candidates {
            if let Ok(Ok(server)) = timeout(CONNECT, TcpStream::connect(address)).await {
                return Some(server);
            }
        }
        sleep(round).await;
        round = (round * 2).min(LONGEST_ROUND);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    struct Balancer {
        address: SocketAddr,
        servers: watch::Sender<Vec<SocketAddr>>,
        shutdown: CancellationToken,
    }

    async fn balancer(servers: Vec<SocketAddr>) -> Balancer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (servers, receiver) = watch::channel(servers);
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, receiver, shutdown.clone()));
        Balancer {
            address,
            servers,
            shutdown,
        }
    }

    /// Answers each client with its own name.
    async fn server(name: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                client.write_all(name.as_bytes()).await.unwrap();
            }
        });
        address
    }

    async fn unused() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
    }

    async fn said(client: &mut TcpStream) -> String {
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        said
    }

    #[tokio::test]
    async fn a_client_that_comes_too_early_is_held_until_a_server_answers() {
        let balancer = balancer(vec![unused().await]).await;
        let mut client = TcpStream::connect(balancer.address).await.unwrap();
        let mut byte = [0];
        let early = timeout(Duration::from_millis(200), client.read(&mut byte)).await;
        assert!(early.is_err(), "neither answered nor refused");
        balancer.servers.send(vec![server("first").await]).unwrap();
        assert_eq!(said(&mut client).await, "first");
        balancer.shutdown.cancel();
    }

    #[tokio::test]
    async fn a_server_that_is_down_is_passed_over() {
        let balancer = balancer(vec![unused().await, server("second").await]).await;
        let mut client = TcpStream::connect(balancer.address).await.unwrap();
        assert_eq!(said(&mut client).await, "second");
    }

    #[tokio::test]
    async fn shutdown_lets_held_clients_go() {
        let balancer = balancer(Vec::new()).await;
        let mut client = TcpStream::connect(balancer.address).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        balancer.shutdown.cancel();
        assert_eq!(client.read(&mut [0]).await.unwrap_or(0), 0);
    }
}
