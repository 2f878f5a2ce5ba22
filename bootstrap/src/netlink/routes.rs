//! Routes of the main table.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::{Context as _, Result};

use super::message::{Message, REQUEST_ACK, REQUEST_DUMP, find};
use super::socket::{Socket, is_gone};

const NEW: u16 = 24;
const DELETE: u16 = 25;
const GET: u16 = 26;
/// Family, lengths, tos, table, protocol, scope, type and flags.
const BODY: usize = 12;
const DESTINATION: u16 = 1;
const MAIN_TABLE: u8 = 254;
const IPV4: u8 = 2;
const IPV6: u8 = 10;

/// A route with a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) destination: IpAddr,
    pub(crate) prefix: u8,
    /// Who made it, as the kernel numbers them: 2 is the kernel itself.
    pub(crate) protocol: u8,
    /// As the kernel gave it: a request to delete repeats it.
    body: Vec<u8>,
}

impl Route {
    /// A route as the kernel would list it.
    #[cfg(test)]
    pub(crate) fn fake(destination: IpAddr, prefix: u8, protocol: u8) -> Self {
        Self {
            destination,
            prefix,
            protocol,
            body: Vec::new(),
        }
    }
}

/// The routes of the main table, default routes left out.
pub(crate) fn routes() -> Result<Vec<Route>> {
    let request = Message {
        kind: GET,
        body: vec![0; BODY],
    };
    let answers = Socket::route()?
        .ask(&request.encode(REQUEST_DUMP, 1))
        .context("list routes")?;
    Ok(answers.into_iter().filter_map(parse).collect())
}

/// Deletes a route; one that is gone is no error.
pub(crate) fn delete_route(route: &Route) -> Result<()> {
    let request = Message {
        kind: DELETE,
        body: route.body.clone(),
    };
    match Socket::route()?.ask(&request.encode(REQUEST_ACK, 1)) {
        Err(error) if !is_gone(&error) => {
            Err(error).with_context(|| format!("delete route {}/{}", route.destination, route.prefix))
        }
        _ => Ok(()),
    }
}

fn parse(message: Message) -> Option<Route> {
    let &[family, prefix, _, _, table, protocol, ..] = message.body.as_slice() else {
        return None;
    };
    if message.kind != NEW || table != MAIN_TABLE {
        return None;
    }
    let destination = find(message.body.get(BODY..)?, DESTINATION)?;
    let destination = match family {
        IPV4 => Ipv4Addr::from(<[u8; 4]>::try_from(destination).ok()?).into(),
        IPV6 => Ipv6Addr::from(<[u8; 16]>::try_from(destination).ok()?).into(),
        _ => return None,
    };
    Some(Route {
        destination,
        prefix,
        protocol,
        body: message.body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::message::attribute;

    #[test]
    fn a_route_has_destination_prefix_and_maker() {
        let mut body = vec![IPV4, 24, 0, 0, MAIN_TABLE, 3, 0, 1, 0, 0, 0, 0];
        body.extend(attribute(DESTINATION, &[10, 42, 1, 0]));
        let route = parse(Message { kind: NEW, body }).unwrap();
        assert_eq!(
            (route.destination, route.prefix, route.protocol),
            ([10, 42, 1, 0].into(), 24, 3)
        );
    }

    #[test]
    fn default_routes_and_other_tables_are_left_out() {
        let default = vec![IPV4, 0, 0, 0, MAIN_TABLE, 3, 0, 1, 0, 0, 0, 0];
        assert_eq!(
            parse(Message {
                kind: NEW,
                body: default
            }),
            None
        );
        let mut local = vec![IPV4, 32, 0, 0, 255, 2, 0, 2, 0, 0, 0, 0];
        local.extend(attribute(DESTINATION, &[127, 0, 0, 1]));
        assert_eq!(
            parse(Message {
                kind: NEW,
                body: local
            }),
            None
        );
    }

    #[test]
    fn the_kernel_lists_its_routes() {
        routes().unwrap();
    }
}
