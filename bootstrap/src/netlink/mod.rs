//! The kernel's links, routes and nftables tables, listed and deleted over netlink: no program of the host is needed.
//!
//! [`message`] is the codec, pure; the others say what to ask and what an answer means.

mod links;
mod message;
mod routes;
mod socket;
mod tables;

pub(crate) use links::{Link, delete_link, links};
pub(crate) use routes::{Route, delete_route, routes};
pub(crate) use tables::{Family, Table, delete_table, tables};
