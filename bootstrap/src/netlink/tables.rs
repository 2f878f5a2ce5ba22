//! nftables tables.

use std::fmt;

use anyhow::{Context as _, Result};

use super::message::{Message, REQUEST_ACK, REQUEST_DUMP, attribute, find, text};
use super::socket::{Socket, is_gone};

const SUBSYSTEM: u8 = 10;
const NEW: u16 = (SUBSYSTEM as u16) << 8;
const GET: u16 = NEW | 1;
const DELETE: u16 = NEW | 2;
const BATCH_BEGIN: u16 = 16;
const BATCH_END: u16 = 17;
/// Family, version and resource.
const BODY: usize = 4;
const NAME: u16 = 1;

/// The packets that a table sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Inet,
    Ip,
    Arp,
    Netdev,
    Bridge,
    Ip6,
}

impl Family {
    const NUMBERS: [(Self, u8, &str); 6] = [
        (Self::Inet, 1, "inet"),
        (Self::Ip, 2, "ip"),
        (Self::Arp, 3, "arp"),
        (Self::Netdev, 5, "netdev"),
        (Self::Bridge, 7, "bridge"),
        (Self::Ip6, 10, "ip6"),
    ];

    fn parse(number: u8) -> Option<Self> {
        Self::NUMBERS
            .iter()
            .find(|entry| entry.1 == number)
            .map(|entry| entry.0)
    }

    fn entry(self) -> (u8, &'static str) {
        let found = Self::NUMBERS.iter().find(|entry| entry.0 == self);
        found
            .map(|entry| (entry.1, entry.2))
            .expect("each family has its number")
    }
}

/// A table, as `nft list tables` names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Table {
    pub(crate) family: Family,
    pub(crate) name: String,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family.entry().1, self.name)
    }
}

/// All tables of this network namespace.
pub(crate) fn tables() -> Result<Vec<Table>> {
    let request = Message {
        kind: GET,
        body: vec![0; BODY],
    };
    let answers = Socket::netfilter()?
        .ask(&request.encode(REQUEST_DUMP, 1))
        .context("list nftables tables")?;
    Ok(answers.iter().filter_map(parse).collect())
}

/// Deletes a table and all in it; one that is gone is no error.
pub(crate) fn delete_table(table: &Table) -> Result<()> {
    match Socket::netfilter()?.ask(&deletion(table)) {
        Err(error) if !is_gone(&error) => {
            Err(error).with_context(|| format!("delete nftables table {table}"))
        }
        _ => Ok(()),
    }
}

/// nftables changes in transactions only.
fn deletion(table: &Table) -> Vec<u8> {
    let batch = |kind| Message {
        kind,
        body: vec![0, 0, 0, SUBSYSTEM],
    };
    let mut body = vec![table.family.entry().0, 0, 0, 0];
    body.extend(attribute(NAME, format!("{}\0", table.name).as_bytes()));
    let mut bytes = batch(BATCH_BEGIN).encode(1, 0);
    bytes.extend(Message { kind: DELETE, body }.encode(REQUEST_ACK, 1));
    bytes.extend(batch(BATCH_END).encode(1, 2));
    bytes
}

fn parse(message: &Message) -> Option<Table> {
    let attributes = message.body.get(BODY..).filter(|_| message.kind == NEW)?;
    Some(Table {
        family: Family::parse(*message.body.first()?)?,
        name: text(find(attributes, NAME)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_named_as_nft_names_it() {
        let mut body = vec![10, 0, 0, 0];
        body.extend(attribute(NAME, b"kube-proxy\0"));
        assert_eq!(
            parse(&Message { kind: NEW, body }).unwrap().to_string(),
            "ip6 kube-proxy"
        );
    }

    #[test]
    fn a_deletion_is_a_transaction_of_three_messages() {
        let bytes = deletion(&Table {
            family: Family::Ip,
            name: "x".into(),
        });
        let kinds: Vec<u16> = super::super::message::decode(&bytes)
            .into_iter()
            .map(|answer| match answer {
                super::super::message::Answer::Part(message) => message.kind,
                other @ super::super::message::Answer::End(_) => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(kinds, [BATCH_BEGIN, DELETE, BATCH_END]);
    }

    #[test]
    #[ignore = "needs root, ip and nft; makes a network namespace of its own"]
    fn tables_and_links_are_deleted_for_real() {
        let run = |line: &str| {
            let mut words = line.split(' ');
            let status = std::process::Command::new(words.next().unwrap())
                .args(words)
                .status()
                .unwrap();
            assert!(status.success(), "{line}");
        };
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
        run("ip link set lo up");
        run("ip link add cni0 type bridge");
        run("ip link set cni0 up");
        run("ip route add blackhole 10.42.1.0/24");
        run("nft add table ip kube-proxy");
        run("nft add chain ip kube-proxy services");

        let table = tables().unwrap().remove(0);
        assert_eq!(table.to_string(), "ip kube-proxy");
        delete_table(&table).unwrap();
        delete_table(&table).unwrap();
        assert_eq!(tables().unwrap(), []);

        let route = crate::netlink::routes()
            .unwrap()
            .into_iter()
            .find(|route| route.prefix == 24)
            .unwrap();
        crate::netlink::delete_route(&route).unwrap();
        crate::netlink::delete_route(&route).unwrap();
        assert!(!crate::netlink::routes().unwrap().contains(&route));

        let bridge = crate::netlink::links()
            .unwrap()
            .into_iter()
            .find(|link| link.name == "cni0")
            .unwrap();
        crate::netlink::delete_link(&bridge).unwrap();
        crate::netlink::delete_link(&bridge).unwrap();
        assert!(!crate::netlink::links().unwrap().contains(&bridge));
    }
}
