//! The pieces of a time's text: digits, names, fractions, zones.

/// Why an element could not be read.
pub(super) enum Bad {
    Value,
    Range(&'static str),
}

pub(super) type Read<'v, T> = Result<(T, &'v [u8]), Bad>;

/// Steps over what a layout holds besides its elements; one space stands for any number of them.
pub(super) fn skip<'v>(mut value: &'v [u8], mut prefix: &[u8]) -> Result<&'v [u8], &'v [u8]> {
    while let [first, rest @ ..] = prefix {
        if *first == b' ' {
            if value.first().is_some_and(|&byte| byte != b' ') {
                return Err(value);
            }
            prefix = without_spaces(prefix);
            value = without_spaces(value);
            continue;
        }
        value = value.strip_prefix(std::slice::from_ref(first)).ok_or(value)?;
        prefix = rest;
    }
    Ok(value)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|&&byte| byte == b' ').count();
    &text[spaces..]
}

pub(super) fn signed(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn digit(value: &[u8], index: usize) -> Option<i64> {
    value
        .get(index)
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| i64::from(byte - b'0'))
}

pub(super) fn two_digits(value: &[u8], fixed: bool) -> Read<'_, i64> {
    match (digit(value, 0), digit(value, 1)) {
        (Some(tens), Some(ones)) => Ok((tens * 10 + ones, &value[2..])),
        (Some(ones), None) if !fixed => Ok((ones, &value[1..])),
        _ => Err(Bad::Value),
    }
}

pub(super) fn three_digits(value: &[u8], fixed: bool) -> Read<'_, i64> {
    let length = value
        .iter()
        .take(3)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if length == 0 || (fixed && length != 3) {
        return Err(Bad::Value);
    }
    let (digits, left) = value.split_at(length);
    Ok((signed(digits).ok_or(Bad::Value)?, left))
}

pub(super) fn lookup<'v>(names: &[&str], length: usize, value: &'v [u8]) -> Read<'v, usize> {
    names
        .iter()
        .enumerate()
        .find_map(|(index, name)| {
            let name = &name.as_bytes()[..name.len().min(length)];
            let (start, left) = value.split_at_checked(name.len())?;
            start.eq_ignore_ascii_case(name).then_some((index, left))
        })
        .ok_or(Bad::Value)
}

/// How long the fraction at the start is, its point or comma included.
pub(super) fn fraction_length(value: &[u8]) -> usize {
    match value {
        [b'.' | b',', digits @ ..] => 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    }
}

pub(super) fn nanoseconds(fraction: &[u8]) -> Result<i64, Bad> {
    if !matches!(fraction.first(), Some(b'.' | b',')) {
        return Err(Bad::Value);
    }
    // What is smaller than a nanosecond does not count.
    let digits = &fraction[1..fraction.len().min(10)];
    let number = signed(digits).ok_or(Bad::Value)?;
    if number < 0 {
        return Err(Bad::Range("fractional second"));
    }
    (digits.len()..9)
        .try_fold(number, |number, _| number.checked_mul(10))
        .ok_or(Bad::Value)
}

/// How long the zone's short name at the start is.
pub(super) fn zone_name_length(value: &[u8]) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(offset) = value.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_length(offset));
    }
    if matches!(value[0], b'+' | b'-') {
        return Some(signed_offset_length(value)).filter(|&length| length > 0);
    }
    let letters = value
        .iter()
        .take(6)
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    match letters {
        5 if value[4] == b'T' => Some(5),
        4 if value[3] == b'T' || value.starts_with(b"WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

fn signed_offset_length(value: &[u8]) -> usize {
    let Some(digits) = value.strip_prefix(b"+").or_else(|| value.strip_prefix(b"-")) else {
        return 0;
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match signed(&digits[..length]) {
        Some(0..=23) => 1 + length,
        _ => 0,
    }
}
