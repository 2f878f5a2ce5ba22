//! Arguments: evaluated for the type that a parameter has, or refused in Go's words.

use super::call::Arguments;
use super::{At, Execution, Held, Operand};
use crate::parse::tree::{Expression, Number, Term};
use crate::{Error, List, Map, Type, Value};

impl<'t> Execution<'_, '_, 't> {
    pub(super) fn argument(
        &mut self,
        word: &'t Expression,
        parameter: Type,
        dot: &Operand,
    ) -> Result<Operand, Error> {
        self.at = At::Expression(word);
        let operand = match &word.term {
            Term::Dot => dot.clone(),
            Term::Nil if parameter.nilable() => Operand::MISSING,
            Term::Nil => return Err(self.error(format!("cannot assign nil to {parameter}"))),
            Term::Field(_) | Term::Variable(_) | Term::Chain(_) => {
                self.operand(word, Arguments::none(dot, At::Expression(word)))?
            }
            Term::Pipeline(pipeline) => Operand::plain(self.pipeline(&self.parts[*pipeline], dot)?),
            Term::Function(function) => {
                self.function(function, Arguments::none(dot, At::Expression(word)))?
            }
            Term::True | Term::False | Term::Number(_) | Term::Text(_) => {
                return self.constant(word, parameter).map(Operand::plain);
            }
        };
        self.fit(operand, parameter)
    }

    /// The operand as the parameter wants it.
    pub(super) fn fit(&self, operand: Operand, parameter: Type) -> Result<Operand, Error> {
        if matches!(parameter, Type::Any | Type::Reflected) {
            return Ok(operand);
        }
        if operand.held == Held::Nowhere {
            if parameter.nilable() {
                return Ok(Operand::plain(zero(parameter)));
            }
            let error = self.error(format!("invalid value; expected {parameter}"));
            return Err(error.showing(&[&Value::Nil]).traced("", &Value::Nil, &[]));
        }
        if !parameter.accepts(&operand.value) {
            let got = if operand.value.is_nil() {
                "interface {}"
            } else {
                operand.value.type_name()
            };
            let error = self.error(format!("wrong type for value; expected {parameter}; got {got}"));
            // The expression of the error is the value: there is nothing to follow.
            return Err(error.showing(&[&operand.value]).traced("", &Value::Nil, &[]));
        }
        let value = match (parameter, operand.value) {
            (Type::Map, Value::Object(object)) => object.as_map().map_or(Value::Nil, Value::Map),
            (Type::List, Value::Object(object)) => object.as_list().map_or(Value::Nil, Value::List),
            (_, value) => value,
        };
        Ok(Operand {
            value,
            held: operand.held,
        })
    }

    /// A constant takes the type of its parameter.
    fn constant(&self, word: &'t Expression, parameter: Type) -> Result<Value, Error> {
        let number = match &word.term {
            Term::Number(number) => Some(&self.parts[*number]),
            _ => None,
        };
        let (value, wanted) = match (parameter, &word.term) {
            (Type::Any | Type::Reflected, Term::Number(number)) => {
                return self.number(&self.parts[*number]);
            }
            (Type::Any | Type::Reflected | Type::Bool, term @ (Term::True | Term::False)) => {
                (Some(Value::Bool(matches!(term, Term::True))), "")
            }
            (Type::Any | Type::Reflected | Type::String, Term::Text(literal)) => {
                (Some(Value::String(self.parts[*literal].value.clone())), "")
            }
            (Type::Bool, _) => (None, "bool"),
            (Type::String, _) => (None, "string"),
            (Type::Float64, _) => (number.and_then(|number| number.float).map(Value::Float), "float"),
            (Type::Uint32 | Type::Uint64, _) => (
                number.and_then(|number| number.uint).map(Value::Uint64),
                "unsigned integer",
            ),
            (Type::Int | Type::Int32 | Type::Int64 | Type::Duration, _) => {
                (number.and_then(|number| integer(number, parameter)), "integer")
            }
            _ => {
                let shown = self.shown(word);
                return Err(self.error(format!("can't handle {shown} for arg of type {parameter}")));
            }
        };
        value.ok_or_else(|| self.error(format!("expected {wanted}; found {}", self.shown(word))))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Go truncates here as well")]
fn integer(number: &Number, parameter: Type) -> Option<Value> {
    let int = number.int?;
    Some(match parameter {
        Type::Int32 => Value::Int32(int as i32),
        Type::Int64 => Value::Int64(int),
        Type::Duration => Value::Duration(int),
        _ => Value::Int(int),
    })
}

/// What nil is as a value of the type.
fn zero(parameter: Type) -> Value {
    match parameter {
        Type::Bytes => Value::Bytes([].into()),
        Type::List => Value::List(List::default()),
        Type::Strings => Value::Strings([].into()),
        Type::Map => Value::Map(Map::nil()),
        Type::StringMap => Value::StringMap(std::rc::Rc::default()),
        _ => Value::Nil,
    }
}
