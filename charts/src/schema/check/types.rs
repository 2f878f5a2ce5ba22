//! What depends on a value's type: objects, lists, texts, numbers, and what makes two values equal.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::super::node::{Additional, Types};
use super::super::number::{self, Decimal};
use super::super::report::{joined, quoted, shown};
use super::{Key, Scope, Work};

impl<'p> Work<'_, 'p> {
    pub(super) fn object(&mut self, map: &'p Map<String, Value>, scope: &Scope<'_>) {
        let Some(checks) = self.node.object.as_deref() else {
            return;
        };
        self.bounds("Properties", map.len(), (checks.least, checks.most));
        self.checker.spend(checks.required.len() as u64 / 64);
        let missing: Vec<&str> = missing(map, &checks.required);
        match missing.as_slice() {
            [] => {}
            [one] => self.fault(format!("missing property {}", quoted(one))),
            many => self.fault(format!("missing properties {}", joined(many))),
        }
        if self.at.is_quick && !self.faults.is_empty() {
            return;
        }
        let mut surplus = Vec::new();
        for (name, value) in map {
            let mut is_seen = false;
            if let Some(schema) = checks.properties.get(name) {
                is_seen = true;
                self.inner(schema, (value, Key::Name(name)), scope);
            }
            for (pattern, schema) in &checks.patterns {
                if self.checker.matches(pattern, name) {
                    is_seen = true;
                    self.inner(*schema, (value, Key::Name(name)), scope);
                }
            }
            match checks.additional.filter(|_| !is_seen) {
                Some(Additional::Allowed(true)) => is_seen = true,
                Some(Additional::Allowed(false)) => surplus.push(name.as_str()),
                Some(Additional::Schema(schema)) => self.inner(schema, (value, Key::Name(name)), scope),
                None => {}
            }
            if is_seen {
                self.unseen.names.remove(name.as_str());
            }
        }
        if !surplus.is_empty() {
            self.fault(format!("additional properties {} not allowed", joined(&surplus)));
        }
        self.names(map);
        self.dependent(map, scope);
    }

    fn names(&mut self, map: &Map<String, Value>) {
        let Some(schema) = self.node.object.as_deref().and_then(|checks| checks.names) else {
            return;
        };
        for name in map.keys() {
            let value = Value::String(name.clone());
            let at = super::Position {
                value: &value,
                place: None,
                scope: None,
                is_quick: self.at.is_quick,
            };
            if let Err(inner) = self.checker.check(schema, &at, false) {
                let mut fault = self.at.fault(format!("invalid propertyName {}", quoted(name)));
                fault.place.clear();
                fault.causes = inner.flattened();
                self.faults.push(fault);
            }
        }
    }

    fn dependent(&mut self, map: &Map<String, Value>, scope: &Scope<'_>) {
        let Some(checks) = self.node.object.as_deref() else {
            return;
        };
        for (name, required) in &checks.dependent_required {
            let missing = missing(map, required);
            if map.contains_key(*name) && !missing.is_empty() {
                self.fault(format!(
                    "properties {} required, if {} exists",
                    joined(&missing),
                    quoted(name)
                ));
            }
        }
        for (name, schema) in &checks.dependent_schemas {
            if map.contains_key(*name) {
                let fault = self.same(*schema, scope, false);
                self.faults.extend(fault);
            }
        }
    }

    pub(super) fn array(&mut self, list: &'p [Value], scope: &Scope<'_>) {
        let Some(checks) = self.node.array.as_deref() else {
            return;
        };
        self.bounds("Items", list.len(), (checks.least, checks.most));
        if checks.is_unique
            && let Some((first, second)) = duplicate(list)
        {
            self.fault(format!("items at {first} and {second} are equal"));
        }
        let first = checks.first.len().min(list.len());
        for (index, (schema, item)) in checks.first.iter().zip(list).enumerate() {
            self.inner(*schema, (item, Key::Index(index)), scope);
        }
        match checks.rest {
            Some(Additional::Allowed(false)) if first < list.len() => {
                self.fault(format!(
                    "last {} additionalItem(s) not allowed",
                    list.len() - first
                ));
            }
            Some(Additional::Schema(schema)) => {
                for (index, item) in list.iter().enumerate().skip(first) {
                    self.inner(schema, (item, Key::Index(index)), scope);
                }
            }
            _ => {}
        }
        if let Some(schema) = checks.contains {
            self.contains(schema, list, scope);
        }
    }

    fn contains(&mut self, schema: usize, list: &[Value], scope: &Scope<'_>) {
        let Some(checks) = self.node.array.as_deref() else {
            return;
        };
        let mut causes = Vec::new();
        let mut matched = Vec::new();
        for (index, item) in list.iter().enumerate() {
            if let Some(fault) = self.part(schema, (item, Key::Index(index)), scope) {
                causes.push(fault);
            } else {
                matched.push(index.to_string());
                if self.node.draft >= 2020 {
                    self.unseen.items.remove(&index);
                }
            }
        }
        let count = matched.len();
        let matched = format!("matched {count} items at {}", matched.join(" "));
        match checks.least_contained {
            Some(least) if count < least => {
                let found = if count == 0 { "none matched" } else { &matched };
                let message = format!("min {least} items required to match contains schema, but {found}");
                self.fault_from(&message, causes);
            }
            None if count == 0 => self.fault_from("no items match contains schema", causes),
            _ => {}
        }
        if let Some(most) = checks.most_contained.filter(|most| count > *most) {
            self.fault(format!(
                "max {most} items required to match contains schema, but {matched}"
            ));
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        let Some(checks) = self.node.string.as_deref() else {
            return;
        };
        if checks.least.is_some() || checks.most.is_some() {
            self.bounds("Length", text.chars().count(), (checks.least, checks.most));
        }
        if let Some(pattern) = &checks.pattern
            && !self.checker.matches(pattern, text)
        {
            self.fault(format!(
                "{} does not match pattern {}",
                quoted(text),
                quoted(pattern.text)
            ));
        }
    }

    pub(super) fn number(&mut self, got: &Number) {
        let Some(checks) = self.node.number.as_deref() else {
            return;
        };
        let value = Decimal::new(got);
        let bounds = [
            ("minimum", checks.least, [Ordering::Less, Ordering::Less]),
            ("maximum", checks.most, [Ordering::Greater, Ordering::Greater]),
            (
                "exclusiveMinimum",
                checks.above,
                [Ordering::Less, Ordering::Equal],
            ),
            (
                "exclusiveMaximum",
                checks.below,
                [Ordering::Greater, Ordering::Equal],
            ),
        ];
        for (name, bound, wrong) in bounds {
            if let Some(bound) = bound.filter(|bound| wrong.contains(&value.compare(Decimal::new(bound)))) {
                self.number_fault(name, got, bound);
            }
        }
        if let Some(factor) = checks
            .multiple_of
            .filter(|factor| !value.is_multiple_of(Decimal::new(factor)))
        {
            self.number_fault("multipleOf", got, factor);
        }
    }

    fn number_fault(&mut self, name: &str, got: &Number, want: &Number) {
        self.fault(format!(
            "{name}: got {}, want {}",
            number::shown(got),
            number::shown(want)
        ));
    }

    fn bounds(&mut self, what: &str, got: usize, (least, most): (Option<usize>, Option<usize>)) {
        let mut say = |which: &str, want: usize| {
            let (got, want) = (
                number::grouped(&got.to_string()),
                number::grouped(&want.to_string()),
            );
            let fault = self.at.fault(format!("{which}{what}: got {got}, want {want}"));
            self.faults.push(fault);
        };
        if let Some(least) = least.filter(|least| got < *least) {
            say("min", least);
        }
        if let Some(most) = most.filter(|most| got > *most) {
            say("max", most);
        }
    }
}

fn missing<'n>(map: &Map<String, Value>, required: &[&'n str]) -> Vec<&'n str> {
    let absent = required.iter().filter(|name| !map.contains_key(**name));
    absent.copied().collect()
}

/// The first two equal items among the first 2,000: each is compared with all before it.
fn duplicate(list: &[Value]) -> Option<(usize, usize)> {
    const MAX_COMPARED: usize = 2000;
    let list = &list[..list.len().min(MAX_COMPARED)];
    (1..list.len()).find_map(|second| {
        let first = (0..second).find(|first| equal(&list[*first], &list[second]))?;
        Some((first, second))
    })
}

pub(super) fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(super) fn is_one_of(value: &Value, types: Types) -> bool {
    let is_integer = || {
        value
            .as_number()
            .is_some_and(|number| Decimal::new(number).is_integer())
    };
    types.contains(name(value)) || (types.contains("integer") && is_integer())
}

pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Decimal::new(a).compare(Decimal::new(b)) == Ordering::Equal,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

pub(super) fn choices_message(choices: &[Value]) -> String {
    let is_plain = |choice: &Value| !matches!(choice, Value::Array(_) | Value::Object(_));
    match choices {
        [only] if is_plain(only) => format!("value must be {}", shown(only)),
        many if many.iter().all(is_plain) => {
            let shown: Vec<String> = many.iter().map(shown).collect();
            format!("value must be one of {}", shown.join(", "))
        }
        _ => "'enum' failed".to_owned(),
    }
}
