//! Charts that try to fill the memory or to take all time end with an error, and no error tells a secret.

use bowline_charts::values::{Given, Layer};
use bowline_charts::{Chart, File, Release, Render, archive, render};

const MANIFEST: &str = "{apiVersion: v2, name: web, version: 1.0.0}";

fn error(files: Vec<File>, layers: Vec<Layer>) -> String {
    let chart = match Chart::from_files(files) {
        Ok(chart) => chart,
        Err(error) => return error.to_string(),
    };
    let given = Given {
        layers,
        ..Given::default()
    };
    let with = Render::new(Release::install("one", "apps"), given);
    render(&chart, &with)
        .expect_err("the chart is hostile")
        .to_string()
}

#[test]
fn archives_within_a_chart_share_what_they_may_unpack_to() {
    let zeros = vec![0; 5 << 20];
    let packed = archive::pack(
        "db",
        &[
            File::new("Chart.yaml", "{apiVersion: v2, name: db, version: 1.0.0}"),
            File::new("a", zeros.clone()),
            File::new("b", zeros),
        ],
    )
    .unwrap();
    let mut files = vec![File::new("Chart.yaml", MANIFEST)];
    files.extend((0..20).map(|index| File::new(format!("charts/{index}.tgz"), packed.clone())));
    let message = Chart::from_files(files).unwrap_err().to_string();
    assert!(message.contains("error unpacking subchart"), "{message}");
    assert!(message.contains("more than 32 MiB"), "{message}");
}

#[test]
fn aliases_within_aliases_are_counted() {
    let mut files = Vec::new();
    for level in 0..12 {
        let aliases: Vec<String> = (0..20)
            .map(|alias| format!("{{name: c{}, version: 1.x, alias: c{alias}}}", level + 1))
            .collect();
        let dependencies = if level < 11 {
            aliases.join(", ")
        } else {
            String::new()
        };
        let charts: Vec<String> = (1..=level).map(|level| format!("charts/c{level}/")).collect();
        let directory = charts.concat();
        files.push(File::new(
            format!("{directory}Chart.yaml"),
            format!("{{apiVersion: v2, name: c{level}, version: 1.0.0, dependencies: [{dependencies}]}}"),
        ));
    }
    let message = error(files, Vec::new());
    assert!(
        message.contains("makes more charts by its aliases than a chart may have"),
        "{message}"
    );
}

#[test]
fn texts_that_are_templates_within_one_another_are_counted() {
    let value = format!("t: '{{{{/* {} */}}}}{{{{ tpl .t . }}}}'\n", "x".repeat(4 << 20));
    let files = vec![
        File::new("Chart.yaml", MANIFEST),
        File::new("values.yaml", value),
        File::new("templates/a.yaml", "{{ tpl .Values.t .Values }}"),
    ];
    let message = error(files, Vec::new());
    assert!(
        message.contains("templates parsed within one another"),
        "{message:.300}"
    );
    assert!(message.len() < 10_000, "{}", message.len());
}

#[test]
fn numbers_of_secret_layers_are_not_told() {
    let files = vec![
        File::new("Chart.yaml", MANIFEST),
        File::new("values.schema.json", r#"{"properties": {"pin": {"maximum": 1}}}"#),
        File::new("templates/a.yaml", ""),
    ];
    let pin = Layer::yaml("secret", "pin: 12345678").secret();
    let message = error(files, vec![pin]);
    assert!(message.contains("<secret>"), "{message}");
    assert!(
        !message.contains("12345678") && !message.contains("12,345,678"),
        "{message}"
    );
    assert!(!message.contains("1.2345678"), "{message}");
}

/// What comes of a chart that imports `a: {n: null, k: 1, b: {c: 2}}` from a subchart, as told.
fn imported(imports: &str) -> Result<(), String> {
    let chart = Chart::from_files(vec![
        File::new(
            "Chart.yaml",
            format!(
                "{{apiVersion: v2, name: web, version: 1.0.0, dependencies: [{{name: sub, version: 1.0.0, \
                 import-values: [{imports}]}}]}}"
            ),
        ),
        File::new(
            "charts/sub/Chart.yaml",
            "{apiVersion: v2, name: sub, version: 1.0.0}",
        ),
        File::new("charts/sub/values.yaml", "a: {n: null, k: 1, b: {c: 2}}"),
    ])
    .expect("a chart");
    let with = Render::new(Release::install("one", "apps"), Given::default());
    render(&chart, &with)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

#[test]
fn imports_into_themselves_are_refused() {
    let twice = "{child: a, parent: p}, {child: a, parent: p}";
    assert_eq!(imported(twice), Ok(()));
    for second in [
        "{child: a, parent: p.q}",
        "{child: a, parent: p.b}",
        "{child: a, parent: p.b.d}",
    ] {
        let result = imported(&format!("{{child: a, parent: p}}, {second}"));
        assert_eq!(
            result,
            Err("chart web imports values into themselves".to_owned()),
            "{second}"
        );
    }
    let deep = format!("{{child: a, parent: {}p}}", "p.".repeat(1000));
    assert!(imported(&deep).unwrap_err().contains("too deep"));
}
