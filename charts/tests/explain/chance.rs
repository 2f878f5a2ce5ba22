//! Charts and layers from chance.

use std::collections::BTreeMap;

use bowline_charts::set::{Assignment, Typing};
use bowline_charts::values::{Given, Layer};
use bowline_charts::{Chart, Generation, Release, Render, explain};

use super::chart;

/// Makes no two values that are the same: a value tells who set it.
#[derive(Default)]
struct Chance {
    state: u64,
    values: u64,
    /// Who set each value.
    by: BTreeMap<u64, String>,
}

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.state >> 33) % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.below(from.len() as u64);
        from[usize::try_from(at).expect("a small number")]
    }

    fn value(&mut self, source: &str) -> u64 {
        self.values += 1;
        self.by.insert(self.values, source.to_owned());
        self.values
    }

    /// A table as JSON, which is YAML too.
    fn table(&mut self, source: &str, depth: u64) -> String {
        let mut entries = BTreeMap::new();
        for _ in 0..self.below(5) {
            let key = self.pick(&["a", "b", "c", "global", "exports", "db", "low"]);
            let value = match self.below(10) {
                0 => "null".to_owned(),
                1 => format!("[{}]", self.value(source)),
                2..=7 if depth < 4 => self.table(source, depth + 1),
                _ => self.value(source).to_string(),
            };
            entries.insert(key, value);
        }
        let entries = entries.iter().map(|(key, value)| format!("\"{key}\": {value}"));
        format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
    }

    fn path(&mut self) -> String {
        let names = (0..=self.below(3)).map(|_| self.pick(&["a", "b", "db", "low", "global", "exports"]));
        names.collect::<Vec<_>>().join(".")
    }

    /// From tables that do not lie in one another.
    fn imports(&mut self) -> String {
        let mut imports = Vec::new();
        for child in ["a", "b.a", "b.c", "db"] {
            if self.below(2) == 0 {
                imports.push(format!("{{child: {child}, parent: {}}}", self.path()));
            }
        }
        if self.below(2) == 0 {
            imports.push(self.pick(&["a", "b"]).to_owned());
        }
        format!("import-values: [{}]", imports.join(", "))
    }

    fn assignment(&mut self) -> Assignment {
        // A name of its own first, since it holds what is made up after it.
        self.values += 1;
        let number = self.values;
        let path = self.path();
        let (typing, option, expression) = match self.below(4) {
            0 => (Typing::Inferred, "--set", format!("{path}[0]={number}")),
            1 => (Typing::Json, "--set-json", format!("{path}={{\"c\": {number}}}")),
            2 => (Typing::Inferred, "--set", format!("{path}=null,c={number}")),
            _ => (Typing::Inferred, "--set", format!("{path}={number}")),
        };
        self.by.insert(number, format!("{option} {expression}"));
        Assignment { typing, expression }
    }

    fn chart(&mut self) -> Chart {
        let head = |name: &str, below: &str, more: &str| {
            format!(
                "{{apiVersion: v2, name: {name}, version: 1.0.0, \
                 dependencies: [{{name: {below}, version: 1.0.0, {more}}}]}}"
            )
        };
        let (outer, inner) = (self.imports(), self.imports());
        chart(&[
            ("Chart.yaml", &head("web", "sub", &format!("alias: db, {outer}"))),
            ("values.yaml", &self.table("web/values.yaml", 0)),
            ("charts/sub/Chart.yaml", &head("sub", "low", &inner)),
            (
                "charts/sub/values.yaml",
                &self.table("web/charts/db/values.yaml", 0),
            ),
            (
                "charts/sub/charts/low/Chart.yaml",
                "{apiVersion: v2, name: low, version: 1.0.0}",
            ),
            (
                "charts/sub/charts/low/values.yaml",
                &self.table("web/charts/db/charts/low/values.yaml", 0),
            ),
        ])
    }

    fn given(&mut self) -> Given {
        let layers = ["1.yaml", "2.yaml", "3.yaml"];
        Given {
            layers: layers.map(|name| Layer::yaml(name, self.table(name, 0))).to_vec(),
            assignments: (0..self.below(3)).map(|_| self.assignment()).collect(),
            ..Given::default()
        }
    }
}

#[test]
fn who_set_a_value_is_named_whatever_lies_over_whatever() {
    let (mut told, mut moved) = (0, 0);
    for seed in 0..300 {
        let mut chance = Chance {
            state: seed,
            ..Chance::default()
        };
        let (chart, given) = (chance.chart(), chance.given());
        for generation in [Generation::Helm3, Generation::Helm4] {
            let with = Render {
                generation,
                ..Render::new(Release::install("x", "default"), given.clone())
            };
            if explain::values(&chart, &with).is_err() {
                continue;
            }
            for origin in explain::origins(&chart, &with).expect("values") {
                let digits = origin.value.trim_matches(['[', ']']);
                let Ok(number) = digits.parse::<u64>() else {
                    assert_ne!(
                        origin.source, "nobody: a null",
                        "{seed} {generation:?} {origin:?}"
                    );
                    continue;
                };
                let source = &chance.by[&number];
                let rest = origin.source.strip_prefix(source.as_str());
                let endings = ["", ", handed down", ", shared as a global", " (import-values)"];
                assert!(
                    rest.is_some_and(|rest| endings.contains(&rest)),
                    "{seed} {generation:?} {origin:?}: {source}"
                );
                told += 1;
                moved += usize::from(rest != Some(""));
            }
        }
    }
    assert!(told > 1_000 && moved > 100, "{told} {moved}");
}
