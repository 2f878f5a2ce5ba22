//! What one schema asks for, in the form in which values are held against it.

use serde_json::{Number, Value};

use super::pattern::Pattern;
use super::properties::Properties;

/// In the order in which messages name them.
const TYPES: [&str; 7] = [
    "null", "boolean", "number", "integer", "string", "array", "object",
];

/// Keywords that hold other schemas against the same value.
pub(super) const COMBINED: [&str; 5] = ["allOf", "anyOf", "if", "not", "oneOf"];
/// Keywords that ask something of objects.
pub(super) const OBJECT: [&str; 11] = [
    "additionalProperties",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "maxProperties",
    "minProperties",
    "patternProperties",
    "properties",
    "propertyNames",
    "required",
    "unevaluatedProperties",
];
/// Of lists.
pub(super) const ARRAY: [&str; 10] = [
    "additionalItems",
    "contains",
    "items",
    "maxContains",
    "maxItems",
    "minContains",
    "minItems",
    "prefixItems",
    "unevaluatedItems",
    "uniqueItems",
];
/// Of texts.
pub(super) const STRING: [&str; 3] = ["maxLength", "minLength", "pattern"];
/// Of numbers.
pub(super) const NUMBER: [&str; 5] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maximum",
    "minimum",
    "multipleOf",
];

/// What one schema asks for. Absent keywords ask for nothing.
#[derive(Default)]
pub(super) struct Node<'a> {
    /// `true` and `false` as schemas.
    pub(super) always: Option<bool>,
    pub(super) draft: u16,
    pub(super) resource: usize,
    /// Where it stands, for what a reference cycle is called.
    pub(super) reference: Option<usize>,
    pub(super) recursive_reference: Option<usize>,
    pub(super) is_recursive_anchor: bool,
    pub(super) dynamic_reference: Option<(usize, Option<&'a str>)>,
    pub(super) types: Types,
    pub(super) constant: Option<&'a Value>,
    pub(super) choices: Option<&'a Vec<Value>>,
    pub(super) format: Option<&'a str>,
    // Most schemas ask for none of these, and a large one has thousands of schemas.
    pub(super) combined: Option<Box<Combined>>,
    pub(super) object: Option<Box<ObjectChecks<'a>>>,
    pub(super) array: Option<Box<ArrayChecks>>,
    pub(super) string: Option<Box<StringChecks<'a>>>,
    pub(super) number: Option<Box<NumberChecks<'a>>>,
}

/// The types that a value may have; none means all.
#[derive(Clone, Copy, Default)]
pub(super) struct Types(u8);

impl Types {
    /// Those of `names` that are types.
    pub(super) fn new(names: &[&str]) -> Self {
        let known = TYPES.iter().enumerate();
        let found = known.filter(|(_, name)| names.contains(name));
        Self(found.fold(0, |bits, (index, _)| bits | 1 << index))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn contains(self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let known = TYPES.into_iter().enumerate();
        known.filter_map(move |(index, name)| (self.0 >> index & 1 == 1).then_some(name))
    }
}

/// Other schemas about the same value.
#[derive(Default)]
pub(super) struct Combined {
    pub(super) not: Option<usize>,
    pub(super) all_of: Vec<usize>,
    pub(super) any_of: Vec<usize>,
    pub(super) one_of: Vec<usize>,
    pub(super) condition: Option<(usize, Option<usize>, Option<usize>)>,
}

#[derive(Default)]
pub(super) struct ObjectChecks<'a> {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) required: Vec<&'a str>,
    pub(super) properties: Properties<'a>,
    pub(super) patterns: Vec<(Pattern<'a>, usize)>,
    pub(super) additional: Option<Additional>,
    pub(super) names: Option<usize>,
    pub(super) dependent_schemas: Vec<(&'a str, usize)>,
    pub(super) dependent_required: Vec<(&'a str, Vec<&'a str>)>,
    pub(super) unevaluated: Option<usize>,
}

/// What is asked of the rest: a plain yes or no has a message of its own.
#[derive(Clone, Copy)]
pub(super) enum Additional {
    Allowed(bool),
    Schema(usize),
}

#[derive(Default)]
pub(super) struct ArrayChecks {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) is_unique: bool,
    pub(super) first: Vec<usize>,
    pub(super) rest: Option<Additional>,
    pub(super) contains: Option<usize>,
    pub(super) least_contained: Option<usize>,
    pub(super) most_contained: Option<usize>,
    pub(super) unevaluated: Option<usize>,
}

#[derive(Default)]
pub(super) struct StringChecks<'a> {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) pattern: Option<Pattern<'a>>,
}

#[derive(Default)]
pub(super) struct NumberChecks<'a> {
    pub(super) least: Option<&'a Number>,
    pub(super) most: Option<&'a Number>,
    pub(super) above: Option<&'a Number>,
    pub(super) below: Option<&'a Number>,
    pub(super) multiple_of: Option<&'a Number>,
}
