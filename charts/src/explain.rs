//! The values that templates see, and which layer set each of them.
//!
//! How values are laid over one another is not said here a second time: every leaf of every layer is replaced by a mark
//! that says where it stood, the marks go the way of the values, and the one at a path in the end names its origin.

use std::rc::Rc;

use gotemplate::{List, Map, Value};

use crate::chart::Chart;
use crate::helm::coalesce::Layering;
use crate::helm::tree::Node;
use crate::helm::values::read_values;
use crate::helm::{self, dependencies};
use crate::json::to_json;
use crate::render::{Render, RenderError};
use crate::values::merge_over;
use crate::{Generation, set, yaml};

/// The key of a table's own mark, which tells where an empty one comes from.
const TABLE: &str = "\0table";
/// Before a key: the mark of the null there. The null itself has to stay, since it deletes.
const NULL: &str = "\0null ";

/// Where one value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its dotted path.
    pub path: String,
    /// The value, as JSON.
    pub value: String,
    /// The layer: a file, an assignment, a chart's own defaults.
    pub source: String,
}

/// The values of a chart under what people gave, as YAML.
pub fn values(chart: &Chart, with: &Render) -> Result<String, RenderError> {
    let (_, values) = helm::prepared(chart, with)?;
    let text = yaml::functions::to_yaml(&Value::Map(values), usize::MAX);
    Ok(format!("{}\n", text.unwrap_or_default()))
}

/// Every value that is no mapping, with where it comes from.
pub fn origins(chart: &Chart, with: &Render) -> Result<Vec<Origin>, RenderError> {
    let (tree, values) = helm::prepared(chart, with)?;
    let mut marks = Marks::default();
    let marked = marks.laid(&tree, with)?;
    let mut walk = Walk {
        marks: &marks,
        tree: &tree,
        path: Vec::new(),
        origins: Vec::new(),
    };
    walk.table(&values, &marked);
    Ok(walk.origins)
}

/// Where a value stood before anything was laid over anything.
struct Mark {
    source: Rc<str>,
    /// From the top of all values.
    path: Vec<String>,
    is_null: bool,
}

/// All marks. In values, a mark is a duration of its number, which neither YAML nor an assignment gives. Of what people
/// gave, the stronger has the higher number.
#[derive(Default)]
struct Marks(Vec<Mark>);

/// What is being marked.
struct Place {
    source: Rc<str>,
    path: Vec<String>,
}

impl Marks {
    /// The marks of all layers, laid over one another as the values of `tree` were.
    fn laid(&mut self, tree: &Node<'_>, with: &Render) -> Result<Map, RenderError> {
        let given = self.given(with)?;
        let mut tree = tree.clone();
        let name = tree.name().to_owned();
        self.defaults(&mut tree, (&name, &[]), with.generation)?;
        // The subcharts that are off are gone already, and no mark is a `false`: this only imports.
        dependencies::process(&mut tree, &given, with.generation, &mut Vec::new())?;
        let laid = Layering::coalescing(with.generation).all(&tree, &given);
        laid.map_err(|error| RenderError::helm(error.to_string()))
    }

    /// What people gave.
    fn given(&mut self, with: &Render) -> Result<Map, RenderError> {
        let mut given = Map::new();
        for layer in &with.given.layers {
            let values = layer.read(with.generation).map_err(RenderError::Values)?;
            merge_over(&given, &self.table(&values, &mut Place::at(&layer.name, &[])));
        }
        for assignment in &with.given.assignments {
            let one = std::slice::from_ref(assignment);
            set::apply(&given, one, with.generation, with.given.read_file)
                .map_err(|error| RenderError::Values(error.into()))?;
            let name = format!("{} {}", assignment.typing.option(), assignment.expression);
            given = self.table(&given, &mut Place::at(&name, &[]));
        }
        Ok(self.with_nulls(&given))
    }

    /// Replaces the defaults of a chart, which stands in a directory and at a path, and of all below it.
    fn defaults(
        &mut self,
        node: &mut Node<'_>,
        (directory, path): (&str, &[String]),
        generation: Generation,
    ) -> Result<(), RenderError> {
        let text = node.chart.values_text().unwrap_or_default();
        let own = read_values(text, generation).map_err(RenderError::helm)?;
        let own = self.table(&own, &mut Place::at(&format!("{directory}/values.yaml"), path));
        node.values = self.with_nulls(&own);
        for below in &mut node.dependencies {
            let directory = format!("{directory}/charts/{}", below.name());
            let path = [path, &[below.name().to_owned()]].concat();
            self.defaults(below, (&directory, &path), generation)?;
        }
        Ok(())
    }

    /// A table with marks for everything in it that is none yet.
    fn table(&mut self, table: &Map, place: &mut Place) -> Map {
        let marked = Map::new();
        for (key, value) in table.entries() {
            place.path.push(key.to_string());
            let value = match &value {
                Value::Duration(_) => value,
                Value::Map(inner) => self.table(inner, place).into(),
                Value::List(list) => self.list(list, place),
                other => self.mark(place, other.is_nil()),
            };
            place.path.pop();
            marked.insert(key, value);
        }
        if !marked.contains_key(TABLE) {
            marked.insert(TABLE, self.mark(place, false));
        }
        marked
    }

    /// Lists are one value, but assignments change them item by item: each is marked, with the path of the list.
    fn list(&mut self, list: &List, place: &Place) -> Value {
        let mut items: Vec<Value> = list.iter().map(|item| self.item(item, place)).collect();
        if items.iter().all(|item| newest(item).is_none()) {
            items.push(self.mark(place, false));
        }
        List::from(items).into()
    }

    fn item(&mut self, item: &Value, place: &Place) -> Value {
        match item {
            Value::Duration(_) => item.clone(),
            Value::Map(inner) => inner.mapped(|value| self.item(value, place)).into(),
            Value::List(list) => self.list(list, place),
            // An assignment may take a null for a list, but no other value.
            Value::Nil => List::from(vec![self.mark(place, false)]).into(),
            _ => self.mark(place, false),
        }
    }

    fn mark(&mut self, place: &Place, is_null: bool) -> Value {
        let number = i64::try_from(self.0.len()).unwrap_or(i64::MAX);
        self.0.push(Mark {
            source: place.source.clone(),
            path: place.path.clone(),
            is_null,
        });
        Value::Duration(number)
    }

    fn numbered(&self, number: i64) -> Option<&Mark> {
        self.0.get(usize::try_from(number).ok()?)
    }

    /// The same with each null as a null, beside its mark: from here on nulls are unlike other values.
    fn with_nulls(&self, table: &Map) -> Map {
        let with = Map::new();
        for (key, value) in table.entries() {
            match value {
                Value::Map(inner) => with.insert(key, self.with_nulls(&inner)),
                Value::Duration(number) if self.numbered(number).is_some_and(|mark| mark.is_null) => {
                    with.insert(format!("{NULL}{key}"), value);
                    with.insert(key, Value::Nil)
                }
                value => with.insert(key, value),
            };
        }
        with
    }
}

impl Place {
    fn at(source: &str, path: &[String]) -> Self {
        Self {
            source: source.into(),
            path: path.to_vec(),
        }
    }
}

/// The highest number of a mark in a value.
fn newest(value: &Value) -> Option<i64> {
    match value {
        Value::Duration(number) => Some(*number),
        Value::List(list) => list.iter().filter_map(newest).max(),
        Value::Map(map) => map.read().iter().filter_map(|(_, value)| newest(value)).max(),
        _ => None,
    }
}

/// The way through the values and their marks.
struct Walk<'a> {
    marks: &'a Marks,
    tree: &'a Node<'a>,
    path: Vec<String>,
    origins: Vec<Origin>,
}

impl Walk<'_> {
    fn table(&mut self, values: &Map, marked: &Map) {
        for (key, value) in values.entries() {
            self.path.push(key.to_string());
            let beneath = marked.get(&key).and_then(|value| value.as_map());
            let beneath = beneath.unwrap_or_default();
            let number = match &value {
                Value::Map(inner) if !inner.is_empty() => {
                    self.table(inner, &beneath);
                    self.path.pop();
                    continue;
                }
                Value::Map(_) => beneath.get(TABLE),
                Value::Nil => marked.get(format!("{NULL}{key}")),
                _ => marked.get(&key),
            };
            let mark = number.and_then(|number| self.marks.numbered(newest(&number)?));
            self.origins.push(Origin {
                path: self.path.join("."),
                value: to_json(&value).to_string(),
                source: match mark {
                    Some(mark) => self.source(mark),
                    None if value.is_nil() => "nobody: a null".to_owned(),
                    None => "nobody: an empty table".to_owned(),
                },
            });
            self.path.pop();
        }
    }

    /// The source of the value here, and how it came from its place to this one.
    fn source(&self, mark: &Mark) -> String {
        let Mark { source, path, .. } = mark;
        if *path == self.path {
            return source.to_string();
        }
        match self.global(path) {
            Some(above) if self.path.starts_with(above) => format!("{source}, handed down"),
            Some(_) => format!("{source}, shared as a global"),
            None => format!("{source} (import-values)"),
        }
    }

    /// The path of the chart that holds `path` among its globals, if a chart holds the same global here.
    fn global<'p>(&self, path: &'p [String]) -> Option<&'p [String]> {
        let ours = self.path.iter().rev();
        let same = path.iter().rev().zip(ours).take_while(|(a, b)| a == b).count();
        let (from, to) = (path.len() - same, self.path.len() - same);
        let is_global = |at: &usize| {
            path[from + at] == "global"
                && self.is_chart(&path[..from + at])
                && self.is_chart(&self.path[..to + at])
        };
        let at = (0..same).find(is_global)?;
        Some(&path[..from + at])
    }

    fn is_chart(&self, path: &[String]) -> bool {
        path.iter()
            .try_fold(self.tree, |node, name| {
                node.dependencies.iter().find(|below| below.name() == name)
            })
            .is_some()
    }
}
