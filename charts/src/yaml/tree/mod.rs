//! Nodes in, values out.
//!
//! The text is read to its end before anything is said about what it means: problems of syntax come first, then
//! those of values (tags, merges, aliases), then what cannot be told in JSON.

mod alias;
mod keys;
mod numbers;
mod shown;
mod skim;

use std::collections::{HashMap, HashSet};

use bstr::ByteSlice as _;
use gotemplate::{Map, Str, Value};

use super::parser::{Node, Sink};
use super::problem::Problem;
use super::resolve::{Resolved, resolve};
use super::scanner::Scalar;
use alias::Anchor;
use numbers::{decode_base64, first_infinite, int_to_float, uint_to_float};
use skim::Skim;

/// What numbers become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    /// All become floats, as in JSON.
    Float,
    /// Whole numbers stay whole.
    Typed,
}

/// How a tree is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    pub(super) numbers: Numbers,
    /// Whether a key may stand twice in a mapping; the last one counts.
    pub(super) duplicates: bool,
    /// Whether only the head of a Kubernetes object is kept.
    pub(super) head: bool,
}

/// Builds the value of a document.
pub(super) struct Tree<'a> {
    options: Options,
    stack: Vec<Frame<'a>>,
    root: Value,
    anchors: HashMap<&'a [u8], Anchor>,
    /// Values made, and how many of them by aliases.
    made: usize,
    aliased: usize,
    skim: Option<Skim>,
    /// The first problem of values.
    problem: Option<Problem>,
    /// Keys that stood twice, and on which lines.
    duplicates: Vec<(usize, String)>,
    /// Whether there may be values and keys that JSON does not know.
    infinite: bool,
    odd_keys: bool,
}

/// A collection that is being built.
struct Frame<'a> {
    content: Content,
    anchor: Option<&'a [u8]>,
    /// Values made when it began, which tells its anchor from others of the name.
    made_before: usize,
    /// Levels of collections inside.
    height: usize,
}

enum Content {
    Sequence(Vec<Value>),
    Mapping {
        entries: Vec<(Str, Value)>,
        seen: Option<HashSet<Str>>,
        slot: Slot,
        /// Whether this is an object's metadata, of which the head keeps a part.
        metadata: bool,
    },
}

/// What a mapping waits for.
enum Slot {
    Key,
    Value(Str),
    /// The value of a key that JSON does not know; the text says so but for the value.
    Odd(String),
    Merge,
}

/// A finished node.
struct Done {
    value: Value,
    height: usize,
    from_alias: bool,
    line: usize,
}

impl<'a> Tree<'a> {
    pub(super) fn new(options: Options) -> Self {
        Self {
            options,
            stack: Vec::new(),
            root: Value::Nil,
            anchors: HashMap::new(),
            made: 1,
            aliased: 0,
            skim: None,
            problem: None,
            duplicates: Vec::new(),
            infinite: false,
            odd_keys: false,
        }
    }

    /// Whether the head cannot be told without the whole document.
    pub(super) fn needs_all(&self) -> bool {
        self.skim.as_ref().is_some_and(Skim::is_stuck)
    }

    /// Whether there was a float that JSON cannot tell.
    pub(super) fn has_infinite(&self) -> bool {
        self.infinite
    }

    /// The value, once the document has ended.
    pub(super) fn finish(self) -> Result<Value, Problem> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if !self.duplicates.is_empty() {
            return Err(Problem::duplicates(&self.duplicates));
        }
        if self.odd_keys
            && let Some(text) = keys::first_odd(&self.root)
        {
            return Err(Problem::plain(text));
        }
        if self.infinite
            && self.options.numbers == Numbers::Float
            && let Some(float) = first_infinite(&self.root)
        {
            return Err(Problem::plain(format!("json: unsupported value: {float}")));
        }
        Ok(self.root)
    }

    fn fail(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    fn at_key(&self) -> bool {
        matches!(
            self.stack.last(),
            Some(Frame {
                content: Content::Mapping { slot: Slot::Key, .. },
                ..
            })
        )
    }

    fn at_merge(&self) -> bool {
        matches!(
            self.stack.last(),
            Some(Frame {
                content: Content::Mapping {
                    slot: Slot::Merge,
                    ..
                },
                ..
            })
        )
    }

    fn value_of(&mut self, node: &Node<'a>, scalar: &Scalar<'a>) -> Value {
        match self.resolved(node, scalar) {
            Resolved::Null => Value::Nil,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Float(value) => {
                self.infinite |= !value.is_finite();
                Value::Float(value)
            }
            Resolved::Int(value) if self.options.numbers == Numbers::Typed => Value::Int(value),
            Resolved::Uint(value) if self.options.numbers == Numbers::Typed => Value::Uint64(value),
            Resolved::Int(value) => Value::Float(int_to_float(value)),
            Resolved::Uint(value) => Value::Float(uint_to_float(value)),
            Resolved::Text | Resolved::Timestamp => self.text_of(node, &scalar.text),
        }
    }

    /// What a scalar means, with its tag.
    fn resolved(&mut self, node: &Node<'a>, scalar: &Scalar<'a>) -> Resolved {
        let Some(tag) = node.tag.as_deref() else {
            return if scalar.plain {
                resolve(&scalar.text, false)
            } else {
                Resolved::Text
            };
        };
        let Some(kind) = tag.strip_prefix(b"tag:yaml.org,2002:") else {
            return Resolved::Text;
        };
        if !matches!(kind, b"bool" | b"int" | b"float" | b"null" | b"timestamp") {
            return Resolved::Text;
        }
        let dates = kind == b"timestamp";
        let resolved = resolve(&scalar.text, dates);
        match resolved {
            _ if &resolved.tag().as_bytes()[2..] == kind => resolved,
            Resolved::Int(value) if kind == b"float" => Resolved::Float(int_to_float(value)),
            _ => {
                let found = if scalar.text.as_ref() == b"<<" {
                    "!!str"
                } else {
                    resolved.tag()
                };
                let (text, kind) = (scalar.text.as_bstr(), kind.as_bstr());
                self.fail(Problem::new(format!(
                    "cannot decode {found} `{text}` as a !!{kind}"
                )));
                Resolved::Null
            }
        }
    }

    fn text_of(&mut self, node: &Node<'a>, text: &[u8]) -> Value {
        if node.tag.as_deref() != Some(b"tag:yaml.org,2002:binary") {
            return Value::String(Str::new(text));
        }
        let Some(bytes) = decode_base64(text) else {
            self.fail(Problem::new("!!binary value contains invalid base64 data"));
            return Value::Nil;
        };
        Value::String(gotemplate::json::text_of(&bytes))
    }

    fn start(&mut self, content: Content, anchor: Option<&'a [u8]>) {
        if let Some(name) = anchor {
            self.anchors.insert(name, Anchor::open(self.made));
        }
        self.stack.push(Frame {
            content,
            anchor,
            made_before: self.made,
            height: 1,
        });
        self.made += 1;
    }

    /// A collection has ended.
    fn end(&mut self) {
        let Some(frame) = self.stack.pop() else { return };
        let value = match frame.content {
            Content::Sequence(items) => Value::List(items.into()),
            Content::Mapping { entries, .. } => Value::Map(entries.into_iter().collect::<Map>()),
        };
        let size = self.made.saturating_sub(frame.made_before);
        if frame
            .anchor
            .is_some_and(|name| self.anchors[name].began == frame.made_before)
        {
            self.remember(frame.anchor, &value, (size, frame.height));
        }
        self.done(Done {
            value,
            height: frame.height,
            from_alias: false,
            line: 0,
        });
    }

    /// Puts a finished node where it belongs.
    fn done(&mut self, done: Done) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = done.value;
            return;
        };
        frame.height = frame.height.max(done.height + 1);
        match &mut frame.content {
            Content::Sequence(items) => items.push(done.value),
            Content::Mapping { slot, .. } => match std::mem::replace(slot, Slot::Key) {
                Slot::Key => {
                    let shown = shown::shown(&done.value, true);
                    self.fail(Problem::new(format!("invalid map key: {shown}")));
                    self.set_slot(Slot::Odd(String::new()));
                }
                Slot::Value(key) => self.insert(key, done.value, done.line),
                Slot::Odd(text) => {
                    self.odd_keys = true;
                    let key = keys::odd(&text, &shown::shown(&done.value, false));
                    self.insert(key, Value::Nil, done.line);
                }
                Slot::Merge => self.merge(&done),
            },
        }
    }

    fn set_slot(&mut self, next: Slot) {
        if let Some(Frame {
            content: Content::Mapping { slot, .. },
            ..
        }) = self.stack.last_mut()
        {
            *slot = next;
        }
    }

    fn insert(&mut self, key: Str, value: Value, line: usize) {
        if let Some(Frame {
            content: Content::Mapping { entries, seen, .. },
            ..
        }) = self.stack.last_mut()
        {
            if let Some(seen) = seen
                && !seen.insert(key.clone())
            {
                self.duplicates.push((line, shown::quoted(&key)));
                return;
            }
            entries.push((key, value));
        }
    }
}

impl<'a> Sink<'a> for Tree<'a> {
    fn scalar(&mut self, node: Node<'a>, scalar: Scalar<'a>) -> Result<(), Problem> {
        if let Some(skim) = &mut self.skim {
            skim.scalar(&node, &scalar)?;
            self.leave_skim();
            return Ok(());
        }
        if self.at_key() {
            self.key(&node, &scalar);
            return Ok(());
        }
        self.made += 1;
        let value = if self.at_merge() {
            Value::Nil
        } else {
            self.value_of(&node, &scalar)
        };
        self.remember(node.anchor, &value, (1, 0));
        self.done(Done {
            value,
            height: 0,
            from_alias: false,
            line: node.line,
        });
        Ok(())
    }

    fn alias(&mut self, name: &'a [u8], line: usize) -> Result<(), Problem> {
        match &mut self.skim {
            Some(skim) => skim.stuck(),
            None => self.expand(name, line),
        }
    }

    fn start_sequence(&mut self, node: Node<'a>) -> Result<(), Problem> {
        if let Some(skim) = &mut self.skim {
            return skim.start(&node, false);
        }
        self.start(Content::Sequence(Vec::new()), node.anchor);
        Ok(())
    }

    fn end_sequence(&mut self) -> Result<(), Problem> {
        self.end_collection();
        Ok(())
    }

    fn start_mapping(&mut self, node: Node<'a>) -> Result<(), Problem> {
        if let Some(skim) = &mut self.skim {
            return skim.start(&node, true);
        }
        let metadata = self.options.head && self.is_metadata_next();
        let content = Content::Mapping {
            entries: Vec::new(),
            seen: (!self.options.duplicates).then(HashSet::new),
            slot: Slot::Key,
            metadata,
        };
        self.start(content, node.anchor);
        Ok(())
    }

    fn end_mapping(&mut self) -> Result<(), Problem> {
        self.end_collection();
        Ok(())
    }

    #[inline]
    fn passes_over(&self) -> bool {
        self.skim.is_some()
    }
}
