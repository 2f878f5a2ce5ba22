//! Repetitions: `*`, `+?`, `{2,3}`.

use regex_syntax::hir::{Hir, Repetition};

use super::parse::{Node, ParseError, Parser};

/// No repetition, nested ones multiplied, may ask for more.
const MOST_REPEATS: u32 = 1000;

impl<'p> Parser<'p> {
    pub(super) fn counted_repeat(&mut self) -> Result<bool, ParseError> {
        let Some((min, max, after)) = counts(self.rest) else {
            self.skip(1);
            self.literal(u32::from(b'{'))?;
            return Ok(false);
        };
        let bad = || {
            ParseError::new(
                "invalid repeat count",
                &self.rest[..self.rest.len() - after.len()],
            )
        };
        let min = min.filter(|&min| min <= MOST_REPEATS).ok_or_else(bad)?;
        let max = match max {
            Some(max) => Some(
                max.filter(|&max| max <= MOST_REPEATS && max >= min)
                    .ok_or_else(bad)?,
            ),
            None => None,
        };
        self.repeat_counted(min, max, after)
    }

    fn repeat_counted(&mut self, min: u32, max: Option<u32>, after: &'p str) -> Result<bool, ParseError> {
        let before = self.rest;
        self.repeat(min, max, after)?;
        let read = &before[..before.len() - self.rest.len()];
        let Some(node) = self.group()?.sequence.last_mut() else {
            return Ok(true);
        };
        node.repeats = match max.unwrap_or(min) {
            0 if max.is_some() => 1,
            0 => node.repeats,
            times => node.repeats.saturating_mul(times),
        };
        if (min >= 2 || max.is_some_and(|max| max >= 2)) && node.repeats > MOST_REPEATS {
            return Err(ParseError::new("invalid repeat count", read));
        }
        Ok(true)
    }

    pub(super) fn repeat(&mut self, min: u32, max: Option<u32>, after: &'p str) -> Result<bool, ParseError> {
        let before = self.rest;
        let lazy = after.starts_with('?');
        self.rest = after.strip_prefix('?').unwrap_or(after);
        if let Some(last) = self.last_repeat {
            let read = &last[..last.len() - self.rest.len()];
            return Err(ParseError::new("invalid nested repetition operator", read));
        }
        let read = &before[..before.len() - self.rest.len()];
        let greedy = lazy == self.flags.ungreedy;
        let sequence = &mut self.group()?.sequence;
        let node = sequence
            .pop()
            .ok_or_else(|| ParseError::new("missing argument to repetition operator", read))?;
        let tree = Hir::repetition(Repetition {
            min,
            max,
            greedy,
            sub: Box::new(node.tree),
        });
        sequence.push(Node {
            tree,
            repeats: node.repeats,
        });
        Ok(true)
    }
}

/// A count as it is written: too large a number gives none.
type Count = Option<u32>;

/// `{2}`, `{2,}`, `{2,3}` and what follows; anything else is no repetition.
fn counts(text: &str) -> Option<(Count, Option<Count>, &str)> {
    let (min, rest) = count(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => count(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    Some((min, max, rest.strip_prefix('}')?))
}

fn count(text: &str) -> Option<(Count, &str)> {
    let length = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(length);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().ok(), rest))
}
