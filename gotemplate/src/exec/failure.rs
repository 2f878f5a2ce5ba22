//! Errors that say where they happened.

use super::{At, Execution};
use crate::error::ErrorKind;
use crate::parse::tokens;
use crate::{Error, Site};

impl Execution<'_, '_, '_> {
    /// An error at the part looked at last.
    #[cold]
    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        Error::of(ErrorKind::Execution, message).at(self.site())
    }

    /// The same for an error that a function gave.
    #[cold]
    pub(super) fn failed_call(&self, name: &str, cause: Error) -> Error {
        let kind = if cause.is_limit() {
            ErrorKind::Limit
        } else {
            ErrorKind::Execution
        };
        cause
            .within(format!("error calling {name}"))
            .with_kind(kind)
            .at(self.site())
    }

    fn site(&self) -> Site {
        let text = &*self.tree.source.text;
        let shown = self.tree.source.show(|shower| match self.at {
            At::Nothing => {}
            At::Pipeline(pipeline) => shower.pipeline(pipeline),
            At::Command(command) => shower.command(command),
            At::Expression(expression) => shower.expression(expression),
            At::Invocation(invocation) => shower.invocation(invocation),
        });
        let position = self.at.position();
        let before = &text[..position as usize];
        let column = before
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(before.len(), |newline| before.len() - newline - 1);
        Site {
            file: self.template.file.to_string(),
            line: tokens::line(text, position),
            column: Some(column),
            executing: Some(self.template.name.to_string()),
            at: Some(String::from_utf8_lossy(&shown).into_owned()),
        }
    }
}
