#![no_main]

use libfuzzer_sys::fuzz_target;
use otelrs_corpus::properties::any_rules::any_rules_any_class;

fuzz_target!(|bytes: &[u8]| any_rules_any_class(bytes).unwrap());
