//! The words of YAML.

use std::borrow::Cow;

/// A word of the text.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::yaml) enum Token<'a> {
    StreamEnd,
    /// `%YAML major.minor`
    Version(u8, u8),
    /// `%TAG handle prefix`
    TagDirective(Box<Tag<'a>>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    FlowEntry,
    BlockEntry,
    Key,
    Value,
    Alias(&'a [u8]),
    Anchor(&'a [u8]),
    Tag(Box<Tag<'a>>),
    Scalar(Scalar<'a>),
}

/// A tag in two parts, or the handle and prefix of a directive.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::yaml) struct Tag<'a> {
    pub(in crate::yaml) handle: &'a [u8],
    pub(in crate::yaml) suffix: Vec<u8>,
}

/// The text of a scalar, and whether it was written without quotes and block marks.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::yaml) struct Scalar<'a> {
    pub(in crate::yaml) text: Cow<'a, [u8]>,
    pub(in crate::yaml) plain: bool,
}

/// A word and the lines, from 0, on which it starts and ends.
#[derive(Debug)]
pub(in crate::yaml) struct Spanned<'a> {
    pub(in crate::yaml) token: Token<'a>,
    pub(in crate::yaml) line: usize,
    pub(in crate::yaml) end_line: usize,
}
