//! Leader election on a Lease, with client-go's timings.
//!
//! One holder writes the time into the Lease every two seconds. Others take it over once they have seen it unchanged
//! for fifteen, by their own clock, so that clocks need not agree. A holder that could not renew for ten seconds stops
//! before anybody else begins.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, PostParams};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

const DURATION: Duration = Duration::from_secs(15);
const RENEW_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(2);

/// One candidate for a Lease.
pub(crate) struct Candidate {
    leases: Api<Lease>,
    name: String,
    /// `<node>_<unique>`.
    identity: String,
    node: String,
}

/// What a look at the Lease calls for.
#[derive(Debug, PartialEq, Eq)]
enum Claim {
    Create,
    Take,
    Wait,
}

/// A Lease as seen, and since when it has looked so.
struct Seen {
    spec: Option<LeaseSpec>,
    since: Instant,
}

impl Candidate {
    pub(crate) fn new(client: Client, namespace: &str, name: &str, node: &str) -> Self {
        let unique = Timestamp::now().as_nanosecond();
        Self {
            leases: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity: format!("{node}_{}_{unique}", std::process::id()),
            node: node.to_owned(),
        }
    }

    /// Runs `work` whenever this candidate holds the Lease, until `stop`. The token that `work` gets is cancelled when
    /// the Lease is lost, and `work` has ended before the Lease is given back.
    pub(crate) async fn run<F>(&self, stop: CancellationToken, work: impl Fn(CancellationToken) -> F)
    where
        F: Future<Output = ()>,
    {
        while !stop.is_cancelled() {
            tokio::select! {
                () = self.acquire() => {}
                () = stop.cancelled() => return,
            }
            info!(lease = self.name, identity = self.identity, "leading");
            let lead = stop.child_token();
            let renewing = async {
                tokio::select! {
                    () = self.renew() => warn!(lease = self.name, "the lease is lost; stopping the controllers"),
                    () = stop.cancelled() => {}
                }
                lead.cancel();
            };
            futures::join!(work(lead.clone()), renewing);
            self.release().await;
        }
    }

    async fn acquire(&self) {
        let mut seen = Seen {
            spec: None,
            since: Instant::now(),
        };
        loop {
            match self.try_acquire(&mut seen).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => debug!(lease = self.name, %error, "not acquired"),
            }
            sleep(PAUSE).await;
        }
    }

    async fn try_acquire(&self, seen: &mut Seen) -> Result<bool, kube::Error> {
        let live = self.leases.get_opt(&self.name).await?;
        let spec = live.as_ref().and_then(|lease| lease.spec.clone());
        if seen.spec != spec {
            *seen = Seen {
                spec: spec.clone(),
                since: Instant::now(),
            };
        }
        let mut lease = match claim(live.as_ref(), &self.node, seen.since.elapsed()) {
            Claim::Wait => return Ok(false),
            Claim::Create => Lease::default(),
            Claim::Take => live.unwrap_or_default(),
        };
        let is_new = lease.metadata.resource_version.is_none();
        lease.metadata.name = Some(self.name.clone());
        lease.spec = Some(self.held(spec.unwrap_or_default(), true));
        let written = if is_new {
            self.leases.create(&PostParams::default(), &lease).await
        } else {
            // With the version that was read: of two that try, one succeeds.
            self.leases
                .replace(&self.name, &PostParams::default(), &lease)
                .await
        };
        match written {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Renews until that fails for too long, or somebody else holds the Lease.
    async fn renew(&self) {
        let mut renewed = Instant::now();
        loop {
            sleep(PAUSE).await;
            let left = RENEW_WITHIN.saturating_sub(renewed.elapsed());
            match timeout(left, self.try_renew()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(error)) => debug!(lease = self.name, %error, "not renewed"),
            }
        }
    }

    async fn try_renew(&self) -> Result<bool, kube::Error> {
        let mut lease = self.leases.get(&self.name).await?;
        let spec = lease.spec.take().unwrap_or_default();
        if spec.holder_identity.as_deref() != Some(&self.identity) {
            return Ok(false);
        }
        lease.spec = Some(self.held(spec, false));
        self.leases
            .replace(&self.name, &PostParams::default(), &lease)
            .await
            .map(|_| true)
    }

    /// Gives the Lease back, so that the next one need not wait.
    async fn release(&self) {
        let give_back = async {
            let mut lease = self.leases.get(&self.name).await?;
            let spec = lease.spec.get_or_insert_default();
            if spec.holder_identity.as_deref() == Some(&self.identity) {
                spec.holder_identity = None;
                self.leases
                    .replace(&self.name, &PostParams::default(), &lease)
                    .await?;
            }
            Ok::<_, kube::Error>(())
        };
        match timeout(PAUSE, give_back).await {
            Ok(Ok(())) => info!(lease = self.name, "lease given back"),
            Ok(Err(error)) => debug!(lease = self.name, %error, "lease not given back"),
            Err(_) => debug!(lease = self.name, "lease not given back in time"),
        }
    }

    fn held(&self, before: LeaseSpec, acquired: bool) -> LeaseSpec {
        let now = Some(MicroTime(Timestamp::now()));
        let transitions = before.lease_transitions.unwrap_or(0);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
            renew_time: now.clone(),
            acquire_time: if acquired { now } else { before.acquire_time },
            lease_transitions: Some(transitions + i32::from(acquired)),
            ..LeaseSpec::default()
        }
    }
}

/// Decides from the Lease and how long it has looked so. Pure.
///
/// Of one node there is one operator at a time: a holder with our node's name is one that was killed, and is not
/// waited for. Were it alive after all, it would see the Lease lost at its next renewal.
fn claim(lease: Option<&Lease>, node: &str, unchanged: Duration) -> Claim {
    let Some(lease) = lease else { return Claim::Create };
    let holder = lease
        .spec
        .as_ref()
        .and_then(|spec| spec.holder_identity.as_deref())
        .unwrap_or_default();
    let is_of_node = holder
        .strip_prefix(node)
        .is_some_and(|rest| rest.starts_with('_'));
    if holder.is_empty() || is_of_node || unchanged > DURATION {
        Claim::Take
    } else {
        Claim::Wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_by(holder: &str) -> Lease {
        let spec = LeaseSpec {
            holder_identity: Some(holder.into()),
            ..LeaseSpec::default()
        };
        Lease {
            spec: Some(spec),
            ..Lease::default()
        }
    }

    #[test]
    fn a_held_lease_is_waited_for_until_it_was_not_renewed() {
        let lease = held_by("other_1");
        assert_eq!(claim(Some(&lease), "node", Duration::from_secs(14)), Claim::Wait);
        assert_eq!(claim(Some(&lease), "node", Duration::from_secs(16)), Claim::Take);
    }

    #[test]
    fn a_free_lease_and_one_of_an_earlier_self_are_taken_at_once() {
        assert_eq!(claim(None, "node", Duration::ZERO), Claim::Create);
        assert_eq!(claim(Some(&held_by("")), "node", Duration::ZERO), Claim::Take);
        assert_eq!(
            claim(Some(&held_by("node_7")), "node", Duration::ZERO),
            Claim::Take
        );
        assert_eq!(
            claim(Some(&held_by("node-2_7")), "node", Duration::ZERO),
            Claim::Wait
        );
    }
}
