//! The values that templates see, and which layer set each of them.

use gotemplate::{Map, Value};

use crate::chart::Chart;
use crate::helm::tree::Node;
use crate::helm::values::to_json;
use crate::render::{Render, RenderError};
use crate::set;
use crate::yaml;
use crate::{Generation, helm};

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
    let mut layers = given(with)?;
    layers.reverse();
    let sources = Sources {
        layers,
        tree: &tree,
        generation: with.generation,
    };
    let mut origins = Vec::new();
    sources.walk(&values, &mut Vec::new(), &mut origins);
    Ok(origins)
}

/// What people gave, each piece by itself, the strongest last.
fn given(with: &Render) -> Result<Vec<(String, Map)>, RenderError> {
    let mut layers = Vec::new();
    for layer in &with.given.layers {
        let values = layer.read(with.generation).map_err(RenderError::Values)?;
        layers.push((layer.name.clone(), values));
    }
    for assignment in &with.given.assignments {
        let values = Map::new();
        let one = std::slice::from_ref(assignment);
        set::apply(&values, one, with.generation, with.given.read_file)
            .map_err(|error| RenderError::Values(error.into()))?;
        let name = format!("{} {}", assignment.typing.option(), assignment.expression);
        layers.push((name, values));
    }
    Ok(layers)
}

struct Sources<'a> {
    /// The strongest first.
    layers: Vec<(String, Map)>,
    tree: &'a Node<'a>,
    generation: Generation,
}

impl Sources<'_> {
    fn walk(&self, table: &Map, path: &mut Vec<String>, origins: &mut Vec<Origin>) {
        for (key, value) in table.entries() {
            path.push(key.to_string());
            match &value {
                Value::Map(inner) if !inner.is_empty() => self.walk(inner, path, origins),
                value => origins.push(Origin {
                    path: path.join("."),
                    value: to_json(value).to_string(),
                    source: self.source(path),
                }),
            }
            path.pop();
        }
    }

    fn source(&self, path: &[String]) -> String {
        let layer = self.layers.iter().find(|(_, values)| holds(values, path));
        if let Some((name, _)) = layer {
            return name.clone();
        }
        if let Some(source) = self.default(self.tree, path, self.tree.name()) {
            return source;
        }
        // A global of a chart further up, handed down.
        match path.iter().rposition(|key| key == "global") {
            Some(at) if at > 0 => {
                let mut above = path[..at - 1].to_vec();
                above.extend_from_slice(&path[at..]);
                format!("{}, handed down", self.source(&above))
            }
            _ => "nobody: an empty table".to_owned(),
        }
    }

    /// The chart whose own defaults hold a path; a parent's win over a subchart's.
    fn default(&self, node: &Node<'_>, path: &[String], name: &str) -> Option<String> {
        let own = Node::new(node.chart, self.generation).ok()?;
        if holds(&own.values, path) {
            return Some(format!("{name}/values.yaml"));
        }
        let (first, rest) = path.split_first()?;
        let below = node.dependencies.iter().find(|below| below.name() == first)?;
        self.default(below, rest, &format!("{name}/charts/{first}"))
    }
}

fn holds(values: &Map, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    match values.get(first) {
        Some(Value::Map(inner)) => holds(&inner, rest),
        Some(_) => true,
        None => false,
    }
}
