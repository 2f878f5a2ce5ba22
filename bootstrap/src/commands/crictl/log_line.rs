//! The CRI's log format: `2026-11-23T07:28:01.5Z stdout F text`, a line a record; `P` marks a part of a longer one.

use jiff::Timestamp;

/// Which of a container's outputs a record came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// One record of a log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// As it stands in the file.
    pub(super) time: &'a str,
    pub(super) stream: Stream,
    /// Whether the line goes on in the next record.
    pub(super) partial: bool,
    pub(super) text: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads one line, without its line feed; none when it is no record.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let mut parts = line.splitn(4, |&byte| byte == b' ');
        let time = std::str::from_utf8(parts.next()?).ok()?;
        let stream = match parts.next()? {
            b"stdout" => Stream::Stdout,
            b"stderr" => Stream::Stderr,
            _ => return None,
        };
        let tags = parts.next()?;
        let text = parts.next().unwrap_or_default();
        Some(Self {
            time,
            stream,
            partial: tags.split(|&byte| byte == b':').next() == Some(b"P"),
            text,
        })
    }

    /// Whether it was written at or after `since`.
    pub(super) fn is_since(&self, since: Option<Timestamp>) -> bool {
        since.is_none_or(|since| self.time.parse::<Timestamp>().is_ok_and(|time| time >= since))
    }
}

/// Where the last `lines` lines of `log` begin; records of one line count once.
pub(super) fn tail_start(log: &[u8], lines: usize) -> usize {
    let mut start = log.len();
    let mut found = 0;
    for line in log.split_inclusive(|&byte| byte == b'\n').rev() {
        let partial = Record::parse(line).is_some_and(|record| record.partial);
        if !partial {
            if found == lines {
                break;
            }
            found += 1;
        }
        start -= line.len();
    }
    start
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOG: &[u8] = b"2026-11-23T07:28:01.5Z stdout F one\n\
        2026-11-23T07:28:02Z stderr P tw\n\
        2026-11-23T07:28:02.1Z stderr F o\n\
        2026-11-23T07:28:03Z stdout F three\n";

    #[test]
    fn a_record_has_time_stream_tag_and_text() {
        let record = Record::parse(b"2026-11-23T07:28:01.5Z stderr P a  b ").unwrap();
        assert_eq!(record.time, "2026-11-23T07:28:01.5Z");
        assert_eq!(
            (record.stream, record.partial, record.text),
            (Stream::Stderr, true, b"a  b ".as_slice())
        );
    }

    #[test]
    fn an_empty_line_is_a_record_too() {
        let record = Record::parse(b"2026-11-23T07:28:01.5Z stdout F ").unwrap();
        assert_eq!((record.partial, record.text), (false, b"".as_slice()));
    }

    #[test]
    fn what_is_no_record_is_none() {
        assert_eq!(Record::parse(b"{\"log\":\"docker\"}"), None);
        assert_eq!(Record::parse(b""), None);
    }

    #[test]
    fn the_last_lines_hold_their_parts_whole() {
        let tail = |lines| &LOG[tail_start(LOG, lines)..];
        assert_eq!(tail(0), b"");
        assert_eq!(tail(1), b"2026-11-23T07:28:03Z stdout F three\n");
        assert!(tail(2).starts_with(b"2026-11-23T07:28:02Z stderr P tw\n"));
        assert_eq!(tail(3), LOG);
        assert_eq!(tail(9), LOG);
    }

    #[test]
    fn since_compares_times_and_not_text() {
        let record = Record::parse(b"2026-11-23T09:28:01+02:00 stdout F x").unwrap();
        assert!(record.is_since(Some("2026-11-23T07:28:01Z".parse().unwrap())));
        assert!(!record.is_since(Some("2026-11-23T07:28:02Z".parse().unwrap())));
        assert!(record.is_since(None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, lines in 0_usize..4) {
            let start = tail_start(&bytes, lines);
            prop_assert!(start <= bytes.len());
            let _ = Record::parse(&bytes);
        }
    }
}
