//! The clock: asks a node's API server from outside, again and again, until it gives the awaited answer.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Error, Result, bail};

use super::api::Client;

/// How exact the figures are.
const POLL: Duration = Duration::from_millis(20);
const LIMIT: Duration = Duration::from_mins(6);

/// A start that is being timed.
pub(crate) struct Watch<'a> {
    begun: Instant,
    kubeconfig: PathBuf,
    address: Ipv4Addr,
    client: Option<Client>,
    /// An error when what is being timed has ended.
    alive: &'a dyn Fn() -> Result<()>,
}

impl<'a> Watch<'a> {
    /// The clock runs from here. The kubeconfig may not be there yet.
    pub(crate) fn begin(kubeconfig: PathBuf, address: Ipv4Addr, alive: &'a dyn Fn() -> Result<()>) -> Self {
        Self {
            begun: Instant::now(),
            kubeconfig,
            address,
            client: None,
            alive,
        }
    }

    /// The time at which the API server is ready.
    pub(crate) fn api_server(&mut self) -> Result<Duration> {
        self.until("the API server", Client::is_ready)
    }

    /// The time at which `ask` says yes. An error counts as no, and the last one is reported.
    pub(crate) fn until(&mut self, what: &str, ask: impl Fn(&Client) -> Result<bool>) -> Result<Duration> {
        let mut last: Option<Error> = None;
        loop {
            match self.client().and_then(&ask) {
                Ok(true) => return Ok(self.begun.elapsed()),
                Ok(false) => {}
                Err(error) => last = Some(error),
            }
            (self.alive)()?;
            if self.begun.elapsed() > LIMIT {
                let last = last.map(|error| format!(": {error:#}")).unwrap_or_default();
                bail!("waited {LIMIT:?} in vain for {what}{last}");
            }
            std::thread::sleep(POLL);
        }
    }

    fn client(&mut self) -> Result<&Client> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Client::new(&self.kubeconfig, self.address)?,
        };
        Ok(self.client.insert(client))
    }
}
