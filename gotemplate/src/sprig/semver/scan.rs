//! Reading the pieces that versions and constraints are made of.

/// What is left of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scanner<'t> {
    rest: &'t str,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(rest: &'t str) -> Self {
        Self { rest }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    pub(super) fn accept(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// At least one byte for which `wanted` holds.
    pub(super) fn run(&mut self, wanted: impl Fn(u8) -> bool) -> Option<&'t str> {
        let length = self
            .rest
            .bytes()
            .position(|byte| !wanted(byte))
            .unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        (!run.is_empty()).then_some(run)
    }

    /// A dot and a run, or nothing is read.
    pub(super) fn dotted(&mut self, wanted: impl Fn(u8) -> bool) -> Option<&'t str> {
        let mut ahead = *self;
        let run = ahead.accept(".").then(|| ahead.run(wanted)).flatten()?;
        *self = ahead;
        Some(run)
    }

    /// A mark and dotted identifiers, or nothing is read.
    pub(super) fn identifiers(&mut self, mark: &str) -> Option<&'t str> {
        let wanted = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let mut ahead = *self;
        if !ahead.accept(mark) {
            return None;
        }
        let whole = ahead.rest;
        ahead.run(wanted)?;
        while ahead.dotted(wanted).is_some() {}
        *self = ahead;
        whole.get(..whole.len() - ahead.rest.len())
    }

    pub(super) fn spaces(&mut self) -> bool {
        self.run(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c))
            .is_some()
    }
}
