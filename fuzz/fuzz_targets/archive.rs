//! Fuzzes [`bowline_fuzz::charts::archive`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bowline_fuzz::charts::archive(data));
