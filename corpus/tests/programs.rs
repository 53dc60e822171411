//! Whole programs with advice in every method do what they did.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use otelrs_corpus::instrument::instrument;
use otelrs_corpus::origin;
use otelrs_corpus::verifier::{Verifier, run};
use otelrs_test_support::{Jdk, jdk, paths};

/// The compiler as a program of its own, with the advice's class in java.base in both cases.
fn javac(jdk: &Jdk, verifier: &Verifier, compiler: Option<&Path>) -> Command {
    let mut java = Command::new(&jdk.java);
    java.args(["-Xverify:all", "-XX:-PrintWarnings"]);
    java.arg("--patch-module").arg(format!("java.base={}", verifier.probe().display()));
    if let Some(classes) = compiler {
        java.arg("--patch-module").arg(format!("jdk.compiler={}", classes.display()));
    }
    java.args(["--module", "jdk.compiler/com.sun.tools.javac.Main", "-nowarn", "-g"]);
    java
}

fn sources() -> Vec<PathBuf> {
    let folder = paths::workspace().join("corpus/java");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // The advice's own class belongs to a module.
    let mut sources: Vec<_> = files.filter(|file| !file.ends_with("OtelrsProbe.java")).collect();
    sources.extend(
        ["Shapes.java", "Annotated.java"]
            .map(|name| paths::workspace().join("classfile/tests/java").join(name)),
    );
    sources
}

#[test]
#[ignore = "minutes: ./x test --full"]
fn a_compiler_with_advice_in_every_method_writes_the_same_classes() {
    let Some(jdk) = jdk::with_compiler() else { return };
    let verifier = Verifier::new().unwrap();
    let plain = verifier.module_classes(&jdk, &["jdk.compiler"]).unwrap();
    let (advised, tally) = instrument(&plain);
    assert_eq!(tally.failures, Vec::<String>::new());
    assert!(tally.patched > 10_000, "{tally:?}");
    let compiler = verifier.file("jdk.compiler");
    advised.unpack(&compiler).unwrap();

    let compile = |into: &str, compiler: Option<&Path>| {
        let folder = verifier.file(into);
        run(javac(&jdk, &verifier, compiler).arg("-d").arg(&folder).args(sources())).unwrap();
        let [collection] = &origin::collections(&folder).unwrap()[..] else { panic!("no classes in {into}") };
        collection.classes.iter().map(|class| (class.name.clone(), class.bytes.clone())).collect::<Vec<_>>()
    };
    let (expected, found) = (compile("by-plain", None), compile("by-advised", Some(&compiler)));
    assert!(expected.len() > 10, "{}", expected.len());
    assert!(found == expected, "the compiler with advice wrote other classes");
}
