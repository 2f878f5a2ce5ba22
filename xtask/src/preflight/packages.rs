//! Programs and files that Debian packages give: on Debian and its kin what is missing is installed, after saying so;
//! elsewhere it is named.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Something on disk that a Debian package gives.
#[derive(Debug, PartialEq, Eq)]
struct Need {
    /// A program on PATH, or a file by its absolute path.
    thing: &'static str,
    package: &'static str,
    why: &'static str,
}

const NEEDS: [Need; 11] = [
    Need {
        thing: "cc",
        package: "gcc",
        why: "links our programs and runc",
    },
    Need {
        thing: "/usr/include/stdio.h",
        package: "libc6-dev",
        why: "runc is a C program in part",
    },
    Need {
        thing: "/usr/include/seccomp.h",
        package: "libseccomp-dev",
        why: "runc filters system calls",
    },
    Need {
        thing: "pkg-config",
        package: "pkg-config",
        why: "finds libseccomp",
    },
    Need {
        thing: "protoc",
        package: "protobuf-compiler",
        why: "compiles the gRPC interfaces",
    },
    Need {
        thing: "/usr/include/google/protobuf/empty.proto",
        package: "libprotobuf-dev",
        why: "the gRPC interfaces import it",
    },
    Need {
        thing: "readelf",
        package: "binutils",
        why: "tells which libraries an image needs",
    },
    Need {
        thing: "ip",
        package: "iproute2",
        why: "sets up the network of test machines",
    },
    Need {
        thing: "nsenter",
        package: "util-linux",
        why: "runs programs in test machines",
    },
    Need {
        thing: "busybox",
        package: "busybox-static",
        why: "gives test machines small programs",
    },
    Need {
        thing: "nft",
        package: "nftables",
        why: "host ports of pods are nftables rules",
    },
];

/// Fuzzing needs no more than this.
const FUZZING: Need = Need {
    thing: "c++",
    package: "g++",
    why: "compiles libFuzzer",
};

/// Sees to it that all of it is there.
pub(super) fn ensure_there() -> Result<()> {
    provide(&NEEDS, !knows_packages())
}

/// The same for what fuzzing needs of this machine.
pub(super) fn ensure_for_fuzzing() -> Result<()> {
    let is_there = is_there(FUZZING.thing);
    provide(&[FUZZING], !is_there && !knows_packages())
}

fn provide(needs: &[Need], lists_are_old: bool) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !is_there(need.thing)).collect();
    if missing.is_empty() && !lists_are_old {
        return Ok(());
    }
    if !is_debian() {
        bail!("{}", advice(&missing));
    }
    ensure!(
        nix::unistd::geteuid().is_root(),
        "{}\nRun as root to have them installed.",
        advice(&missing)
    );
    if lists_are_old {
        eprintln!("apt's package lists are empty: running apt-get update");
        apt(&["update", "--quiet"])?;
    }
    if !missing.is_empty() {
        eprintln!("{}\nInstalling them now.", advice(&missing));
        let packages = missing.iter().map(|need| need.package);
        let mut arguments = vec!["install", "--quiet", "--yes", "--no-install-recommends"];
        arguments.extend(packages);
        apt(&arguments)?;
    }
    Ok(())
}

fn advice(missing: &[&Need]) -> String {
    let mut lines = vec!["Building needs what this machine does not have:".to_owned()];
    for Need { thing, package, why } in missing {
        lines.push(format!("  {thing} (Debian package {package}): {why}"));
    }
    if missing.is_empty() {
        lines = vec![
            "The images need Debian packages, and apt's lists are empty: run apt-get update.".to_owned(),
        ];
    }
    lines.join("\n")
}

fn is_there(thing: &str) -> bool {
    if thing.starts_with('/') {
        return Path::new(thing).exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(thing).is_file())
}

fn is_debian() -> bool {
    is_there("apt-get") && is_there("dpkg-deb")
}

/// Whether apt's lists hold anything; a fresh container's do not.
fn knows_packages() -> bool {
    let mut command = Command::new("apt-cache");
    command
        .args(["show", "nftables"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    let status = command.status().context("start apt-get")?;
    ensure!(status.success(), "apt-get {}: {status}", arguments.join(" "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_each_missing_thing_its_package_and_its_use() {
        let text = advice(&[&NEEDS[4], &NEEDS[6]]);
        assert!(
            text.contains("protoc (Debian package protobuf-compiler): compiles the gRPC interfaces"),
            "{text}"
        );
        assert!(text.contains("readelf (Debian package binutils)"), "{text}");
        assert!(advice(&[]).contains("apt-get update"));
    }

    #[test]
    fn programs_are_looked_for_on_path_and_files_where_they_are() {
        assert!(is_there("sh"));
        assert!(!is_there("no-such-program"));
        assert!(is_there("/proc/self/status"));
        assert!(!is_there("/no/such/file"));
    }
}
