//! Programs with advice in them, run by a JVM: they do what they did, and the advice sees what it should.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use otelrs_classfile::{Call, ClassFile, Member, MethodEdit, MethodRef, Outcome, Splice, Value, patch};
use otelrs_corpus::probe::arguments_of;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Once;
use support::{Jdk, advised_classes, check_golden};

const ENTER: &str = "(Ljava/lang/String;Ljava/lang/Object;Ljava/lang/Object;)LAdvice$Token;";
const EXIT: &str = "(LAdvice$Token;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)V";

fn advice<'e>(name: &'e str, descriptor: &'e str, values: Vec<Value<'e>>) -> Call<'e> {
    Call { target: MethodRef { owner: "Advice", name, descriptor, interface: false }, values }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn around<'e>(method: &Member<'e>) -> Vec<Splice<'e>> {
    let name = std::str::from_utf8(method.name).unwrap();
    let [first, _, last] = arguments_of(method).unwrap();
    let this = if method.access & 8 == 0 { Value::This } else { Value::Null };
    let entry = advice("enter", ENTER, vec![Value::Text(name), first.clone(), last.clone()]);
    let exit = advice("exit", EXIT, vec![Value::Token, this, first, last, Value::Returned, Value::Thrown]);
    vec![Splice::Around { entry: Some(entry), exit: Some(exit) }]
}

struct Shapes {
    jdk: Jdk,
    dir: PathBuf,
}

impl Shapes {
    /// The fixture, compiled once for all tests.
    fn compile() -> Option<Shapes> {
        static COMPILED: Once = Once::new();
        let jdk = Jdk::find()?;
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shapes");
        // Release 8: what later ones do by invokedynamic they spell out.
        let options = ["--release", "8"];
        COMPILED.call_once(|| jdk.compile(&dir.join("plain"), &options, &["Shapes.java", "Advice.java"]));
        Some(Shapes { jdk, dir })
    }

    /// Patches each class with the splices of each of its methods.
    fn patch(&self, into: &str, splices: impl for<'e> Fn(&Member<'e>) -> Vec<Splice<'e>>) {
        for file in advised_classes(&self.dir.join("plain")) {
            let bytes = std::fs::read(&file).unwrap();
            let class = ClassFile::parse(&bytes).unwrap();
            let methods: Vec<_> = class.methods().filter(|method| method.code_length.is_some()).collect();
            let edit = |method: &Member<'_>| {
                let name = text(method.name);
                name != "main" && name != "show" && !name.starts_with("lambda")
            };
            let edits: Vec<_> = methods
                .iter()
                .filter(|method| edit(method))
                .map(|method| MethodEdit {
                    name: text(method.name),
                    descriptor: text(method.descriptor),
                    splices: splices(method),
                })
                .collect();
            let bytes = match patch(&class, &edits) {
                Outcome::Patched(patched) => patched.bytes,
                Outcome::Unchanged => bytes,
                Outcome::Declined(reason) => panic!("{reason}"),
            };
            let into = self.dir.join(into);
            std::fs::create_dir_all(&into).unwrap();
            std::fs::write(into.join(file.file_name().unwrap()), bytes).unwrap();
        }
    }

    fn run(&self, from: &str, options: &[&str]) -> (String, String) {
        let path = format!("{0}/{from}:{0}/plain", self.dir.display());
        let mut java = self.jdk.java();
        let Output { status, stdout, stderr } = java
            .args(["-Xverify:all", "-XX:-PrintWarnings", "-cp", &path])
            .args(options)
            .arg("Shapes")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(stdout), text(stderr));
        assert!(status.success(), "{out}\n{err}");
        (out, err.lines().filter(|line| !line.contains("warning")).map(|line| format!("{line}\n")).collect())
    }
}

#[test]
fn advice_sees_arguments_results_and_exceptions_and_changes_nothing() {
    let Some(shapes) = Shapes::compile() else { return };
    shapes.patch("around", around);
    let (plain, _) = shapes.run("plain", &[]);
    let (out, log) = shapes.run("around", &[]);
    assert_eq!(out, plain);
    check_golden("shapes-around.txt", &log);
}

#[test]
fn advice_that_throws_is_not_heard() {
    let Some(shapes) = Shapes::compile() else { return };
    shapes.patch("throws", |method| [around(method), around(method)].concat());
    let (plain, _) = shapes.run("plain", &[]);
    let (out, log) = shapes.run("throws", &["-Dadvice.throws=true"]);
    assert_eq!(out, plain);
    assert_eq!(log, "");
}

#[test]
fn two_arounds_nest() {
    let Some(shapes) = Shapes::compile() else { return };
    shapes.patch("twice", |method| {
        let mut splices = [around(method), around(method)].concat();
        if let [Splice::Around { entry: Some(entry), .. }, _] = &mut splices[..] {
            entry.values[0] = Value::Text("outer");
        }
        splices
    });
    let (plain, _) = shapes.run("plain", &[]);
    let (out, log) = shapes.run("twice", &[]);
    assert_eq!(out, plain);
    let mut open: Vec<String> = Vec::new();
    for line in log.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            [">", name, ..] => open.push(name.to_owned()),
            ["<", name, "on", ..] => assert_eq!(open.pop().as_deref(), Some(name), "{log}"),
            _ => panic!("{line}"),
        }
    }
    // The constructor that throws before super() is the only one without an exit.
    assert_eq!(open, ["outer", "<init>"], "{log}");
}

#[test]
fn what_the_exit_returns_is_what_the_method_returns() {
    let Some(shapes) = Shapes::compile() else { return };
    shapes.patch("upper", |method| {
        let descriptor = "(Ljava/lang/Object;)Ljava/lang/Object;";
        let returns_text = method.descriptor.ends_with(b")Ljava/lang/String;");
        let exit = returns_text.then(|| advice("upper", descriptor, vec![Value::Returned]));
        vec![Splice::Around { entry: None, exit }]
    });
    let (out, _) = shapes.run("upper", &[]);
    for line in
        ["wide = BASE10.5TRUEC56", "lockedBlock = NULL 7", "default method = HELLO YOU", "constant = 42"]
    {
        assert!(out.lines().any(|found| found == line), "{line} in\n{out}");
    }
}

#[test]
fn arguments_are_assigned_before_anybody_reads_them() {
    let Some(shapes) = Shapes::compile() else { return };
    shapes.patch("assigned", |method| match (method.name, method.descriptor) {
        (b"throwing" | b"stringSwitch" | b"greet", _) => {
            let call = advice("exclaim", "(Ljava/lang/String;)Ljava/lang/String;", vec![Value::Argument(0)]);
            [vec![Splice::AssignArgumentAtEntry { index: 0, call }], around(method)].concat()
        }
        (b"staticLong", _) => {
            let call = advice("twice", "(J)J", vec![Value::Argument(0)]);
            vec![Splice::AssignArgumentAtEntry { index: 0, call }]
        }
        _ => vec![],
    });
    let (out, log) = shapes.run("assigned", &[]);
    for line in [
        "throwing = java.lang.UnsupportedOperationException: why!",
        "stringSwitch = 0",
        "default method = hello you!",
        "staticLong = 82",
    ] {
        assert!(out.lines().any(|found| found == line), "{line} in\n{out}");
    }
    assert!(log.contains("> throwing why! why!\n< throwing on Shapes why! why!: null"), "{log}");
    let (plain, _) = shapes.run("plain", &[]);
    let (out, _) = shapes.run("assigned", &["-Dadvice.throws=true"]);
    assert_eq!(
        out.replace("staticLong = 82", "staticLong = 42"),
        plain,
        "an argument stays when advice throws"
    );
}
