//! One Go component: which command builds it (pure), what names its result, and running it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Caches, Toolchain, libraries};
use crate::bill::{Bill, Component};
use crate::digest::Key;
use crate::process::last_lines;
use crate::progress::Step;

/// A `go build`, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) environment: Vec<(&'static str, String)>,
    pub(crate) flags: Vec<String>,
    /// Program and package.
    pub(crate) packages: Vec<(String, String)>,
}

impl Build {
    /// The same build with these caches, which have no part in what comes out.
    pub(crate) fn using(&self, caches: &Caches) -> Self {
        let mut build = self.clone();
        build.environment.extend(caches.environment());
        build
    }
}

/// Everything that can differ between machines is fixed here, so that the same sources give the same bytes.
pub(crate) fn plan(bill: &Bill, component: &Component) -> Build {
    let environment = vec![
        ("CGO_ENABLED", u8::from(component.cgo).to_string()),
        ("GOFIPS140", bill.go.fips.clone()),
        ("GOFLAGS", String::new()),
        ("GOTOOLCHAIN", "local".to_owned()),
        ("GOWORK", "off".to_owned()),
    ];
    let mut flags: Vec<String> = ["-mod=readonly", "-trimpath", "-buildvcs=false"]
        .map(str::to_owned)
        .to_vec();
    if !component.tags.is_empty() {
        flags.extend(["-tags".to_owned(), component.tags.join(",")]);
    }
    flags.extend(["-ldflags".to_owned(), link_flags(bill, component)]);
    let packages = component
        .programs
        .iter()
        .map(|(program, package)| (program.clone(), package.clone()));
    Build {
        environment,
        flags,
        packages: packages.collect(),
    }
}

fn link_flags(bill: &Bill, component: &Component) -> String {
    let mut flags = vec!["-s -w -buildid=".to_owned()];
    if component.cgo {
        flags.push("-linkmode external -extldflags -static".to_owned());
    }
    for (variable, value) in &component.variables {
        let value = value
            .replace("{bill}", &bill.version)
            .replace("{version}", &component.version);
        flags.push(format!("-X {variable}={value}"));
    }
    flags.join(" ")
}

/// The name of what `build` gives from the sources in `module` with this toolchain.
pub(crate) fn key(
    build: &Build,
    component: &Component,
    module: &Path,
    toolchain: &Toolchain,
) -> Result<String> {
    let mut key = Key::default();
    key.add("go", toolchain.version.as_bytes())
        .add("build", format!("{build:?}").as_bytes());
    for trimmed in &component.trimmed {
        key.add(&trimmed.into, format!("{trimmed:?}").as_bytes());
    }
    if component.cgo {
        key.add("cc", toolchain.c_compiler.as_bytes());
        for library in libraries::find(&component.links)? {
            key.add(&library.package, library.version.as_bytes());
        }
    }
    for file in sources(module)? {
        let name = file
            .strip_prefix(module)
            .unwrap_or(&file)
            .to_string_lossy()
            .into_owned();
        key.add(&name, &fs_err::read(&file)?);
    }
    Ok(key.finish())
}

/// Every file that Go reads from a component's directory, in one order.
fn sources(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            found.extend(sources(&entry.path())?);
        } else if ["go.mod", "go.sum"].contains(&name.as_str()) || is_go_source(&name) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn is_go_source(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "go")
        && !name.ends_with("_test.go")
}

/// The program name that Go gives a package: its last element, a major version not counted.
pub(crate) fn default_name(package: &str) -> &str {
    let mut elements = package.rsplit('/');
    let last = elements.next().unwrap_or(package);
    let is_major = last
        .strip_prefix('v')
        .is_some_and(|digits| digits.parse::<u32>().is_ok());
    if is_major {
        elements.next().unwrap_or(last)
    } else {
        last
    }
}

/// Runs the build; the programs land in `output` under Go's own names.
pub(crate) fn run(build: &Build, module: &Path, output: &Path, step: &Step) -> Result<()> {
    let mut command = Command::new("go");
    command
        .current_dir(module)
        .envs(build.environment.iter().map(|(name, value)| (name, value)));
    command
        .arg("build")
        .arg("-v")
        .args(&build.flags)
        .arg("-o")
        .arg(output.join(""));
    command.args(build.packages.iter().map(|(_, package)| package));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("start go")?;
    let said = child
        .stderr
        .take()
        .map(|stderr| follow(stderr, step))
        .unwrap_or_default();
    let status = child.wait().context("wait for go")?;
    if !status.success() {
        bail!(
            "go build in {}: {status}\n{}{}",
            module.display(),
            last_lines(&said),
            hint(&said)
        );
    }
    Ok(())
}

/// With `-v`, Go names each package that it compiles; anything else is kept for the error.
fn follow(stderr: ChildStderr, step: &Step) -> String {
    let mut said = String::new();
    let mut compiled = 0;
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if line.contains(' ') {
            said += &line;
            said.push('\n');
        } else {
            compiled += 1;
            step.now(format!("{compiled} packages, {line}"));
        }
    }
    said
}

fn hint(said: &str) -> &'static str {
    if said.contains("missing go.sum entry") || said.contains("updates to go.mod needed") {
        "\nThe module's go.mod and go.sum do not fit its sources: run `go mod tidy` in its directory."
    } else if said.contains("403 Forbidden") || said.contains("404 Not Found") {
        "\nThe module proxy does not have this version: pin a neighbouring one in the component's go.mod."
    } else if said.contains("dial tcp") || said.contains("no such host") {
        "\nThe module proxy cannot be reached: check the network and GOPROXY."
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bill() -> Bill {
        Bill::parse(include_str!("../../../components/components.yaml")).unwrap()
    }

    fn toolchain(version: &str) -> Toolchain {
        Toolchain {
            version: version.to_owned(),
            c_compiler: "cc 1".to_owned(),
        }
    }

    #[test]
    fn programs_are_static_stripped_and_say_their_version() {
        let bill = bill();
        let build = plan(&bill, bill.component_of("kubelet").unwrap());
        assert_eq!(build.environment[0], ("CGO_ENABLED", "0".to_owned()));
        assert_eq!(build.environment[1], ("GOFIPS140", "v1.0.0".to_owned()));
        let link = build.flags.last().unwrap();
        assert!(link.starts_with("-s -w -buildid= -X "), "{link}");
        assert!(
            link.contains("-X k8s.io/component-base/version.gitVersion=v1.37.2+bowline1"),
            "{link}"
        );
    }

    #[test]
    fn only_what_needs_c_is_built_with_it() {
        let bill = bill();
        let build = plan(&bill, bill.component_of("runc").unwrap());
        assert_eq!(build.environment[0], ("CGO_ENABLED", "1".to_owned()));
        assert!(build.flags.last().unwrap().contains("-extldflags -static"));
        let with_c = bill.components.iter().filter(|component| component.cgo).count();
        assert_eq!(with_c, 1);
    }

    #[test]
    fn names_follow_gos_rule() {
        assert_eq!(default_name("go.etcd.io/etcd/server/v3"), "server");
        assert_eq!(default_name("github.com/opencontainers/runc"), "runc");
        assert_eq!(default_name("example.org/vault"), "vault");
    }

    #[test]
    fn the_key_follows_sources_flags_and_toolchain_but_no_test() {
        let directory = tempfile::tempdir().unwrap();
        let module = directory.path();
        fs_err::write(module.join("go.mod"), "module a").unwrap();
        fs_err::write(module.join("main.go"), "package main").unwrap();
        let bill = bill();
        let component = &bill.components[0];
        let build = plan(&bill, component);
        let key_of = |build: &Build, go: &str| key(build, component, module, &toolchain(go)).unwrap();
        let first = key_of(&build, "go1.26.8");

        fs_err::write(module.join("main_test.go"), "package main").unwrap();
        assert_eq!(key_of(&build, "go1.26.8"), first);
        assert_ne!(key_of(&build, "go1.27.0"), first);
        let other = plan(&bill, &bill.components[1]);
        assert_ne!(key_of(&other, "go1.26.8"), first);
        fs_err::write(module.join("main.go"), "package main // changed").unwrap();
        assert_ne!(key_of(&build, "go1.26.8"), first);
    }

    #[test]
    fn a_hole_in_the_module_proxy_is_explained() {
        assert!(hint("reading https://proxy/x.zip: 403 Forbidden").contains("pin a neighbouring"));
        assert!(hint("missing go.sum entry for module").contains("go mod tidy"));
        assert_eq!(hint("undefined: main"), "");
    }
}
