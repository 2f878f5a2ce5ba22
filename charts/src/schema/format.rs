//! Formats of texts: what `format` asks for, in the drafts where it asks for anything.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::pattern;

/// Checks a text; the error says what is wrong with it. Formats that nobody knows ask for nothing.
pub(super) fn check(format: &str, text: &str) -> Result<(), String> {
    match format {
        "regex" => pattern::check(text),
        "ipv4" => ipv4(text),
        "ipv6" => ipv6(text),
        "hostname" => hostname(text),
        "email" => email(text),
        "uuid" => uuid(text),
        "date" => date(text),
        "time" => time(text),
        "date-time" => date_time(text),
        "duration" => duration(text),
        "uri" | "iri" => uri(text),
        "uri-reference" | "iri-reference" if text.contains('\\') => fail("contains \\"),
        "json-pointer" => pointer(text),
        "semver" => semver(text),
        _ => Ok(()),
    }
}

fn fail(reason: impl Into<String>) -> Result<(), String> {
    Err(reason.into())
}

fn ensure(is_met: bool, reason: &str) -> Result<(), String> {
    if is_met { Ok(()) } else { fail(reason) }
}

fn ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    ensure(groups.len() == 4, "expected four decimals")?;
    ensure(
        !groups
            .iter()
            .any(|group| group.len() > 1 && group.starts_with('0')),
        "leading zeros",
    )?;
    ensure(
        text.parse::<Ipv4Addr>().is_ok(),
        "decimal must be between 0 and 255",
    )
}

fn ipv6(text: &str) -> Result<(), String> {
    ensure(text.contains(':'), "missing colon")?;
    ensure(text.parse::<Ipv6Addr>().is_ok(), "unable to parse IP")
}

fn hostname(text: &str) -> Result<(), String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    ensure(text.len() <= 253, "more than 253 characters long")?;
    for label in text.split('.') {
        ensure(
            (1..=63).contains(&label.len()),
            "label must be 1 to 63 characters long",
        )?;
        ensure(!label.starts_with('-'), "label starts with hyphen")?;
        ensure(!label.ends_with('-'), "label ends with hyphen")?;
        if let Some(c) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return fail(format!("invalid character {c:?}"));
        }
    }
    Ok(())
}

fn email(text: &str) -> Result<(), String> {
    ensure(text.len() <= 254, "more than 255 characters long")?;
    let (local, domain) = text.rsplit_once('@').ok_or("missing @")?;
    ensure(local.len() <= 64, "local part more than 64 characters long")?;
    let is_quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    if !is_quoted {
        ensure(!local.starts_with('.'), "starts with dot")?;
        ensure(!local.ends_with('.'), "ends with dot")?;
        ensure(!local.contains(".."), "consecutive dots")?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
        if let Some(c) = local.chars().find(|c| !is_allowed(*c)) {
            return fail(format!("invalid character {c:?}"));
        }
    }
    match domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|reason| format!("invalid ipv6 address: {reason}")),
            None => ipv4(address).map_err(|reason| format!("invalid ipv4 address: {reason}")),
        },
        None => hostname(domain).map_err(|reason| format!("invalid domain: {reason}")),
    }
}

fn uuid(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('-').collect();
    ensure(groups.len() == 5, "must have 5 elements")?;
    for (index, (group, length)) in groups.iter().zip([8, 4, 4, 4, 12]).enumerate() {
        if group.len() != length {
            return fail(format!("element {} must be {length} characters long", index + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return fail(format!("non-hex character {c:?}"));
        }
    }
    Ok(())
}

/// A number of `length` digits.
fn digits(text: Option<&str>, length: usize) -> Option<u32> {
    text.filter(|text| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))?
        .parse()
        .ok()
}

fn date(text: &str) -> Result<(), String> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |index: usize, length| digits(parts.get(index).copied(), length);
    let (Some(year), Some(month), Some(day), 3) = (number(0, 4), number(1, 2), number(2, 2), parts.len())
    else {
        return fail("expected yyyy-mm-dd");
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    ensure((1..=12).contains(&month), "month out of range")?;
    ensure((1..=days).contains(&day), "day out of range")
}

fn time(text: &str) -> Result<(), String> {
    ensure(text.len() >= 9, "less than 9 characters long")?;
    let part = |from: usize| digits(text.get(from..from + 2), 2);
    let is_parted = text.as_bytes()[2] == b':' && text.as_bytes()[5] == b':';
    ensure(is_parted, "missing colon in correct place")?;
    let (Some(hour), Some(minute), Some(second)) = (part(0), part(3), part(6)) else {
        return fail("invalid hour/min/sec");
    };
    ensure(
        hour < 24 && minute < 60 && second <= 60,
        "hour/min/sec out of range",
    )?;
    let mut rest = &text[8..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        ensure(rest.len() < fraction.len(), "no digits in second fraction")?;
    }
    if rest.eq_ignore_ascii_case("z") {
        return Ok(());
    }
    ensure(rest.len() == 6, "offset must be 6 characters long")?;
    ensure(rest.starts_with(['+', '-']), "offset must begin with plus/minus")?;
    let zone = (digits(rest.get(1..3), 2), digits(rest.get(4..6), 2));
    match zone {
        (Some(hour), Some(minute)) if rest.get(3..4) == Some(":") => {
            ensure(hour < 24 && minute < 60, "hour/min in offset out of range")
        }
        _ => fail("invalid hour/min in offset"),
    }
}

fn date_time(text: &str) -> Result<(), String> {
    ensure(text.len() >= 20, "less than 20 characters long")?;
    let parts = text.get(..10).zip(text.get(10..11)).zip(text.get(11..));
    match parts {
        Some(((day, "t" | "T"), clock)) => {
            date(day).map_err(|reason| format!("invalid date element: {reason}"))?;
            time(clock).map_err(|reason| format!("invalid time element: {reason}"))
        }
        _ => fail("11th character must be t or T"),
    }
}

fn duration(text: &str) -> Result<(), String> {
    let rest = text.strip_prefix('P').ok_or("must start with P")?;
    ensure(!rest.is_empty(), "nothing after P")?;
    if let Some(weeks) = rest.strip_suffix('W') {
        return ensure(
            !weeks.is_empty() && weeks.bytes().all(|b| b.is_ascii_digit()),
            "invalid week",
        );
    }
    for (index, part) in rest.split('T').enumerate() {
        ensure(index == 0 || !part.is_empty(), "no time elements")?;
        let mut units = *["YMD", "HMS"].get(index).ok_or("more than one T")?;
        let mut part = part;
        while !part.is_empty() {
            let after = part.trim_start_matches(|c: char| c.is_ascii_digit());
            ensure(after.len() < part.len(), "missing number")?;
            let unit = after.chars().next().ok_or("missing unit")?;
            let at = units.find(unit).ok_or_else(|| format!("invalid unit {unit:?}"))?;
            units = &units[at + 1..];
            part = &after[unit.len_utf8()..];
        }
    }
    Ok(())
}

fn uri(text: &str) -> Result<(), String> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    ensure(
        !text.chars().any(char::is_control),
        "invalid control character in URL",
    )?;
    ensure(is_scheme, "relative url")
}

fn pointer(text: &str) -> Result<(), String> {
    ensure(text.is_empty() || text.starts_with('/'), "not starting with /")?;
    let mut escapes = text.split('~').skip(1);
    ensure(
        escapes.all(|after| after.starts_with(['0', '1'])),
        "~ must be followed by 0 or 1",
    )
}

fn semver(text: &str) -> Result<(), String> {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    ensure(
        parts.len() == 3,
        "versionCore must have 3 numbers separated by dot",
    )?;
    let is_number = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part.len() == 1 || !part.starts_with('0'))
    };
    ensure(parts.iter().all(is_number), "contains non-digit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_know_good_texts_from_bad_ones() {
        for (format, good, bad) in [
            ("ipv4", "192.0.2.1", "192.0.2.01"),
            ("ipv6", "fd00::1", "fd00"),
            ("hostname", "a-b.example", "a_b"),
            ("email", "a.b@example.test", "a..b@example.test"),
            ("email", "a@[192.0.2.1]", "a@[1]"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
            ("date", "2024-02-29", "2023-02-29"),
            ("date-time", "2024-01-01T23:59:60.5Z", "2024-01-01 00:00:00Z"),
            ("date-time", "2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+01"),
            ("duration", "P1DT2H", "P1H"),
            ("duration", "P2W", "PW"),
            ("uri", "https://example.test/x", "/x"),
            ("json-pointer", "/a~0b", "/a~2"),
            ("semver", "1.2.3-rc.1", "1.2"),
            ("regex", "^a+$", "("),
        ] {
            assert_eq!(check(format, good), Ok(()), "{format} {good}");
            assert!(check(format, bad).is_err(), "{format} {bad}");
        }
        assert_eq!(check("unknown", ""), Ok(()));
    }
}
