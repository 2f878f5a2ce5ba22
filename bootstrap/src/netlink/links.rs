//! Network links.

use anyhow::{Context as _, Result};

use super::message::{Message, REQUEST_ACK, REQUEST_DUMP, find, text, u32_at};
use super::socket::{Socket, is_gone};

const NEW: u16 = 16;
const DELETE: u16 = 17;
const GET: u16 = 18;
/// Family, type, index, flags and a mask of them.
const BODY: usize = 16;
const NAME: u16 = 3;
const MASTER: u16 = 10;

/// A link of this network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: u32,
    pub(crate) name: String,
    /// Index of the bridge that it is a port of.
    pub(crate) master: Option<u32>,
}

/// All links of this network namespace.
pub(crate) fn links() -> Result<Vec<Link>> {
    let request = Message {
        kind: GET,
        body: vec![0; BODY],
    };
    let answers = Socket::route()?
        .ask(&request.encode(REQUEST_DUMP, 1))
        .context("list links")?;
    Ok(answers.iter().filter_map(parse).collect())
}

/// Deletes a link; one that is gone is no error.
pub(crate) fn delete_link(link: &Link) -> Result<()> {
    let mut body = vec![0; BODY];
    body[4..8].copy_from_slice(&link.index.to_ne_bytes());
    let request = Message { kind: DELETE, body };
    match Socket::route()?.ask(&request.encode(REQUEST_ACK, 1)) {
        Err(error) if !is_gone(&error) => Err(error).with_context(|| format!("delete link {}", link.name)),
        _ => Ok(()),
    }
}

fn parse(message: &Message) -> Option<Link> {
    let attributes = message.body.get(BODY..).filter(|_| message.kind == NEW)?;
    Some(Link {
        index: u32_at(&message.body, 4)?,
        name: text(find(attributes, NAME)?),
        master: find(attributes, MASTER).and_then(|value| u32_at(value, 0)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::message::attribute;

    #[test]
    fn a_port_of_a_bridge_names_its_master() {
        let mut body = vec![0; BODY];
        body[4..8].copy_from_slice(&7_u32.to_ne_bytes());
        body.extend(attribute(NAME, b"veth1\0"));
        body.extend(attribute(MASTER, &3_u32.to_ne_bytes()));
        let link = parse(&Message { kind: NEW, body });
        assert_eq!(
            link,
            Some(Link {
                index: 7,
                name: "veth1".into(),
                master: Some(3)
            })
        );
    }

    #[test]
    fn the_kernel_lists_its_loopback() {
        let found = links().unwrap();
        assert!(
            found
                .iter()
                .any(|link| link.name == "lo" && link.master.is_none()),
            "{found:?}"
        );
    }
}
