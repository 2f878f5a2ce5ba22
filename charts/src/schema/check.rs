//! Values against the graph of checks.

mod combined;
mod types;

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::compile::Schema;
use super::node::Node;
use super::pattern::Pattern;
use super::report::{Fault, Sort, quoted, shown};
use super::{SchemaError, report};

/// How many schemas may be asked: charts need some ten thousand.
const FUEL: u64 = 1_000_000;

/// Checks `values`; the error names every fault.
pub(super) fn check(schema: &Schema<'_>, values: &Value) -> Result<(), SchemaError> {
    let checker = Checker {
        schema,
        fuel: Cell::new(FUEL),
    };
    let at = Position {
        value: values,
        place: None,
        scope: None,
        is_quick: false,
    };
    let result = checker.check(0, &at, false);
    if checker.fuel.get() == 0 {
        let message = "the schema asks for more work than a chart may";
        return Err(SchemaError(message.to_owned()));
    }
    result
        .map(|_| ())
        .map_err(|fault| SchemaError(report::text(fault)))
}

struct Checker<'s> {
    schema: &'s Schema<'s>,
    fuel: Cell<u64>,
}

/// A value, and the way that led to it.
#[derive(Clone, Copy)]
struct Position<'p> {
    value: &'p Value,
    place: Option<&'p Step<'p>>,
    scope: Option<&'p Scope<'p>>,
    /// Only whether there is a fault matters.
    is_quick: bool,
}

/// A key or index, and those before it.
struct Step<'p> {
    before: Option<&'p Step<'p>>,
    key: Key<'p>,
}

#[derive(Clone, Copy)]
enum Key<'p> {
    Name(&'p str),
    Index(usize),
}

/// A value within the one that is asked about, and where it is.
type Part<'p> = (&'p Value, Key<'p>);

/// The schemas that are being asked, innermost first.
struct Scope<'p> {
    node: usize,
    value: *const Value,
    outer: Option<&'p Scope<'p>>,
}

/// What no schema has looked at so far: of an object or of a list.
#[derive(Default)]
struct Unseen<'p> {
    names: BTreeSet<&'p str>,
    items: BTreeSet<usize>,
}

type Checked<'p> = Result<Unseen<'p>, Fault>;

/// The faults of one schema at one position.
struct Work<'c, 'p> {
    checker: &'c Checker<'c>,
    node: &'c Node<'c>,
    at: Position<'p>,
    unseen: Unseen<'p>,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn spend(&self, steps: u64) {
        self.fuel.set(self.fuel.get().saturating_sub(steps));
    }

    /// Whether a text matches; when there is no fuel left the answer means nothing.
    fn matches(&self, pattern: &Pattern<'_>, text: &str) -> bool {
        self.spend(pattern.work(text));
        self.fuel.get() == 0 || pattern.is_match(text)
    }

    fn check<'p>(&self, index: usize, at: &Position<'p>, needs_unseen: bool) -> Checked<'p> {
        let node = &self.schema.nodes[index];
        if node.always == Some(false) {
            return Err(at.fault("false schema"));
        }
        self.spend(1);
        if node.always == Some(true) || self.fuel.get() == 0 {
            return Ok(Unseen::of(node, at.value, needs_unseen));
        }
        let value = std::ptr::from_ref(at.value);
        let mut outer = at.scope;
        while let Some(scope) = outer.filter(|scope| scope.value == value) {
            if scope.node == index {
                return Err(at.fault("references lead back to the same schema, causing reference cycle"));
            }
            outer = scope.outer;
        }
        let scope = Scope {
            node: index,
            value,
            outer: at.scope,
        };
        let mut work = Work {
            checker: self,
            node,
            at: *at,
            unseen: Unseen::of(node, at.value, needs_unseen),
            faults: Vec::new(),
        };
        work.plain()?;
        work.run(&scope)?;
        match work.faults.len() {
            0 => Ok(work.unseen),
            1 => Err(work.faults.remove(0)),
            _ => Err(Fault {
                place: at.places(),
                sort: Sort::Group,
                causes: work.faults,
            }),
        }
    }

    fn dynamic(&self, target: usize, anchor: Option<&str>, scope: &Scope<'_>) -> usize {
        let mut found = target;
        let mut next = anchor.map(|_| scope);
        while let (Some(scope), Some(anchor)) = (next, anchor) {
            let resource = self.schema.nodes[scope.node].resource;
            found = self.schema.dynamic_anchor(resource, anchor).unwrap_or(found);
            next = scope.outer;
        }
        found
    }

    fn recursive(&self, target: usize, scope: &Scope<'_>) -> usize {
        let mut found = target;
        let mut next = self.schema.nodes[target].is_recursive_anchor.then_some(scope);
        while let Some(scope) = next {
            if self.schema.nodes[scope.node].is_recursive_anchor {
                found = scope.node;
            }
            next = scope.outer;
        }
        found
    }
}

impl Work<'_, '_> {
    /// What ends the check at once: type, constant, choices, format.
    fn plain(&self) -> Result<(), Fault> {
        let (node, value) = (self.node, self.at.value);
        if !node.types.is_empty() && !types::is_one_of(value, node.types) {
            let wanted: Vec<&str> = node.types.names().collect();
            let message = format!("got {}, want {}", types::name(value), wanted.join(" or "));
            return Err(self.at.fault(message));
        }
        if let Some(constant) = node.constant.filter(|constant| !types::equal(value, constant)) {
            return Err(self.at.fault(match constant {
                Value::Array(_) | Value::Object(_) => "'const' failed".to_owned(),
                constant => format!("value must be {}", shown(constant)),
            }));
        }
        let read = node.choices.map_or(0, Vec::len) + value.as_str().map_or(0, str::len);
        self.checker.spend(read as u64 / 64);
        if let Some(choices) = node.choices
            && !choices.iter().any(|choice| types::equal(value, choice))
        {
            return Err(self.at.fault(types::choices_message(choices)));
        }
        if let (Some(format), Value::String(text)) = (node.format, value)
            && let Err(reason) = super::format::check(format, text)
        {
            return Err(self
                .at
                .fault(format!("{} is not valid {format}: {reason}", quoted(text))));
        }
        Ok(())
    }

    fn run(&mut self, scope: &Scope<'_>) -> Result<(), Fault> {
        let node = self.node;
        if let Some(target) = node.reference {
            let result = self.reference(target, scope);
            if node.draft < 2019 {
                return result.map_or(Ok(()), Err);
            }
            self.faults.extend(result);
        }
        match self.at.value {
            Value::Object(map) => self.object(map, scope),
            Value::Array(list) => self.array(list, scope),
            Value::String(text) => self.string(text),
            Value::Number(number) => self.number(number),
            _ => {}
        }
        if self.at.is_quick && !self.faults.is_empty() {
            return Ok(());
        }
        if let Some(target) = node.recursive_reference {
            let target = self.checker.recursive(target, scope);
            let fault = self.reference(target, scope);
            self.faults.extend(fault);
        }
        if let Some((target, anchor)) = node.dynamic_reference {
            let target = self.checker.dynamic(target, anchor, scope);
            let fault = self.reference(target, scope);
            self.faults.extend(fault);
        }
        self.combined(scope);
        self.unevaluated(scope);
        Ok(())
    }

    fn reference(&mut self, target: usize, scope: &Scope<'_>) -> Option<Fault> {
        let fault = self.same(target, scope, false)?;
        Some(Fault {
            place: self.at.places(),
            sort: Sort::Reference,
            causes: fault.flattened(),
        })
    }

    fn unevaluated(&mut self, scope: &Scope<'_>) {
        let object = self.node.object.as_deref();
        let array = self.node.array.as_deref();
        if let (Some(schema), Value::Object(map)) =
            (object.and_then(|checks| checks.unevaluated), self.at.value)
        {
            for name in std::mem::take(&mut self.unseen.names) {
                if let Some(value) = map.get(name) {
                    self.inner(schema, (value, Key::Name(name)), scope);
                }
            }
        }
        if let (Some(schema), Value::Array(list)) =
            (array.and_then(|checks| checks.unevaluated), self.at.value)
        {
            for index in std::mem::take(&mut self.unseen.items) {
                self.inner(schema, (&list[index], Key::Index(index)), scope);
            }
        }
    }

    /// Asks another schema about the same value. No fault: what it looked at counts as seen.
    fn same(&mut self, schema: usize, scope: &Scope<'_>, is_quick: bool) -> Option<Fault> {
        let at = Position {
            scope: Some(scope),
            is_quick: self.at.is_quick || is_quick,
            ..self.at
        };
        // The scope's life is shorter than the value's, so what is unseen is asked for by name.
        let result = self.checker.check(schema, &at, !self.unseen.is_empty());
        match result {
            Ok(unseen) => {
                self.unseen.names.retain(|name| unseen.names.contains(name));
                self.unseen.items.retain(|item| unseen.items.contains(item));
                None
            }
            Err(fault) => Some(fault),
        }
    }

    /// Asks a schema about a part of the value.
    fn inner(&mut self, schema: usize, part: Part<'_>, scope: &Scope<'_>) {
        let fault = self.part(schema, part, scope);
        self.faults.extend(fault);
    }

    fn part(&self, schema: usize, (value, key): Part<'_>, scope: &Scope<'_>) -> Option<Fault> {
        let step = Step {
            before: self.at.place,
            key,
        };
        let at = Position {
            value,
            place: Some(&step),
            scope: Some(scope),
            is_quick: self.at.is_quick,
        };
        self.checker.check(schema, &at, false).err()
    }

    fn fault(&mut self, message: impl Into<String>) {
        let fault = self.at.fault(message);
        self.faults.push(fault);
    }

    fn fault_from(&mut self, message: &str, causes: Vec<Fault>) {
        let mut fault = self.at.fault(message);
        fault.causes = causes;
        self.faults.push(fault);
    }
}

impl Position<'_> {
    fn places(&self) -> Vec<String> {
        let mut places = Vec::new();
        let mut next = self.place.filter(|_| !self.is_quick);
        while let Some(step) = next {
            places.push(match step.key {
                Key::Name(name) => name.to_owned(),
                Key::Index(index) => index.to_string(),
            });
            next = step.before;
        }
        places.reverse();
        places
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::says(self.places(), message.into())
    }
}

impl<'p> Unseen<'p> {
    fn of(node: &Node<'_>, value: &'p Value, is_needed: bool) -> Self {
        let mut unseen = Self::default();
        match value {
            Value::Object(map) => {
                let checks = node.object.as_deref();
                let is_open = checks.is_none_or(|checks| checks.additional.is_none());
                if is_open && (is_needed || checks.is_some_and(|checks| checks.unevaluated.is_some())) {
                    unseen.names = map.keys().map(String::as_str).collect();
                }
            }
            Value::Array(list) => {
                let checks = node.array.as_deref();
                let is_open = checks.is_none_or(|checks| checks.rest.is_none());
                if is_open && (is_needed || checks.is_some_and(|checks| checks.unevaluated.is_some())) {
                    unseen.items = (checks.map_or(0, |checks| checks.first.len())..list.len()).collect();
                }
            }
            _ => {}
        }
        unseen
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.items.is_empty()
    }
}
