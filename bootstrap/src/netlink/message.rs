//! Netlink's wire format: a header, a body, and attributes within it.

/// Asks for an answer to one request.
pub(super) const REQUEST_ACK: u16 = 0x0005;
/// Asks for all there is.
pub(super) const REQUEST_DUMP: u16 = 0x0301;

const HEADER: usize = 16;
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// One message: its kind and what follows the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: u16,
    pub(super) body: Vec<u8>,
}

/// What a message of the kernel is to the one who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A part of a listing.
    Part(Message),
    /// The end: 0, or the number of an error.
    End(i32),
}

impl Message {
    /// The bytes of a request.
    pub(super) fn encode(&self, flags: u16, sequence: u32) -> Vec<u8> {
        let length = HEADER + self.body.len();
        let mut bytes = Vec::with_capacity(length);
        bytes.extend(u32::try_from(length).expect("requests are short").to_ne_bytes());
        bytes.extend(self.kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(&self.body);
        bytes
    }
}

/// The answers in one datagram; a torn one ends the list.
pub(super) fn decode(mut bytes: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let (Some(length), Some(kind)) = (u32_at(bytes, 0), u16_at(bytes, 4)) {
        let length = length as usize;
        let Some(body) = bytes.get(HEADER..length) else {
            break;
        };
        answers.push(match kind {
            DONE => Answer::End(0),
            ERROR => Answer::End(
                body.get(..4)
                    .and_then(|code| code.try_into().ok())
                    .map_or(0, i32::from_ne_bytes),
            ),
            _ => Answer::Part(Message {
                kind,
                body: body.to_vec(),
            }),
        });
        bytes = bytes.get(aligned(length)..).unwrap_or_default();
    }
    answers
}

/// The bytes of an attribute.
pub(super) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = 4 + value.len();
    let mut bytes = Vec::with_capacity(aligned(length));
    bytes.extend(u16::try_from(length).expect("attributes are short").to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(aligned(length), 0);
    bytes
}

/// The value of the attribute `kind` among `attributes`.
pub(super) fn find(mut attributes: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(u16_at(attributes, 0)?);
        // The two highest bits are flags.
        if u16_at(attributes, 2)? & 0x3fff == kind {
            return attributes.get(4..length);
        }
        attributes = attributes.get(aligned(length.max(4))..)?;
    }
}

/// The text of a value that may end with a zero.
pub(super) fn text(value: &[u8]) -> String {
    let value = value.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(value).into_owned()
}

/// A number in the machine's own order.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(body: &[u8]) -> Message {
        Message {
            kind: 16,
            body: body.to_vec(),
        }
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let mut bytes = message(&[1, 2, 3, 4]).encode(REQUEST_DUMP, 7);
        bytes.extend(
            Message {
                kind: DONE,
                body: vec![0; 4],
            }
            .encode(0, 7),
        );
        assert_eq!(
            decode(&bytes),
            [Answer::Part(message(&[1, 2, 3, 4])), Answer::End(0)]
        );
    }

    #[test]
    fn an_error_carries_its_number() {
        let bytes = Message {
            kind: ERROR,
            body: (-1_i32).to_ne_bytes().to_vec(),
        }
        .encode(0, 1);
        assert_eq!(decode(&bytes), [Answer::End(-1)]);
    }

    #[test]
    fn attributes_are_found_behind_others() {
        let mut attributes = attribute(1, b"abc");
        attributes.extend(attribute(3, b"cni0\0"));
        assert_eq!(find(&attributes, 3).map(text).as_deref(), Some("cni0"));
        assert_eq!(find(&attributes, 2), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>, kind: u16) {
            decode(&bytes);
            find(&bytes, kind);
        }
    }
}
