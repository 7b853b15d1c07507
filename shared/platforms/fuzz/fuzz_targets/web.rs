#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| closer_platforms_fuzz::web(body));
