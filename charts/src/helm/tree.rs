//! A chart with its subcharts, as one render sees them: names and dependencies may change, files do not.

use gotemplate::{Map, Value};

use super::values::read_values;
use crate::Generation;
use crate::chart::{Chart, Metadata};
use crate::render::RenderError;

/// A chart, and those below it.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    /// As the chart has it, but for an alias and what the values switch off.
    pub(crate) metadata: Metadata,
    pub(crate) chart: &'a Chart,
    /// The chart's defaults, perhaps with what it imports from its subcharts.
    pub(crate) values: Map,
    pub(crate) dependencies: Vec<Self>,
    /// What the paths of the charts below say instead of the alias.
    pub(crate) name_below: Option<String>,
}

impl<'a> Node<'a> {
    pub(crate) fn new(chart: &'a Chart, generation: Generation) -> Result<Self, RenderError> {
        Self::within(chart, generation).map_err(RenderError::helm)
    }

    fn within(chart: &'a Chart, generation: Generation) -> Result<Self, String> {
        let values = match chart.values_text() {
            Some(text) => {
                read_values(text, generation).map_err(|error| format!("cannot load values.yaml: {error}"))?
            }
            None => Map::new(),
        };
        let below = |subchart: &'a Chart| {
            Node::within(subchart, generation).map_err(|error| {
                let (place, name) = (subchart.place(), chart.name());
                format!("error unpacking subchart {place} in {name}: {error}")
            })
        };
        Ok(Self {
            metadata: chart.metadata().clone(),
            chart,
            values,
            dependencies: chart.subcharts().iter().map(below).collect::<Result<_, _>>()?,
            name_below: None,
        })
    }

    /// The name in the paths of the charts below this one.
    pub(crate) fn name_below(&self) -> &str {
        self.name_below.as_deref().unwrap_or(self.name())
    }

    pub(crate) fn name(&self) -> &str {
        &self.metadata.name
    }

    pub(crate) fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }
}

/// The table at a dotted path.
pub(crate) fn table(values: &Map, path: &str) -> Option<Map> {
    path.split('.')
        .try_fold(values.clone(), |table, key| match table.get(key) {
            Some(Value::Map(inner)) => Some(inner),
            _ => None,
        })
}

/// The value at a dotted path, unless it is a table.
pub(crate) fn path_value(values: &Map, path: &str) -> Option<Value> {
    let (holder, key) = match path.rsplit_once('.') {
        Some((parent, key)) => (table(values, parent)?, key),
        None => (values.clone(), path),
    };
    holder.get(key).filter(|value| !matches!(value, Value::Map(_)))
}
