//! What the cluster tests stand on: light [`machine`]s, which are nodes made of namespaces.
//!
//! A program that makes machines calls [`machine::run_init_if_asked`] first in its `main`, because a machine's first
//! processes are that same program, started again with a hidden argument.

pub mod machine;
