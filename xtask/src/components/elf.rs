//! What an ELF file needs to run: its interpreter and its libraries, as binutils' `readelf` tells.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::process;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) interpreter: Option<String>,
    pub(crate) libraries: Vec<String>,
}

pub(crate) fn needs(file: &Path) -> Result<Needs> {
    let mut command = Command::new("readelf");
    command
        .args(["--wide", "--dynamic", "--program-headers"])
        .arg(file)
        .env("LC_ALL", "C");
    Ok(parse(&process::output(&mut command)?))
}

fn parse(text: &str) -> Needs {
    let mut needs = Needs::default();
    for line in text.lines() {
        if let Some(interpreter) = between(line, "[Requesting program interpreter: ", "]") {
            needs.interpreter = Some(interpreter.to_owned());
        } else if line.contains("(NEEDED)")
            && let Some(library) = between(line, "[", "]")
        {
            needs.libraries.push(library.to_owned());
        }
    }
    needs
}

fn between<'a>(line: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreter_and_libraries_are_read() {
        let text = "  INTERP 0x318 0x1\n      [Requesting program interpreter: /lib64/ld-linux-x86-64.so.2]\n\
             0x0000000000000001 (NEEDED)             Shared library: [libnftables.so.1]\n\
             0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]\n\
             0x000000000000000e (SONAME)             Library soname: [libx.so]\n";
        let expected = Needs {
            interpreter: Some("/lib64/ld-linux-x86-64.so.2".to_owned()),
            libraries: vec!["libnftables.so.1".to_owned(), "libc.so.6".to_owned()],
        };
        assert_eq!(parse(text), expected);
    }
}
