//! Chart tool.
fn main() {}
