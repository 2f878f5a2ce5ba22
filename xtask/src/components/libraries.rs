//! C libraries that end up inside static programs, as the Debian packages that they are from.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// A package that gave a static library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Library {
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
}

/// The packages of `archives` such as `libc.a`, where the C compiler finds them now.
pub(crate) fn find<Name: AsRef<str>>(archives: &[Name]) -> Result<BTreeSet<Library>> {
    let found = archives.iter().map(|archive| {
        let archive = archive.as_ref();
        package_of(archive).with_context(|| format!("find the package that {archive} is from"))
    });
    found.collect()
}

fn package_of(archive: &str) -> Result<Library> {
    let said = process::output(Command::new("cc").arg(format!("-print-file-name={archive}")))?;
    // What cc does not find it only repeats; then there is no such file.
    let path = fs_err::canonicalize(Path::new(said.trim()))?;
    let owner = process::output(Command::new("dpkg-query").arg("--search").arg(&path))?;
    let (owner, _) = owner.split_once(": ").context("read what dpkg-query says")?;
    let format = "--showformat=${Package} ${Version} ${Architecture}";
    parse(&process::output(
        Command::new("dpkg-query").args(["--show", format, owner]),
    )?)
}

fn parse(line: &str) -> Result<Library> {
    let mut fields = line.split_whitespace().map(str::to_owned);
    let mut next = || fields.next().context("read what dpkg-query says");
    Ok(Library {
        package: next()?,
        version: next()?,
        architecture: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_of_the_c_library_is_known() {
        if Command::new("dpkg-query").arg("--version").output().is_err() {
            eprintln!("skipped: this machine is not Debian's kin");
            return;
        }
        let found = find(&["libc.a"]).unwrap();
        let library = found.first().unwrap();
        assert_eq!((found.len(), library.package.as_str()), (1, "libc6-dev"));
        assert!(
            library.version.starts_with(|c: char| c.is_ascii_digit()),
            "{library:?}"
        );
    }

    #[test]
    fn a_library_that_is_not_there_is_named() {
        let error = format!("{:#}", find(&["libno-such.a"]).unwrap_err());
        assert!(
            error.starts_with("find the package that libno-such.a is from"),
            "{error}"
        );
    }

    #[test]
    fn an_answer_without_a_version_is_refused() {
        assert!(parse("libc6-dev").is_err());
        assert_eq!(parse("a 1:2 amd64\n").unwrap().version, "1:2");
    }
}
