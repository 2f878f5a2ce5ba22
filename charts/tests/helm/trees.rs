//! Charts with subcharts, their values, and what people gave.

use bowline_charts::Generation;
use bowline_charts::set::Typing;
use serde_json::{Value, json};

use crate::case::Case;
use crate::process::Random;
use crate::{templates, values};

/// Names of charts that may lie below another one.
const NAMES: [&str; 4] = ["cache", "db", "lib", "web"];

/// Trees whose templates only tell the values.
pub(crate) fn values(random: &mut Random) -> Case {
    let generation = generation(random);
    let mut files = Vec::new();
    let names = chart(random, &Place::root(generation), &mut files, false);
    case(random, generation, files, &names)
}

/// Trees with all kinds of templates.
pub(crate) fn templates(random: &mut Random) -> Case {
    let generation = generation(random);
    let mut files = Vec::new();
    let names = chart(random, &Place::root(generation), &mut files, true);
    case(random, generation, files, &names)
}

pub(crate) fn generation(random: &mut Random) -> Generation {
    if random.once_in(3) {
        Generation::Helm3
    } else {
        Generation::Helm4
    }
}

fn case(random: &mut Random, generation: Generation, files: Vec<(String, String)>, names: &[String]) -> Case {
    let mut case = Case {
        files,
        ..Case::telling_values(generation)
    };
    for _ in 0..random.below(3) {
        case.values.push(values::file(random, 2, names));
    }
    if random.once_in(3) {
        let keys = [
            "a",
            "b.c",
            "global.a",
            "enabled",
            "list[1]",
            "tags.front",
            "db.enabled",
            "cache.a",
        ];
        let texts = ["null", "true", "false", "1", "x", "{a,b}"];
        let text = format!("{}={}", random.pick(&keys), random.pick(&texts));
        case.set.push((Typing::Inferred, text));
    }
    case.is_upgrade = random.once_in(5);
    if random.once_in(4) {
        case.apis.push("monitoring.coreos.com/v1");
    }
    case
}

/// Where a chart lies.
struct Place {
    generation: Generation,
    path: String,
    name: String,
    depth: usize,
}

impl Place {
    fn root(generation: Generation) -> Self {
        Self {
            generation,
            path: String::new(),
            name: "app".to_owned(),
            depth: 0,
        }
    }

    fn below(&self, name: &str) -> Self {
        Self {
            generation: self.generation,
            path: format!("{}charts/{name}/", self.path),
            name: name.to_owned(),
            depth: self.depth + 1,
        }
    }
}

/// Writes a chart and those below it; gives the names under which those have their values.
fn chart(random: &mut Random, place: &Place, files: &mut Vec<(String, String)>, probes: bool) -> Vec<String> {
    let (mut names, mut dependencies) = (Vec::new(), Vec::new());
    for below in NAMES {
        if place.depth < 2 && random.once_in(2 + 2 * place.depth) && place.name != below {
            let inner = chart(random, &place.below(below), files, probes);
            names.push(below.to_owned());
            let mut aliases = aliases(random, below);
            // Helm 3 lets both share all charts further down, so that one changes the other.
            if place.generation == Generation::Helm3 && !inner.is_empty() {
                aliases.truncate(1);
            }
            for alias in aliases {
                dependencies.push(dependency(random, below, alias));
                names.extend(alias.map(str::to_owned));
            }
        }
    }
    let is_library = place.name == "lib" && !random.once_in(4);
    files.extend(metadata(random, place, dependencies, is_library));
    if !random.once_in(8) {
        let defaults = values::file(random, 2, &names);
        files.push((format!("{}values.yaml", place.path), defaults));
    }
    let mut file = |name: &str, text: String| files.push((format!("{}templates/{name}", place.path), text));
    file("values.yaml", templates::telling(&place.name));
    if probes {
        file("_helpers.tpl", templates::helpers(random, &place.name));
        for name in ["a.yaml", "b.yaml", "deep/c.yaml"] {
            if random.once_in(2) {
                file(name, templates::text(random));
            }
        }
        if random.once_in(4) {
            file("NOTES.txt", templates::notes(random));
        }
        if random.once_in(3) {
            files.push((format!("{}crds/c.yaml", place.path), "kind: C\n".to_owned()));
        }
        if random.once_in(2) {
            templates::files(&place.path, files);
        }
    }
    names
}

/// How often a subchart is asked for, and under which names.
fn aliases(random: &mut Random, name: &str) -> Vec<Option<&'static str>> {
    match random.below(6) {
        0 => Vec::new(),
        1 => vec![Some("one")],
        2 if name == "db" => vec![None, Some("two")],
        3 if name == "db" => vec![Some("one"), Some("two")],
        _ => vec![None],
    }
}

fn dependency(random: &mut Random, name: &str, alias: Option<&str>) -> Value {
    let called = alias.unwrap_or(name);
    let mut dependency = json!({"name": name, "repository": "https://example.com"});
    dependency["version"] = json!(if random.once_in(15) {
        "2.0.0"
    } else {
        random.pick(&["1.0.0", "1.x", ">=0.1", "~1.0", ""])
    });
    if let Some(alias) = alias {
        dependency["alias"] = json!(alias);
    }
    if random.once_in(2) {
        let paths = [
            format!("{called}.enabled"),
            "enabled".to_owned(),
            format!("{called}.a,enabled"),
            "a.b".to_owned(),
            " enabled , a".to_owned(),
        ];
        dependency["condition"] = json!(paths[random.below(paths.len())]);
    }
    if random.once_in(3) {
        dependency["tags"] = [json!(["front"]), json!(["back", "front"]), json!([])][random.below(3)].clone();
    }
    if random.once_in(3) {
        let imports = [
            json!(["a"]),
            json!(["b", "c"]),
            json!([{"child": "exports", "parent": "imported"}]),
            json!([{"child": "a", "parent": "b"}]),
            json!([{"child": "global", "parent": "."}, "a"]),
            json!([{"child": "exports.a", "parent": "a.b"}]),
        ];
        dependency["import-values"] = imports[random.below(imports.len())].clone();
    }
    dependency
}

fn metadata(
    random: &mut Random,
    place: &Place,
    mut dependencies: Vec<Value>,
    is_library: bool,
) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let is_old = random.once_in(8);
    let mut metadata = json!({
        "apiVersion": if is_old { "v1" } else { "v2" },
        "name": place.name,
        "version": "1.0.0",
        "appVersion": random.pick(&["", "2.1", "v3"]),
    });
    if is_library {
        metadata["type"] = json!("library");
    }
    if random.once_in(4) {
        metadata["annotations"] = json!({"k": "v"});
        metadata["keywords"] = json!(["x", "y"]);
        metadata["maintainers"] = json!([{"name": "n", "email": "e@example.com"}]);
    }
    if random.once_in(40) {
        metadata["kubeVersion"] = json!(random.pick(&[">=1.30-0", ">=1.40", "1.35.x", "~1.35", "x"]));
    }
    // Two of one name would be refused.
    let mut seen = Vec::new();
    dependencies.retain(|its| {
        let key = its.get("alias").or(its.get("name")).cloned();
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    if !dependencies.is_empty() {
        let dependencies = Value::Array(dependencies);
        if is_old {
            let text = json!({"dependencies": dependencies}).to_string();
            files.push((format!("{}requirements.yaml", place.path), text));
        } else {
            metadata["dependencies"] = dependencies;
        }
    }
    files.push((format!("{}Chart.yaml", place.path), metadata.to_string()));
    files
}
