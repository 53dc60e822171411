//! Undamaged classes keep every property: here a refusal by the independent reader, after which nothing is asked, is rare.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

use otelrs_corpus::properties::PROPERTIES;
use otelrs_corpus::verifier::Verifier;
use otelrs_test_support::jdk;

/// One class in so many.
const STRIDE: usize = 16;

#[test]
fn they_hold_of_the_classes_that_every_program_uses() {
    let Some(jdk) = jdk::with_compiler() else { return };
    let module = Verifier::new().unwrap().module_classes(&jdk, &["java.base"]).unwrap();
    let sample: Vec<_> = module.classes.iter().step_by(STRIDE).collect();
    assert!(sample.len() > 300, "{}", sample.len());
    for class in sample {
        for (name, property) in PROPERTIES {
            property(&class.bytes).unwrap_or_else(|error| panic!("{name}, {}: {error:#}", class.name));
        }
    }
}
