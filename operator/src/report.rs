//! Errors and milestones for people: one line with the whole chain, an event on the object, a line in the log.

use bowline_crds::condition::shortened;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::Resource;
use kube::runtime::events::{Event, EventType};
use tracing::{debug, info, warn};

use crate::context::Context;

/// The API server takes no longer note.
const MAX_NOTE: usize = 1000;

/// Like [`chain_of`], for errors of any kind.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    chain_of(error.as_ref())
}

/// The error and its causes in one line; what the line above says already is not said again.
pub(crate) fn chain_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = said(error);
    let mut error = error;
    // An answer of the API server repeats itself in its own causes.
    while let (Some(cause), false) = (error.source(), error.is::<kube::Error>()) {
        let said = said(cause);
        if !line.ends_with(&said) {
            line = format!("{line}: {said}");
        }
        error = cause;
    }
    line
}

fn said(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<kube::Error>() {
        Some(error) => crate::apply::refusal(error),
        None => error.to_string(),
    }
}

/// What an event says.
#[derive(Clone, Debug)]
pub(crate) struct Note<'a> {
    /// One CamelCase word.
    pub(crate) reason: &'a str,
    pub(crate) message: String,
    pub(crate) warning: bool,
}

impl<'a> Note<'a> {
    pub(crate) fn normal(reason: &'a str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            warning: false,
        }
    }

    pub(crate) fn warning(reason: &'a str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            warning: true,
        }
    }
}

/// Writes an event on `object` and a line in the log. An event that cannot be written is no reason to fail.
pub(crate) async fn tell<K>(context: &Context, object: &K, note: Note<'_>)
where
    K: Resource<DynamicType = ()>,
{
    tell_reference(context, &object.object_ref(&()), note).await;
}

/// Like [`tell`], for an object that is known by reference only.
pub(crate) async fn tell_reference(context: &Context, object: &ObjectReference, note: Note<'_>) {
    let Note {
        reason,
        message,
        warning,
    } = note;
    let name = object.name.as_deref().unwrap_or_default();
    let kind = object.kind.as_deref().unwrap_or_default();
    if warning {
        warn!(kind, name, reason, "{message}");
    } else {
        info!(kind, name, reason, "{message}");
    }
    let event = Event {
        type_: if warning {
            EventType::Warning
        } else {
            EventType::Normal
        },
        reason: reason.to_owned(),
        note: Some(shortened(message, MAX_NOTE)),
        action: "Reconcile".into(),
        secondary: None,
    };
    if let Err(error) = context.recorder.publish(&event, object).await {
        debug!(kind, name, %error, "event not written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_joined_and_not_said_twice() {
        let error = anyhow::anyhow!("no route")
            .context("connect: no route")
            .context("list pods");
        assert_eq!(chain(&error), "list pods: connect: no route");
    }

    #[test]
    fn an_answer_of_the_api_server_is_said_once() {
        let status = kube::core::Status::failure("it was modified", "Conflict").boxed();
        let error = crate::apply::ApplyError::Refused {
            object: crate::identity::Identity::of(&serde_json::json!({"kind": "X"}), None),
            source: kube::Error::Api(status),
        };
        assert_eq!(chain(&error.into()), "X : it was modified");
    }

    #[test]
    fn a_long_note_is_cut_between_characters() {
        assert_eq!(shortened("short".to_owned(), MAX_NOTE), "short");
        let cut = shortened("é".repeat(900), MAX_NOTE);
        assert!(cut.len() <= MAX_NOTE + 8 && cut.ends_with('…'), "{}", cut.len());
    }
}
