//! What the cluster tests stand on: light [`machine`]s, which are nodes made of namespaces, and the [`node`]s that
//! Bowline makes of them with the artifacts of a [`distribution`].
//!
//! A program that makes machines calls [`machine::run_init_if_asked`] first in its `main`, because a machine's first
//! processes are that same program, started again with a hidden argument.

pub mod distribution;
pub mod machine;
pub mod node;

/// Tests, each called as its function is.
#[macro_export]
macro_rules! trials {
    ($($test:path),* $(,)?) => {
        vec![$(::libtest_mimic::Trial::test(stringify!($test), $test)),*]
    };
}
