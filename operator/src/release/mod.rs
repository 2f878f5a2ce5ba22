//! Helm's record of a release: what was installed, from which chart and values, and how it ended.
//!
//! A record is a Secret that `helm list`, `history` and `get` read. Templates and files of the chart are left out:
//! nothing reads them back, and a Secret holds 1 MiB.

pub(crate) mod codec;
pub(crate) mod history;
pub(crate) mod hooks;
pub(crate) mod record;

pub(crate) use history::History;
pub(crate) use record::{Record, Status};
