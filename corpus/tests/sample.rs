//! Advice in every method of the classes that every program uses: the JVM verifies it and works with it.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

use otelrs_corpus::collection::{Collection, NamedClass};
use otelrs_corpus::instrument::instrument;
use otelrs_corpus::verifier::{Verdict, Verifier};
use otelrs_test_support::jdk;

/// Classes that the probe's values pass through: advice in them would call itself.
fn would_recurse(name: &str) -> bool {
    let boxes = ["Boolean", "Byte", "Character", "Short", "Integer", "Long", "Float", "Double", "Number"];
    let simple = name.strip_prefix("java/lang/").and_then(|name| name.split('$').next());
    simple.is_some_and(|simple| boxes.contains(&simple))
}

/// An instrumented class in which an `aconst_null`, which arrives at a frame, has become `iconst_0`.
fn broken_by_one_instruction(advised: &Collection, name: &str) -> Collection {
    let found = advised.classes.iter().find(|class| class.name == name).unwrap();
    let mut bytes = found.bytes.clone();
    let aconst_null_pop = bytes.windows(2).rposition(|pair| pair == [0x01, 0x57]).unwrap();
    bytes[aconst_null_pop] = 0x03;
    Collection::new("broken".to_owned(), [NamedClass { name: name.to_owned(), bytes }])
}

#[test]
fn the_jvm_verifies_java_base_with_advice_in_every_method_and_works_with_it() {
    let Some(jdk) = jdk::with_compiler() else { return };
    let verifier = Verifier::new().unwrap();
    let plain = verifier.module_classes(&jdk, &["java.base", "java.sql"]).unwrap();
    let (mut advised, tally) = instrument(&plain);
    assert_eq!(tally.failures, Vec::<String>::new());
    assert_eq!(tally.patched, tally.methods, "{:?}", tally.declined);
    assert!(tally.methods > 50_000, "{tally:?}");

    let broken = broken_by_one_instruction(&advised, "java/util/ArrayList");
    let verdict = verifier.redefine(&jdk, &pick(&plain, "java/util/ArrayList"), &broken).unwrap();
    assert!(matches!(&verdict.failures[..], [failure] if failure.contains("VerifyError")), "{verdict:?}");

    let Verdict { verified, not_linkable, failures, .. } = verifier.redefine(&jdk, &plain, &advised).unwrap();
    assert_eq!(failures, Vec::<String>::new());
    // The JVM adds fields to its flight recorder's events, and does not take them back as they were.
    assert!(not_linkable < 50, "{not_linkable}");
    assert_eq!((verified + not_linkable) as usize, plain.classes.len());

    advised
        .classes
        .retain(|class| !would_recurse(&class.name) && !class.name.starts_with("jdk/internal/event/"));
    assert!(verifier.work_with(&jdk, &advised).unwrap() > 6_000);
}

fn pick(from: &Collection, name: &str) -> Collection {
    let found = from.classes.iter().filter(|class| class.name == name).cloned();
    Collection::new(name.to_owned(), found)
}
