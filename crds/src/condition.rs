//! Conditions of every kind here: their types, and a pure way to replace one.
//!
//! At rest an object has `Ready` alone; `Reconciling` or `Stalled` stand beside it only while they are `True`, and
//! never together, so that `kubectl wait`, kstatus, Flux and Argo CD read them alike.

use jiff::Timestamp;
use k8s_openapi::jiff;
use serde::{Deserialize, Serialize};

/// The object is as it was asked to be.
pub const READY: &str = "Ready";
/// Work is under way; present only while `True`.
pub const RECONCILING: &str = "Reconciling";
/// Nothing will change until somebody changes the object or what it refers to; present only while `True`.
pub const STALLED: &str = "Stalled";
/// K3s' word for a chart that could not be installed; kept for scripts that read it.
pub const FAILED: &str = "Failed";

/// One aspect of an object's state, in the shape of `metav1.Condition`.
///
/// Only `type` and `status` are required when read: K3s wrote no more than those.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which aspect.
    #[serde(rename = "type")]
    pub type_: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// The generation of the object that this speaks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When the status last changed, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<String>,
    /// Why, in one CamelCase word.
    #[serde(default)]
    pub reason: String,
    /// Why, in a sentence.
    #[serde(default)]
    pub message: String,
}

impl Condition {
    /// A condition of `type_` that says `status` because of `reason`.
    pub fn new(type_: &str, status: &str, reason: &str, message: impl Into<String>) -> Self {
        Self {
            type_: type_.into(),
            status: status.into(),
            reason: reason.into(),
            message: shortened(message.into(), LONGEST_MESSAGE),
            ..Self::default()
        }
    }
}

/// The API server takes no more than 32,768 characters, and nobody reads as many.
const LONGEST_MESSAGE: usize = 8 << 10;

/// The first so many bytes of a longer message, with an ellipsis.
pub fn shortened(mut message: String, most: usize) -> String {
    if message.len() > most {
        message.truncate(message.floor_char_boundary(most));
        message.push('…');
    }
    message
}

/// `conditions`, each speaking about `generation`.
pub fn of_generation(generation: Option<i64>, mut conditions: Vec<Condition>) -> Vec<Condition> {
    for condition in &mut conditions {
        condition.observed_generation = generation;
    }
    conditions
}

/// `new` as the object's conditions, where what did not change keeps its time.
///
/// Types of `old` that `new` does not name are dropped.
pub fn carry_over(old: &[Condition], new: Vec<Condition>, now: Timestamp) -> Vec<Condition> {
    new.into_iter()
        .map(|mut condition| {
            let unchanged = old
                .iter()
                .find(|before| before.type_ == condition.type_ && before.status == condition.status)
                .and_then(|before| before.last_transition_time.clone());
            condition.last_transition_time = Some(unchanged.unwrap_or_else(|| rfc3339(now)));
            condition
        })
        .collect()
}

/// The condition of `type_`, if there is one.
pub fn find<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.type_ == type_)
}

/// Whether `Ready` is `True` and speaks about `generation`.
pub fn is_ready(conditions: &[Condition], generation: Option<i64>) -> bool {
    find(conditions, READY)
        .is_some_and(|ready| ready.status == "True" && ready.observed_generation == generation)
}

/// Whole seconds, as Kubernetes writes times.
fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_status_that_stays_keeps_its_time_and_one_that_changes_gets_a_new_one() {
        let first = carry_over(
            &[],
            vec![Condition::new(READY, "Unknown", "Progressing", "")],
            at(1),
        );
        let same = carry_over(
            &first,
            vec![Condition::new(READY, "Unknown", "Waiting", "x")],
            at(5),
        );
        assert_eq!(
            same[0].last_transition_time.as_deref(),
            Some("1970-01-01T00:00:01Z")
        );
        let ready = carry_over(&same, vec![Condition::new(READY, "True", "Current", "")], at(9));
        assert_eq!(
            ready[0].last_transition_time.as_deref(),
            Some("1970-01-01T00:00:09Z")
        );
    }

    #[test]
    fn a_condition_that_is_no_longer_named_is_gone() {
        let old = vec![Condition::new(STALLED, "True", "InvalidSpec", "")];
        assert!(carry_over(&old, vec![], at(1)).is_empty());
    }

    #[test]
    fn ready_for_an_older_generation_is_not_ready() {
        let mut ready = Condition::new(READY, "True", "Current", "");
        ready.observed_generation = Some(1);
        assert!(is_ready(std::slice::from_ref(&ready), Some(1)));
        assert!(!is_ready(&[ready], Some(2)));
    }
}
