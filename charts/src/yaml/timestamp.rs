//! Which texts are dates to YAML 1.1, as far as Kubernetes tools care.

/// Whether a text is a date, or a date and a time.
pub(super) fn is_timestamp(text: &[u8]) -> bool {
    Reader { rest: text }.timestamp().is_some()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn timestamp(&mut self) -> Option<()> {
        let year = self.digits(4, 4)?;
        self.byte(b'-')?;
        let month = self.digits(1, 2)?;
        self.byte(b'-')?;
        let day = self.digits(1, 2)?;
        if !(1..=12).contains(&month) || day < 1 || day > days_of(month, year) {
            return None;
        }
        match self.rest.split_first() {
            None => return Some(()),
            Some((b'T' | b't', rest)) => {
                self.rest = rest;
                self.time()?;
                self.zone()?;
            }
            Some((b' ', _)) => {
                let spaces = self.rest.iter().take_while(|&&byte| byte == b' ').count();
                self.rest = &self.rest[spaces..];
                self.time()?;
            }
            Some(_) => return None,
        }
        self.rest.is_empty().then_some(())
    }

    fn time(&mut self) -> Option<()> {
        for (limit, end) in [(24, Some(b':')), (60, Some(b':')), (60, None)] {
            if self.digits(1, 2)? >= limit {
                return None;
            }
            if let Some(end) = end {
                self.byte(end)?;
            }
        }
        if let [b'.' | b',', b'0'..=b'9', ..] = self.rest {
            let digits = self.rest[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            self.rest = &self.rest[1 + digits..];
        }
        Some(())
    }

    fn zone(&mut self) -> Option<()> {
        if self.byte(b'Z').is_some() {
            return Some(());
        }
        self.byte(b'+').or_else(|| self.byte(b'-'))?;
        let hours = self.digits(2, 2)?;
        self.byte(b':')?;
        let minutes = self.digits(2, 2)?;
        (hours <= 24 && minutes <= 60).then_some(())
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let (&first, rest) = self.rest.split_first()?;
        (first == wanted).then(|| self.rest = rest)
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self
            .rest
            .iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        (count >= least).then(|| {
            digits
                .iter()
                .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
        })
    }
}

fn days_of(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_told_from_other_text() {
        for text in [
            "2001-01-01",
            "2001-1-1",
            "2000-02-29",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14T1:2:3Z",
            "2001-12-14  21:59:43,5",
        ] {
            assert!(is_timestamp(text.as_bytes()), "{text}");
        }
        for text in [
            "2001-02-29",
            "1900-02-29",
            "2001-13-01",
            "2001-1",
            "20011-01-01",
            "2001-12-14T21:59:43",
            "2001-12-14 24:00:00",
            "2001-12-14 21:59:43Z",
            "2001-01-01x",
        ] {
            assert!(!is_timestamp(text.as_bytes()), "{text}");
        }
    }
}
