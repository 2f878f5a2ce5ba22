//! Pipelines and commands.

use super::call::Arguments;
use super::{At, Execution, Operand};
use crate::parse::tree::{Command, Expression, Number, Pipeline, Term, Variable};
use crate::{Error, Value};

impl<'t> Execution<'_, '_, 't> {
    /// The value of a pipeline; nothing and nil are the same from here on.
    pub(super) fn pipeline(&mut self, pipeline: &'t Pipeline, dot: &Operand) -> Result<Value, Error> {
        self.at = At::Pipeline(pipeline);
        self.context.spend(self.parts[pipeline.commands].len() as u64)?;
        let mut value = None;
        for command in &self.parts[pipeline.commands] {
            value = Some(self.command(command, dot, value)?.value);
        }
        let value = value.unwrap_or_default();
        for target in &self.parts[pipeline.targets] {
            self.set(target, Operand::plain(value.clone()))?;
        }
        Ok(value)
    }

    fn command(
        &mut self,
        command: &'t Command,
        dot: &Operand,
        last: Option<Value>,
    ) -> Result<Operand, Error> {
        let Some((first, rest)) = self.parts[command.words].split_first() else {
            return Ok(Operand::MISSING);
        };
        let at = match &first.term {
            Term::Function(_) => At::Command(command),
            _ => At::Expression(first),
        };
        let arguments = Arguments {
            words: rest,
            last,
            dot,
            at,
        };
        match &first.term {
            Term::Function(function) => {
                self.at = At::Expression(first);
                return self.function(function, arguments);
            }
            Term::Field(_) | Term::Variable(_) | Term::Chain(_) => return self.operand(first, arguments),
            Term::Pipeline(pipeline) => {
                self.check_no_arguments(first, &arguments)?;
                return self.pipeline(&self.parts[*pipeline], dot).map(Operand::plain);
            }
            _ => {}
        }
        self.at = At::Expression(first);
        self.check_no_arguments(first, &arguments)?;
        match &first.term {
            Term::Dot => Ok(dot.clone()),
            Term::Nil => Err(self.error("nil is not a command")),
            Term::Number(number) => self.number(&self.parts[*number]).map(Operand::plain),
            Term::Text(literal) => Ok(Operand::plain(Value::String(self.parts[*literal].value.clone()))),
            Term::True => Ok(Operand::plain(Value::Bool(true))),
            Term::False => Ok(Operand::plain(Value::Bool(false))),
            _ => Ok(Operand::MISSING),
        }
    }

    /// A field, a variable or a chain, called with arguments if it is a method.
    pub(super) fn operand(
        &mut self,
        expression: &'t Expression,
        arguments: Arguments<'_, 't>,
    ) -> Result<Operand, Error> {
        self.at = At::Expression(expression);
        match &expression.term {
            Term::Field(names) => {
                let (dot, names) = (arguments.dot, &self.parts[*names]);
                self.fields(dot.clone(), names, arguments)
                    .map_err(|error| error.traced("", &dot.value, names))
            }
            Term::Variable(variable) => {
                let variable = &self.parts[*variable];
                if variable.fields.is_empty() {
                    self.check_no_arguments(expression, &arguments)?;
                    return self.variable(variable);
                }
                let of = self.variable(variable)?;
                let names = &self.parts[variable.fields];
                self.fields(of, names, arguments).map_err(|error| {
                    let of = self.variable(variable).unwrap_or_default().value;
                    error.traced(&variable.name.to_text(), &of, names)
                })
            }
            Term::Chain(chain) => {
                let chain = &self.parts[*chain];
                if matches!(chain.of.term, Term::Nil) {
                    let shown = self.shown(expression);
                    return Err(self.error(format!("indirection through explicit nil in {shown}")));
                }
                let of = self.untyped(&chain.of, arguments.dot)?;
                self.fields(of, &self.parts[chain.fields], arguments)
                    .map_err(|error| error.traced("", &Value::Nil, &[]))
            }
            _ => Ok(Operand::MISSING),
        }
    }

    /// What a chain of fields begins with.
    fn untyped(&mut self, expression: &'t Expression, dot: &Operand) -> Result<Operand, Error> {
        self.at = At::Expression(expression);
        match &expression.term {
            Term::Pipeline(pipeline) => self.pipeline(&self.parts[*pipeline], dot).map(Operand::plain),
            Term::Function(function) => {
                self.function(function, Arguments::none(dot, At::Expression(expression)))
            }
            _ => self.operand(expression, Arguments::none(dot, At::Expression(expression))),
        }
    }

    fn variable(&self, variable: &Variable) -> Result<Operand, Error> {
        match variable.slot {
            Some(slot) => Ok(self.context.variables[self.base + slot as usize].clone()),
            None => Err(self.error(format!("undefined variable: {}", variable.name))),
        }
    }

    /// A number where nothing asks for a type.
    pub(super) fn number(&self, number: &Number) -> Result<Value, Error> {
        match (number.looks_float, number.float, number.int) {
            (true, Some(float), _) => Ok(Value::Float(float)),
            (_, _, Some(int)) => Ok(Value::Int(int)),
            _ => {
                let written = number.written.of(&self.tree.source.text);
                Err(self.error(format!("{} overflows int", String::from_utf8_lossy(written))))
            }
        }
    }

    pub(super) fn check_no_arguments(
        &self,
        expression: &Expression,
        arguments: &Arguments<'_, '_>,
    ) -> Result<(), Error> {
        if arguments.is_empty() {
            return Ok(());
        }
        let shown = self.shown(expression);
        Err(self.error(format!("can't give argument to non-function {shown}")))
    }

    pub(super) fn shown(&self, expression: &Expression) -> String {
        let shown = self.tree.source.show(|shower| shower.expression(expression));
        String::from_utf8_lossy(&shown).into_owned()
    }
}
