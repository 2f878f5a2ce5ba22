//! The statements.

use super::{At, Execution, Held, Operand, run};
use crate::format;
use crate::format::quote;
use crate::parse::tree::{Body, Branch, Conditional, Invocation, Node, Range, Target};
use crate::{Error, List, Value};

/// How a list of statements was left.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    Break,
    Continue,
}

impl<'t> Execution<'_, '_, 't> {
    pub(super) fn walk(&mut self, body: Body, dot: &Operand) -> Result<Flow, Error> {
        for node in &self.parts[body] {
            self.context.spend(1)?;
            let flow = match node {
                Node::Text(span) => {
                    self.context.write(span.of(&self.tree.source.text))?;
                    Flow::On
                }
                Node::Action(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.targets.is_empty() {
                        self.print(&value)?;
                    }
                    Flow::On
                }
                Node::If(conditional) => self.conditional(conditional, dot, false)?,
                Node::With(conditional) => self.conditional(conditional, dot, true)?,
                Node::Range(range) => self.range(&self.parts[*range], dot)?,
                Node::Template(invocation) => self.invoke(&self.parts[*invocation], dot)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn print(&mut self, value: &Value) -> Result<(), Error> {
        match value {
            Value::String(string) => self.context.output.extend_from_slice(string),
            Value::Nil => self.context.output.extend_from_slice(b"<no value>"),
            value => {
                let most = self.context.limits().output;
                format::append_within(&mut self.context.output, value, most);
            }
        }
        self.context.check_output()
    }

    fn conditional(
        &mut self,
        conditional: &'t Conditional,
        dot: &Operand,
        sets_dot: bool,
    ) -> Result<Flow, Error> {
        for Branch { condition, body } in &self.parts[conditional.branches] {
            let value = self.pipeline(condition, dot)?;
            if value.truth() {
                return if sets_dot {
                    self.walk(*body, &Operand::plain(value))
                } else {
                    self.walk(*body, dot)
                };
            }
        }
        self.walk(conditional.otherwise, dot)
    }

    fn invoke(&mut self, invocation: &'t Invocation, dot: &Operand) -> Result<Flow, Error> {
        self.at = At::Invocation(invocation);
        let Some(template) = self.context.templates().find(&invocation.name).cloned() else {
            return Err(self.error(format!(
                "template {} not defined",
                quote::quoted(&invocation.name)
            )));
        };
        let most = self.context.limits().depth;
        if self.context.trail.len() >= most {
            let error = self.error(format!("exceeded maximum template depth ({most})"));
            return Err(error.with_kind(crate::ErrorKind::Limit));
        }
        let data = match &invocation.argument {
            Some(argument) => self.pipeline(argument, dot)?,
            None => Value::Nil,
        };
        self.context.stand_at(invocation.position);
        run(self.context, &template, data)?;
        Ok(Flow::On)
    }

    fn range(&mut self, range: &'t Range, dot: &Operand) -> Result<Flow, Error> {
        let over = self.pipeline(&range.over, dot)?;
        let ran = match &over {
            Value::Nil => false,
            Value::List(list) => self.range_list(range, list)?,
            Value::Strings(strings) => {
                let items = strings.iter().cloned().map(Value::String);
                self.range_items(range, items.enumerate().map(|(index, item)| (index.into(), item)))?
            }
            Value::Bytes(bytes) => {
                let items = bytes.iter().copied().map(Value::Uint8);
                self.range_items(range, items.enumerate().map(|(index, item)| (index.into(), item)))?
            }
            Value::Map(map) => self.range_map(range, map)?,
            Value::StringMap(map) => {
                let entry = |(key, value): (&crate::Str, &crate::Str)| {
                    (Value::String(key.clone()), Value::String(value.clone()))
                };
                self.range_items(range, map.iter().map(entry))?
            }
            Value::Object(object) => match (object.as_map(), object.as_list()) {
                (Some(map), _) => self.range_map(range, &map)?,
                (_, Some(list)) => self.range_list(range, &list)?,
                _ => self.range_number(range, &over)?,
            },
            _ => self.range_number(range, &over)?,
        };
        if ran {
            return Ok(Flow::On);
        }
        // Go ends this loop with a `break` of its `else`, though the parser wants it inside of another one.
        match self.walk(range.otherwise, dot)? {
            Flow::Break => Ok(Flow::On),
            flow => Ok(flow),
        }
    }

    fn range_list(&mut self, range: &'t Range, list: &List) -> Result<bool, Error> {
        for (index, item) in list.iter().enumerate() {
            let key = Operand::plain(index.into());
            if self.iteration(range, key, &Operand::item(item.clone()))? == Flow::Break {
                break;
            }
        }
        Ok(!list.is_empty())
    }

    /// The entries are those at the start: the body may change the map.
    fn range_map(&mut self, range: &'t Range, map: &crate::Map) -> Result<bool, Error> {
        let entries = map.entries();
        let ran = !entries.is_empty();
        for (key, item) in entries {
            let key = Operand::plain(Value::String(key));
            if self.iteration(range, key, &Operand::item(item))? == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }

    fn range_items(
        &mut self,
        range: &'t Range,
        items: impl Iterator<Item = (Value, Value)>,
    ) -> Result<bool, Error> {
        let mut ran = false;
        for (key, item) in items {
            ran = true;
            if self.iteration(range, Operand::plain(key), &Operand::plain(item))? == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }

    /// A range over a number counts up to it, in its own type.
    fn range_number(&mut self, range: &'t Range, over: &Value) -> Result<bool, Error> {
        let counted: (u64, fn(u64) -> Value) = match over {
            Value::Int(end) => ((*end).try_into().unwrap_or(0), |n| Value::Int(n.cast_signed())),
            Value::Int64(end) => ((*end).try_into().unwrap_or(0), |n| Value::Int64(n.cast_signed())),
            Value::Duration(end) => ((*end).try_into().unwrap_or(0), |n| {
                Value::Duration(n.cast_signed())
            }),
            Value::Int32(end) => ((*end).try_into().unwrap_or(0), |n| {
                Value::Int32(n.try_into().unwrap_or(0))
            }),
            Value::Uint8(end) => ((*end).into(), |n| Value::Uint8(n.try_into().unwrap_or(0))),
            Value::Uint64(end) => (*end, Value::Uint64),
            _ => {
                let error = self.error(format!("range can't iterate over {}", format::text(over)));
                return Err(error.showing(&[over]));
            }
        };
        if self.parts[range.over.targets].len() > 1 {
            let value = format::text(over);
            return Err(self.error(format!(
                "can't use {value} to iterate over more than one variable"
            )));
        }
        let (end, make) = counted;
        for number in 0..end {
            if self.iteration(range, Operand::MISSING, &Operand::plain(make(number)))? == Flow::Break {
                break;
            }
        }
        Ok(end > 0)
    }

    fn iteration(&mut self, range: &'t Range, key: Operand, item: &Operand) -> Result<Flow, Error> {
        self.context.spend(1)?;
        match &self.parts[range.over.targets] {
            [] => {}
            [only] => self.set(only, item.clone())?,
            [first, second, ..] => {
                self.set(first, key)?;
                self.set(second, item.clone())?;
            }
        }
        self.walk(range.body, item)
    }

    pub(super) fn set(&mut self, target: &'t Target, operand: Operand) -> Result<(), Error> {
        match target.slot {
            Some(slot) => self.context.variables[self.base + slot as usize] = operand,
            None => return Err(self.error(format!("undefined variable: {}", target.name))),
        }
        Ok(())
    }

    /// Whether nothing was ever there, as opposed to a nil.
    pub(super) fn is_missing(operand: &Operand) -> bool {
        operand.held == Held::Nowhere
    }
}
