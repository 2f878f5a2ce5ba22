//! The on-node balancer: 127.0.0.1:6444 to whichever API server answers.
//!
//! On a first start a client is accepted at once and held until there is an answer: the kubelet's registration would
//! otherwise be refused, and its growing delay would cost seconds. Later no client is held: a kubelet that finds pods
//! on its disk asks for its Node before it mounts anything, so that it would hold up the very pods it waits for. Such a
//! client has to be refused outright. One that is accepted and let go asks again for ten seconds before it gives up.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
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
/// A held client that nobody answers is let go: it notices, says so in its log, and comes back.
const HOLD: Duration = Duration::from_mins(1);

/// Where clients go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) servers: Vec<SocketAddr>,
    /// Clients wait when no server accepts them.
    pub(crate) holds: bool,
}

/// Serves `listener` until `shutdown`, in front of the API servers that `route` names at each moment.
pub(crate) async fn serve(
    listener: TcpListener,
    route: watch::Receiver<Route>,
    shutdown: CancellationToken,
) -> Result<()> {
    let address = listener.local_addr().context("find the balancer's own address")?;
    let mut listener = listener;
    let mut clients = JoinSet::new();
    let mut is_in_doubt = true;
    loop {
        if is_in_doubt && !is_open(&route).await {
            drop(listener);
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = opened(&route) => {}
            }
            let again = TcpListener::bind(address).await;
            listener = again.with_context(|| format!("listen on {address} again"))?;
        }
        is_in_doubt = false;
        tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    clients.spawn(carry(client, route.clone()));
                }
                // Out of file descriptors, or the client gave up meanwhile: the next may do better.
                Err(error) => {
                    debug!(%error, "client not accepted");
                    sleep(ROUND).await;
                }
            },
            Some(carried) = clients.join_next() => is_in_doubt = matches!(carried, Ok(Carried::Nowhere)),
        }
    }
    clients.shutdown().await;
    Ok(())
}

/// What became of a client.
enum Carried {
    Through,
    /// No server accepted it.
    Nowhere,
}

/// Whether a client may come: it will be held, or a server accepts it.
async fn is_open(route: &watch::Receiver<Route>) -> bool {
    let Route { servers, holds } = route.borrow().clone();
    holds || one_that_accepts(&servers).await.is_some()
}

async fn opened(route: &watch::Receiver<Route>) {
    while !is_open(route).await {
        sleep(ROUND).await;
    }
}

/// Carries one client's bytes to and from an API server.
async fn carry(mut client: TcpStream, route: watch::Receiver<Route>) -> Carried {
    let Some(mut server) = first_that_accepts(&route).await else {
        return Carried::Nowhere;
    };
    // Small requests and watch events must not wait for more bytes.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    if let Err(error) = copy_bidirectional(&mut client, &mut server).await {
        debug!(%error, "connection ended");
    }
    Carried::Through
}

async fn first_that_accepts(route: &watch::Receiver<Route>) -> Option<TcpStream> {
    let end = Instant::now() + HOLD;
    let mut round = ROUND;
    while Instant::now() < end {
        let Route { servers, holds } = route.borrow().clone();
        if let Some(server) = one_that_accepts(&servers).await {
            return Some(server);
        }
        if !holds {
            return None;
        }
        sleep(round).await;
        round = (round * 2).min(LONGEST_ROUND);
    }
    None
}

async fn one_that_accepts(servers: &[SocketAddr]) -> Option<TcpStream> {
    for address in servers {
        if let Ok(Ok(server)) = timeout(CONNECT, TcpStream::connect(address)).await {
            return Some(server);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    struct Balancer {
        address: SocketAddr,
        route: watch::Sender<Route>,
        shutdown: CancellationToken,
    }

    async fn balancer(servers: Vec<SocketAddr>, holds: bool) -> Balancer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (route, receiver) = watch::channel(Route { servers, holds });
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, receiver, shutdown.clone()));
        Balancer {
            address,
            route,
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
        let balancer = balancer(vec![unused().await], true).await;
        let mut client = TcpStream::connect(balancer.address).await.unwrap();
        let mut byte = [0];
        let early = timeout(Duration::from_millis(200), client.read(&mut byte)).await;
        assert!(early.is_err(), "neither answered nor refused");
        let servers = vec![server("first").await];
        balancer.route.send(Route { servers, holds: true }).unwrap();
        assert_eq!(said(&mut client).await, "first");
        balancer.shutdown.cancel();
    }

    #[tokio::test]
    async fn a_client_that_must_not_wait_is_refused_until_a_server_answers() {
        let balancer = balancer(vec![unused().await], false).await;
        refuses(balancer.address).await;
        let servers = vec![server("late").await];
        balancer
            .route
            .send(Route {
                servers,
                holds: false,
            })
            .unwrap();
        assert_eq!(said(&mut accepts(balancer.address).await).await, "late");
    }

    #[tokio::test]
    async fn clients_are_refused_again_once_the_last_server_is_gone() {
        let balancer = balancer(vec![server("first").await], false).await;
        assert_eq!(said(&mut accepts(balancer.address).await).await, "first");
        let servers = vec![unused().await];
        balancer
            .route
            .send(Route {
                servers,
                holds: false,
            })
            .unwrap();
        refuses(balancer.address).await;
    }

    /// A client may still be let go just before the door closes.
    async fn refuses(address: SocketAddr) {
        let refused = async {
            while TcpStream::connect(address).await.is_ok() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), refused)
            .await
            .expect("clients are refused");
    }

    async fn accepts(address: SocketAddr) -> TcpStream {
        let accepted = async {
            loop {
                match TcpStream::connect(address).await {
                    Ok(client) => return client,
                    Err(_) => sleep(Duration::from_millis(5)).await,
                }
            }
        };
        timeout(Duration::from_secs(5), accepted)
            .await
            .expect("clients are accepted")
    }

    #[tokio::test]
    async fn a_server_that_is_down_is_passed_over() {
        let balancer = balancer(vec![unused().await, server("second").await], false).await;
        let mut client = TcpStream::connect(balancer.address).await.unwrap();
        assert_eq!(said(&mut client).await, "second");
    }

    #[tokio::test]
    async fn shutdown_lets_held_clients_go() {
        let balancer = balancer(Vec::new(), true).await;
        let mut client = TcpStream::connect(balancer.address).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        balancer.shutdown.cancel();
        assert_eq!(client.read(&mut [0]).await.unwrap_or(0), 0);
    }
}
