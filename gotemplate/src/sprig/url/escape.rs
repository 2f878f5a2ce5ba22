//! Which characters stand for themselves in which part of an address.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    /// The zone of an address of IPv6.
    Zone,
    User,
    Fragment,
}

fn stands(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() {
        return true;
    }
    let others: &[u8] = match part {
        Part::Path => b"-._~$&+,/:;=@",
        Part::Host | Part::Zone => b"-._~!\"$&'()*+,:;<=>[]",
        Part::User => b"-._~$&+,;=",
        Part::Fragment => b"-._~!$&()*+,/:;=?@",
    };
    others.contains(&byte)
}

pub(super) fn escape(text: &[u8], part: Part) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        if stands(byte, part) {
            escaped.push(byte);
        } else {
            escaped.extend([
                b'%',
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
    }
    escaped
}

pub(super) fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut unescaped = Vec::with_capacity(text.len());
    let mut left = text;
    while let [first, rest @ ..] = left {
        if *first == b'%' {
            unescaped.push(escaped_byte(left, part)?);
            left = &left[3..];
            continue;
        }
        if matches!(part, Part::Host | Part::Zone) && first.is_ascii() && !stands(*first, part) {
            return Err(format!(
                "invalid character {} in host name",
                crate::format::quoted(&[*first])
            ));
        }
        unescaped.push(*first);
        left = rest;
    }
    Ok(unescaped)
}

fn escaped_byte(text: &[u8], part: Part) -> Result<u8, String> {
    let written = &text[..text.len().min(3)];
    let invalid = || format!("invalid URL escape {}", crate::format::quoted(written));
    let digit = |index: usize| {
        let digit = written.get(index).and_then(|&byte| char::from(byte).to_digit(16));
        digit
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or_else(invalid)
    };
    let (high, low) = (digit(1)?, digit(2)?);
    let byte = high << 4 | low;
    let allowed = match part {
        _ if written == b"%25" => true,
        // In a host name only what is not ASCII may be escaped.
        Part::Host => high >= 8,
        Part::Zone => byte == b' ' || stands(byte, Part::Host),
        _ => true,
    };
    if allowed { Ok(byte) } else { Err(invalid()) }
}
