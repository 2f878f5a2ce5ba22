//! DER: what keys and certificates are written in.

/// Tags that are needed.
pub(super) mod tag {
    pub(in crate::sprig::crypto) const BOOLEAN: u8 = 0x01;
    pub(in crate::sprig::crypto) const INTEGER: u8 = 0x02;
    pub(in crate::sprig::crypto) const BIT_STRING: u8 = 0x03;
    pub(in crate::sprig::crypto) const OCTET_STRING: u8 = 0x04;
    pub(in crate::sprig::crypto) const NULL: u8 = 0x05;
    pub(in crate::sprig::crypto) const OBJECT: u8 = 0x06;
    pub(in crate::sprig::crypto) const UTF8_STRING: u8 = 0x0c;
    pub(in crate::sprig::crypto) const PRINTABLE_STRING: u8 = 0x13;
    pub(in crate::sprig::crypto) const UTC_TIME: u8 = 0x17;
    pub(in crate::sprig::crypto) const GENERALIZED_TIME: u8 = 0x18;
    pub(in crate::sprig::crypto) const SEQUENCE: u8 = 0x30;
    pub(in crate::sprig::crypto) const SET: u8 = 0x31;
}

pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut written = vec![tag];
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|&&byte| byte == 0).count()..];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => written.push(short),
        _ => {
            written.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
            written.extend_from_slice(significant);
        }
    }
    written.extend_from_slice(content);
    written
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// A number that is not negative, from its bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let digits = &bytes[zeros..];
    let sign: &[u8] = if digits.first().is_none_or(|&first| first >= 0x80) {
        &[0]
    } else {
        &[]
    };
    element(tag::INTEGER, &[sign, digits].concat())
}

/// A string of whole bytes.
pub(super) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], bytes].concat())
}

/// Reads one element after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'d>(pub(super) &'d [u8]);

/// An element that was read.
#[derive(Clone, Copy)]
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
    /// Tag and length included.
    pub(super) whole: &'d [u8],
}

impl<'d> Reader<'d> {
    pub(super) fn next(&mut self) -> Option<Element<'d>> {
        let whole = self.0;
        let (&tag, rest) = whole.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.is_empty() || digits.len() > 4 {
                return None;
            }
            length = digits
                .iter()
                .fold(0, |length, &byte| length << 8 | usize::from(byte));
            rest = after;
        }
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some(Element {
            tag,
            content,
            whole: &whole[..whole.len() - after.len()],
        })
    }

    /// The content of the next element, if it has that tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element.content)
    }

    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.expect(tag::SEQUENCE).map(Self)
    }

    /// The bytes of a number that is not negative, without zeros before them.
    pub(super) fn integer(&mut self) -> Option<&'d [u8]> {
        let bytes = self.expect(tag::INTEGER)?;
        match bytes {
            [] => None,
            [0, digits @ ..] => Some(digits),
            [first, ..] => (*first < 0x80).then_some(bytes),
        }
    }
}
