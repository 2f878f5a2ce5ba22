//! Calling functions and methods.

use super::{At, Execution, Operand};
use crate::function::Form;
use crate::parse::tree::Expression;
use crate::{Error, Function, Type, Value};

/// What a function, field or method is given.
pub(super) struct Arguments<'d, 't> {
    /// The words behind it.
    pub(super) words: &'t [Expression],
    /// What the command before in the pipeline gave.
    pub(super) last: Option<Value>,
    /// What the words are evaluated in.
    pub(super) dot: &'d Operand,
    /// What an error of the call points to.
    pub(super) at: At<'t>,
}

impl<'d, 't> Arguments<'d, 't> {
    pub(super) fn none(dot: &'d Operand, at: At<'t>) -> Self {
        Self {
            words: &[],
            last: None,
            dot,
            at,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.last.is_none()
    }
}

impl<'t> Execution<'_, '_, 't> {
    pub(super) fn function(
        &mut self,
        function: &'static Function,
        arguments: Arguments<'_, 't>,
    ) -> Result<Operand, Error> {
        self.check_count(function, &arguments)?;
        match function.form {
            Form::And => return self.short_circuit(false, arguments),
            Form::Or => return self.short_circuit(true, arguments),
            Form::Call => return self.call_value(arguments),
            Form::Plain | Form::Length => {}
        }
        self.call(function, None, arguments)
    }

    pub(super) fn method(
        &mut self,
        method: &'static Function,
        of: &Value,
        arguments: Arguments<'_, 't>,
    ) -> Result<Operand, Error> {
        self.check_count(method, &arguments)?;
        self.call(method, Some(of), arguments)
    }

    fn check_count(&self, function: &Function, arguments: &Arguments<'_, '_>) -> Result<(), Error> {
        let words = arguments.words.len();
        let given = words + usize::from(arguments.last.is_some());
        let (name, wanted) = (function.name, function.parameters.len());
        if function.variadic.is_none() && given != wanted {
            return Err(self.error(format!(
                "wrong number of args for {name}: want {wanted} got {given}"
            )));
        }
        if given < wanted {
            return Err(self.error(format!(
                "wrong number of args for {name}: want at least {wanted} got {words}"
            )));
        }
        Ok(())
    }

    fn call(
        &mut self,
        function: &'static Function,
        of: Option<&Value>,
        arguments: Arguments<'_, 't>,
    ) -> Result<Operand, Error> {
        let mut list = self.context.lists.pop().unwrap_or_default();
        list.extend(of.cloned());
        let types = function
            .parameters
            .iter()
            .copied()
            .chain(std::iter::repeat(function.variadic.unwrap_or(Type::Any)));
        let mut types = types.into_iter();
        for (word, parameter) in arguments.words.iter().zip(&mut types) {
            let operand = self.argument(word, parameter, arguments.dot)?;
            if function.form == Form::Length && operand.value.is_nil() {
                self.at = arguments.at;
                return Err(self.failed_call(function.name, crate::builtins::length_of_nil(&operand)));
            }
            list.push(operand.value);
        }
        if let (Some(last), Some(parameter)) = (arguments.last, types.next()) {
            if function.form == Form::Length && last.is_nil() {
                self.at = arguments.at;
                return Err(
                    self.failed_call(function.name, crate::builtins::length_of_nil(&Operand::MISSING))
                );
            }
            let piped = self.fit(Operand::plain(last), parameter).map_err(Error::piped)?;
            list.push(piped.value);
        }
        self.context.spend(work_on(&list))?;
        self.context.stand_at(arguments.at.position());
        self.context.announce(function);
        let result = (function.call)(self.context, &list);
        list.clear();
        self.context.lists.push(list);
        match result {
            Ok(value) => Ok(Operand::plain(value)),
            Err(cause) => {
                self.at = arguments.at;
                Err(self.failed_call(function.name, cause))
            }
        }
    }

    /// `and` and `or`: arguments behind the one that decides are not evaluated.
    fn short_circuit(&mut self, or: bool, arguments: Arguments<'_, 't>) -> Result<Operand, Error> {
        self.context.spend(arguments.words.len() as u64)?;
        let mut value = Value::Nil;
        for word in arguments.words {
            value = self.argument(word, Type::Reflected, arguments.dot)?.value;
            if value.truth() == or {
                return Ok(Operand::plain(value));
            }
        }
        Ok(Operand::plain(arguments.last.unwrap_or(value)))
    }

    /// `call`: there are no values here that could be called.
    fn call_value(&mut self, arguments: Arguments<'_, 't>) -> Result<Operand, Error> {
        let mut values = Vec::new();
        for word in arguments.words {
            values.push(self.argument(word, Type::Reflected, arguments.dot)?.value);
        }
        let callee = match (arguments.words.first(), &arguments.last) {
            (Some(word), _) => self.shown(word),
            (None, Some(Value::String(text))) => text.to_string(),
            (None, last) => {
                let last = last.as_ref().map_or("invalid", Value::type_name);
                format!("<{last} Value>")
            }
        };
        values.extend(arguments.last);
        let error = match values.first() {
            None | Some(Value::Nil) => Error::new("call of nil"),
            Some(value) => Error::new(format!("non-function {callee} of type {}", value.type_name())),
        };
        self.at = arguments.at;
        Err(self.failed_call("call", error))
    }
}

/// A step for each argument, and one for each 64 bytes of those that are texts: few functions do more with them.
fn work_on(given: &[Value]) -> u64 {
    let steps = given.iter().map(|value| match value {
        Value::String(text) => 1 + text.len() as u64 / 64,
        Value::Bytes(bytes) => 1 + bytes.len() as u64 / 64,
        _ => 1,
    });
    steps.sum()
}
