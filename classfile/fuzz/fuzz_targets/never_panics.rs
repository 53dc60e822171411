#![no_main]

use libfuzzer_sys::fuzz_target;
use otelrs_corpus::properties::never_panics;

fuzz_target!(|bytes: &[u8]| never_panics(bytes).unwrap());
