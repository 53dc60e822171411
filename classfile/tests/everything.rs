//! Advice in every method of whole class libraries, verified by the JVM.

mod support;

use otelrs_classfile::{ClassFile, Outcome, patch};
use std::collections::BTreeMap;
use support::{Archive, Jdk, probes, probes_everywhere, run};

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

fn count_methods(bytes: &[u8]) -> usize {
    ClassFile::parse(bytes).unwrap().methods().filter(|method| method.code_length.is_some()).count()
}

#[test]
fn the_jvm_verifies_and_runs_java_base_with_advice_in_every_method() {
    let Some(jdk) = Jdk::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let java_base = path("java.base");
    jdk.compile(dir.path(), &[], &["Harness.java"]);
    jdk.compile(&java_base, &["--patch-module", "java.base=."], &["OtelrsProbe.java"]);
    let (classes, patched) = (path("classes"), path("patched"));
    for module in ["java.base", "java.sql"] {
        run(jdk.java().arg("-cp").arg(dir.path()).args(["Harness", "modules"]).arg(&classes).arg(module));
        let mut declined = BTreeMap::new();
        let mut methods = 0;
        let mut archive = Archive::read(&classes);
        for (name, bytes) in &mut archive.0 {
            if would_recurse(name) {
                continue;
            }
            methods += count_methods(bytes);
            if let Some(patched) = instrument(bytes, &mut declined) {
                *bytes = patched;
            }
        }
        println!("{module}: {} classes, {methods} methods, declined {declined:?}", archive.0.len());
        assert!(declined.keys().all(|reason| *reason == "code-too-large-for-jit"), "{declined:?}");
        archive.unpack(&path(module));
        archive.write(&patched);
    }
    let out = run(jdk
        .java()
        .args(["-Xverify:all", "--patch-module"])
        .arg(format!("java.base={}", java_base.display()))
        .arg("--patch-module")
        .arg(format!("java.sql={}", path("java.sql").display()))
        .arg("-cp")
        .arg(dir.path())
        .args(["Harness", "system"])
        .arg(&patched));
    println!("{out}");
    assert!(out.contains("failed 0"), "{out}");
    let _ = probes;
}
