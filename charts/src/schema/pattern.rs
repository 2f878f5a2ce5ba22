//! Patterns of a schema, with the meaning that they have in Helm: RE2's.

use gotemplate::sprig::regex::{self, Regex};

/// What the patterns of a schema may take to compile, in steps: about a second. Those of charts take a hundredth.
const MOST_WORK: u64 = 20_000_000;

/// A compiled pattern.
pub(super) struct Pattern<'a> {
    pub(super) text: &'a str,
    regex: Regex,
}

/// Compiles patterns as long as there is work left.
pub(super) struct Patterns {
    left: u64,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { left: MOST_WORK }
    }
}

impl Patterns {
    pub(super) fn compile<'a>(&mut self, text: &'a str) -> Result<Pattern<'a>, String> {
        let invalid = |error| format!("{text:?} is not valid regex: {error}");
        self.spend(regex::Pattern::work_to_parse(text.as_bytes()))?;
        let pattern = regex::Pattern::parse(text.as_bytes()).map_err(invalid)?;
        self.spend(pattern.work_to_compile())?;
        Ok(Pattern {
            text,
            regex: pattern.compile().map_err(invalid)?,
        })
    }

    fn spend(&mut self, work: u64) -> Result<(), String> {
        let left = self.left.checked_sub(work);
        self.left = left.ok_or("the schema's patterns ask for more work than a chart may")?;
        Ok(())
    }
}

impl Pattern<'_> {
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text.as_bytes())
    }

    /// What a match costs beside the other checks.
    pub(super) fn work(&self, text: &str) -> u64 {
        1 + (text.len() as u64).saturating_mul(self.regex.work_per_byte()) / 1024
    }
}

/// Whether a text is a pattern.
pub(super) fn check(text: &str) -> Result<(), String> {
    regex::Pattern::parse(text.as_bytes())
        .map(|_| ())
        .map_err(|error| error.to_string())
}
