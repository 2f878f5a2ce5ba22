//! Where documents start and end, and their directives.

use super::super::scanner::{Tag, Token};
use super::{Parser, Place, Problem, Result, Sink, State};

impl<'a> Parser<'a> {
    /// Finds the next document; whether there is one.
    pub(super) fn start_document(&mut self) -> Result<bool> {
        self.states.clear();
        if !self.first {
            while matches!(self.peek()?, Token::DocumentEnd) {
                self.scanner.take();
            }
        }
        let implicit = std::mem::replace(&mut self.first, false);
        match self.peek()? {
            Token::StreamEnd => return Ok(false),
            Token::Version(..) | Token::TagDirective(_) | Token::DocumentStart => {}
            _ if implicit => {
                self.default_tags();
                self.state = State::BlockNode;
                return Ok(true);
            }
            _ => {}
        }
        self.directives()?;
        if !matches!(self.peek()?, Token::DocumentStart) {
            let line = self.peek_line()?;
            return Err(Problem::parsing(
                line,
                0,
                "did not find expected <document start>",
            ));
        }
        self.scanner.take();
        self.state = State::DocumentContent;
        Ok(true)
    }

    fn directives(&mut self) -> Result<()> {
        let mut version = false;
        loop {
            let line = self.peek_line()?;
            match self.peek()? {
                Token::Version(..) if version => {
                    return Err(Problem::parsing(line, 0, "found duplicate %YAML directive"));
                }
                Token::Version(1, 1) => version = true,
                Token::Version(..) => {
                    return Err(Problem::parsing(line, 0, "found incompatible YAML document"));
                }
                Token::TagDirective(_) => {}
                _ => break,
            }
            if let Some(Token::TagDirective(tag)) = self.scanner.take().map(|spanned| spanned.token) {
                if self.tags.iter().any(|known| known.handle == tag.handle) {
                    return Err(Problem::parsing(line, 0, "found duplicate %TAG directive"));
                }
                self.tags.push(*tag);
            }
        }
        self.default_tags();
        Ok(())
    }

    fn default_tags(&mut self) {
        for (handle, prefix) in [(&b"!"[..], &b"!"[..]), (b"!!", b"tag:yaml.org,2002:")] {
            if !self.tags.iter().any(|known| known.handle == handle) {
                self.tags.push(Tag {
                    handle,
                    suffix: prefix.to_vec(),
                });
            }
        }
    }

    /// What follows `---`.
    pub(super) fn document_content(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        match self.peek()? {
            Token::Version(..)
            | Token::TagDirective(_)
            | Token::DocumentStart
            | Token::DocumentEnd
            | Token::StreamEnd => self.empty_then(State::DocumentEnd, sink),
            _ => self.node(Place::Block, sink),
        }
    }

    pub(super) fn end_document(&mut self) -> Result<()> {
        if matches!(self.peek()?, Token::DocumentEnd) {
            self.scanner.take();
        }
        self.tags.clear();
        Ok(())
    }
}
