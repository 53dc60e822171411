//! Classes of versions below 50 are verified by inference. It loads classes to join their types, and they may be missing
//! on purpose: what links without advice must link with it.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use otelrs_classfile::{ClassFile, Outcome, patch};
use otelrs_corpus::probe;
use support::{Jdk, run};

/// The last version that is always verified by inference.
const INFERRED: u8 = 49;

#[test]
fn a_class_links_with_advice_although_types_that_meet_in_its_locals_are_missing() {
    let Some(jdk) = Jdk::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    jdk.compile(dir.path(), &["--release", "8", "-Xlint:-options"], &["Inferred.java"]);
    for gone in ["Gone", "GoneToo", "Result"] {
        std::fs::remove_file(dir.path().join(format!("Inferred${gone}.class"))).unwrap();
    }
    let file = dir.path().join("Inferred.class");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[7] = INFERRED;
    std::fs::write(&file, &bytes).unwrap();
    let link = || {
        run(jdk.java().args(["-Xverify:all", "-XX:-PrintWarnings", "-cp"]).arg(dir.path()).arg("Inferred"))
    };
    assert_eq!(link(), "1 linked\n");

    let class = ClassFile::parse(&bytes).unwrap();
    let edits: Vec<_> = probe::edits(&class).into_iter().filter(|edit| edit.name != "main").collect();
    assert!(edits.len() >= 6, "{edits:?}");
    match patch(&class, &edits) {
        Outcome::Patched(patched) => std::fs::write(&file, patched.bytes).unwrap(),
        other => panic!("{other:?}"),
    }
    assert_eq!(link(), "1 linked\n");
}
