//! Parts of a tree as text again: what an error says it was executing.

use super::tree::{Command, Expression, Invocation, Pipeline, Source, Term};
use crate::Str;
use crate::format::quote;

impl Expression {
    /// The expression as Go prints it.
    pub(crate) fn shown(&self, source: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.show(source, &mut out);
        out
    }

    fn show(&self, source: &[u8], out: &mut Vec<u8>) {
        match &self.term {
            Term::Dot => out.push(b'.'),
            Term::Nil => out.extend_from_slice(b"nil"),
            Term::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Term::Number(number) => out.extend_from_slice(slice(source, number.written)),
            Term::Text(literal) => out.extend_from_slice(slice(source, literal.written)),
            Term::Field(fields) => show_fields(fields, out),
            Term::Variable(variable) => {
                out.extend_from_slice(&variable.name);
                show_fields(&variable.fields, out);
            }
            Term::Function(function) => out.extend_from_slice(function.name.as_bytes()),
            Term::Chain(chain) => {
                match &chain.of.term {
                    Term::Pipeline(pipeline) => pipeline.show_in_parentheses(source, out),
                    _ => chain.of.show(source, out),
                }
                show_fields(&chain.fields, out);
            }
            Term::Pipeline(pipeline) => pipeline.show(source, out),
        }
    }
}

impl Pipeline {
    pub(crate) fn show(&self, source: &[u8], out: &mut Vec<u8>) {
        for (place, target) in self.targets.iter().enumerate() {
            out.extend_from_slice(if place > 0 { b", " } else { b"" });
            out.extend_from_slice(&target.name);
        }
        if !self.targets.is_empty() {
            out.extend_from_slice(if self.assigns { b" = " } else { b" := " });
        }
        for (place, command) in self.commands.iter().enumerate() {
            out.extend_from_slice(if place > 0 { b" | " } else { b"" });
            command.show(source, out);
        }
    }

    fn show_in_parentheses(&self, source: &[u8], out: &mut Vec<u8>) {
        out.push(b'(');
        self.show(source, out);
        out.push(b')');
    }
}

impl Command {
    pub(crate) fn show(&self, source: &[u8], out: &mut Vec<u8>) {
        for (place, word) in self.words.iter().enumerate() {
            if place > 0 {
                out.push(b' ');
            }
            match &word.term {
                Term::Pipeline(pipeline) => pipeline.show_in_parentheses(source, out),
                _ => word.show(source, out),
            }
        }
    }
}

impl Invocation {
    pub(crate) fn show(&self, source: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(b"{{template ");
        out.extend_from_slice(quote::quoted(&self.name).as_bytes());
        if let Some(argument) = &self.argument {
            out.push(b' ');
            argument.show(source, out);
        }
        out.extend_from_slice(b"}}");
    }
}

fn show_fields(fields: &[Str], out: &mut Vec<u8>) {
    for field in fields {
        out.push(b'.');
        out.extend_from_slice(field);
    }
}

fn slice(source: &[u8], span: super::tree::Span) -> &[u8] {
    source
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default()
}

impl Source {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
