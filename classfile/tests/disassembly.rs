//! What splicing makes of code, in golden listings: each file of `golden/spliced/` is a method before and after.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use otelrs_classfile::{Call, ClassFile, MethodEdit, MethodRef, Outcome, Splice, Value, patch};
use support::disassembly::{listing, print};
use support::{Jdk, check_golden, run};

const fn advice(name: &'static str, descriptor: &'static str) -> MethodRef<'static> {
    MethodRef { owner: "Spliced", name, descriptor, interface: false }
}

const ENTER: MethodRef<'static> = advice("enter", "(Ljava/lang/Object;)Ljava/lang/Object;");
const EXIT: MethodRef<'static> =
    advice("exit", "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)V");

fn entry() -> Option<Call<'static>> {
    Some(Call { target: ENTER, values: vec![Value::Argument(0)] })
}

fn exit() -> Option<Call<'static>> {
    Some(Call { target: EXIT, values: vec![Value::Token, Value::Returned, Value::Thrown] })
}

/// The file, the method of the fixture, and what goes into it.
fn cases() -> Vec<(&'static str, &'static str, Splice<'static>)> {
    let run = Splice::ReplaceCall {
        owner: "java/lang/Runnable",
        name: "run",
        descriptor: "()V",
        target: advice("run", "(Ljava/lang/Runnable;)V"),
        required: true,
    };
    let wrap = Call {
        target: advice("wrap", "(Ljava/lang/String;)Ljava/lang/String;"),
        values: vec![Value::Argument(0)],
    };
    vec![
        ("return", "returned", Splice::Around { entry: entry(), exit: exit() }),
        ("throw", "thrown", Splice::Around { entry: None, exit: exit() }),
        ("constructor", "<init>", Splice::Around { entry: entry(), exit: exit() }),
        ("synchronized", "locked", Splice::Around { entry: None, exit: exit() }),
        ("switch", "switched", Splice::Around { entry: entry(), exit: None }),
        ("call-replaced", "called", run),
        ("argument-wrapped", "wrapped", Splice::AssignArgumentAtEntry { index: 0, call: wrap }),
    ]
}

/// A branch of each kind that just reaches its target, until an exit is put before the return between them.
fn far_source() -> String {
    let body = "n += 1000;\n".repeat(5_457);
    let short_loop = "do { n++; } while (n < 5);";
    format!(
        "public class Far {{ static int far(int n) {{\nwhile (n > 0) {{ {short_loop} if (n == 8) return n;\n{body}}}\nreturn n; }} }}"
    )
}

struct Fixture {
    jdk: Jdk,
    dir: tempfile::TempDir,
}

impl Fixture {
    fn compile() -> Option<Self> {
        let jdk = Jdk::find()?;
        let dir = tempfile::tempdir().unwrap();
        let far = dir.path().join("Far.java");
        fs::write(&far, far_source()).unwrap();
        // Release 8: what later ones do by invokedynamic they spell out.
        let options = ["--release", "8", "-Xlint:-options"];
        jdk.compile(&dir.path().join("before"), &options, &["Spliced.java", far.to_str().unwrap()]);
        fs::create_dir(dir.path().join("after")).unwrap();
        Some(Self { jdk, dir })
    }

    /// Puts splices into methods of a class.
    fn splice(&self, class: &str, methods: &[(&str, Splice<'static>)]) {
        let file = |folder: &str| self.dir.path().join(folder).join(format!("{class}.class"));
        let bytes = fs::read(file("before")).unwrap();
        let parsed = ClassFile::parse(&bytes).unwrap();
        let edits: Vec<_> = methods
            .iter()
            .map(|(name, splice)| {
                let method = parsed.methods().find(|method| method.name == name.as_bytes()).unwrap();
                let descriptor = std::str::from_utf8(method.descriptor).unwrap();
                MethodEdit { name, descriptor, splices: vec![splice.clone()] }
            })
            .collect();
        match patch(&parsed, &edits) {
            Outcome::Patched(patched) => fs::write(file("after"), patched.bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// What javap prints of a class, before and after.
    fn printed(&self, class: &str) -> [String; 2] {
        let file = |folder: &str| self.dir.path().join(folder).join(format!("{class}.class"));
        print(&self.jdk, &[file("before"), file("after")]).try_into().unwrap()
    }

    /// What the program prints, with the classes of this folder before those of the compiler.
    fn run(&self, folder: &str) -> String {
        let path = format!("{0}/{folder}:{0}/before", self.dir.path().display());
        run(self.jdk.java().args(["-Xverify:all", "-XX:-PrintWarnings", "-cp", &path, "Spliced"]))
    }
}

fn check(golden: &str, [before, after]: &[String; 2], method: &str) {
    let found = format!("before:\n{}\nafter:\n{}", listing(before, method), listing(after, method));
    check_golden(&format!("spliced/{golden}.txt"), &found);
}

#[test]
fn spliced_code_reads_as_expected_and_runs() {
    let Some(fixture) = Fixture::compile() else { return };
    let methods: Vec<_> = cases().into_iter().map(|(_, method, splice)| (method, splice)).collect();
    fixture.splice("Spliced", &methods);
    fixture.splice("Far", &[("far", Splice::Around { entry: None, exit: exit() })]);
    let spliced = fixture.printed("Spliced");
    for (golden, method, _) in cases() {
        check(golden, &spliced, if method == "<init>" { "Spliced" } else { method });
    }
    check("long-jumps", &fixture.printed("Far"), "far");
    assert_eq!(fixture.run("after"), fixture.run("before").replace("text", "<text>"));
}
