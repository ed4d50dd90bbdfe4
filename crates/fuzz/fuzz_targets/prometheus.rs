//! Any bytes, read as each kind of file of the system.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| confvet_fuzz::lint("prometheus", data));
