//! Each reason to leave a class alone, by the edit that meets it.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use otelrs_classfile::{Call, ClassFile, FieldRef, MethodEdit, MethodRef, Outcome, Splice, Value, patch};
use std::path::Path;
use std::sync::OnceLock;
use support::Jdk;

fn class() -> Option<&'static [u8]> {
    static CLASS: OnceLock<Option<Vec<u8>>> = OnceLock::new();
    let compiled = CLASS.get_or_init(|| {
        let jdk = Jdk::find()?;
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("declined");
        jdk.compile(&dir, &["--release", "8"], &["Declined.java"]);
        Some(std::fs::read(dir.join("Declined.class")).unwrap())
    });
    compiled.as_deref()
}

fn call<'e>(descriptor: &'e str, values: Vec<Value<'e>>) -> Call<'e> {
    Call { target: MethodRef { owner: "a/Advice", name: "advice", descriptor, interface: false }, values }
}

fn entry<'e>(descriptor: &'e str, values: Vec<Value<'e>>) -> Splice<'e> {
    Splice::Around { entry: Some(call(descriptor, values)), exit: None }
}

fn exit<'e>(descriptor: &'e str, values: Vec<Value<'e>>) -> Splice<'e> {
    Splice::Around { entry: None, exit: Some(call(descriptor, values)) }
}

fn assign(field: &'static str) -> Splice<'static> {
    let field = FieldRef { owner: "Declined", name: field, descriptor: "Ljava/lang/Object;" };
    Splice::AssignFieldAtExit { field, call: call("()Ljava/lang/Object;", vec![]) }
}

fn replace(name: &'static str, target: &'static str) -> Splice<'static> {
    let target = MethodRef { owner: "a/Advice", name, descriptor: target, interface: false };
    Splice::ReplaceCall { owner: "java/lang/Object", name, descriptor: "()I", target, required: true }
}

/// Applies one splice to the method `name` of the fixture.
fn outcome(bytes: &[u8], name: &str, splice: Splice<'_>) -> Outcome {
    let class = ClassFile::parse(bytes).unwrap();
    let found = class.methods().find(|method| method.name == name.as_bytes());
    let descriptor = found.map_or("()V", |method| std::str::from_utf8(method.descriptor).unwrap());
    patch(&class, &[MethodEdit { name, descriptor, splices: vec![splice] }])
}

#[test]
fn each_reason_has_a_name_and_says_which_method() {
    let Some(bytes) = class() else { return };
    let nothing = || entry("()V", vec![]);
    let getter = |of: Value<'static>, descriptor| Value::Getter {
        of: Box::new(of),
        method: MethodRef { owner: "java/lang/Object", name: "get", descriptor, interface: false },
        arguments: vec![],
    };
    let interface_call = || {
        let target = MethodRef { interface: true, ..call("()V", vec![]).target };
        Splice::Around { entry: Some(Call { target, values: vec![] }), exit: None }
    };
    let free = FieldRef { owner: "Declined", name: "free", descriptor: "Ljava/lang/Object;" };
    let long_text = "x".repeat(65_536);
    let many = format!("({})V", "J".repeat(128));
    let object = "(Ljava/lang/Object;)V";
    let own_field =
        |name| Value::Field(FieldRef { owner: "Declined", name, descriptor: "Ljava/lang/Object;" });
    for (method, splice, reason) in [
        ("missing", nothing(), "no-such-method"),
        ("unwritten", nothing(), "no-code"),
        ("foreign", nothing(), "no-code"),
        ("add", replace("hashCode", "(Ljava/lang/Object;)I"), "no-such-call"),
        ("calls", replace("hashCode", "()I"), "descriptor-mismatch"),
        ("calls", assign("missing"), "no-such-field"),
        ("calls", assign("shared"), "no-such-field"),
        ("calls", assign("kept"), "final-field"),
        ("add", assign("free"), "no-this"),
        ("add", entry(object, vec![Value::This]), "no-this"),
        ("calls", exit(object, vec![own_field("missing")]), "no-such-field"),
        ("calls", exit(object, vec![Value::Field(FieldRef { owner: "a/B", ..free })]), "no-such-field"),
        ("add", entry(object, vec![Value::Argument(2)]), "no-such-argument"),
        ("<init>", entry(object, vec![Value::This]), "value-not-available"),
        ("add", entry(object, vec![Value::Returned]), "value-not-available"),
        ("add", entry(object, vec![Value::Thrown]), "value-not-available"),
        ("add", entry(object, vec![Value::Token]), "value-not-available"),
        ("add", entry("(J)V", vec![Value::Argument(0)]), "descriptor-mismatch"),
        ("add", entry("(Ljava/lang/String;)V", vec![Value::Argument(0)]), "descriptor-mismatch"),
        ("add", entry("(I)V", vec![Value::Null]), "descriptor-mismatch"),
        ("add", entry("(Z)V", vec![Value::Int(2)]), "descriptor-mismatch"),
        ("calls", entry("(I)V", vec![Value::Argument(0)]), "descriptor-mismatch"),
        ("calls", entry("(I)V", vec![Value::Returned, Value::Null]), "descriptor-mismatch"),
        ("calls", entry("()I", vec![]), "descriptor-mismatch"),
        ("calls", exit("(I)V", vec![Value::Returned]), "descriptor-mismatch"),
        ("calls", entry(object, vec![getter(Value::Argument(0), "()V")]), "descriptor-mismatch"),
        ("calls", entry(object, vec![getter(Value::Int(1), "()I")]), "descriptor-mismatch"),
        ("calls", entry("(Q)V", vec![]), "bad-descriptor"),
        ("calls", entry(&many, vec![]), "bad-descriptor"),
        ("calls", entry(object, vec![Value::Text(&long_text)]), "bad-text"),
        (
            "<init>",
            Splice::AssignArgumentAtEntry { index: 0, call: call("()Ljava/lang/Object;", vec![]) },
            "argument-of-constructor",
        ),
        (
            "calls",
            Splice::AssignArgumentAtEntry { index: 0, call: call("()V", vec![]) },
            "descriptor-mismatch",
        ),
    ] {
        match outcome(bytes, method, splice.clone()) {
            Outcome::Declined(found) => {
                assert_eq!(found.name(), reason, "{method} {splice:?}");
                assert!(found.method().starts_with(method), "{found}");
            }
            other => panic!("{method} {splice:?}: {other:?}"),
        }
    }
    let mut version_51 = bytes.to_vec();
    version_51[7] = 51;
    for (bytes, is_declined) in [(bytes, false), (&version_51, true)] {
        let found = outcome(bytes, "calls", interface_call());
        assert_eq!(matches!(found, Outcome::Declined(_)), is_declined, "{found:?}");
    }
}

#[test]
fn constants_go_where_they_fit() {
    let Some(bytes) = class() else { return };
    for (descriptor, value) in [
        ("(Z)V", Value::Int(1)),
        ("(B)V", Value::Int(-128)),
        ("(C)V", Value::Int(65_535)),
        ("(S)V", Value::Int(-32_768)),
        ("(I)V", Value::Int(i32::MIN)),
        ("(J)V", Value::Long(i64::MAX)),
        ("(Ljava/lang/Object;)V", Value::Long(1)),
        ("(Ljava/lang/Integer;)V", Value::Int(6)),
        ("(Ljava/lang/CharSequence;)V", Value::Text("text")),
    ] {
        let found = outcome(bytes, "add", entry(descriptor, vec![value]));
        assert!(matches!(found, Outcome::Patched(_)), "{descriptor}: {found:?}");
    }
}

#[test]
fn nothing_to_do_is_unchanged_whatever_it_names() {
    let Some(bytes) = class() else { return };
    let class = ClassFile::parse(bytes).unwrap();
    let nothing = Splice::Around { entry: None, exit: None };
    for (name, splices) in [("add", vec![]), ("add", vec![nothing.clone()]), ("missing", vec![nothing])] {
        let edit = MethodEdit { name, descriptor: "(II)I", splices };
        assert_eq!(patch(&class, &[edit]), Outcome::Unchanged);
    }
}

#[test]
fn a_method_without_a_call_that_need_not_be_there_is_left_as_it_is() {
    let Some(bytes) = class() else { return };
    let optional = |name, target| match replace(name, target) {
        Splice::ReplaceCall { owner, name, descriptor, target, .. } => {
            Splice::ReplaceCall { owner, name, descriptor, target, required: false }
        }
        other => other,
    };
    let target = "(Ljava/lang/Object;)I";
    assert!(matches!(outcome(bytes, "add", optional("hashCode", target)), Outcome::Unchanged));
    assert!(matches!(outcome(bytes, "calls", optional("hashCode", target)), Outcome::Patched(_)));
}

#[test]
fn one_edit_that_cannot_be_made_declines_all() {
    let Some(bytes) = class() else { return };
    let class = ClassFile::parse(bytes).unwrap();
    let edit = |name, descriptor| MethodEdit { name, descriptor, splices: vec![entry("()V", vec![])] };
    let edits = [edit("add", "(II)I"), edit("missing", "()V")];
    let Outcome::Declined(reason) = patch(&class, &edits) else { panic!() };
    assert_eq!(reason.to_string(), "no-such-method (missing()V)");
    assert!(matches!(patch(&class, &edits[..1]), Outcome::Patched(_)));
}

#[test]
fn an_unknown_opcode_declines_whatever_the_class_version() {
    let Some(bytes) = class() else { return };
    // `iload_0 iload_1 iadd ireturn` of add(II)I; the newest version known, and one newer.
    let at = bytes.windows(4).position(|code| code == [0x1a, 0x1b, 0x60, 0xac]).unwrap();
    for (version, opcode, expected) in [
        (70, 0x60, None),
        (71, 0x60, None),
        (70, 0xcb, Some("unknown-opcode")),
        (71, 0xcb, Some("unknown-opcode")),
    ] {
        let mut bytes = bytes.to_vec();
        bytes[7] = version;
        bytes[at + 2] = opcode;
        let found = match outcome(&bytes, "add", entry("()V", vec![])) {
            Outcome::Declined(reason) => Some(reason.name()),
            _ => None,
        };
        assert_eq!(found, expected, "{version} {opcode}");
    }
}

#[test]
fn an_unknown_attribute_of_the_code_declines_when_anything_moves() {
    let Some(bytes) = class() else { return };
    let rename = |bytes: &[u8], version| {
        let mut bytes = bytes.to_vec();
        bytes[7] = version;
        let at = bytes.windows(15).position(|text| text == b"LineNumberTable").unwrap();
        bytes[at] = b'X';
        bytes
    };
    let replacing = || replace("hashCode", "(Ljava/lang/Object;)I");
    let name = |found: Outcome| match found {
        Outcome::Declined(reason) => Some(reason.name()),
        _ => None,
    };
    let (known, newer) = (rename(bytes, 52), rename(bytes, 71));
    assert_eq!(name(outcome(&known, "calls", entry("()V", vec![]))), Some("unknown-attribute"));
    assert_eq!(name(outcome(&known, "calls", replacing())), None);
    assert_eq!(name(outcome(&newer, "calls", replacing())), Some("unknown-attribute"));
}
