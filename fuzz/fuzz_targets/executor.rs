//! Fuzzes [`bowline_fuzz::gotemplate::executor`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bowline_fuzz::gotemplate::executor(data));
