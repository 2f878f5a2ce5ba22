//! What the next token is, by its first character.

use super::{PossibleKey, Result, Scanner, Token};

impl Scanner<'_> {
    /// Reads at least one more token into the queue.
    pub(super) fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.close_blocks(self.cursor.indent());
        if self.cursor.column() == 0 && self.fetch_at_line_start()? {
            return Ok(());
        }
        let in_flow = self.flow_level > 0;
        match self.cursor.byte() {
            0 => self.fetch_stream_end(),
            b'[' => self.fetch_flow_start(Token::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Token::FlowMappingStart),
            b']' => self.fetch_flow_end(Token::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Token::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if self.cursor.ends_word(1) => self.fetch_block_entry(),
            b'?' if in_flow || self.cursor.ends_word(1) => self.fetch_key(),
            b':' if in_flow || self.cursor.ends_word(1) => self.fetch_value(),
            b'*' => self.fetch_name(Token::Alias),
            b'&' => self.fetch_name(Token::Anchor),
            b'!' => self.fetch_tag(),
            literal @ (b'|' | b'>') if !in_flow => self.fetch_block_scalar(literal == b'|'),
            quote @ (b'\'' | b'"') => self.fetch_quoted(quote),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => {
                Err(self.problem("found character that cannot start any token"))
            }
            _ => self.fetch_plain(),
        }
    }

    /// Directives and document markers; whether there was one.
    fn fetch_at_line_start(&mut self) -> Result<bool> {
        match self.cursor.byte() {
            b'%' => {
                self.close_all()?;
                self.fetch_directive()?;
            }
            byte @ (b'-' | b'.') if self.cursor.at_document_marker() => {
                self.close_all()?;
                self.cursor.skip_bytes(3);
                self.push_here(if byte == b'-' {
                    Token::DocumentStart
                } else {
                    Token::DocumentEnd
                });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn close_all(&mut self) -> Result<()> {
        self.close_blocks(-1);
        self.drop_key()?;
        self.key_allowed = false;
        Ok(())
    }

    /// Steps over blanks, comments and line breaks. Tabs count as blank only where no key may start.
    pub(super) fn skip_to_token(&mut self) {
        loop {
            if self.cursor.at == 0 && self.cursor.rest().starts_with(b"\xEF\xBB\xBF") {
                self.cursor.skip();
            }
            let tabs = self.flow_level > 0 || !self.key_allowed;
            while self.cursor.byte() == b' ' || tabs && self.cursor.byte() == b'\t' {
                self.cursor.at += 1;
            }
            if self.cursor.byte() == b'#' {
                self.cursor.skip_line();
            }
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_break();
            if self.flow_level == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn fetch_stream_end(&mut self) -> Result<()> {
        if let Some(problem) = self.cut.take() {
            return Err(problem);
        }
        self.cursor.finish_line();
        self.close_all()?;
        self.ended = true;
        self.push_here(Token::StreamEnd);
        Ok(())
    }

    fn fetch_flow_start(&mut self, token: Token<'static>) -> Result<()> {
        self.save_key()?;
        self.keys.push(PossibleKey {
            number: self.next_number(),
            ..PossibleKey::default()
        });
        self.flow_level += 1;
        self.key_allowed = true;
        self.cursor.skip();
        self.push_here(token);
        Ok(())
    }

    fn fetch_flow_end(&mut self, token: Token<'static>) -> Result<()> {
        self.drop_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.leave_level();
        }
        self.key_allowed = false;
        self.cursor.skip();
        self.push_here(token);
        Ok(())
    }

    /// Brackets in which no key was possible are never waited for as keys themselves: `{}: a` is an error.
    fn leave_level(&mut self) {
        let inner = self.keys.pop().map(|key| key.number);
        if let Some(outer) = self.keys.last_mut()
            && Some(outer.number) == inner
        {
            outer.awaited = false;
        }
        self.first_key = self.first_key.min(self.keys.len() - 1);
    }

    fn fetch_flow_entry(&mut self) -> Result<()> {
        self.drop_key()?;
        self.key_allowed = true;
        self.cursor.skip();
        self.push_here(Token::FlowEntry);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<()> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.problem("block sequence entries are not allowed in this context"));
            }
            self.open_block(
                self.cursor.column(),
                self.next_number(),
                Token::BlockSequenceStart,
            );
        }
        self.drop_key()?;
        self.key_allowed = true;
        self.cursor.skip();
        self.push_here(Token::BlockEntry);
        Ok(())
    }

    /// A `?`.
    fn fetch_key(&mut self) -> Result<()> {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.problem("mapping keys are not allowed in this context"));
            }
            self.open_block(self.cursor.column(), self.next_number(), Token::BlockMappingStart);
        }
        self.drop_key()?;
        self.key_allowed = self.flow_level == 0;
        self.cursor.skip();
        self.push_here(Token::Key);
        Ok(())
    }

    /// A `:`, after a simple key or after a long one.
    fn fetch_value(&mut self) -> Result<()> {
        let index = self.keys.len() - 1;
        if self.is_key_in_reach(index)? {
            self.keys[index].possible = false;
            let key = self.keys[index];
            self.insert(key.number, Token::Key, key.line);
            self.open_block(key.column, key.number, Token::BlockMappingStart);
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return Err(self.problem("mapping values are not allowed in this context"));
                }
                self.open_block(self.cursor.column(), self.next_number(), Token::BlockMappingStart);
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.cursor.skip();
        self.push_here(Token::Value);
        Ok(())
    }
}
