//! `.a.b.c`: fields, methods and keys.

use super::call::Arguments;
use super::{Execution, Held, Operand};
use crate::format::quote;
use crate::{Error, Function, Kind, MissingKey, Str, Value, methods};

impl<'t> Execution<'_, '_, 't> {
    /// Follows the names; the last one gets the arguments.
    pub(super) fn fields(
        &mut self,
        of: Operand,
        names: &'t [Str],
        arguments: Arguments<'_, 't>,
    ) -> Result<Operand, Error> {
        self.context.spend(names.len() as u64)?;
        let Some((last, names)) = names.split_last() else {
            return Ok(of);
        };
        let mut of = of;
        for name in names {
            of = match of.value.map_item(name) {
                Some(item) => Operand::item(item),
                None => self.member(&of, name, Arguments::none(arguments.dot, arguments.at))?,
            };
        }
        if arguments.is_empty()
            && let Some(item) = of.value.map_item(last)
        {
            return Ok(Operand::item(item));
        }
        self.member(&of, last, arguments)
    }

    fn member(
        &mut self,
        of: &Operand,
        name: &'t Str,
        arguments: Arguments<'_, 't>,
    ) -> Result<Operand, Error> {
        if Self::is_missing(of) {
            if self.context.templates().rule() == MissingKey::Error {
                let error = self.error(format!("nil data; no entry for key {}", quote::quoted(name)));
                return Err(error.showing(&[]));
            }
            return Ok(Operand::MISSING);
        }
        if of.value.is_nil() {
            let error = self.error(format!("nil pointer evaluating interface {{}}.{name}"));
            return Err(error.showing(&[]));
        }
        if let Some(method) = method(&of.value, name) {
            return self.method(method, &of.value, arguments);
        }
        if let Value::Object(object) = &of.value
            && object.kind() != Kind::Map
            && let Some(field) = object.field(name)
        {
            if !arguments.is_empty() {
                return Err(self.error(format!("{name} has arguments but cannot be invoked as function")));
            }
            let held = if field.is_nil() {
                Held::Interface
            } else {
                Held::Plainly
            };
            return Ok(Operand { value: field, held });
        }
        self.key(of, name, &arguments)
    }

    /// The name as a key, for all kinds of maps.
    fn key(&self, of: &Operand, name: &Str, arguments: &Arguments<'_, 't>) -> Result<Operand, Error> {
        let (found, strings) = match (&of.value, of.value.as_map()) {
            (_, Some(map)) => (map.item(name).map(Operand::item), false),
            (Value::StringMap(map), _) => (
                map.get(name).cloned().map(|text| Operand::plain(text.into())),
                true,
            ),
            _ => {
                let holder = if of.held == Held::Interface {
                    "interface {}"
                } else {
                    of.value.type_name()
                };
                let error = self.error(format!("can't evaluate field {name} in type {holder}"));
                return Err(error.showing(&[&of.value]));
            }
        };
        if !arguments.is_empty() {
            return Err(self.error(format!("{name} is not a method but has arguments")));
        }
        if let Some(found) = found {
            return Ok(found);
        }
        match self.context.templates().rule() {
            MissingKey::Default => Ok(Operand::MISSING),
            MissingKey::Zero if strings => Ok(Operand::plain("".into())),
            MissingKey::Zero => Ok(Operand::item(Value::Nil)),
            MissingKey::Error => {
                let error = self.error(format!("map has no entry for key {}", quote::quoted(name)));
                Err(error.showing(&[]))
            }
        }
    }
}

fn method(value: &Value, name: &[u8]) -> Option<&'static Function> {
    match value {
        Value::Object(object) => object.method(name),
        Value::Time(_) => methods::find(methods::TIME, name),
        Value::Duration(_) => methods::find(methods::DURATION, name),
        _ => None,
    }
}

impl Value {
    /// The entry of a plain map: the short way for what nearly every field is.
    #[inline]
    fn map_item(&self, name: &Str) -> Option<Value> {
        match self {
            Self::Map(map) => map.item(name),
            _ => None,
        }
    }
}
