//! Collections in brackets.

use super::{Lines, Result, Sink, Unusual, node, scalar};

/// Brackets may nest this deep.
const MAX_DEPTH: usize = 20;

impl<'a> Lines<'a> {
    pub(super) fn flow(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        self.scanner.set_flow(true);
        let result = self.flow_node(0, sink);
        self.scanner.set_flow(false);
        result
    }

    fn flow_node(&mut self, depth: usize, sink: &mut impl Sink<'a>) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Unusual);
        }
        let line = self.scanner.cursor.line;
        match self.scanner.cursor.byte() {
            b'[' => {
                sink.start_sequence(node(line))?;
                self.scanner.cursor.skip_bytes(1);
                while !self.flow_end(b']')? {
                    self.flow_node(depth + 1, sink)?;
                    self.flow_comma(b']')?;
                }
                Ok(sink.end_sequence()?)
            }
            b'{' => {
                sink.start_mapping(node(line))?;
                self.scanner.cursor.skip_bytes(1);
                while !self.flow_end(b'}')? {
                    self.flow_pair(depth, sink)?;
                    self.flow_comma(b'}')?;
                }
                Ok(sink.end_mapping()?)
            }
            _ => self.flow_scalar(sink),
        }
    }

    fn flow_pair(&mut self, depth: usize, sink: &mut impl Sink<'a>) -> Result<()> {
        let line = self.scanner.cursor.line;
        let Some(key) = self.key()? else {
            return Err(Unusual);
        };
        if self.scanner.cursor.byte() != b':' {
            return Err(Unusual);
        }
        scalar(key, line, sink)?;
        self.scanner.cursor.skip_bytes(1);
        self.flow_gap()?;
        self.flow_node(depth + 1, sink)
    }

    fn flow_scalar(&mut self, sink: &mut impl Sink<'a>) -> Result<()> {
        let line = self.scanner.cursor.line;
        let text = match self.scanner.cursor.byte() {
            quote @ (b'"' | b'\'') => self.scanner.quoted(quote)?,
            b'?' | b':' => return Err(Unusual),
            _ if self.starts_plain() => self.scanner.flow_plain()?,
            _ => return Err(Unusual),
        };
        scalar(text, line, sink)
    }

    /// Whether the collection ends here; steps over its bracket.
    fn flow_end(&mut self, bracket: u8) -> Result<bool> {
        self.flow_gap()?;
        let ends = self.scanner.cursor.byte() == bracket;
        if ends {
            self.scanner.cursor.skip_bytes(1);
        }
        Ok(ends)
    }

    /// Steps over the comma behind an entry, unless the collection ends.
    fn flow_comma(&mut self, bracket: u8) -> Result<()> {
        self.flow_gap()?;
        match self.scanner.cursor.byte() {
            b',' => self.scanner.cursor.skip_bytes(1),
            byte if byte == bracket => {}
            _ => return Err(Unusual),
        }
        Ok(())
    }

    /// Steps over spaces and line breaks. Marks of documents and directives may start a line even here.
    fn flow_gap(&mut self) -> Result<()> {
        let cursor = &mut self.scanner.cursor;
        loop {
            cursor.skip_spaces(None);
            if !cursor.is_break() {
                break;
            }
            cursor.skip_break();
        }
        match cursor.byte() {
            b'-' | b'.' | b'%' if cursor.column() == 0 => Err(Unusual),
            _ => Ok(()),
        }
    }
}
