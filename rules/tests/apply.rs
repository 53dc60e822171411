//! A rule of a file that cannot be had at a method costs nothing else.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod class_file;

use class_file::{Made, MadeMethod, PLAIN, make};
use otelrs_classfile::ClassFile;
use otelrs_rules::apply::{LeftOut, apply};
use otelrs_rules::conditions::Conditions;
use otelrs_rules::model::{
    ANY_METHOD, Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

const fn at_entry(value: &'static [Value]) -> Splice {
    let target = Target { owner: "a/Advice", name: "enter", descriptor: "(Ljava/lang/Object;)V" };
    Splice::Around { entry: Some(Call { target, values: value }), exit: None }
}

const TEXT: Splice = at_entry(&[Value::Text("x")]);
const ARGUMENT: Splice = at_entry(&[Value::Argument(0)]);
/// There is none yet.
const RESULT: Splice = at_entry(&[Value::Returned]);
/// More than a method can take and still be compiled.
const HUGE: &[Splice] = &[TEXT; 2_000];

fn rule(class: ClassSelector, method: &'static str, splices: &'static [Splice]) -> &'static Rule {
    let methods = vec![MethodRule { name: method, descriptor: DescriptorSelector::Any, splices }];
    Box::leak(Box::new(Rule {
        instrumentation: "built-in",
        class,
        methods: methods.leak(),
        common_methods: &[],
        glue: None,
        purpose: Purpose::Spans,
    }))
}

fn built_in(method: &'static str, splices: &'static [Splice]) -> &'static Rule {
    rule(ClassSelector::Name("shop/Orders"), method, splices)
}

fn of_file(name: &'static str, splices: &'static [Splice]) -> &'static Rule {
    let conditions = Box::leak(Box::new(Conditions::default()));
    rule(ClassSelector::Where { rule: name, conditions }, ANY_METHOD, splices)
}

const fn method(name: &str) -> MadeMethod<'_> {
    MadeMethod { access: 1, name, descriptor: "()V", annotations: &[] }
}

/// Which methods of the class are longer than they were, and what was left out.
fn applied(rules: &[&'static Rule]) -> (Vec<String>, Vec<String>) {
    let takes = MadeMethod { descriptor: "(I)V", ..method("takes") };
    let bytes = make(&Made { methods: &[method("place"), takes], ..PLAIN });
    let class = ClassFile::parse(&bytes).unwrap();
    let mut left_out = Vec::new();
    let patched = apply(&class, rules, |left| {
        left_out.push(match left {
            LeftOut::BuiltIn(reason) => format!("built in: {}", reason.name()),
            LeftOut::Method { rule, method, why } => format!("{} at {method}: {why}", rule.name()),
        });
    });
    let after = patched.map(|patched| patched.bytes).unwrap_or_default();
    let Ok(after) = ClassFile::parse(&after) else { return (Vec::new(), left_out) };
    let longer = class.methods().zip(after.methods()).filter(|(old, new)| new.code_length > old.code_length);
    let names = longer.map(|(old, _)| String::from_utf8_lossy(old.name).into_owned());
    (names.collect(), left_out)
}

#[test]
fn what_does_not_fit_one_method_is_left_out_there_and_nowhere_else() {
    let (longer, left_out) = applied(&[of_file("wants an argument", &[ARGUMENT])]);
    assert_eq!(longer, ["takes"]);
    let why = "it asks for argument[0], and the method has fewer";
    assert_eq!(left_out, [format!("wants an argument at place()V: {why}")]);
}

#[test]
fn what_a_method_cannot_take_costs_neither_other_rules_nor_what_is_built_in() {
    for (others, longer) in [
        (vec![built_in("place", &[TEXT])], vec!["place"]),
        (vec![of_file("small", &[TEXT])], vec!["place", "takes"]),
        (vec![], vec![]),
    ] {
        let rules: Vec<&'static Rule> = others.into_iter().chain([of_file("huge", HUGE)]).collect();
        let (found, left_out) = applied(&rules);
        assert_eq!(found, longer);
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        assert!(left_out.iter().all(|line| line.starts_with("huge at ")), "{left_out:?}");
    }
}

#[test]
fn what_is_built_in_is_left_out_as_if_there_were_no_files() {
    let (longer, left_out) = applied(&[built_in("place", &[RESULT]), of_file("small", &[TEXT])]);
    assert_eq!(longer, ["place", "takes"]);
    assert_eq!(left_out, ["built in: value-not-available"]);
}
