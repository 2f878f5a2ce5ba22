//! What becomes of a failed upgrade: it is tried again, left as it is, or taken back. Never is a release uninstalled.

use bowline_crds::FailurePolicy;

use super::Error;
use super::apply::Attempt;
use super::build::mark;
use super::objects::{identities, objects, without_kept};
use crate::apply::apply_all;
use crate::identity::Identity;
use crate::release::history::Entry;
use crate::release::hooks::Runner;
use crate::release::record::{Run, now};
use crate::release::{Record, Status};
use crate::remove::remove_all;

/// How a record's hash begins that was made by taking the revision with the rest of that hash back.
const PREFIX: &str = "rollback-";
const MAX_LABEL: usize = 63;

/// The hash of the record that takes back what was made from inputs with `hash`.
pub(crate) fn rollback_hash(hash: &str) -> String {
    let room = MAX_LABEL - PREFIX.len();
    format!("{PREFIX}{}", hash.get(..room).unwrap_or(hash))
}

impl Attempt<'_> {
    /// Does with a failed revision what the policy says; what comes back is the error to report.
    pub(crate) async fn settle(&self, error: Error) -> Result<Error, Error> {
        // Nothing was begun: there is nothing to take back.
        if matches!(error, Error::Stalled { .. } | Error::Locked { .. }) {
            return Ok(error);
        }
        let revision = self.step.revision;
        let why = crate::report::chain_of(&error);
        match (self.release.failure_policy, self.fetched.history.deployed()) {
            (FailurePolicy::Abort, _) => Ok(Error::Stalled {
                reason: "Aborted",
                message: format!("revision {revision} failed and failurePolicy is abort: {why}"),
            }),
            (FailurePolicy::Rollback, Some(good)) if good.revision < revision => {
                self.roll_back(good, revision + 1, false).await?;
                Ok(rolled_back(format!(
                    "revision {revision} failed and was taken back: {why}"
                )))
            }
            _ => Ok(error),
        }
    }

    /// Goes on with a rollback that a killed operator began.
    pub(crate) async fn finish_rollback(&self) -> Result<Error, Error> {
        if let Some(good) = self.fetched.history.deployed() {
            self.roll_back(good, self.step.revision, true).await?;
        }
        Ok(rolled_back(format!(
            "revision {} failed and was taken back",
            self.step.revision - 1
        )))
    }

    /// Applies revision `good` once more, from its record, as revision `revision`.
    async fn roll_back(&self, good: &Entry, revision: i64, is_begun: bool) -> Result<(), Error> {
        let context = &self.charts.context;
        let hash = rollback_hash(&self.release.hash);
        let mut record = self.store.read(good.revision).await?;
        let objects = objects(&record)?;
        let objects: Vec<_> = objects
            .into_iter()
            .map(|object| mark(object, self.release))
            .collect();
        record.version = revision;
        record.info.last_deployed = now();
        record
            .hooks
            .iter_mut()
            .for_each(|hook| hook.last_run = Run::default());
        record.set_status(Status::PendingRollback, format!("Rollback to {}", good.revision));
        if is_begun {
            record.continue_from(&self.store.read(revision).await?);
        } else {
            self.store.create(&record, &hash).await?;
        }
        let hooks = Runner {
            context,
            store: &self.store,
            config_hash: &hash,
            timeout: self.release.timeout,
        };
        hooks.run(&mut record, "pre-rollback").await?;
        apply_all(context, self.manner(), &objects).await?;
        let surplus = without_kept(context, self.brought_since(good, &record).await?).await?;
        remove_all(context, &surplus, self.release.timeout).await?;
        hooks.run(&mut record, "post-rollback").await?;
        record.set_status(Status::Deployed, format!("Rollback to {}", good.revision));
        self.store.update(&record, &hash).await?;
        Ok(self
            .store
            .set_status(good, Status::Superseded, "Superseded")
            .await?)
    }

    /// What failed revisions brought that the good one does not have.
    async fn brought_since(&self, good: &Entry, record: &Record) -> Result<Vec<Identity>, Error> {
        let context = &self.charts.context;
        let wanted = identities(record, context).await?;
        let mut brought = Vec::new();
        for revision in good.revision + 1..record.version {
            let failed = self.store.read(revision).await?;
            brought.extend(identities(&failed, context).await?);
        }
        brought.retain(|object| !wanted.contains(object));
        brought.sort();
        brought.dedup();
        Ok(brought)
    }
}

/// Final, until the inputs change.
pub(crate) fn rolled_back(message: String) -> Error {
    Error::Stalled {
        reason: "RolledBack",
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_rollback_fits_a_label_and_is_another() {
        let hash = "0".repeat(63);
        let rollback = rollback_hash(&hash);
        assert_eq!(rollback.len(), 63);
        assert_ne!(rollback, hash);
        assert_eq!(rollback_hash("short"), "rollback-short");
    }
}
