//! Errors and milestones for people: one line with the whole chain, an event on the object, a line in the log.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Resource;
use kube::runtime::events::{Event, EventType};
use tracing::{debug, info, warn};

use crate::context::Context;

/// The API server takes no longer note.
const MAX_NOTE: usize = 1000;

/// The error and its causes in one line; a cause that the line above already ends with is not said again.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let said = cause.to_string();
        if line.is_empty() {
            line = said;
        } else if !line.ends_with(&said) {
            line = format!("{line}: {said}");
        }
    }
    line
}

/// Like [`chain`], for errors that stay with their owner.
pub(crate) fn chain_of(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !line.ends_with(&said) {
            line = format!("{line}: {said}");
        }
        cause = inner.source();
    }
    line
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
        note: Some(cut(&message)),
        action: "Reconcile".into(),
        secondary: None,
    };
    if let Err(error) = context.recorder.publish(&event, object).await {
        debug!(kind, name, %error, "event not written");
    }
}

fn cut(message: &str) -> String {
    let end = message
        .char_indices()
        .map(|(index, _)| index)
        .take_while(|index| *index <= MAX_NOTE)
        .last();
    match end {
        Some(end) if message.len() > MAX_NOTE => format!("{}…", &message[..end]),
        _ => message.to_owned(),
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
    fn a_long_note_is_cut_between_characters() {
        assert_eq!(cut("short"), "short");
        let cut = cut(&"é".repeat(900));
        assert!(cut.len() <= MAX_NOTE + 8 && cut.ends_with('…'), "{}", cut.len());
    }
}
