//! The entries that are fuzzed. They stand beside the crates' own tests, which replay with them what was found.

#[path = "../../charts/tests/fuzz/entries.rs"]
pub mod charts;
#[path = "../../gotemplate/tests/fuzz/entries.rs"]
pub mod gotemplate;
