//! A document becomes a graph of checks: keywords are read once, references are followed, patterns compiled.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::document::{Document, Target};
use super::node::{
    ARRAY, Additional, ArrayChecks, COMBINED, Combined, NUMBER, Node, NumberChecks, OBJECT, ObjectChecks,
    STRING, StringChecks, Types,
};
use super::pattern::Patterns;
use super::properties::Properties;

/// All checks of a schema, by index.
pub(super) struct Schema<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// For each resource, where its dynamic anchors lead while checking.
    dynamic: Vec<Vec<(&'a str, usize)>>,
}

static ANYTHING: Value = Value::Bool(true);

impl<'a> Schema<'a> {
    pub(super) fn new(document: &Document<'a>) -> Result<Self, String> {
        let mut compiler = Compiler {
            document,
            queue: Vec::with_capacity(document.schemas()),
            known: HashMap::with_capacity(document.schemas()),
            patterns: Patterns::default(),
            resource: 0,
            map: None,
            present: 0,
        };
        compiler.enqueue(document.root, 0);
        let mut nodes = Vec::with_capacity(document.schemas());
        while let Some(&(schema, resource)) = compiler.queue.get(nodes.len()) {
            compiler.resource = document.resource_at(schema, resource);
            nodes.push(compiler.node(schema)?);
        }
        let known = |schema: &Value| compiler.known.get(&std::ptr::from_ref(schema)).copied();
        let anchors = document.dynamic_anchors();
        let indexed = anchors.map(|anchors| {
            anchors
                .filter_map(|(name, schema)| Some((name, known(schema)?)))
                .collect()
        });
        Ok(Self {
            dynamic: indexed.collect(),
            nodes,
        })
    }

    /// The check that a dynamic anchor of a resource leads to.
    pub(super) fn dynamic_anchor(&self, resource: usize, name: &str) -> Option<usize> {
        let (_, index) = self.dynamic[resource].iter().find(|(known, _)| *known == name)?;
        Some(*index)
    }
}

struct Compiler<'d, 'a> {
    document: &'d Document<'a>,
    queue: Vec<(&'a Value, usize)>,
    known: HashMap<*const Value, usize>,
    patterns: Patterns,
    /// Of the schema that is being read.
    resource: usize,
    map: Option<&'a Map<String, Value>>,
    /// The bits of its keywords.
    present: u64,
}

/// A bit for a keyword, which it shares with few others: most keywords that are asked for are not there.
#[inline]
fn bit(keyword: &str) -> u64 {
    let first = keyword.bytes().next().unwrap_or_default();
    let last = keyword.bytes().next_back().unwrap_or_default();
    1 << ((keyword.len() + 3 * usize::from(first) + 5 * usize::from(last)) % 64)
}

impl<'a> Compiler<'_, 'a> {
    fn enqueue(&mut self, schema: &'a Value, resource: usize) -> usize {
        let key = std::ptr::from_ref(schema);
        if let Some(&index) = self.known.get(&key) {
            return index;
        }
        let index = self.queue.len();
        self.queue.push((schema, resource));
        self.known.insert(key, index);
        index
    }

    fn node(&mut self, schema: &'a Value) -> Result<Node<'a>, String> {
        let draft = self.document.resource(self.resource).draft;
        let mut node = Node {
            draft,
            resource: self.resource,
            ..Node::default()
        };
        match schema {
            Value::Bool(always) => node.always = Some(*always),
            Value::Object(map) if map.is_empty() => node.always = Some(true),
            Value::Object(map) => {
                self.map = Some(map);
                self.present = map.keys().fold(0, |bits, keyword| bits | bit(keyword));
                self.keywords(&mut node)?;
            }
            // As the schemas for schemas would say, if they were asked.
            _ => return Err("a schema must be an object or a boolean".to_owned()),
        }
        Ok(node)
    }

    fn keywords(&mut self, node: &mut Node<'a>) -> Result<(), String> {
        node.reference = self.reference("$ref")?;
        if node.draft < 2019 && node.reference.is_some() {
            return Ok(());
        }
        node.types = self.types();
        node.choices = self.get("enum").and_then(Value::as_array);
        node.constant = self.get("const").filter(|_| node.draft >= 6);
        node.format = self
            .text("format")
            .filter(|_| node.draft < 2019 || self.document.asserts_formats);
        if self.has_any(&COMBINED) {
            node.combined = Some(Box::new(self.combined(node.draft)));
        }
        if self.has_any(&OBJECT) {
            node.object = Some(Box::new(self.object(node.draft)?));
        }
        if self.has_any(&ARRAY) {
            node.array = Some(Box::new(self.array(node.draft)));
        }
        if self.has_any(&STRING) {
            node.string = Some(Box::new(self.string()?));
        }
        if self.has_any(&NUMBER) {
            node.number = Some(Box::new(self.number()));
        }
        if node.draft == 2019 {
            node.recursive_reference = self.reference("$recursiveRef")?;
            node.is_recursive_anchor = self.flag("$recursiveAnchor");
        }
        if node.draft >= 2020
            && let Some(target) = self.reference("$dynamicRef")?
        {
            let anchor = self
                .text("$dynamicRef")
                .and_then(|reference| reference.split_once('#'))
                .map(|(_, anchor)| anchor)
                .filter(|anchor| !anchor.is_empty() && !anchor.starts_with('/'));
            node.dynamic_reference = Some((target, anchor));
        }
        Ok(())
    }

    fn combined(&mut self, draft: u16) -> Combined {
        Combined {
            not: self.schema("not"),
            all_of: self.schemas("allOf"),
            any_of: self.schemas("anyOf"),
            one_of: self.schemas("oneOf"),
            condition: (draft >= 7).then(|| self.condition()).flatten(),
        }
    }

    fn condition(&mut self) -> Option<(usize, Option<usize>, Option<usize>)> {
        Some((self.schema("if")?, self.schema("then"), self.schema("else")))
    }

    fn object(&mut self, draft: u16) -> Result<ObjectChecks<'a>, String> {
        let mut checks = ObjectChecks {
            least: self.count("minProperties"),
            most: self.count("maxProperties"),
            required: self.get("required").map(strings).unwrap_or_default(),
            properties: Properties::new(self.mapping("properties")),
            additional: self.additional("additionalProperties"),
            names: self.schema("propertyNames").filter(|_| draft >= 6),
            ..ObjectChecks::default()
        };
        for (text, schema) in self.mapping("patternProperties") {
            checks.patterns.push((self.patterns.compile(text)?, schema));
        }
        let dependencies = self.get("dependencies").and_then(Value::as_object);
        for (name, value) in dependencies.into_iter().flatten() {
            if value.is_array() {
                checks.dependent_required.push((name, strings(value)));
            } else {
                let schema = self.enqueue(value, self.resource);
                checks.dependent_schemas.push((name, schema));
            }
        }
        if draft >= 2019 {
            checks.dependent_schemas.extend(self.mapping("dependentSchemas"));
            let required = self.get("dependentRequired").and_then(Value::as_object);
            let required = required.into_iter().flatten();
            checks
                .dependent_required
                .extend(required.map(|(name, value)| (name.as_str(), strings(value))));
            checks.unevaluated = self.schema("unevaluatedProperties");
        }
        Ok(checks)
    }

    fn array(&mut self, draft: u16) -> ArrayChecks {
        let mut checks = ArrayChecks {
            least: self.count("minItems"),
            most: self.count("maxItems"),
            is_unique: self.flag("uniqueItems"),
            contains: self.schema("contains").filter(|_| draft >= 6),
            ..ArrayChecks::default()
        };
        if draft >= 2020 {
            checks.first = self.schemas("prefixItems");
            checks.rest = self.schema("items").map(Additional::Schema);
        } else if self.get("items").is_some_and(Value::is_array) {
            checks.first = self.schemas("items");
            checks.rest = self.additional("additionalItems");
        } else {
            checks.rest = self.schema("items").map(Additional::Schema);
        }
        if draft >= 2019 {
            checks.least_contained = self.count("minContains");
            checks.most_contained = self.count("maxContains");
            checks.unevaluated = self.schema("unevaluatedItems");
        }
        checks
    }

    fn string(&mut self) -> Result<StringChecks<'a>, String> {
        Ok(StringChecks {
            least: self.count("minLength"),
            most: self.count("maxLength"),
            pattern: match self.text("pattern") {
                Some(text) => Some(self.patterns.compile(text)?),
                None => None,
            },
        })
    }

    fn number(&self) -> NumberChecks<'a> {
        let number = |keyword| self.get(keyword).and_then(Value::as_number);
        let mut checks = NumberChecks {
            least: number("minimum"),
            most: number("maximum"),
            above: number("exclusiveMinimum"),
            below: number("exclusiveMaximum"),
            multiple_of: number("multipleOf"),
        };
        // Draft 4 says only that the bound itself is out.
        if self.flag("exclusiveMinimum") {
            checks.above = checks.least.take();
        }
        if self.flag("exclusiveMaximum") {
            checks.below = checks.most.take();
        }
        checks
    }

    /// Whether the schema may have one of these keywords.
    fn has_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.present & bit(keyword) != 0)
    }

    #[inline]
    fn get(&self, keyword: &str) -> Option<&'a Value> {
        if self.present & bit(keyword) == 0 {
            return None;
        }
        self.map?.get(keyword)
    }

    fn text(&self, keyword: &str) -> Option<&'a str> {
        self.get(keyword)?.as_str()
    }

    fn flag(&self, keyword: &str) -> bool {
        self.get(keyword).and_then(Value::as_bool).unwrap_or_default()
    }

    fn count(&self, keyword: &str) -> Option<usize> {
        let value = self.get(keyword)?;
        let whole = value
            .as_f64()
            .filter(|count| count.fract() == 0.0 && *count >= 0.0)?;
        format!("{whole:.0}").parse().ok()
    }

    fn types(&self) -> Types {
        match self.get("type") {
            Some(Value::String(name)) => Types::new(&[name]),
            Some(list) => Types::new(&strings(list)),
            None => Types::default(),
        }
    }

    fn schema(&mut self, keyword: &str) -> Option<usize> {
        let schema = self.get(keyword)?;
        Some(self.enqueue(schema, self.resource))
    }

    fn schemas(&mut self, keyword: &str) -> Vec<usize> {
        let list = self.get(keyword).and_then(Value::as_array);
        let list = list.into_iter().flatten();
        list.map(|schema| self.enqueue(schema, self.resource)).collect()
    }

    fn mapping(&mut self, keyword: &str) -> Vec<(&'a str, usize)> {
        let map = self.get(keyword).and_then(Value::as_object);
        let map = map.into_iter().flatten();
        map.map(|(name, schema)| (name.as_str(), self.enqueue(schema, self.resource)))
            .collect()
    }

    fn additional(&mut self, keyword: &str) -> Option<Additional> {
        match self.get(keyword)? {
            Value::Bool(allowed) => Some(Additional::Allowed(*allowed)),
            _ => self.schema(keyword).map(Additional::Schema),
        }
    }

    fn reference(&mut self, keyword: &str) -> Result<Option<usize>, String> {
        let Some(reference) = self.text(keyword) else {
            return Ok(None);
        };
        match self.document.resolve(reference, self.resource)? {
            Target::Schema(schema, resource) => Ok(Some(self.enqueue(schema, resource))),
            Target::Anything => Ok(Some(self.enqueue(&ANYTHING, 0))),
        }
    }
}

fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}
