//! Parts of a tree as text again: what an error says it was executing.

use super::parts::{Parts, Run};
use super::tree::{Command, Expression, Invocation, Pipeline, Source, Term};
use crate::Str;
use crate::format::quote;

/// What is shown, and from what.
pub(crate) struct Shower<'s> {
    text: &'s [u8],
    parts: &'s Parts,
    out: Vec<u8>,
}

impl Source {
    /// Parts of this source as text.
    pub(crate) fn show(&self, show: impl FnOnce(&mut Shower<'_>)) -> Vec<u8> {
        Shower::shown(&self.text, &self.parts, show)
    }
}

impl<'s> Shower<'s> {
    pub(super) fn shown(text: &'s [u8], parts: &'s Parts, show: impl FnOnce(&mut Self)) -> Vec<u8> {
        let out = Vec::new();
        let mut shower = Self { text, parts, out };
        show(&mut shower);
        shower.out
    }

    /// The expression as Go prints it.
    pub(crate) fn expression(&mut self, expression: &Expression) {
        let (text, parts) = (self.text, self.parts);
        match expression.term {
            Term::Dot => self.put(b"."),
            Term::Nil => self.put(b"nil"),
            Term::True => self.put(b"true"),
            Term::False => self.put(b"false"),
            Term::Number(number) => self.put(parts[number].written.of(text)),
            Term::Text(literal) => self.put(parts[literal].written.of(text)),
            Term::Field(fields) => self.fields(fields),
            Term::Variable(variable) => {
                let variable = &parts[variable];
                self.put(&variable.name);
                self.fields(variable.fields);
            }
            Term::Function(function) => self.put(function.name.as_bytes()),
            Term::Chain(chain) => {
                let chain = &parts[chain];
                self.word(&chain.of);
                self.fields(chain.fields);
            }
            Term::Pipeline(pipeline) => self.pipeline(&parts[pipeline]),
        }
    }

    pub(crate) fn pipeline(&mut self, pipeline: &Pipeline) {
        for (place, target) in self.parts[pipeline.targets].iter().enumerate() {
            self.put(if place > 0 { b", " } else { b"" });
            self.put(&target.name);
        }
        if !pipeline.targets.is_empty() {
            self.put(if pipeline.assigns { b" = " } else { b" := " });
        }
        for (place, command) in self.parts[pipeline.commands].iter().enumerate() {
            self.put(if place > 0 { b" | " } else { b"" });
            self.command(command);
        }
    }

    pub(crate) fn command(&mut self, command: &Command) {
        for (place, word) in self.parts[command.words].iter().enumerate() {
            self.put(if place > 0 { b" " } else { b"" });
            self.word(word);
        }
    }

    pub(crate) fn invocation(&mut self, invocation: &Invocation) {
        self.put(b"{{template ");
        self.put(quote::quoted(&invocation.name).as_bytes());
        if let Some(argument) = &invocation.argument {
            self.put(b" ");
            self.pipeline(argument);
        }
        self.put(b"}}");
    }

    /// An expression within another one: a pipeline stands in parentheses.
    fn word(&mut self, word: &Expression) {
        if matches!(word.term, Term::Pipeline(_)) {
            self.put(b"(");
            self.expression(word);
            self.put(b")");
        } else {
            self.expression(word);
        }
    }

    fn fields(&mut self, fields: Run<Str>) {
        for field in &self.parts[fields] {
            self.put(b".");
            self.put(field);
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}
