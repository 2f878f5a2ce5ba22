//! The running node.

mod facts;
mod notify;
mod ports;
mod sandboxes;
