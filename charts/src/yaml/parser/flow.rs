//! Sequences and mappings in brackets.

use super::super::scanner::Token;
use super::{Node, Parser, Place, Result, Sink, State};

impl<'a> Parser<'a> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool, sink: &mut impl Sink<'a>) -> Result<()> {
        if !first && !matches!(self.peek()?, Token::FlowSequenceEnd) {
            if !matches!(self.peek()?, Token::FlowEntry) {
                return self.unexpected("did not find expected ',' or ']'");
            }
            self.scanner.take();
        }
        match self.peek()? {
            Token::FlowSequenceEnd => {
                self.close();
                sink.end_sequence()
            }
            Token::Key => {
                let line = self.scanner.take().map_or(0, |key| key.line);
                self.state = State::FlowPairKey;
                sink.start_mapping(Node {
                    line,
                    ..Node::default()
                })
            }
            _ => self.node_then(State::FlowSequenceEntry, Place::Flow, sink),
        }
    }

    /// The key of a mapping of one pair that stands in a sequence without braces.
    pub(super) fn flow_pair_key(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        let line = self.scanner.peek()?.end_line;
        match self.peek()? {
            Token::Value | Token::FlowEntry | Token::FlowSequenceEnd => {
                self.scanner.take();
                self.empty_at(line, State::FlowPairValue, sink)
            }
            _ => self.node_then(State::FlowPairValue, Place::Flow, sink),
        }
    }

    pub(super) fn flow_pair_value(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        let line = self.peek_line()?;
        if matches!(self.peek()?, Token::Value) {
            self.scanner.take();
            if !matches!(self.peek()?, Token::FlowEntry | Token::FlowSequenceEnd) {
                return self.node_then(State::FlowPairEnd, Place::Flow, sink);
            }
        }
        self.empty_at(line, State::FlowPairEnd, sink)
    }

    pub(super) fn flow_pair_end(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        self.peek()?;
        self.state = State::FlowSequenceEntry;
        sink.end_mapping()
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool, sink: &mut impl Sink<'a>) -> Result<()> {
        if !first && !matches!(self.peek()?, Token::FlowMappingEnd) {
            if !matches!(self.peek()?, Token::FlowEntry) {
                return self.unexpected("did not find expected ',' or '}'");
            }
            self.scanner.take();
        }
        match self.peek()? {
            Token::FlowMappingEnd => {
                self.close();
                sink.end_mapping()
            }
            Token::Key => {
                self.scanner.take();
                match self.peek()? {
                    Token::Value | Token::FlowEntry | Token::FlowMappingEnd => {
                        self.empty_then(State::FlowMappingValue, sink)
                    }
                    _ => self.node_then(State::FlowMappingValue, Place::Flow, sink),
                }
            }
            _ => self.node_then(State::FlowMappingEmptyValue, Place::Flow, sink),
        }
    }

    pub(super) fn flow_mapping_value(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        if matches!(self.peek()?, Token::Value) {
            self.scanner.take();
            if !matches!(self.peek()?, Token::FlowEntry | Token::FlowMappingEnd) {
                return self.node_then(State::FlowMappingKey, Place::Flow, sink);
            }
        }
        self.empty_then(State::FlowMappingKey, sink)
    }
}
