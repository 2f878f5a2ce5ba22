//! Sequences and mappings by indentation.

use super::super::scanner::Token;
use super::{Parser, Place, Result, Sink, State};

impl<'a> Parser<'a> {
    pub(super) fn block_sequence_entry(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        match self.peek()? {
            Token::BlockEntry => {
                let end = self.scanner.take().map_or(0, |entry| entry.end_line);
                match self.peek()? {
                    Token::BlockEntry | Token::BlockEnd => {
                        self.empty_at(end, State::BlockSequenceEntry, sink)
                    }
                    _ => self.node_then(State::BlockSequenceEntry, Place::Block, sink),
                }
            }
            Token::BlockEnd => {
                self.close();
                sink.end_sequence()
            }
            _ => self.unexpected("did not find expected '-' indicator"),
        }
    }

    /// A sequence in a mapping, its dashes in the column of the keys.
    pub(super) fn indentless_sequence_entry(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        if !matches!(self.peek()?, Token::BlockEntry) {
            self.pop_state();
            return sink.end_sequence();
        }
        let end = self.scanner.take().map_or(0, |entry| entry.end_line);
        match self.peek()? {
            Token::BlockEntry | Token::Key | Token::Value | Token::BlockEnd => {
                self.empty_at(end, State::IndentlessSequenceEntry, sink)
            }
            _ => self.node_then(State::IndentlessSequenceEntry, Place::Block, sink),
        }
    }

    #[inline]
    pub(super) fn block_mapping_key(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        match self.peek()? {
            Token::Key => self.block_mapping_part(State::BlockMappingValue, sink),
            Token::BlockEnd => {
                self.close();
                sink.end_mapping()
            }
            _ => self.unexpected("did not find expected key"),
        }
    }

    #[inline]
    pub(super) fn block_mapping_value(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        match self.peek()? {
            Token::Value => self.block_mapping_part(State::BlockMappingKey, sink),
            _ => self.empty_then(State::BlockMappingKey, sink),
        }
    }

    /// The node after a key's or value's mark.
    #[inline]
    fn block_mapping_part(&mut self, next: State, sink: &mut impl Sink<'a>) -> Result<()> {
        let end = self.scanner.take().map_or(0, |mark| mark.end_line);
        match self.peek()? {
            Token::Key | Token::Value | Token::BlockEnd => self.empty_at(end, next, sink),
            _ => self.node_then(next, Place::MappingValue, sink),
        }
    }

    /// Takes the token that ends a collection.
    pub(super) fn close(&mut self) {
        self.scanner.take();
        self.starts.pop();
        self.pop_state();
    }
}
