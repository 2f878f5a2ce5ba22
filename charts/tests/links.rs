//! Links in the directory of a chart.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use bowline_charts::directory;
use nix::sys::stat::Mode;

/// A chart in `web` with files beside it, by their paths.
fn around(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary directory");
    let chart = ("web/Chart.yaml", "{apiVersion: v2, name: web, version: 1.2.3}");
    for (path, text) in [&[chart], files].concat() {
        let path = root.path().join(path);
        fs_err::create_dir_all(path.parent().expect("a directory")).expect("a writable directory");
        fs_err::write(path, text).expect("a writable directory");
    }
    root
}

fn link(root: &tempfile::TempDir, target: impl AsRef<Path>, path: &str) {
    symlink(target, root.path().join(path)).expect("a writable directory");
}

fn paths(root: &tempfile::TempDir) -> Vec<String> {
    let files = directory::read(&root.path().join("web")).expect("a chart");
    files.into_iter().map(|file| file.path).collect()
}

/// What is said of a chart that cannot be read, without the path of the temporary directory.
fn error(root: &tempfile::TempDir) -> String {
    let error = directory::read(&root.path().join("web")).expect_err("no chart");
    error
        .to_string()
        .replace(&format!("{}/", root.path().display()), "")
}

#[test]
fn links_to_files_and_directories_are_followed() {
    let root = around(&[
        ("shared/defaults.yaml", "color: red"),
        (
            "common/Chart.yaml",
            "{apiVersion: v2, name: common, version: 1.0.0, type: library}",
        ),
        ("common/templates/_a.tpl", "{{ define \"a\" }}{{ end }}"),
        ("web/charts/kept", ""),
    ]);
    link(&root, "../shared/defaults.yaml", "web/values.yaml");
    link(&root, "../../common", "web/charts/common");
    link(&root, root.path().join("web/values.yaml"), "web/again.yaml");
    assert_eq!(
        paths(&root),
        [
            "Chart.yaml",
            "again.yaml",
            "charts/common/Chart.yaml",
            "charts/common/templates/_a.tpl",
            "charts/kept",
            "values.yaml",
        ]
    );
    let files = directory::read(&root.path().join("web")).unwrap();
    let again = files.iter().find(|file| file.path == "again.yaml").unwrap();
    assert_eq!(*again.data, b"color: red");
}

#[test]
fn the_chart_itself_and_what_is_linked_from_it_may_be_links() {
    let root = around(&[("real/x/a.txt", ""), ("real/b.txt", "")]);
    link(&root, "../b.txt", "real/x/b.txt");
    link(&root, "real/x", "middle");
    link(&root, "../middle", "web/files");
    link(&root, "web", "alias");
    let files = directory::read(&root.path().join("alias")).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["Chart.yaml", "files/a.txt", "files/b.txt"]);
}

#[test]
fn one_directory_may_be_linked_twice() {
    let root = around(&[("common/a.txt", "")]);
    link(&root, "../common", "web/a");
    link(&root, "../common", "web/b");
    assert_eq!(paths(&root), ["Chart.yaml", "a/a.txt", "b/a.txt"]);
}

#[test]
fn a_link_to_a_directory_above_is_refused() {
    let root = around(&[("web/templates/a.yaml", "")]);
    link(&root, "../..", "web/templates/up");
    // The directory beside the chart holds the chart again, and with it the link.
    assert_eq!(
        error(&root),
        "web/templates/up/web/templates/up: the link to ../.. leads back to a directory above it"
    );
    fs_err::remove_file(root.path().join("web/templates/up")).unwrap();
    link(&root, ".", "web/templates/self");
    assert_eq!(
        error(&root),
        "web/templates/self: the link to . leads back to a directory above it"
    );
}

#[test]
fn two_directories_that_link_to_each_other_are_refused() {
    let root = around(&[("a/x", ""), ("b/x", "")]);
    link(&root, "../b", "a/b");
    link(&root, "../a", "b/a");
    link(&root, "../a", "web/a");
    assert_eq!(
        error(&root),
        "web/a/b/a: the link to ../a leads back to a directory above it"
    );
}

#[test]
fn a_link_that_leads_nowhere_is_named() {
    let root = around(&[]);
    link(&root, "../gone", "web/common");
    assert_eq!(error(&root), "web/common: the link to ../gone leads nowhere");
    fs_err::remove_file(root.path().join("web/common")).unwrap();
    link(&root, "circle", "web/circle");
    let error = error(&root);
    assert!(
        error.starts_with("web/circle: the link to circle cannot be followed: "),
        "{error}"
    );
}

#[test]
fn ignored_links_are_not_followed() {
    let root = around(&[
        ("web/.helmignore", "dir/\nlock\nme/\n"),
        ("other/a.txt", ""),
        ("other/b.txt", ""),
    ]);
    link(&root, "../other", "web/dir");
    link(&root, "nowhere", "web/lock");
    link(&root, ".", "web/me");
    assert_eq!(paths(&root), [".helmignore", "Chart.yaml"]);
    // A rule for directories says nothing of a link to a file.
    fs_err::remove_file(root.path().join("web/dir")).unwrap();
    link(&root, "../other/a.txt", "web/dir");
    assert_eq!(paths(&root), [".helmignore", "Chart.yaml", "dir"]);
}

#[test]
fn the_rules_may_be_a_link() {
    let root = around(&[("rules", "*.swp\n"), ("web/a.swp", "")]);
    link(&root, "../rules", "web/.helmignore");
    assert_eq!(paths(&root), [".helmignore", "Chart.yaml"]);
}

#[test]
fn pipes_and_devices_are_not_opened() {
    let root = around(&[("web/templates/a.yaml", "")]);
    let pipe = root.path().join("pipe");
    nix::unistd::mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    for (target, path) in [
        ("../pipe", "web/pipe"),
        ("/dev/zero", "web/zero"),
        ("../../pipe", "web/templates/pipe"),
    ] {
        link(&root, target, path);
        assert_eq!(
            error(&root),
            format!("{path}: a chart holds files and directories only")
        );
        fs_err::remove_file(root.path().join(path)).unwrap();
    }
    link(&root, "../pipe", "web/.helmignore");
    assert_eq!(error(&root), "web/.helmignore: .helmignore has to be a file");
}

#[test]
fn links_that_multiply_end_soon() {
    let root = around(&[("d0/file", "x")]);
    for level in 1..=20 {
        fs_err::create_dir(root.path().join(format!("d{level}"))).unwrap();
        for name in ["a", "b"] {
            link(&root, format!("../d{}", level - 1), &format!("d{level}/{name}"));
        }
    }
    link(&root, "../d20", "web/d");
    assert!(
        error(&root).ends_with(": the chart's links lead to more than 10000 files and directories"),
        "{}",
        error(&root)
    );
}

#[test]
fn files_behind_links_have_a_limit() {
    let root = around(&[("other/a.txt", "")]);
    let file = fs_err::File::create(root.path().join("large")).unwrap();
    file.set_len(16 << 20).unwrap();
    link(&root, "../large", "web/1");
    link(&root, "../large", "web/2");
    assert_eq!(paths(&root), ["1", "2", "Chart.yaml"]);
    fs_err::write(root.path().join("other/a.txt"), "x").unwrap();
    link(&root, "../other", "web/other");
    assert!(
        error(&root).ends_with(": the chart's links lead to more than 32 MiB"),
        "{}",
        error(&root)
    );
}

#[test]
fn the_program_follows_links() {
    let root = around(&[
        (
            "common/Chart.yaml",
            "{apiVersion: v2, name: common, version: 1.0.0}",
        ),
        ("common/templates/a.yaml", "kind: {{ .Values.kind }}\n"),
        ("common/values.yaml", "kind: Shared"),
        ("web/charts/.keep", ""),
    ]);
    link(&root, "../../common", "web/charts/common");
    let output = Command::new(env!("CARGO_BIN_EXE_bowline-chart"))
        .args(["template", "x", "web"])
        .current_dir(root.path())
        .output()
        .expect("the program was built");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "---\n# Source: web/charts/common/templates/a.yaml\nkind: Shared\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
