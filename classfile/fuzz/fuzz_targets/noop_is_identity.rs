#![no_main]

use libfuzzer_sys::fuzz_target;
use otelrs_corpus::properties::noop_is_identity;

fuzz_target!(|bytes: &[u8]| noop_is_identity(bytes).unwrap());
