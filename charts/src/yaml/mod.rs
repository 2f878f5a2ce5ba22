//! YAML in and out, as Kubernetes and Helm read and write it, within limits.
//!
//! Texts are YAML 1.1 as `sigs.k8s.io/yaml` takes it (`yes` is true, `0755` is octal, merge keys, the last of equal
//! keys counts), and what is written is what it writes, to the byte. Depth and aliases are bounded.

mod bytes;
pub mod functions;
mod lines;
mod parser;
mod problem;
mod resolve;
mod scanner;
mod serde;
mod source;
mod timestamp;
mod tree;
mod unmarshal;
mod write;

use gotemplate::Value;

use lines::Lines;
use parser::Parser;
pub use problem::Problem;
use scanner::Scanner;
pub use serde::{YamlError, read, read_documents, read_manifest, read_value, write};
use source::Source;
use tree::{Numbers, Options, Tree};
pub use unmarshal::{UnmarshalError, unmarshal, unmarshal_list, unmarshal_map};
pub(crate) use unmarshal::{scalar_text, unmarshal_fields};
pub use write::{Unwritable, write as encode, write_pretty as encode_pretty};

/// The longest text that is read: rendered output is bounded by the same figure.
pub(crate) const MAX_BYTES: usize = 16 << 20;

/// Values as JSON knows them.
const JSON: Options = Options {
    numbers: Numbers::Float,
    duplicates: true,
    head: false,
};

/// Reads the first document of a text as JSON would hold it: all numbers are floats, all keys strings.
pub fn decode(text: &[u8]) -> Result<Value, Problem> {
    decode_with(text, JSON)
}

/// As [`decode`], but whole numbers stay whole, for where they become texts.
pub(crate) fn decode_typed(text: &[u8]) -> Result<Value, Problem> {
    decode_with(
        text,
        Options {
            numbers: Numbers::Typed,
            ..JSON
        },
    )
}

/// As [`decode`], but a key may stand only once in a mapping.
pub fn decode_strict(text: &[u8]) -> Result<Value, Problem> {
    decode_with(
        text,
        Options {
            duplicates: false,
            ..JSON
        },
    )
}

/// Reads the first document for its head: of the outermost mapping only `apiVersion`, `kind` and `metadata` are kept,
/// of that only `name` and `annotations`; whole numbers stay whole. All of the document must be valid.
pub fn decode_head(text: &[u8]) -> Result<Value, Problem> {
    let source = Source::new(text);
    let options = Options {
        numbers: Numbers::Typed,
        duplicates: true,
        head: true,
    };
    if let Some(tree) = plain_tree(&source, options)
        && !tree.has_infinite()
    {
        return tree.finish();
    }
    let mut tree = Tree::new(options);
    let mut parser = Parser::new(Scanner::new(&source.text, source.problem.clone()));
    match parser.document(&mut tree) {
        Err(_) if tree.needs_all() => {}
        Err(problem) => return Err(problem),
        Ok(_) if !tree.has_infinite() => return tree.finish(),
        Ok(_) => {}
    }
    // Floats that JSON cannot tell are an error, and only the other way of reading looks for them.
    decode(text)?;
    decode_with(
        text,
        Options {
            head: false,
            ..options
        },
    )
}

fn decode_with(text: &[u8], options: Options) -> Result<Value, Problem> {
    let source = Source::new(text);
    if let Some(tree) = plain_tree(&source, options) {
        return tree.finish();
    }
    let mut tree = Tree::new(options);
    Parser::new(Scanner::new(&source.text, source.problem)).document(&mut tree)?;
    tree.finish()
}

/// The tree of a text that is one document of plain lines.
fn plain_tree<'a>(source: &'a Source<'_>, options: Options) -> Option<Tree<'a>> {
    if source.problem.is_some() {
        return None;
    }
    let mut tree = Tree::new(options);
    let read = Lines::new(&source.text).document(&mut tree);
    read.is_ok().then_some(tree)
}

/// Reads every document of a text.
fn decode_all(text: &[u8], options: Options) -> Result<Vec<Value>, Problem> {
    let source = Source::new(text);
    let mut parser = Parser::new(Scanner::new(&source.text, source.problem));
    let mut values = Vec::new();
    loop {
        let mut tree = Tree::new(options);
        if !parser.document(&mut tree)? {
            return Ok(values);
        }
        values.push(tree.finish()?);
    }
}
