//! Fuzzes [`bowline_fuzz::charts::toml`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bowline_fuzz::charts::toml(data));
