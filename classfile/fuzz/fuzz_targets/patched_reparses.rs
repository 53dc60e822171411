#![no_main]

use libfuzzer_sys::fuzz_target;
use otelrs_corpus::properties::patched_reparses;

// libFuzzer's hook would end the run at a panic of the independent reader, which the property catches.
fuzz_target!(init: drop(std::panic::take_hook()), |bytes: &[u8]| patched_reparses(bytes).unwrap());
