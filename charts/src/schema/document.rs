//! A schema's text as a document: which part has which base address and draft, and where references lead.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

/// The address of a chart's schema, against which its references are read.
const ROOT_URL: &str = "file:///values.schema.json";

pub(super) struct Document<'a> {
    pub(super) root: &'a Value,
    resources: Vec<Resource<'a>>,
    /// Which resource begins at a value.
    starts: HashMap<*const Value, usize>,
    /// How many schemas there are, all in all.
    schemas: usize,
    /// Whether `format` is asked in every draft.
    pub(super) asserts_formats: bool,
}

/// A part of the document with an address of its own.
pub(super) struct Resource<'a> {
    url: String,
    root: &'a Value,
    pub(super) draft: u16,
    anchors: BTreeMap<&'a str, &'a Value>,
    dynamic: BTreeSet<&'a str>,
}

/// Where a reference leads.
pub(super) enum Target<'a> {
    Schema(&'a Value, usize),
    /// One of the schemas for schemas: anything goes.
    Anything,
}

/// Keywords whose value is a schema, a list of schemas, or a mapping of them.
const SINGLE: [&str; 13] = [
    "not",
    "additionalProperties",
    "items",
    "additionalItems",
    "propertyNames",
    "contains",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
    "prefixItems",
];
const LISTS: [&str; 5] = ["allOf", "anyOf", "oneOf", "items", "prefixItems"];
const MAPPINGS: [&str; 6] = [
    "definitions",
    "$defs",
    "properties",
    "patternProperties",
    "dependencies",
    "dependentSchemas",
];

/// The rank of the first of [`MAPPINGS`].
const FIRST_MAPPING: usize = SINGLE.len() + LISTS.len();

impl<'a> Document<'a> {
    /// A document, and others that it may refer to by their own addresses.
    pub(super) fn new(root: &'a Value, others: &'a [Value]) -> Result<Self, String> {
        let mut document = Self {
            root,
            resources: Vec::new(),
            starts: HashMap::new(),
            schemas: 0,
            asserts_formats: false,
        };
        let draft = match root["$schema"].as_str() {
            Some(url) => draft(url).ok_or_else(|| not_fetched(split(url).0))?,
            None => 2020,
        };
        document.add_resource(ROOT_URL.to_owned(), root, draft);
        document.collect(root, 0)?;
        for other in others {
            document.collect(other, 0)?;
        }
        Ok(document)
    }

    pub(super) fn asserting_formats(self) -> Self {
        Self {
            asserts_formats: true,
            ..self
        }
    }

    /// How many schemas there are; references may lead to a few more.
    pub(super) fn schemas(&self) -> usize {
        self.schemas
    }

    pub(super) fn resource(&self, index: usize) -> &Resource<'a> {
        &self.resources[index]
    }

    /// The resource of a schema that lies within `outer`.
    pub(super) fn resource_at(&self, schema: &'a Value, outer: usize) -> usize {
        self.starts
            .get(&std::ptr::from_ref(schema))
            .copied()
            .unwrap_or(outer)
    }

    /// Where `reference`, found in the resource `from`, leads.
    pub(super) fn resolve(&self, reference: &str, from: usize) -> Result<Target<'a>, String> {
        let (relative, fragment) = split(reference);
        let url = join(&self.resources[from].url, relative);
        let resource = match self.resources.iter().position(|resource| resource.url == url) {
            Some(index) => index,
            None if url == ROOT_URL => 0,
            None if draft(&url).is_some() => return Ok(Target::Anything),
            None => return Err(not_fetched(&url)),
        };
        let root = self.resources[resource].root;
        let fragment = percent_decoded(fragment);
        let lost = || format!("json-pointer in \"{url}#{fragment}\" not found");
        if fragment.is_empty() {
            return Ok(Target::Schema(root, resource));
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            let target = self.resources[resource]
                .anchors
                .get(fragment.as_str())
                .ok_or_else(lost)?;
            return Ok(Target::Schema(target, resource));
        };
        let (mut target, mut owner) = (root, resource);
        for token in pointer.split('/') {
            target = step(target, token).ok_or_else(lost)?;
            owner = self.resource_at(target, owner);
        }
        Ok(Target::Schema(target, owner))
    }

    /// For each resource, its dynamic anchors and the schemas that bear them.
    pub(super) fn dynamic_anchors(&self) -> impl Iterator<Item = impl Iterator<Item = (&'a str, &'a Value)>> {
        self.resources.iter().map(|resource| {
            let named = resource.dynamic.iter();
            named.filter_map(|name| Some((*name, *resource.anchors.get(name)?)))
        })
    }

    fn add_resource(&mut self, url: String, root: &'a Value, draft: u16) -> usize {
        let index = self.resources.len();
        self.starts.insert(std::ptr::from_ref(root), index);
        self.resources.push(Resource {
            url,
            root,
            draft,
            anchors: BTreeMap::new(),
            dynamic: BTreeSet::new(),
        });
        index
    }

    /// Notes addresses and anchors of a schema and of all within it.
    fn collect(&mut self, schema: &'a Value, outer: usize) -> Result<(), String> {
        self.schemas += 1;
        let Value::Object(keywords) = schema else {
            return Ok(());
        };
        let draft = self.resources[outer].draft;
        let id_keyword = if draft == 4 { "id" } else { "$id" };
        let is_plain = draft < 2019 && keywords.contains_key("$ref");
        let id = keywords
            .get(id_keyword)
            .and_then(Value::as_str)
            .filter(|_| !is_plain);
        let (id, id_fragment) = id.map_or(("", ""), split);
        let mut resource = outer;
        if !id.is_empty() {
            let url = join(&self.resources[outer].url, id);
            if std::ptr::eq(schema, self.root) {
                self.resources[0].url = url;
            } else {
                resource = self.add_resource(url, schema, draft);
            }
        }
        let names = &mut self.resources[resource];
        if draft < 2019 && !id_fragment.is_empty() {
            names.anchors.insert(id_fragment, schema);
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = keywords.get(keyword).and_then(Value::as_str) {
                names.anchors.insert(anchor, schema);
                if keyword == "$dynamicAnchor" {
                    names.dynamic.insert(anchor);
                }
            }
        }
        let ranked = |(keyword, value): (&String, &'a Value)| Some((rank(keyword, value)?, value));
        let mut inner: Vec<(usize, &'a Value)> = keywords.iter().filter_map(ranked).collect();
        inner.sort_by_key(|(rank, _)| *rank);
        for (rank, value) in inner {
            match value {
                Value::Array(list) => list.iter().try_for_each(|inner| self.collect(inner, resource))?,
                Value::Object(map) if rank >= FIRST_MAPPING => {
                    map.values().try_for_each(|inner| self.collect(inner, resource))?;
                }
                _ => self.collect(value, resource)?,
            }
        }
        Ok(())
    }
}

/// When the schemas within a keyword's value are read; those of mappings last.
fn rank(keyword: &str, value: &Value) -> Option<usize> {
    let place = |known: &[&str]| known.iter().position(|known| *known == keyword);
    match value {
        Value::Array(_) => Some(SINGLE.len() + place(&LISTS)?),
        Value::Object(_) => place(&SINGLE).or_else(|| Some(FIRST_MAPPING + place(&MAPPINGS)?)),
        _ => None,
    }
}

fn not_fetched(url: &str) -> String {
    format!("failing loading {url:?}: schemas are not fetched")
}

/// The draft that an address names.
fn draft(url: &str) -> Option<u16> {
    let (url, fragment) = split(url);
    let name = url
        .strip_prefix("http://json-schema.org/")
        .or_else(|| url.strip_prefix("https://json-schema.org/"))?;
    match name {
        _ if !fragment.is_empty() => None,
        "schema" | "draft/2020-12/schema" => Some(2020),
        "draft/2019-09/schema" => Some(2019),
        "draft-07/schema" => Some(7),
        "draft-06/schema" => Some(6),
        "draft-04/schema" => Some(4),
        _ => None,
    }
}

/// An address and its fragment.
fn split(url: &str) -> (&str, &str) {
    url.split_once('#').unwrap_or((url, ""))
}

fn step<'a>(value: &'a Value, token: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(&token.replace("~1", "/").replace("~0", "~")),
        Value::Array(list) => list.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A relative address against a base, as far as schemas need it.
fn join(base: &str, relative: &str) -> String {
    let scheme_end = relative.find(':').filter(|end| {
        relative[..*end]
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    if relative.is_empty() {
        return base.to_owned();
    }
    if scheme_end.is_some() {
        return relative.to_owned();
    }
    let path_start = base.find("://").map_or(0, |at| {
        let authority = at + 3;
        base[authority..]
            .find('/')
            .map_or(base.len(), |slash| authority + slash)
    });
    let (site, path) = base.split_at(path_start);
    let full = match relative.strip_prefix('/') {
        Some(_) => relative.to_owned(),
        None => format!(
            "{}/{relative}",
            path.rsplit_once('/').map_or("", |(directory, _)| directory)
        ),
    };
    let mut names: Vec<&str> = Vec::new();
    for name in full.split('/').skip(1) {
        match name {
            "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("{site}/{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_addresses_are_joined() {
        for (base, relative, expected) in [
            ("file:///values.schema.json", "", "file:///values.schema.json"),
            ("file:///values.schema.json", "a.json", "file:///a.json"),
            (
                "https://example.test/a/b.json",
                "c.json",
                "https://example.test/a/c.json",
            ),
            (
                "https://example.test/a/b.json",
                "../c.json",
                "https://example.test/c.json",
            ),
            (
                "https://example.test/a/b.json",
                "/c.json",
                "https://example.test/c.json",
            ),
            ("https://example.test/a", "urn:x:y", "urn:x:y"),
        ] {
            assert_eq!(join(base, relative), expected);
        }
    }

    #[test]
    fn fragments_are_decoded() {
        assert_eq!(percent_decoded("/a%25b%2"), "/a%b%2");
    }
}
