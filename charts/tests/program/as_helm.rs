//! What people know from helm's program: its options, its words, its refusals.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{CONFIG_MAP, Run, chart_with, program, run, text, told};

/// Runs the program with something on standard input.
fn run_on(input: &[u8], arguments: &[&str]) -> Run {
    let mut command = program(arguments);
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program was built");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input).expect("the program reads");
    drop(stdin);
    told(&child.wait_with_output().expect("the program ends"))
}

#[test]
fn package_refuses_what_nobody_could_use() {
    let out = tempfile::tempdir().unwrap();
    let refused = |path: &str, content: &str| {
        let chart = chart_with(CONFIG_MAP);
        fs_err::write(chart.path().join(path), content).unwrap();
        let run = run(&["package", text(chart.path()), "-d", text(out.path())]);
        assert!(!run.is_success);
        run.err
    };
    assert_eq!(
        refused(
            "Chart.yaml",
            "{apiVersion: v2, name: web, version: 1.2.3, dependencies: [{name: sub, version: 1.0.0}]}"
        ),
        "bowline-chart: found in Chart.yaml, but missing in charts/ directory: sub\n"
    );
    assert_eq!(
        refused("values.schema.json", "{"),
        "bowline-chart: failed to save: invalid JSON in values.schema.json\n"
    );
    let error = refused("values.yaml", "a: [\n");
    assert!(
        error.starts_with("bowline-chart: cannot load values.yaml: "),
        "{error}"
    );
    assert!(fs_err::read_dir(out.path()).unwrap().next().is_none());
}

#[test]
fn package_gives_several_charts_other_versions_in_a_new_directory() {
    let (one, two) = (chart_with(CONFIG_MAP), chart_with(CONFIG_MAP));
    fs_err::write(
        two.path().join("Chart.yaml"),
        "# Ours.\napiVersion: v2\nname: db\nversion: 0.1.0 # grows\n",
    )
    .unwrap();
    let out = tempfile::tempdir().unwrap();
    let directory = out.path().join("a/b");
    let arguments = [
        "package",
        text(one.path()),
        text(two.path()),
        "-d",
        text(&directory),
    ];
    let arguments = [&arguments[..], &["--version=2.0.0", "--app-version", "1.10"]].concat();
    let run_one = run(&arguments);
    assert!(run_one.is_success, "{}", run_one.err);
    let manifest = |name: &str| {
        let bytes = fs_err::read(directory.join(name)).unwrap();
        let files = bowline_charts::archive::unpack(&bytes).unwrap();
        let manifest = files.iter().find(|file| file.path == "Chart.yaml").unwrap();
        String::from_utf8(manifest.data.to_vec()).unwrap()
    };
    assert_eq!(
        manifest("web-2.0.0.tgz"),
        "apiVersion: v2\nappVersion: \"1.10\"\nname: web\nversion: 2.0.0\n"
    );
    assert_eq!(
        manifest("db-2.0.0.tgz"),
        "# Ours.\napiVersion: v2\nname: db\nversion: \"2.0.0\" # grows\nappVersion: \"1.10\"\n"
    );
    let bad = run(&["package", text(one.path()), "--version", "x"]);
    assert_eq!(bad.err, "bowline-chart: invalid semantic version\n");
}

#[test]
fn a_release_has_a_name_that_helm_would_take() {
    let chart = chart_with("kind: ConfigMap\nname: {{ release.name }}\n");
    let path = text(chart.path());
    let refused = run(&["template", "Bad_Name", path]);
    assert!(
        refused.err.starts_with(
            "bowline-chart: release name check failed: release name \"Bad_Name\": invalid release name, "
        ),
        "{}",
        refused.err
    );
    let name = |arguments: &[&str]| {
        let run = run(&[&["template", path], arguments].concat());
        let name = run
            .out
            .split_once("name: ")
            .map(|(_, name)| name.trim().to_owned());
        name.unwrap_or(run.err)
    };
    assert_eq!(name(&[]), "release-name");
    assert_eq!(name(&["-g"]), "release-name");
    assert_eq!(name(&["--name-template", "{{ \"A\" | lower }}-1"]), "a-1");
    let both = run(&["template", "-g", "x", path]);
    assert_eq!(
        both.err,
        "bowline-chart: cannot set --generate-name and also specify a name\n"
    );
}

#[test]
fn options_behave_as_those_of_helm() {
    let chart =
        chart_with("kind: ConfigMap\nat: {{ release.namespace }} {{ capabilities.kube_version.version }}\n");
    let path = text(chart.path());
    let told = |command: &mut Command| {
        let run = told(&command.output().unwrap());
        let at = run.out.split_once("at: ").map(|(_, at)| at.trim().to_owned());
        at.unwrap_or(run.err)
    };
    let at = |arguments: &[&str]| told(&mut program(arguments));
    assert_eq!(at(&["template", path]), "default v1.37.0");
    assert_eq!(
        at(&["-n", "a", "template", path, "-f", "", "-a", ""]),
        "a v1.37.0"
    );
    assert_eq!(at(&["template", path, "-n", "a", "--namespace=b"]), "b v1.37.0");
    assert_eq!(
        at(&[
            "template",
            path,
            "--kube-version",
            "1.30",
            "--kube-version",
            "1.31.1"
        ]),
        "default v1.31.1"
    );
    assert_eq!(
        told(program(&["template", path]).env("HELM_NAMESPACE", "c")),
        "c v1.37.0"
    );
    assert_eq!(
        told(program(&["template", path, "-n", ""]).env("HELM_NAMESPACE", "c")),
        "default v1.37.0"
    );
    let nothing = "--dry-run=client --skip-crds --create-namespace=false --disable-openapi-validation --debug --wait \
                   --timeout 5s --kube-context x --kubeconfig y --version 1 --dependency-update --include-crds=T";
    let nothing: Vec<&str> = nothing.split_whitespace().collect();
    assert_eq!(
        at(&[&["template", path], &nothing[..]].concat()),
        "default v1.37.0"
    );
    for refused in [
        "--dry-run=server",
        "--post-renderer=x",
        "--repo=https://example.com",
        "--verify",
        "--skip-tests=maybe",
    ] {
        let run = run(&["template", path, refused]);
        assert!(!run.is_success && run.out.is_empty(), "{refused}");
    }
}

#[test]
fn files_reach_templates_as_they_are_also_from_standard_input() {
    let chart = chart_with(CONFIG_MAP);
    fs_err::write(
        chart.path().join("templates/b.yaml"),
        "kind: ConfigMap\ndata: {{ .Values.file | b64enc }}\n",
    )
    .unwrap();
    let arguments = [
        "template",
        text(chart.path()),
        "-s",
        "templates/b.yaml",
        "--set-file",
        "file=-",
    ];
    let run_one = run_on(b"\xff\x00a", &arguments);
    assert!(
        run_one.out.ends_with("data: /wBh\n\n"),
        "{}{}",
        run_one.out,
        run_one.err
    );
    let missing = run(&["template", text(chart.path()), "-f", "nowhere.yaml"]);
    assert_eq!(
        missing.err,
        "bowline-chart: open nowhere.yaml: no such file or directory\n"
    );
}

#[test]
fn charts_that_are_not_there_are_told_in_helms_words() {
    let missing = |chart: &str| run(&["template", chart]).err;
    assert_eq!(
        missing("./nowhere"),
        "bowline-chart: path \"./nowhere\" not found\n"
    );
    assert_eq!(
        missing("oci://example.com/web"),
        "bowline-chart: path \"oci://example.com/web\" not found; charts are not fetched here: give a directory or a \
         .tgz\n"
    );
    assert_eq!(
        run(&["lint", "src"]).out,
        "==> Linting src\nError unable to check Chart.yaml file in chart: stat src/Chart.yaml: no such file or \
         directory\n\n"
    );
    let chart = chart_with(CONFIG_MAP);
    let old = "{apiVersion: v2, name: web, version: 1.2.3, deprecated: true}";
    fs_err::write(chart.path().join("Chart.yaml"), old).unwrap();
    let run = run(&["template", text(chart.path())]);
    assert_eq!(run.err, "bowline-chart: warning: this chart is deprecated\n");
}

#[test]
fn show_prints_parts_as_helm_does() {
    let chart = chart_with(CONFIG_MAP);
    let shown = |part: &str| {
        let run = run(&["show", part, text(chart.path())]);
        assert!(run.is_success, "{}", run.err);
        run.out
    };
    let (manifest, values) = (
        "apiVersion: v2\nname: web\nversion: 1.2.3\n\n",
        "# The color.\ncolor: blue\n\n",
    );
    assert_eq!(shown("chart"), manifest);
    assert_eq!(shown("values"), values);
    assert_eq!((shown("readme"), shown("crds")), (String::new(), String::new()));
    let below = chart.path().join("charts/db");
    fs_err::create_dir_all(below.join("crds")).unwrap();
    fs_err::create_dir(chart.path().join("crds")).unwrap();
    fs_err::write(
        below.join("Chart.yaml"),
        "{apiVersion: v2, name: db, version: 1.0.0}",
    )
    .unwrap();
    fs_err::write(below.join("crds/b.yml"), "kind: B").unwrap();
    fs_err::write(chart.path().join("crds/a.json"), "---\nkind: A\n").unwrap();
    fs_err::write(chart.path().join("crds/notes.txt"), "x").unwrap();
    fs_err::write(chart.path().join("ReadMe"), "Hello").unwrap();
    let crds = "---\nkind: A\n\n---\nkind: B\n";
    assert_eq!(shown("crds"), crds);
    assert_eq!(shown("all"), format!("{manifest}---\n{values}---\nHello\n{crds}"));
    fs_err::remove_file(chart.path().join("values.yaml")).unwrap();
    assert_eq!(shown("values"), "");
}
