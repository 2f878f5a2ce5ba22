//! Values that people give: files, standard input, assignments.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;
use bowline_charts::set::{Assignment, Typing};
use bowline_charts::values::{Given, Layer};

use crate::cli::{Input, Items};

/// The values of files, then of the assignments, in Helm's order.
pub(crate) fn given(input: &Input) -> Result<Given> {
    let paths = input.values.iter().flat_map(Items::iter);
    let layers = paths.map(|path| Ok(Layer::yaml(path, content(path).map_err(anyhow::Error::msg)?)));
    let assignments = [
        (Typing::Json, &input.set_json),
        (Typing::Inferred, &input.set),
        (Typing::Text, &input.set_string),
        (Typing::File, &input.set_file),
        (Typing::Literal, &input.set_literal),
    ];
    let assignments = assignments.into_iter().flat_map(|(typing, expressions)| {
        expressions.iter().map(move |expression| Assignment {
            typing,
            expression: expression.clone(),
        })
    });
    Ok(Given {
        layers: layers.collect::<Result<_>>()?,
        assignments: assignments.collect(),
        read_file: content,
    })
}

/// What a file holds, or standard input where it is called `-`.
fn content(path: &str) -> Result<Vec<u8>, String> {
    if path.trim() == "-" {
        return standard_input();
    }
    if ["http://", "https://", "oci://"]
        .iter()
        .any(|scheme| path.starts_with(scheme))
    {
        return Err(format!("{path}: values are not fetched here: give a file"));
    }
    fs_err::read(path).map_err(|error| {
        let action = match error.kind() {
            io::ErrorKind::IsADirectory => "read",
            _ => "open",
        };
        in_words(action, Path::new(path), &error)
    })
}

/// Standard input can be read once, but its values may be asked for again.
fn standard_input() -> Result<Vec<u8>, String> {
    static CONTENT: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();
    let read = || {
        let mut content = Vec::new();
        let result = io::stdin().read_to_end(&mut content);
        result
            .map(|_| content)
            .map_err(|error| format!("read standard input: {error}"))
    };
    CONTENT.get_or_init(read).clone()
}

/// A fault of the disk as helm tells it: `open values.yaml: no such file or directory`.
pub(crate) fn in_words(action: &str, path: &Path, error: &io::Error) -> String {
    let told = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::IsADirectory => "is a directory",
        io::ErrorKind::NotADirectory => "not a directory",
        _ => return error.to_string(),
    };
    format!("{action} {}: {told}", path.display())
}
