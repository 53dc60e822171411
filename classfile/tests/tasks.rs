//! The edits that carry context across the JDK's executors, made to the JDK's own classes.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use otelrs_classfile::{Call, ClassFile, FieldRef, MethodEdit, MethodRef, Outcome, Splice, Value, patch};
use otelrs_corpus::collection::Collection;
use std::path::Path;
use support::{Jdk, run};

const FIELD: FieldRef<'static> = FieldRef {
    owner: "java/util/concurrent/FutureTask",
    name: "callable",
    descriptor: "Ljava/util/concurrent/Callable;",
};

const fn tasks(name: &'static str, descriptor: &'static str) -> MethodRef<'static> {
    MethodRef { owner: "java/lang/OtelrsTasks", name, descriptor, interface: false }
}

fn wrap_in_constructor(descriptor: &'static str) -> MethodEdit<'static> {
    let target = tasks("wrap", "(Ljava/lang/Object;Ljava/lang/String;)Ljava/lang/Object;");
    let call = Call { target, values: vec![Value::Field(FIELD), Value::Text("FutureTask")] };
    let splices = vec![Splice::AssignFieldAtExit { field: FIELD, call }];
    MethodEdit { name: "<init>", descriptor, splices }
}

fn run_worker() -> MethodEdit<'static> {
    let splice = Splice::ReplaceCall {
        owner: "java/lang/Runnable",
        name: "run",
        descriptor: "()V",
        target: tasks("run", "(Ljava/lang/Runnable;)V"),
        required: true,
    };
    let descriptor = "(Ljava/util/concurrent/ThreadPoolExecutor$Worker;)V";
    MethodEdit { name: "runWorker", descriptor, splices: vec![splice] }
}

#[test]
fn what_constructors_store_is_wrapped_and_what_workers_run_is_replaced() {
    let Some(jdk) = Jdk::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    jdk.compile(&path("programs"), &[], &["../../../corpus/java/ModuleClasses.java", "Tasks.java"]);
    jdk.compile(&path("java.base"), &["--patch-module", "java.base=."], &["OtelrsTasks.java"]);
    let file = path("classes");
    run(jdk.java().arg("-cp").arg(path("programs")).arg("ModuleClasses").arg(&file).arg("java.base"));
    let mut module = Collection::read("java.base".to_owned(), &file).unwrap();
    module.classes.retain_mut(|class| {
        let edits = match class.name.as_str() {
            "java/util/concurrent/FutureTask" => vec![
                wrap_in_constructor("(Ljava/util/concurrent/Callable;)V"),
                wrap_in_constructor("(Ljava/lang/Runnable;Ljava/lang/Object;)V"),
            ],
            "java/util/concurrent/ThreadPoolExecutor" => vec![run_worker()],
            _ => return false,
        };
        let parsed = ClassFile::parse(&class.bytes).unwrap();
        let Outcome::Patched(patched) = patch(&parsed, &edits) else {
            panic!("{:?}", patch(&parsed, &edits))
        };
        assert_code_lengths(&parsed, &patched.bytes);
        class.bytes = patched.bytes;
        true
    });
    assert_eq!(module.classes.len(), 2);
    module.unpack(&path("java.base")).unwrap();
    let out = run(&mut with_patched(&jdk, &path("java.base"), &path("programs")));
    let expected = "wrapped by FutureTask\nresult\nwrapped by FutureTask\ngiven\nbefore run\ntask\nafter run\n\
                    before run\nwrapped by FutureTask\nafter run\ncalled\n";
    // The thread that asks and the worker race for the last two lines.
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&out), sorted(expected), "{out}");
}

/// Only the edited methods have grown, and a replaced call has not.
fn assert_code_lengths(before: &ClassFile<'_>, after: &[u8]) {
    let after = ClassFile::parse(after).unwrap();
    for (old, new) in before.methods().zip(after.methods()) {
        let is_wrapped = old.name == b"<init>" && before.name().ends_with(b"FutureTask");
        assert_eq!(old.code_length < new.code_length, is_wrapped, "{}", String::from_utf8_lossy(old.name));
    }
}

fn with_patched(jdk: &Jdk, java_base: &Path, classes: &Path) -> std::process::Command {
    let mut java = jdk.java();
    java.arg("-Xverify:all").arg("--patch-module").arg(format!("java.base={}", java_base.display()));
    java.arg("-cp").arg(classes).arg("Tasks");
    java
}
