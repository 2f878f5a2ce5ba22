//! What has to be done next for a release, decided from its history alone. Pure.

use bowline_crds::FailurePolicy;
use jiff::Timestamp;

use super::Error;
use super::rollback::{rollback_hash, rolled_back};
use super::validate::Release;
use crate::release::{History, Status};

/// What has to be done, and as which revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) revision: i64,
    /// Whether a revision worked before.
    pub(crate) is_upgrade: bool,
}

/// How the revision comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It is deployed; at most put back what somebody deleted.
    Keep,
    /// Go on with a revision that was begun from the same inputs and did not end well, or did not end.
    Continue,
    /// Begin a new one.
    Begin,
    /// Go on with taking the one before back.
    RollBack,
}

impl Step {
    #[cfg(test)]
    pub(crate) fn install() -> Self {
        Self {
            action: Action::Begin,
            revision: 1,
            is_upgrade: false,
        }
    }

    /// Helm's word for the operation, as in hook names.
    pub(crate) fn operation(self) -> &'static str {
        if self.is_upgrade { "upgrade" } else { "install" }
    }
}

/// Decides from the history what to do. Pure.
pub(crate) fn next_step(release: &Release<'_>, history: &History) -> Result<Step, Error> {
    let step = |action, revision| Step {
        action,
        revision,
        is_upgrade: history.is_upgrade(revision),
    };
    let Some(newest) = history.newest() else {
        return Ok(step(Action::Begin, 1));
    };
    let same = newest.config_hash == release.hash;
    let is_rollback = newest.config_hash == rollback_hash(&release.hash);
    match newest.status {
        Status::Deployed if is_rollback => Err(rolled_back(format!(
            "revision {} failed and was taken back; change the HelmChart to try again",
            newest.revision - 1
        ))),
        status if is_rollback && status.is_pending() => Ok(step(Action::RollBack, newest.revision)),
        Status::Deployed if same => Ok(step(Action::Keep, newest.revision)),
        Status::Failed if same && release.failure_policy == FailurePolicy::Abort => Err(Error::Stalled {
            reason: "Aborted",
            message: format!(
                "revision {} failed and failurePolicy is abort; change the HelmChart to try again",
                newest.revision
            ),
        }),
        status if same && (status.is_pending() || status == Status::Failed) => {
            Ok(step(Action::Continue, newest.revision))
        }
        // Without our hash somebody else wrote it, a person with `helm` say: give them the time they have.
        status
            if status.is_pending() && newest.config_hash.is_empty() && is_recent(newest.written, release) =>
        {
            Err(Error::Locked {
                release: release.name.to_owned(),
                state: status.as_str(),
            })
        }
        _ => Ok(step(Action::Begin, history.next_revision())),
    }
}

fn is_recent(written: i64, release: &Release<'_>) -> bool {
    let age = Timestamp::now().as_second() - written;
    age < i64::try_from(release.timeout.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::helm_chart::tests::release;
    use crate::release::history::Entry;

    fn history(entries: &[(i64, Status, &str)]) -> History {
        let entry = |(revision, status, hash): &(i64, Status, &str)| Entry {
            revision: *revision,
            status: *status,
            config_hash: (*hash).to_owned(),
            written: Timestamp::now().as_second(),
        };
        History {
            entries: entries.iter().map(entry).collect(),
        }
    }

    fn next(entries: &[(i64, Status, &str)]) -> (Action, i64, bool) {
        let release = release("", json!({}));
        let step = next_step(&release, &history(entries)).unwrap();
        (step.action, step.revision, step.is_upgrade)
    }

    #[test]
    fn the_first_revision_is_an_install_and_one_after_a_failed_install_is_too() {
        assert_eq!(next(&[]), (Action::Begin, 1, false));
        assert_eq!(next(&[(1, Status::Failed, "old")]), (Action::Begin, 2, false));
    }

    #[test]
    fn the_same_inputs_make_no_new_revision() {
        assert_eq!(next(&[(3, Status::Deployed, "hash")]), (Action::Keep, 3, true));
        assert_eq!(next(&[(1, Status::Failed, "hash")]), (Action::Continue, 1, false));
        assert_eq!(
            next(&[(1, Status::Superseded, "old"), (2, Status::Failed, "hash")]),
            (Action::Continue, 2, true)
        );
    }

    #[test]
    fn a_revision_that_is_put_back_is_the_install_or_upgrade_that_it_was() {
        assert_eq!(next(&[(1, Status::Deployed, "hash")]), (Action::Keep, 1, false));
        assert_eq!(
            next(&[(1, Status::Failed, "old"), (2, Status::Deployed, "hash")]),
            (Action::Keep, 2, false)
        );
        assert_eq!(
            next(&[(1, Status::Superseded, "old"), (2, Status::Deployed, "hash")]),
            (Action::Keep, 2, true)
        );
    }

    #[test]
    fn what_a_killed_operator_began_is_gone_on_with_or_given_up_for_new_inputs() {
        assert_eq!(
            next(&[(1, Status::PendingInstall, "hash")]),
            (Action::Continue, 1, false)
        );
        assert_eq!(
            next(&[(1, Status::PendingInstall, "old")]),
            (Action::Begin, 2, false)
        );
    }

    #[test]
    fn what_was_taken_back_is_not_tried_again_and_a_killed_rollback_is_finished() {
        let good = (1, Status::Deployed, "old");
        let failed = (2, Status::Failed, "hash");
        assert_eq!(
            next(&[good, failed, (3, Status::PendingRollback, "rollback-hash")]),
            (Action::RollBack, 3, true)
        );
        let release = release("", json!({}));
        let history = history(&[good, failed, (3, Status::Deployed, "rollback-hash")]);
        let error = next_step(&release, &history).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Stalled {
                    reason: "RolledBack",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_persons_upgrade_under_way_is_not_disturbed() {
        let release = release("", json!({}));
        let history = history(&[(1, Status::Deployed, ""), (2, Status::PendingUpgrade, "")]);
        let error = next_step(&release, &history).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Locked {
                    state: "pending-upgrade",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_failed_revision_is_left_alone_when_the_policy_is_abort() {
        let mut release = release("", json!({}));
        release.failure_policy = FailurePolicy::Abort;
        let error = next_step(&release, &history(&[(1, Status::Failed, "hash")])).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Stalled {
                    reason: "Aborted",
                    ..
                }
            ),
            "{error}"
        );
        assert!(next_step(&release, &history(&[(1, Status::Failed, "other")])).is_ok());
    }
}
