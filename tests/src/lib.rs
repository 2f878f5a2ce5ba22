//! What the cluster tests stand on: light [`machine`]s, which are nodes made of namespaces, and the [`node`]s that
//! Bowline makes of them with the artifacts of a [`distribution`].
//!
//! A program that makes machines calls [`machine::run_init_if_asked`] first in its `main`, because a machine's first
//! processes are that same program, started again with a hidden argument.

pub mod archive;
pub mod distribution;
pub mod machine;
pub mod node;
pub mod registry;

use std::path::{Path, PathBuf};

/// Where cargo, and all that this checkout makes, puts things.
pub fn target_folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = here.parent().unwrap_or(here);
    let target = checkout.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    // An absolute path, since a machine's processes stand elsewhere; links are left as they are.
    std::path::absolute(&target).unwrap_or(target)
}

/// Tests, each called as its function is.
#[macro_export]
macro_rules! trials {
    ($($test:path),* $(,)?) => {
        vec![$(::libtest_mimic::Trial::test(stringify!($test), $test)),*]
    };
}
