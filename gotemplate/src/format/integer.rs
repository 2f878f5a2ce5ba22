//! Integers in all bases, with Go's flags.

use std::fmt::Write as _;

use super::printer::Printer;

/// An integer of any type: its magnitude, and whether it is negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Integer {
    pub(super) magnitude: u64,
    pub(super) negative: bool,
    pub(super) signed: bool,
}

impl Integer {
    pub(super) fn signed(value: i64) -> Self {
        Self {
            magnitude: value.unsigned_abs(),
            negative: value < 0,
            signed: true,
        }
    }

    pub(super) fn unsigned(value: u64) -> Self {
        Self {
            magnitude: value,
            negative: false,
            signed: false,
        }
    }

    /// As Go converts it to a character.
    fn character(self) -> char {
        if self.negative {
            return char::REPLACEMENT_CHARACTER;
        }
        u32::try_from(self.magnitude)
            .ok()
            .and_then(char::from_u32)
            .unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The two's complement bits.
    fn bits(self) -> u64 {
        if self.negative {
            self.magnitude.wrapping_neg()
        } else {
            self.magnitude
        }
    }
}

impl Printer<'_> {
    /// Whether the verb is one for integers; if so, the integer is printed.
    pub(super) fn integer(&mut self, integer: Integer, verb: char) -> bool {
        match verb {
            'v' if self.flags.sharp_v && !integer.signed => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                self.digits(integer, 16, 'x');
                self.flags.sharp = sharp;
            }
            // A file's bytes are millions of these.
            'v' | 'd' if self.flags.plain() => {
                let sign = if integer.negative { "-" } else { "" };
                self.format(format_args!("{sign}{}", integer.magnitude));
            }
            'v' | 'd' => self.digits(integer, 10, verb),
            'b' => self.digits(integer, 2, verb),
            'o' | 'O' => self.digits(integer, 8, verb),
            'x' | 'X' => self.digits(integer, 16, verb),
            'c' => {
                let character = integer.character();
                self.pad(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let quoted = super::quote::character(integer.character(), self.flags.plus);
                self.pad(quoted.as_bytes());
            }
            'U' => self.code_point(integer),
            _ => return false,
        }
        true
    }

    fn digits(&mut self, integer: Integer, base: u32, verb: char) {
        let flags = self.flags;
        let signs = integer.negative || flags.plus || flags.space;
        let least = match (flags.precision, flags.width) {
            (Some(0), _) if integer.magnitude == 0 => {
                self.without_zeros(|printer| printer.padding(flags.width.unwrap_or(0)));
                return;
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(usize::from(signs)),
            _ => 0,
        };
        let magnitude = integer.magnitude;
        let digits = match base {
            2 => format!("{magnitude:b}"),
            8 => format!("{magnitude:o}"),
            16 if verb == 'X' => format!("{magnitude:X}"),
            16 => format!("{magnitude:x}"),
            _ => magnitude.to_string(),
        };
        let zeros = "0".repeat(least.saturating_sub(digits.len()));
        let prefix = match (base, verb) {
            (8, 'O') if flags.sharp && !zeros.starts_with('0') && !digits.starts_with('0') => "0o0",
            (_, 'O') => "0o",
            (2, _) if flags.sharp => "0b",
            (8, _) if flags.sharp && !zeros.starts_with('0') && !digits.starts_with('0') => "0",
            (16, 'X') if flags.sharp => "0X",
            (16, _) if flags.sharp => "0x",
            _ => "",
        };
        let sign = match integer.negative {
            true => "-",
            false if flags.plus => "+",
            false if flags.space => " ",
            false => "",
        };
        let text = format!("{sign}{prefix}{zeros}{digits}");
        self.without_zeros(|printer| printer.pad(text.as_bytes()));
    }

    /// `U+0041`, with `#` also the character.
    fn code_point(&mut self, integer: Integer) {
        let bits = integer.bits();
        let digits = format!("{bits:X}");
        let least = self.flags.precision.unwrap_or(4).max(4);
        let zeros = "0".repeat(least.saturating_sub(digits.len()));
        let mut text = format!("U+{zeros}{digits}");
        if self.flags.sharp
            && let Some(character) = u32::try_from(bits).ok().and_then(char::from_u32)
            && super::quote::is_printable(character)
        {
            let _ = write!(text, " '{character}'");
        }
        self.without_zeros(|printer| printer.pad(text.as_bytes()));
    }
}
