//! Advice in every method of whole class libraries, verified by the JVM.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use otelrs_classfile::{ACC_INTERFACE, ClassFile, Outcome, patch};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use support::{Archive, Jdk, probes_everywhere, run};

/// Classes that the probe's values pass through: advice in them would call itself.
fn would_recurse(name: &str) -> bool {
    let boxes = ["Boolean", "Byte", "Character", "Short", "Integer", "Long", "Float", "Double", "Number"];
    let simple = name.strip_prefix("java/lang/").and_then(|name| name.split('$').next());
    simple.is_some_and(|simple| boxes.contains(&simple))
}

/// Advice in every method, as many as can be; reasons are counted by name.
fn instrument(bytes: &[u8], declined: &mut BTreeMap<&'static str, u32>) -> Option<Vec<u8>> {
    let class = ClassFile::parse(bytes).unwrap();
    assert_eq!(patch(&class, &[]), Outcome::Unchanged);
    let mut edits = probes_everywhere(&class);
    loop {
        match patch(&class, &edits) {
            Outcome::Unchanged => return None,
            Outcome::Patched(patched) => return Some(patched.bytes),
            Outcome::Declined(reason) => {
                *declined.entry(reason.name()).or_default() += 1;
                let before = edits.len();
                edits.retain(|edit| format!("{}{}", edit.name, edit.descriptor) != reason.method());
                assert!(edits.len() < before, "{reason}");
            }
        }
    }
}

/// Instruments every class of an archive; classes without code stay as they are. Reports what was declined.
fn instrument_all(archive: &mut Archive) -> BTreeMap<&'static str, u32> {
    let mut declined = BTreeMap::new();
    let (mut classes, mut methods) = (0, 0);
    for (_, bytes) in &mut archive.0 {
        let class = ClassFile::parse(bytes).unwrap();
        methods += class.methods().filter(|method| method.code_length.is_some()).count();
        classes += 1;
        if let Some(patched) = instrument(bytes, &mut declined) {
            *bytes = patched;
        }
    }
    println!("{classes} classes, {methods} methods, declined: {declined:?}");
    declined
}

/// Compiles the harness and the probe, the probe into java.base.
fn compile_harness(jdk: &Jdk, dir: &Path) {
    jdk.compile(&dir.join("harness"), &[], &["Harness.java"]);
    jdk.agent(&dir.join("harness"), &dir.join("harness.jar"));
    jdk.compile(&dir.join("probe"), &["--patch-module", "java.base=."], &["OtelrsProbe.java"]);
}

/// A JVM with probe and harness that verifies all it is given.
fn harness(jdk: &Jdk, dir: &Path, mode: &str, archive: &Path) -> std::process::Command {
    let mut java = jdk.java();
    let probe = dir.join("probe");
    java.args(["-Xverify:all", "--patch-module", &format!("java.base={}", probe.display())]);
    java.arg(format!("-javaagent:{}", dir.join("harness.jar").display()));
    java.arg("-cp").arg(dir.join("harness")).args(["Harness", mode]).arg(archive);
    java
}

/// An instrumented class in which an `aconst_null`, which arrives at a frame, has become `iconst_0`.
fn broken_by_one_instruction(archive: &Archive, name: &str) -> (String, Vec<u8>) {
    let (_, bytes) = archive.0.iter().find(|(found, _)| found == name).unwrap();
    let mut bytes = bytes.clone();
    let aconst_null_pop = bytes.windows(2).rposition(|pair| pair == [0x01, 0x57]).unwrap();
    bytes[aconst_null_pop] = 0x03;
    (name.to_owned(), bytes)
}

#[test]
fn the_jvm_verifies_the_jdk_with_advice_in_every_method_and_works_with_it() {
    let Some(jdk) = Jdk::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    compile_harness(&jdk, dir.path());
    let file = dir.path().join("classes");
    run(harness(&jdk, dir.path(), "modules", &file).args(["java.base", "java.sql"]));

    let mut archive = Archive::read(&file);
    // The JVM itself adds fields to its flight recorder's events, and so cannot take them back as they were.
    archive.0.retain(|(name, _)| !name.starts_with("jdk/internal/event/"));
    let declined = instrument_all(&mut archive);
    assert!(declined.is_empty(), "{declined:?}");
    let broken = dir.path().join("broken");
    Archive(vec![broken_by_one_instruction(&archive, "java/util/ArrayList")]).write(&broken);
    let out = run(&mut harness(&jdk, dir.path(), "verify", &broken));
    assert!(out.contains("VerifyError") && out.contains("failed 1"), "the JVM does not verify: {out}");
    archive.write(&file);
    let out = run(&mut harness(&jdk, dir.path(), "verify", &file));
    println!("{out}");
    assert!(out.contains("failed 0"), "{out}");

    archive.0.retain(|(name, _)| !would_recurse(name));
    archive.write(&file);
    // Interpreted: HotSpot 17's compilers crash when half of what they are compiling is redefined under them.
    let interpreted = ("JAVA_TOOL_OPTIONS", "-Xint");
    let out = run(harness(&jdk, dir.path(), "redefine", &file).env(interpreted.0, interpreted.1));
    println!("{out}");
}

/// The jars that tests/libraries/pom.xml names, if they were fetched and minutes are to be spent on them.
fn libraries() -> Option<Vec<PathBuf>> {
    if std::env::var_os("OTELRS_EVERYTHING").is_none() {
        println!("skipped: OTELRS_EVERYTHING is not set");
        return None;
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/jars");
    let Ok(found) = std::fs::read_dir(&dir) else {
        println!("skipped: no jars in {}; see tests/libraries/pom.xml", dir.display());
        return None;
    };
    let is_jar = |path: &PathBuf| path.extension() == Some("jar".as_ref());
    Some(found.map(|entry| entry.unwrap().path()).filter(is_jar).collect())
}

/// Links the libraries' classes, changed by `prepare`, with and without advice: the JVM has the same to say of both.
fn compare_libraries(prepare: impl Fn(&mut Archive)) {
    let Some(jdk) = Jdk::find() else { return };
    let Some(jars) = libraries() else { return };
    let dir = tempfile::tempdir().unwrap();
    compile_harness(&jdk, dir.path());
    let file = dir.path().join("classes");
    run(harness(&jdk, dir.path(), "jars", &file).args(&jars));
    let mut archive = Archive::read(&file);
    prepare(&mut archive);
    archive.write(&file);
    let before = run(harness(&jdk, dir.path(), "define", &file).args(&jars));
    let declined = instrument_all(&mut archive);
    let expected = ["code-too-large-for-jit", "inference-may-load"];
    assert!(declined.keys().all(|reason| expected.contains(reason)), "{declined:?}");
    archive.write(&file);
    let after = run(harness(&jdk, dir.path(), "define", &file).args(&jars));
    let lines = |text: &str| -> BTreeSet<String> {
        // Class and error; which method fails first, or which of several classes is missed first, is chance.
        let told = |line: &str| match line.starts_with("linked") {
            true => line.to_owned(),
            false => line.split(' ').take(3).collect::<Vec<_>>().join(" "),
        };
        text.lines().map(told).collect()
    };
    let (before, after) = (lines(&before), lines(&after));
    println!("{:?}", after.iter().filter(|line| line.starts_with("linked")).collect::<Vec<_>>());
    assert!(before == after, "{:#?}", before.symmetric_difference(&after).collect::<Vec<_>>());
}

#[test]
fn the_jvm_verifies_libraries_of_many_compilers_with_advice_in_every_method() {
    compare_libraries(|_| {});
}

/// Class version 49 is verified by type inference, whatever frames are there; so is what we add.
#[test]
fn the_jvm_verifies_advice_by_type_inference_too() {
    compare_libraries(|archive| {
        // What version 49 cannot have: invokedynamic, code in interfaces and calls of it (all over Scala).
        let is_newer = |bytes: &[u8]| bytes.windows(16).any(|text| text == b"BootstrapMethods");
        archive.0.retain(|(name, bytes)| !name.starts_with("scala/") && !is_newer(bytes));
        for (_, bytes) in &mut archive.0 {
            if ClassFile::parse(bytes).unwrap().access_flags() & ACC_INTERFACE == 0 {
                bytes[7] = bytes[7].min(49);
            }
        }
    });
}
