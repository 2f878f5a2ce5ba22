//! Tokens in, nodes out: the grammar of a document, with an explicit stack in place of recursion.
//!
//! A [`Sink`] hears of scalars, aliases and the starts and ends of collections as they are found.

mod block;
mod document;
mod flow;

use std::borrow::Cow;

use super::problem::Problem;
use super::scanner::{Scalar, Scanner, Spanned, Tag, Token};

/// Collections may nest this deep.
pub(crate) const MAX_DEPTH: usize = 1000;

type Result<T> = std::result::Result<T, Problem>;

/// What stands before a node's content, and where the node is.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) anchor: Option<&'a [u8]>,
    /// The tag in full.
    pub(super) tag: Option<Box<[u8]>>,
    /// The line from 0.
    pub(super) line: usize,
}

/// Hears what a document consists of.
pub(super) trait Sink<'a> {
    fn scalar(&mut self, node: Node<'a>, scalar: Scalar<'a>) -> Result<()>;
    fn alias(&mut self, name: &'a [u8], line: usize) -> Result<()>;
    fn start_sequence(&mut self, node: Node<'a>) -> Result<()>;
    fn end_sequence(&mut self) -> Result<()>;
    fn start_mapping(&mut self, node: Node<'a>) -> Result<()>;
    fn end_mapping(&mut self) -> Result<()>;

    /// Whether the text of scalars in quotes and blocks does not matter now.
    fn passes_over(&self) -> bool;
}

/// What the grammar expects next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    DocumentContent,
    BlockNode,
    DocumentEnd,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
}

/// Where a node may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Flow,
    Block,
    /// In a block mapping, where a sequence needs no indentation.
    MappingValue,
}

/// Parses one document after another.
pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    /// What to expect when the open collections end.
    states: Vec<State>,
    /// The lines on which the open collections start.
    starts: Vec<usize>,
    tags: Vec<Tag<'a>>,
    first: bool,
}

impl<'a> Parser<'a> {
    pub(super) fn new(scanner: Scanner<'a>) -> Self {
        Self {
            scanner,
            state: State::BlockNode,
            states: Vec::new(),
            starts: Vec::new(),
            tags: Vec::new(),
            first: true,
        }
    }

    /// Parses the next document; whether there was one.
    pub(super) fn document(&mut self, sink: &mut impl Sink<'a>) -> Result<bool> {
        if !self.start_document()? {
            return Ok(false);
        }
        loop {
            match self.state {
                State::DocumentContent => self.document_content(sink)?,
                State::BlockNode => self.node(Place::Block, sink)?,
                State::BlockSequenceEntry => self.block_sequence_entry(sink)?,
                State::IndentlessSequenceEntry => self.indentless_sequence_entry(sink)?,
                State::BlockMappingKey => self.block_mapping_key(sink)?,
                State::BlockMappingValue => self.block_mapping_value(sink)?,
                State::FlowSequenceFirstEntry => self.flow_sequence_entry(true, sink)?,
                State::FlowSequenceEntry => self.flow_sequence_entry(false, sink)?,
                State::FlowPairKey => self.flow_pair_key(sink)?,
                State::FlowPairValue => self.flow_pair_value(sink)?,
                State::FlowPairEnd => self.flow_pair_end(sink)?,
                State::FlowMappingFirstKey => self.flow_mapping_key(true, sink)?,
                State::FlowMappingKey => self.flow_mapping_key(false, sink)?,
                State::FlowMappingValue => self.flow_mapping_value(sink)?,
                State::FlowMappingEmptyValue => self.empty_then(State::FlowMappingKey, sink)?,
                State::DocumentEnd => {
                    self.end_document()?;
                    return Ok(true);
                }
            }
        }
    }

    #[inline]
    fn peek(&mut self) -> Result<&Token<'a>> {
        Ok(&self.scanner.peek()?.token)
    }

    fn peek_line(&mut self) -> Result<usize> {
        Ok(self.scanner.peek()?.line)
    }

    /// Goes on with what was expected around a finished node.
    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    /// Parses a node, then expects `next`.
    fn node_then(&mut self, next: State, place: Place, sink: &mut impl Sink<'a>) -> Result<()> {
        if self.states.len() >= MAX_DEPTH {
            let line = self.peek_line()?;
            let text = format!("exceeded max depth of {MAX_DEPTH}");
            return Err(Problem::scanning(line, text));
        }
        self.states.push(next);
        self.node(place, sink)
    }

    /// Gives an empty scalar at the next token, then expects `next`.
    fn empty_then(&mut self, next: State, sink: &mut impl Sink<'a>) -> Result<()> {
        let line = self.peek_line()?;
        self.empty_at(line, next, sink)
    }

    fn empty_at(&mut self, line: usize, next: State, sink: &mut impl Sink<'a>) -> Result<()> {
        self.state = next;
        sink.scalar(
            Node {
                line,
                ..Node::default()
            },
            empty(true),
        )
    }

    /// Parses what may stand before content, and the content if it is a scalar or an alias; else opens it.
    #[inline]
    fn node(&mut self, place: Place, sink: &mut impl Sink<'a>) -> Result<()> {
        let line = match self.scanner.peek()? {
            Spanned {
                token: Token::Anchor(_) | Token::Tag(_),
                ..
            } => return self.node_with_properties(place, sink),
            spanned => spanned.line,
        };
        self.content(
            place,
            Node {
                line,
                ..Node::default()
            },
            sink,
        )
    }

    fn node_with_properties(&mut self, place: Place, sink: &mut impl Sink<'a>) -> Result<()> {
        let mut node = Node {
            line: self.peek_line()?,
            ..Node::default()
        };
        let mut tag = None;
        loop {
            match self.peek()? {
                Token::Anchor(name) if node.anchor.is_none() => {
                    node.anchor = Some(name);
                    self.scanner.take();
                }
                Token::Tag(_) if tag.is_none() => tag = self.scanner.take(),
                _ => break,
            }
        }
        if let Some(Spanned {
            token: Token::Tag(tag),
            line,
            ..
        }) = tag
        {
            node.tag = Some(self.full_tag(&tag, line, node.line)?);
        }
        self.content(place, node, sink)
    }

    fn full_tag(&self, tag: &Tag<'_>, line: usize, outer: usize) -> Result<Box<[u8]>> {
        if tag.handle.is_empty() {
            return Ok(tag.suffix.as_slice().into());
        }
        let prefix = self.tags.iter().find(|known| known.handle == tag.handle);
        let full = prefix.map(|prefix| [prefix.suffix.as_slice(), &tag.suffix].concat());
        match full {
            Some(full) if !full.is_empty() => Ok(full.into()),
            _ => Err(Problem::parsing(line, outer, "found undefined tag handle")),
        }
    }

    #[inline]
    fn content(&mut self, place: Place, node: Node<'a>, sink: &mut impl Sink<'a>) -> Result<()> {
        let bare = node.anchor.is_none() && node.tag.is_none();
        match self.peek()? {
            Token::Scalar(_) => self.scalar(node, sink),
            Token::Alias(_) if bare => self.alias(sink),
            Token::BlockEntry if place == Place::MappingValue => {
                self.state = State::IndentlessSequenceEntry;
                sink.start_sequence(node)
            }
            Token::FlowSequenceStart => {
                self.open(State::FlowSequenceFirstEntry);
                sink.start_sequence(node)
            }
            Token::FlowMappingStart => {
                self.open(State::FlowMappingFirstKey);
                sink.start_mapping(node)
            }
            Token::BlockSequenceStart if place != Place::Flow => {
                self.open(State::BlockSequenceEntry);
                sink.start_sequence(node)
            }
            Token::BlockMappingStart if place != Place::Flow => {
                self.open(State::BlockMappingKey);
                sink.start_mapping(node)
            }
            _ if !bare => {
                self.pop_state();
                let plain = node.tag.is_none();
                sink.scalar(node, empty(plain))
            }
            _ => {
                let line = self.peek_line()?;
                Err(Problem::parsing(
                    line,
                    node.line,
                    "did not find expected node content",
                ))
            }
        }
    }

    fn scalar(&mut self, node: Node<'a>, sink: &mut impl Sink<'a>) -> Result<()> {
        self.pop_state();
        match self.scanner.take() {
            Some(Spanned {
                token: Token::Scalar(mut scalar),
                ..
            }) => {
                scalar.plain = match node.tag.as_deref() {
                    None => scalar.plain,
                    Some(tag) => tag == b"!",
                };
                sink.scalar(node, scalar)
            }
            _ => Ok(()),
        }
    }

    fn alias(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        self.pop_state();
        match self.scanner.take() {
            Some(Spanned {
                token: Token::Alias(name),
                line,
                ..
            }) => sink.alias(name, line),
            _ => Ok(()),
        }
    }

    /// Takes the token that opens a collection.
    fn open(&mut self, state: State) {
        self.state = state;
        if let Some(start) = self.scanner.take() {
            self.starts.push(start.line);
        }
    }

    /// What is wrong at the next token, in the innermost open collection.
    fn unexpected(&mut self, text: &'static str) -> Result<()> {
        let line = self.peek_line()?;
        let outer = self.starts.last().copied().unwrap_or(0);
        Err(Problem::parsing(line, outer, text))
    }
}

fn empty(plain: bool) -> Scalar<'static> {
    Scalar {
        text: Cow::Borrowed(b""),
        plain,
    }
}
