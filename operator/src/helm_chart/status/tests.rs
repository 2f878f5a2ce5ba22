use super::*;
use crate::identity::Identity;

fn said(outcome: &Result<Applied, Error>) -> Vec<(String, String, String)> {
    let conditions = conditions(outcome);
    conditions
        .into_iter()
        .map(|it| (it.type_, it.status, it.reason))
        .collect()
}

fn applied(health: Health) -> Applied {
    Applied {
        revision: 2,
        chart: None,
        health,
        changed: false,
    }
}

fn words(type_: &str, status: &str, reason: &str) -> (String, String, String) {
    (type_.into(), status.into(), reason.into())
}

#[test]
fn ready_stands_alone_beside_k3s_failed() {
    assert_eq!(
        said(&Ok(applied(Health::Current))),
        [
            words("Ready", "True", "Ready"),
            words("Failed", "False", "Installed")
        ]
    );
}

#[test]
fn objects_under_way_are_reconciling_and_the_message_names_them() {
    let health = Health::InProgress("Deployment shop/web: 0 of 1 pods ready".into());
    let outcome = Ok(applied(health));
    assert_eq!(
        said(&outcome)[..2],
        [
            words("Ready", "False", "ObjectsNotReady"),
            words("Reconciling", "True", "ObjectsNotReady")
        ]
    );
    assert_eq!(
        conditions(&outcome)[0].message,
        "Deployment shop/web: 0 of 1 pods ready"
    );
    let object = Identity::of(&json!({"kind": "X", "metadata": {"name": "n"}}), None);
    assert_eq!(
        said(&Ok(applied(Health::Missing(object))))[0],
        words("Ready", "False", "ObjectMissing")
    );
}

#[test]
fn what_only_a_person_can_heal_is_stalled_and_not_reconciling() {
    let outcome = Err(Error::Stalled {
        reason: "UnsupportedVersion",
        message: "v2".into(),
    });
    assert_eq!(
        said(&outcome),
        [
            words("Ready", "False", "UnsupportedVersion"),
            words("Stalled", "True", "UnsupportedVersion"),
            words("Failed", "True", "Unsupported version"),
        ]
    );
}

#[test]
fn an_error_that_may_pass_is_reconciling() {
    let outcome = Err(Error::Locked {
        release: "web".into(),
        state: "pending-upgrade",
    });
    assert_eq!(
        said(&outcome)[..2],
        [
            words("Ready", "Unknown", "Locked"),
            words("Reconciling", "True", "Locked")
        ]
    );
}
