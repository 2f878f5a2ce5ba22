//! Which subcharts a render has: conditions, tags and aliases; and what a chart imports from their values.

use gotemplate::{Map, Value};

use super::coalesce::{Layering, deep_copy};
use super::tree::{Node, path_value, table};
use super::version;
use crate::Generation;
use crate::chart::{Dependency, Import};
use crate::render::RenderError;

/// Switches subcharts on and off by `given`, names them by their aliases, and imports values from them.
pub(crate) fn process(
    chart: &mut Node<'_>,
    given: &Map,
    generation: Generation,
    warnings: &mut Vec<String>,
) -> Result<(), RenderError> {
    let mut steps = Steps {
        generation,
        warnings,
        charts: MOST_CHARTS,
        copies: MOST_COPIED,
        looks: MOST_LOOKS,
    };
    steps.enable(chart, given, "")?;
    steps.import(chart)
}

/// No chart has more charts below it, with those that aliases make.
const MOST_CHARTS: usize = 1_000;

/// The bytes of metadata and values that aliases may copy: each copy is copied again by the aliases below.
const MOST_COPIED: usize = 16 << 20;

/// The values that are looked at for imports that end nowhere: a second's work.
const MOST_LOOKS: usize = 20_000_000;

/// Nobody imports values deeper.
const LONGEST_PATH: usize = 100;

struct Steps<'w> {
    generation: Generation,
    warnings: &'w mut Vec<String>,
    /// How many charts there may still be.
    charts: usize,
    /// How many bytes may still be copied.
    copies: usize,
    /// How many imported values may still be looked at.
    looks: usize,
}

impl Steps<'_> {
    fn enable(&mut self, chart: &mut Node<'_>, given: &Map, path: &str) -> Result<(), RenderError> {
        self.charts = less(self.charts, 1, chart)?;
        if !chart.metadata.has_dependencies {
            return Ok(());
        }
        self.charge_copies(chart)?;
        let mut required = std::mem::take(&mut chart.metadata.dependencies);
        chart.dependencies = selected(
            std::mem::take(&mut chart.dependencies),
            &mut required,
            self.generation,
        );
        for dependency in &mut required {
            dependency.enabled = true;
        }
        let values = self.coalesced(chart, given)?;
        self.by_tags(&mut required, &values);
        self.by_conditions(&mut required, &values, path);
        let is_off = |name: &str| required.iter().any(|its| !its.enabled && its.name == name);
        chart.dependencies.retain(|subchart| !is_off(subchart.name()));
        for subchart in &mut chart.dependencies {
            let path = format!("{path}{}.", subchart.name());
            self.enable(subchart, &values, &path)?;
        }
        let off: Vec<String> = required
            .iter()
            .filter(|its| !its.enabled)
            .map(|its| its.name.clone())
            .collect();
        required.retain(|dependency| !off.contains(&dependency.name));
        chart.metadata.has_dependencies = !required.is_empty();
        chart.metadata.dependencies = required;
        Ok(())
    }

    /// Takes what aliases will copy off the budget, before it is copied.
    fn charge_copies(&mut self, chart: &Node<'_>) -> Result<(), RenderError> {
        for subchart in &chart.dependencies {
            let asked = chart.metadata.dependencies.iter();
            let copies = asked.filter(|its| its.name == subchart.name()).count();
            if copies > 1 {
                let bytes = (copies - 1).saturating_mul(weight(subchart));
                self.copies = less(self.copies, bytes, chart)?;
            }
        }
        Ok(())
    }

    fn coalesced(&mut self, chart: &Node<'_>, given: &Map) -> Result<Map, RenderError> {
        let mut layering = Layering::coalescing(self.generation);
        let values = layering.all(chart, given);
        self.warnings.append(&mut layering.warnings);
        values.map_err(|error| RenderError::helm(error.to_string()))
    }

    fn by_tags(&mut self, dependencies: &mut [Dependency], values: &Map) {
        let Some(tags) = table(values, "tags") else {
            return;
        };
        for dependency in dependencies {
            let (mut has_true, mut has_false) = (false, false);
            for tag in &dependency.tags {
                match tags.get(tag) {
                    Some(Value::Bool(true)) => has_true = true,
                    Some(Value::Bool(false)) => has_false = true,
                    Some(_) => self.warnings.push(format!(
                        "Tag '{tag}' for chart {} returned non-bool value",
                        dependency.name
                    )),
                    None => {}
                }
            }
            dependency.enabled = has_true || !has_false;
        }
    }

    fn by_conditions(&mut self, dependencies: &mut [Dependency], values: &Map, path: &str) {
        for dependency in dependencies {
            let conditions = dependency.condition.trim().split(',');
            for condition in conditions.filter(|condition| !condition.is_empty()) {
                match path_value(values, &format!("{path}{condition}")) {
                    Some(Value::Bool(enabled)) => {
                        dependency.enabled = enabled;
                        break;
                    }
                    Some(_) => self.warnings.push(format!(
                        "Condition path '{condition}' for chart {} returned non-bool value",
                        dependency.name
                    )),
                    None => {}
                }
            }
        }
    }

    /// Imports from the innermost charts outwards.
    fn import(&mut self, chart: &mut Node<'_>) -> Result<(), RenderError> {
        for subchart in &mut chart.dependencies {
            self.import(subchart)?;
        }
        if !chart.metadata.has_dependencies {
            return Ok(());
        }
        let mut layering = Layering::merging(self.generation);
        let values = layering
            .all(chart, &Map::new())
            .map_err(|error| RenderError::helm(error.to_string()))?;
        let imported = Map::new();
        let refuse = |what| Err(refused(&chart.metadata.name, what));
        for dependency in &mut chart.metadata.dependencies {
            for import in &mut dependency.import_values {
                let (child, parent) = import.paths();
                let Some(found) = table(&values, &format!("{}.{child}", dependency.name)) else {
                    layering.warnings.push(format!(
                        "ImportValues missing table from chart {}",
                        dependency.name
                    ));
                    continue;
                };
                // What is empty Helm copies, so that it is not filled by what is imported after it.
                let found = if found.is_empty() { Map::new() } else { found };
                if parent.split('.').count() > LONGEST_PATH {
                    return refuse("imports values to a place that is too deep");
                }
                layering.laid_over(&imported, &nested(&parent, found));
                if is_endless(&imported, &mut Vec::new(), &mut self.looks) {
                    return refuse("imports values into themselves");
                }
                *import = Import::Paths { child, parent };
            }
        }
        chart.values = values;
        if !imported.is_empty() {
            // What is imported stands in the values as well, which it must not change.
            chart.values = deep_copy(&chart.values);
            layering.laid_over(&chart.values, &imported);
        }
        self.warnings.append(&mut layering.warnings);
        Ok(())
    }
}

fn less(left: usize, by: usize, chart: &Node<'_>) -> Result<usize, RenderError> {
    left.checked_sub(by).ok_or_else(|| {
        refused(
            chart.name(),
            "makes more charts by its aliases than a chart may have",
        )
    })
}

fn refused(chart: &str, what: &str) -> RenderError {
    RenderError::helm(format!("chart {chart} {what}"))
}

/// Whether a table is found again inside of itself: a table of a subchart may be imported into one of its own. Also
/// where there is too much to tell.
fn is_endless(table: &Map, around: &mut Vec<usize>, looks: &mut usize) -> bool {
    if around.contains(&table.identity()) {
        return true;
    }
    around.push(table.identity());
    let is_endless = table.read().iter().any(|(_, value)| {
        *looks = looks.saturating_sub(1);
        *looks == 0 || matches!(value, Value::Map(inner) if self::is_endless(inner, around, looks))
    });
    around.pop();
    is_endless
}

/// About how many bytes a copy of a chart takes.
fn weight(chart: &Node<'_>) -> usize {
    let metadata = serde_json::to_vec(&chart.metadata).map_or(0, |json| json.len());
    let values = chart.chart.values_text().map_or(0, <[u8]>::len);
    let below: usize = chart.dependencies.iter().map(weight).sum();
    metadata + values + below
}

/// The subcharts that nobody asks for by name, then those that are asked for, under their aliases.
fn selected<'a>(
    present: Vec<Node<'a>>,
    required: &mut [Dependency],
    generation: Generation,
) -> Vec<Node<'a>> {
    let fits = |subchart: &Node<'_>, dependency: &Dependency| {
        subchart.name() == dependency.name
            && version::is_compatible(&dependency.version, &subchart.metadata.version)
    };
    let (asked, mut selected): (Vec<_>, Vec<_>) = present
        .into_iter()
        .partition(|subchart| required.iter().any(|dependency| fits(subchart, dependency)));
    let mut asked: Vec<Option<Node<'a>>> = asked.into_iter().map(Some).collect();
    let found = |dependency: &Dependency| {
        let fits = |subchart: &Option<Node<'_>>| subchart.as_ref().is_some_and(|its| fits(its, dependency));
        asked.iter().position(fits)
    };
    let places: Vec<Option<usize>> = required.iter().map(found).collect();
    for (index, dependency) in required.iter_mut().enumerate() {
        let is_last = !places[index + 1..].contains(&places[index]);
        let subchart = places[index].and_then(|place| {
            if is_last {
                asked[place].take()
            } else {
                asked[place].clone()
            }
        });
        selected.extend(subchart.map(|subchart| renamed(subchart, dependency, generation)));
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
    }
    selected
}

/// A subchart under the alias of a dependency, if it has one.
fn renamed<'a>(mut subchart: Node<'a>, dependency: &Dependency, generation: Generation) -> Node<'a> {
    if !dependency.alias.is_empty() {
        // In Helm 3 the charts below still belong to the original, unless it speaks of dependencies.
        if generation == Generation::Helm3 && !subchart.metadata.has_dependencies {
            subchart.name_below = Some(subchart.name().to_owned());
        }
        subchart.metadata.name.clone_from(&dependency.alias);
    }
    subchart
}

/// A table at the end of a dotted path.
fn nested(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.')
        .fold(table, |inner, key| Map::from([(key, inner)]))
}
