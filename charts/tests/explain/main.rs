//! Which layer set each of the effective values.

mod chance;

use std::collections::BTreeMap;

use bowline_charts::set::{Assignment, Typing};
use bowline_charts::values::{Given, Layer};
use bowline_charts::{Chart, File, Generation, Release, Render, explain};

fn chart(files: &[(&str, &str)]) -> Chart {
    let files = files.iter().map(|(path, text)| File::new(*path, *text));
    Chart::from_files(files.collect()).expect("a chart")
}

fn given(layers: &[(&str, &str)], assignments: &[(Typing, &str)]) -> Given {
    let assignments = assignments.iter().map(|(typing, expression)| Assignment {
        typing: *typing,
        expression: (*expression).to_owned(),
    });
    Given {
        layers: layers
            .iter()
            .map(|(name, text)| Layer::yaml(*name, *text))
            .collect(),
        assignments: assignments.collect(),
        ..Given::default()
    }
}

/// Each path with its value and source.
fn origins(chart: &Chart, given: Given, generation: Generation) -> BTreeMap<String, String> {
    let with = Render {
        generation,
        ..Render::new(Release::install("x", "default"), given)
    };
    let origins = explain::origins(chart, &with).expect("values").into_iter();
    origins
        .map(|origin| (origin.path, format!("{} {}", origin.value, origin.source)))
        .collect()
}

#[track_caller]
fn check(chart: &Chart, given: &Given, expected: &[(&str, &str)]) {
    let expected = expected
        .iter()
        .map(|(path, origin)| ((*path).to_owned(), (*origin).to_owned()));
    let expected: BTreeMap<_, _> = expected.collect();
    for generation in [Generation::Helm3, Generation::Helm4] {
        let found = origins(chart, given.clone(), generation);
        assert_eq!(found, expected, "{generation:?}");
    }
}

const WEB: &str = "{apiVersion: v2, name: web, version: 1.0.0}";
const SUB: &str = "{apiVersion: v2, name: sub, version: 1.0.0}";

fn web(values: &str) -> Chart {
    chart(&[("Chart.yaml", WEB), ("values.yaml", values)])
}

/// A chart with a subchart, from which it imports.
fn importing(imports: &str, values: &str, below: &str) -> Chart {
    let metadata = format!(
        "{{apiVersion: v2, name: web, version: 1.0.0, dependencies: [{{name: sub, version: 1.0.0, {imports}}}]}}"
    );
    chart(&[
        ("Chart.yaml", &metadata),
        ("values.yaml", values),
        ("charts/sub/Chart.yaml", SUB),
        ("charts/sub/values.yaml", below),
    ])
}

#[test]
fn the_strongest_layer_is_named() {
    check(
        &web("{a: 1, b: {c: 1, d: 1}, e: {}, l: [1], m: []}"),
        &given(
            &[("1.yaml", "b: {c: 2, x: {}}\nz: null"), ("2.yaml", "b: {c: 2}")],
            &[(Typing::Inferred, "l[1]=5,y=null"), (Typing::Text, "m[0]=k")],
        ),
        &[
            ("a", "1 web/values.yaml"),
            ("b.c", "2 2.yaml"),
            ("b.d", "1 web/values.yaml"),
            ("b.x", "{} 1.yaml"),
            ("e", "{} web/values.yaml"),
            // What people give replaces a default list as a whole.
            ("l", "[null,5] --set l[1]=5,y=null"),
            ("m", "[\"k\"] --set-string m[0]=k"),
            ("y", "null --set l[1]=5,y=null"),
            ("z", "null 1.yaml"),
        ],
    );
}

#[test]
fn a_layer_whose_table_was_replaced_later_set_nothing() {
    check(
        &web("base: {k: 1}"),
        &given(
            &[
                ("1.yaml", "base: {k: 7}"),
                ("2.yaml", "base: null"),
                ("3.yaml", "base: {q: 1}"),
            ],
            &[],
        ),
        &[("base.k", "1 web/values.yaml"), ("base.q", "1 3.yaml")],
    );
    check(
        &web("base: {k: 1, m: 1}"),
        &given(
            &[("1.yaml", "base: {k: 7, m: null}"), ("2.yaml", "base: [4]")],
            &[(Typing::Json, r#"base={"q": 1}"#)],
        ),
        &[
            ("base.k", "1 web/values.yaml"),
            ("base.m", "1 web/values.yaml"),
            ("base.q", r#"1 --set-json base={"q": 1}"#),
        ],
    );
}

#[test]
fn a_table_emptied_by_nulls_is_that_of_the_nulls() {
    check(
        &web("a: {b: 1}"),
        &given(&[("1.yaml", "a: {b: null}")], &[]),
        &[("a", "{} 1.yaml")],
    );
}

#[test]
fn assignments_are_told_from_the_lists_and_tables_that_they_change() {
    check(
        &web(""),
        &given(
            &[(
                "1.yaml",
                "l: [1, null, {a: 1}, [2]]\nm: [1, null]\nt: {a: 1, b: 1}\no: [{a: {}}, []]",
            )],
            &[
                (Typing::Inferred, "l[1][0]=1,l[2].a=2"),
                (Typing::Text, "l[3][0]=x"),
                (Typing::Inferred, "t.a=1"),
                (Typing::Inferred, "m[0]=null"),
            ],
        ),
        &[
            ("l", r#"[1,[1],{"a":2},["x"]] --set-string l[3][0]=x"#),
            ("m", "[null,null] --set m[0]=null"),
            ("o", r#"[{"a":{}},[]] 1.yaml"#),
            ("t.a", "1 --set t.a=1"),
            ("t.b", "1 1.yaml"),
        ],
    );
}

#[test]
fn exports_come_from_the_subchart() {
    check(
        &importing(
            "import-values: [data]",
            "a: 1",
            "exports: {data: {a: 2, b: {c: 2, d: 2}, e: {}, l: [1]}}",
        ),
        &given(&[("1.yaml", "b: {d: 3}")], &[]),
        &[
            ("a", "1 web/values.yaml"),
            ("b.c", "2 web/charts/sub/values.yaml (import-values)"),
            ("b.d", "3 1.yaml"),
            ("e", "{} web/charts/sub/values.yaml (import-values)"),
            ("l", "[1] web/charts/sub/values.yaml (import-values)"),
            ("sub.exports.data.a", "2 web/charts/sub/values.yaml"),
            ("sub.exports.data.b.c", "2 web/charts/sub/values.yaml"),
            ("sub.exports.data.b.d", "2 web/charts/sub/values.yaml"),
            ("sub.exports.data.e", "{} web/charts/sub/values.yaml"),
            ("sub.exports.data.l", "[1] web/charts/sub/values.yaml"),
            ("sub.global", "{} nobody: an empty table"),
        ],
    );
}

#[test]
fn what_is_imported_from_a_child_to_a_parent_comes_from_the_child() {
    check(
        &importing(
            "alias: db, condition: db.enabled, tags: [t], import-values: [{child: settings.deep, parent: mine.db}]",
            "db: {enabled: true, settings: {deep: {z: 5}}}\ntags: {t: false}",
            "settings: {deep: {x: 1, z: 1}}",
        ),
        &given(&[], &[]),
        &[
            ("db.global", "{} nobody: an empty table"),
            ("db.enabled", "true web/values.yaml"),
            ("db.settings.deep.x", "1 web/charts/db/values.yaml"),
            ("db.settings.deep.z", "5 web/values.yaml"),
            ("mine.db.x", "1 web/charts/db/values.yaml (import-values)"),
            // The chart itself set what it imports.
            ("mine.db.z", "5 web/values.yaml (import-values)"),
            ("tags.t", "false web/values.yaml"),
        ],
    );
}

#[test]
fn what_passes_through_two_charts_comes_from_the_innermost() {
    let below = "{apiVersion: v2, name: sub, version: 1.0.0, \
                 dependencies: [{name: low, version: 1.0.0, import-values: [{child: a, parent: exports.up}]}]}";
    let chart = chart(&[
        (
            "Chart.yaml",
            "{apiVersion: v2, name: web, version: 1.0.0, \
             dependencies: [{name: sub, version: 1.0.0, import-values: [up]}]}",
        ),
        ("charts/sub/Chart.yaml", below),
        (
            "charts/sub/charts/low/Chart.yaml",
            "{apiVersion: v2, name: low, version: 1.0.0}",
        ),
        ("charts/sub/charts/low/values.yaml", "a: {k: 1}"),
    ]);
    let found = origins(&chart, Given::default(), Generation::Helm4);
    let low = "1 web/charts/sub/charts/low/values.yaml";
    assert_eq!(found["k"], format!("{low} (import-values)"));
    assert_eq!(found["sub.exports.up.k"], format!("{low} (import-values)"));
    assert_eq!(found["sub.low.a.k"], low);
}

#[test]
fn a_subchart_that_is_off_sets_nothing() {
    check(
        &importing(
            "condition: sub.enabled, import-values: [data]",
            "sub: {enabled: true}",
            "exports: {data: {a: 2}}",
        ),
        &given(&[], &[(Typing::Inferred, "sub.enabled=false")]),
        &[("sub.enabled", "false --set sub.enabled=false")],
    );
}

#[test]
fn globals_are_handed_down() {
    let chart = importing(
        "import-values: [data]",
        "global: {a: 1, t: {}}",
        "global: {a: 2, b: 2, t: {own: 2}}\nexports: {data: {global: {i: 2}}}",
    );
    let found = origins(
        &chart,
        given(&[("1.yaml", "global: {u: 3}")], &[]),
        Generation::Helm4,
    );
    for (path, origin) in [
        ("global.a", "1 web/values.yaml"),
        ("global.u", "3 1.yaml"),
        ("global.i", "2 web/charts/sub/values.yaml (import-values)"),
        // A parent's global wins over a subchart's.
        ("sub.global.a", "1 web/values.yaml, handed down"),
        ("sub.global.b", "2 web/charts/sub/values.yaml"),
        ("sub.global.i", "2 web/charts/sub/values.yaml (import-values)"),
        ("sub.global.t.own", "2 web/charts/sub/values.yaml"),
        ("sub.global.u", "3 1.yaml, handed down"),
    ] {
        assert_eq!(found[path], origin, "{path}");
    }
}

#[test]
fn what_a_subchart_adds_to_a_table_of_globals_is_seen_above() {
    let chart = importing("tags: []", "global: {t: {u: {}}}", "global: {t: {u: {own: 2}}}");
    let found = origins(&chart, Given::default(), Generation::Helm4);
    assert_eq!(found["sub.global.t.u.own"], "2 web/charts/sub/values.yaml");
    assert_eq!(
        found["global.t.u.own"],
        "2 web/charts/sub/values.yaml, shared as a global"
    );
}

#[test]
fn helm_3_keeps_the_nulls_of_a_chart() {
    let chart = web("{a: null, b: {c: null}}");
    let found = origins(&chart, Given::default(), Generation::Helm3);
    assert_eq!(found["a"], "null web/values.yaml");
    assert_eq!(found["b.c"], "null web/values.yaml");
    let found = origins(&chart, given(&[("1.yaml", "b: {}")], &[]), Generation::Helm4);
    assert_eq!(found["b"], "{} 1.yaml");
}
