//! The `bowline-chart` program, run as a person runs it.

mod as_helm;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

struct Run {
    is_success: bool,
    out: String,
    err: String,
}

/// The program in this crate's directory.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bowline-chart"));
    command
        .args(arguments)
        .env_remove("HELM_NAMESPACE")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str]) -> Run {
    told(&program(arguments).output().expect("the program was built"))
}

fn told(output: &Output) -> Run {
    // Every failure ends with 1, also that of reading the arguments.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    Run {
        is_success: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A chart with one template of the given text.
fn chart_with(template: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let write = |path: &str, text: &str| {
        fs_err::write(directory.path().join(path), text).expect("a writable directory");
    };
    fs_err::create_dir(directory.path().join("templates")).expect("a writable directory");
    write("Chart.yaml", "{apiVersion: v2, name: web, version: 1.2.3}");
    write("values.yaml", "# The color.\ncolor: blue\n");
    write("templates/a.yaml.j2", template);
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

const CONFIG_MAP: &str =
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {color: {{ values.color | quote }}}}\n";

#[test]
fn template_prints_objects_with_their_source() {
    let run = run(&[
        "template",
        "hi",
        "samples/hello",
        "--set",
        "message=Good day",
        "-s",
        "templates/configmap.yaml.j2",
    ]);
    assert!(run.is_success, "{}", run.err);
    insta::assert_snapshot!(run.out);
}

#[test]
fn set_wins_over_files_and_later_files_over_earlier_ones() {
    let chart = chart_with(CONFIG_MAP);
    let file = |name: &str, color: &str| {
        let path = chart.path().join(name);
        fs_err::write(&path, format!("color: {color}\n")).unwrap();
        text(&path).to_owned()
    };
    let (first, second) = (file("1.yaml", "red"), file("2.yaml", "green"));
    let color = |arguments: &[&str]| {
        let all = [&["template", "x", text(chart.path())], arguments].concat();
        let value: Value = bowline_charts::yaml::read(&run(&all).out).unwrap();
        value["data"]["color"].clone()
    };
    assert_eq!(color(&[]), "blue");
    assert_eq!(color(&["-f", &first, "-f", &second]), "green");
    assert_eq!(color(&["--set", "color=5", "-f", &first]), "5");
    assert_eq!(color(&["--set-string", "color=true", "--set", "color=5"]), "true");
}

#[test]
fn an_error_shows_the_place_and_the_line() {
    let chart = chart_with("kind: ConfigMap\ncolor: {{ values.colour }}\n");
    let run = run(&["template", "x", text(chart.path())]);
    assert!(!run.is_success);
    assert_eq!(run.out, "");
    assert_eq!(
        run.err,
        "bowline-chart: web/templates/a.yaml.j2:2: undefined value: `values.colour` is undefined\n \
         --> web/templates/a.yaml.j2:2:11\n  |\n2 | color: {{ values.colour }}\n  |           ^^^^^^^^^^^^^\n  \
         = note: `values.colour` is not set: no layer gives it a value\n  = hint: did you mean `values.color`?\n"
    );
}

#[test]
fn lint_tells_what_helm_lint_tells_and_fails_on_errors() {
    let good = run(&["lint", "samples/hello"]);
    assert!(good.is_success, "{}", good.err);
    assert_eq!(
        good.out,
        "==> Linting samples/hello\n[INFO] Chart.yaml: icon is recommended\n\n1 chart(s) linted, 0 chart(s) failed\n"
    );
    assert_eq!(run(&["lint", "--quiet", "samples/hello"]).out, "");
    let chart = chart_with("kind: ConfigMap\nmetadata: {name: a}\n");
    let bad = run(&["lint", "samples/hello", text(chart.path())]);
    assert!(!bad.is_success);
    assert_eq!(bad.err, "bowline-chart: 2 chart(s) linted, 1 chart(s) failed\n");
    assert!(
        bad.out.ends_with(
            "[ERROR] templates/: web/templates/a.yaml.j2: ConfigMap: apiVersion must be a version such as v1 or apps/v1\n\n"
        ),
        "{}",
        bad.out
    );
}

#[test]
fn lint_fails_on_warnings_when_it_is_strict() {
    let chart = chart_with("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A}\n");
    let path = text(chart.path());
    let lenient = run(&["lint", path]);
    assert!(lenient.is_success, "{}", lenient.out);
    assert!(
        lenient
            .out
            .contains("[WARNING] templates/a.yaml.j2: object name does not conform"),
        "{}",
        lenient.out
    );
    let strict = run(&["lint", "--strict", path]);
    assert!(!strict.is_success);
    assert_eq!(
        strict.err,
        "bowline-chart: 1 chart(s) linted, 1 chart(s) failed\n"
    );
}

#[test]
fn lint_looks_at_charts_below_when_it_is_told_to() {
    let chart = chart_with(CONFIG_MAP);
    let below = chart.path().join("charts/db");
    fs_err::create_dir_all(&below).unwrap();
    fs_err::write(below.join("Chart.yaml"), "{apiVersion: v2, name: db, version: 1}").unwrap();
    let run = run(&["lint", "--with-subcharts", text(chart.path())]);
    assert!(run.err.contains("2 chart(s) linted"), "{}", run.err);
    assert!(
        run.out
            .contains("charts/db\n[ERROR] Chart.yaml: version should be of type string"),
        "{}",
        run.out
    );
}

#[test]
fn a_package_is_the_same_each_time_and_renders_as_its_directory() {
    let chart = chart_with(CONFIG_MAP);
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for destination in [&one, &two] {
        let run = run(&["package", text(chart.path()), "-d", text(destination.path())]);
        let path = destination.path().join("web-1.2.3.tgz");
        assert_eq!(
            run.out,
            format!(
                "Successfully packaged chart and saved it to: {}\n",
                path.display()
            )
        );
    }
    let archive = one.path().join("web-1.2.3.tgz");
    assert_eq!(
        fs_err::read(&archive).unwrap(),
        fs_err::read(two.path().join("web-1.2.3.tgz")).unwrap()
    );
    assert_eq!(
        run(&["template", "x", text(&archive)]).out,
        run(&["template", "x", text(chart.path())]).out
    );
}

#[test]
fn what_is_left_out_by_helmignore_is_not_packed() {
    let chart = chart_with(CONFIG_MAP);
    fs_err::write(chart.path().join(".helmignore"), "*.swp\n").unwrap();
    fs_err::write(chart.path().join("x.swp"), "").unwrap();
    let out = tempfile::tempdir().unwrap();
    run(&["package", text(chart.path()), "-d", text(out.path())]);
    let files =
        bowline_charts::archive::unpack(&fs_err::read(out.path().join("web-1.2.3.tgz")).unwrap()).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        names,
        [".helmignore", "Chart.yaml", "templates/a.yaml.j2", "values.yaml"]
    );
}
