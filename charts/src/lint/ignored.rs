//! Rules of ours for what Helm takes without a word and then leaves out.

use super::Remarks;
use super::object::Document;
use crate::manifest::Event;
use crate::object::{DELETE_POLICIES, HOOK, HOOK_DELETE_POLICY, HOOK_WEIGHT, delete_policies};
use crate::yaml;

pub(super) fn check(document: &Document<'_>, remarks: &mut Remarks) {
    // It was read before, so this is all that can be wrong with it.
    if let Err(problem) = yaml::decode_strict(document.text.as_bytes()) {
        for line in problem.text.lines().filter(|line| line.contains("already set")) {
            remarks.warning(document.path, format!("{}: the last one counts", line.trim()));
        }
    }
    let annotation = |name: &str| document.head.annotations.get(name).map(String::as_str);
    let Some(events) = annotation(HOOK) else { return };
    let mut ignored = |name: &str, text: &str, why: &str| {
        let hook = &document.head.name;
        remarks.warning(
            document.path,
            format!("hook {hook:?}: annotation '{name}' is {text:?}: {why}"),
        );
    };
    if Event::all_of(events).is_none() {
        ignored(HOOK, events, "a hook of an event that nobody knows is left out");
    }
    if let Some(weight) = annotation(HOOK_WEIGHT)
        && weight.parse::<i64>().is_err()
    {
        ignored(HOOK_WEIGHT, weight, "what is no integer counts as 0");
    }
    let policies = annotation(HOOK_DELETE_POLICY).unwrap_or_default();
    let is_known = |policy: &String| DELETE_POLICIES.contains(&policy.as_str());
    if !delete_policies(policies).iter().all(is_known) {
        let known = DELETE_POLICIES.join(", ");
        ignored(
            HOOK_DELETE_POLICY,
            policies,
            &format!("only these count: {known}"),
        );
    }
}
