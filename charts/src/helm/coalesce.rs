//! Values of a chart and its subcharts under what people gave, as Helm lays them over one another.
//!
//! What is given wins; mappings merge key by key, a null deletes a default, and `global` is handed down to every
//! subchart. *Merging* keeps nulls, *coalescing* acts on them. The two generations of Helm differ in what becomes of
//! a null that is itself a default.

use gotemplate::format::text_under;
use gotemplate::{Map, Value};

use super::tree::Node;
use super::values::shown;
use crate::Generation;

/// The key that every subchart sees.
const GLOBAL: &str = "global";

/// How values are laid over one another, and what there was to say about it.
pub(crate) struct Layering {
    generation: Generation,
    keeps_nulls: bool,
    /// What Helm warns of.
    pub(crate) warnings: Vec<String>,
}

/// A value for a subchart that is no mapping.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("type mismatch on {name}: {shown}")]
pub(crate) struct Mismatch {
    name: String,
    shown: String,
}

/// Where two tables meet, and whether nulls stay there.
#[derive(Clone, Copy)]
struct Within<'p> {
    path: &'p str,
    keeps_nulls: bool,
}

impl Layering {
    pub(crate) fn coalescing(generation: Generation) -> Self {
        Self {
            generation,
            keeps_nulls: false,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn merging(generation: Generation) -> Self {
        Self {
            keeps_nulls: true,
            ..Self::coalescing(generation)
        }
    }

    /// The values of `chart` and all below it, under a copy of `given`.
    pub(crate) fn all(&mut self, chart: &Node<'_>, given: &Map) -> Result<Map, Mismatch> {
        let values = deep_copy(given);
        self.chart(chart, &values, "")?;
        Ok(values)
    }

    fn chart(&mut self, chart: &Node<'_>, values: &Map, prefix: &str) -> Result<(), Mismatch> {
        let path = joined(prefix, chart.name());
        self.own(chart, values, &path);
        for subchart in &chart.dependencies {
            let inner = match values.get(subchart.name()) {
                None => {
                    let inner = Map::new();
                    values.insert(subchart.name(), inner.clone());
                    inner
                }
                Some(Value::Map(inner)) => inner,
                Some(other) => {
                    return Err(Mismatch {
                        name: subchart.name().to_owned(),
                        // Helm prints the value as if it were a boolean, which it seldom is.
                        shown: text_under(&other, 't'),
                    });
                }
            };
            self.globals(&inner, values, &path);
            self.chart(subchart, &inner, &path)?;
        }
        Ok(())
    }

    /// Puts the chart's own defaults beneath `values`.
    fn own(&mut self, chart: &Node<'_>, values: &Map, path: &str) {
        let drops_nulls = self.generation == Generation::Helm4;
        for (key, default) in chart.values.read().iter() {
            match (values.get(key), default) {
                (None, Value::Nil) if drops_nulls && !self.keeps_nulls => {}
                (None, default) => {
                    let default = deep_copy_value(default);
                    if let (Value::Map(table), true) = (&default, drops_nulls && !self.keeps_nulls) {
                        drop_nulls(table);
                    }
                    values.insert(key.clone(), default);
                }
                (Some(Value::Nil), _) if !self.keeps_nulls => {
                    values.remove(key);
                }
                (Some(Value::Map(above)), Value::Map(below)) => {
                    let is_subchart = chart.dependencies.iter().any(|sub| *key == *sub.name());
                    let keeps_nulls = self.keeps_nulls || is_subchart;
                    let below = deep_copy(below);
                    if drops_nulls && !keeps_nulls {
                        drop_nulls(&below);
                    }
                    let within = joined(path, &key.to_text());
                    self.tables(
                        (&above, &below),
                        Within {
                            path: &within,
                            keeps_nulls,
                        },
                    );
                }
                (Some(Value::Map(_)), Value::Nil) => {}
                (Some(Value::Map(_)), _) => {
                    self.warn(format!("skipped value for {path}.{key}: Not a table."));
                }
                _ => {}
            }
        }
    }

    /// Hands the globals of a chart's values down to those of a subchart. Tables inside stay shared, so that what a
    /// subchart adds deeper down is seen above: Helm's charts count on it.
    fn globals(&mut self, inner: &Map, outer: &Map, path: &str) {
        let table = |values: &Map| match values.get(GLOBAL) {
            None => Some(Map::new()),
            Some(Value::Map(table)) => Some(table),
            Some(_) => None,
        };
        let Some(below) = table(inner) else {
            self.warn("skipping globals because destination global is not a table.".to_owned());
            return;
        };
        let Some(above) = table(outer) else {
            self.warn("skipping globals because source global is not a table.".to_owned());
            return;
        };
        for (key, value) in above.entries() {
            match (value, below.get(&key)) {
                (Value::Map(table), None) => {
                    below.insert(key, table.shallow_copy());
                }
                (Value::Map(table), Some(Value::Map(theirs))) => {
                    let ours = table.shallow_copy();
                    let within = joined(path, &key.to_text());
                    self.tables(
                        (&ours, &theirs),
                        Within {
                            path: &within,
                            keeps_nulls: true,
                        },
                    );
                    below.insert(key, ours);
                }
                (Value::Map(_), Some(_)) => self.warn(format!(
                    "Conflict: cannot merge map onto non-map for {:?}. Skipping.",
                    key.to_text()
                )),
                (_, Some(Value::Map(_))) => self.warn(format!("key {key} is table. Skipping")),
                (value, _) => {
                    below.insert(key, value);
                }
            }
        }
        inner.insert(GLOBAL, below);
    }

    /// Puts the second table beneath the first.
    fn tables(&mut self, (above, below): (&Map, &Map), within: Within<'_>) {
        if above.same(below) {
            return;
        }
        let Within { path, keeps_nulls } = within;
        let defaults = below.entries();
        // Helm writes the nulls above into the table beneath, which imports share with a subchart.
        for (key, _) in above.read().iter().filter(|(_, value)| value.is_nil()) {
            below.insert(key.clone(), Value::Nil);
        }
        for (key, default) in defaults {
            match (above.get(&key), default) {
                (Some(Value::Nil), Value::Nil) => {}
                (Some(Value::Nil), _) if !keeps_nulls => {
                    above.remove(&key);
                }
                (None, default) => {
                    above.insert(key, default);
                }
                (Some(Value::Map(above)), Value::Map(below)) => {
                    let path = joined(path, &key.to_text());
                    self.tables(
                        (&above, &below),
                        Within {
                            path: &path,
                            ..within
                        },
                    );
                }
                (Some(Value::Map(_)), Value::Nil) | (Some(Value::Nil), _) => {}
                (Some(Value::Map(_)), default) => self.warn(format!(
                    "destination for {} is a table. Ignoring non-table value ({})",
                    joined(path, &key.to_text()),
                    shown(&default)
                )),
                (Some(_), Value::Map(below)) => self.warn(format!(
                    "cannot overwrite table with non table for {} ({})",
                    joined(path, &key.to_text()),
                    shown(&Value::Map(below))
                )),
                _ => {}
            }
        }
    }

    /// `above` over `below`, which both stay as they are only as far as Helm leaves them so.
    pub(crate) fn laid_over(&mut self, above: &Map, below: &Map) {
        let within = Within {
            path: "",
            keeps_nulls: self.keeps_nulls,
        };
        self.tables((above, below), within);
    }

    fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }
}

/// A copy that shares no mapping with the original.
pub(crate) fn deep_copy(map: &Map) -> Map {
    map.mapped(deep_copy_value)
}

fn deep_copy_value(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(deep_copy(map)),
        Value::List(list)
            if list
                .iter()
                .any(|item| matches!(item, Value::Map(_) | Value::List(_))) =>
        {
            Value::List(list.iter().map(deep_copy_value).collect())
        }
        other => other.clone(),
    }
}

fn drop_nulls(table: &Map) {
    table.retain(|_, value| {
        if let Value::Map(inner) = value {
            drop_nulls(inner);
        }
        !value.is_nil()
    });
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}
