//! Which rules a class answers to, on class files made here.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod class_file;

use class_file::{Defining, class};
use otelrs_classfile::ClassFile;
use otelrs_rules::matcher::{Match, Matcher};
use otelrs_rules::model::{
    ANY_METHOD, Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};
use otelrs_rules::plan::plan;
use otelrs_rules::supertypes::Loader;

const SPLICES: &[Splice] = &[Splice::Around {
    entry: Some(Call {
        target: Target { owner: "a/Advice", name: "enter", descriptor: "(Ljava/lang/Object;)V" },
        values: &[Value::This],
    }),
    exit: None,
}];

static NAMED: Rule = Rule {
    instrumentation: "named",
    class: ClassSelector::Name("shop/Server"),
    methods: &[MethodRule { name: "serve", descriptor: DescriptorSelector::Any, splices: SPLICES }],
    common_methods: &[],
    glue: None,
    purpose: Purpose::Spans,
};

static STATEMENTS: Rule = Rule {
    instrumentation: "statements",
    class: ClassSelector::SubtypeOf { types: &["java/sql/Statement"], guard: Some("Ljava/sql/") },
    methods: &[
        MethodRule {
            name: "executeQuery",
            descriptor: DescriptorSelector::Prefix("()Ljava/sql/"),
            splices: SPLICES,
        },
        MethodRule { name: "execute", descriptor: DescriptorSelector::Exact("()Z"), splices: SPLICES },
    ],
    common_methods: &[MethodRule {
        name: "close",
        descriptor: DescriptorSelector::Exact("()V"),
        splices: SPLICES,
    }],
    glue: None,
    purpose: Purpose::Spans,
};

static MARKED: Rule = Rule {
    instrumentation: "marked",
    class: ClassSelector::SubtypeOf { types: &["shop/Marker"], guard: None },
    methods: &[MethodRule { name: ANY_METHOD, descriptor: DescriptorSelector::Any, splices: SPLICES }],
    common_methods: &[],
    glue: None,
    purpose: Purpose::Spans,
};

const APP: Loader = Loader(7);
const OTHER: Loader = Loader(8);

fn matcher() -> Matcher {
    Matcher::new([&NAMED, &STATEMENTS])
}

fn decide(matcher: &mut Matcher, bytes: &[u8], loader: Loader) -> &'static str {
    let class = ClassFile::parse(bytes).unwrap();
    if !matcher.gate().lets_pass(&class) {
        return "none";
    }
    match matcher.decide(&class, &mut Defining(loader, None)) {
        Match::None => "none",
        Match::Undecided(_) => "undecided",
        Match::Rules(rules) => rules[0].instrumentation,
    }
}

#[test]
fn a_class_is_matched_by_its_name() {
    let server = class("shop/Server", "java/lang/Object", &[], &[("serve", "()V")]);
    assert_eq!(decide(&mut matcher(), &server, APP), "named");
    let near_miss = class("shop/Server2", "java/lang/Object", &[], &[("serve", "()V")]);
    assert_eq!(decide(&mut matcher(), &near_miss, APP), "none");
}

#[test]
fn subtypes_are_matched_directly_and_through_what_was_seen_before() {
    let mut matcher = matcher();
    let base = class("driver/Base", "java/lang/Object", &["java/sql/Statement"], &[]);
    let derived = class("driver/Derived", "driver/Base", &[], &[("execute", "()Z")]);
    assert_eq!(decide(&mut matcher, &base, APP), "statements");
    assert_eq!(decide(&mut matcher, &derived, APP), "statements");
    let declares_none = class("driver/Other", "driver/Base", &[], &[("close", "()V")]);
    assert_eq!(decide(&mut matcher, &declares_none, APP), "statements", "nothing but its superclass tells");
    assert_eq!(
        decide(&mut matcher, &derived, OTHER),
        "undecided",
        "another loader's driver/Base may be another class"
    );
}

#[test]
fn a_class_of_unknown_ancestry_is_decided_by_what_it_declares() {
    for (methods, expected) in [
        (&[("executeQuery", "()Ljava/sql/ResultSet;")][..], "statements"),
        (&[("execute", "()Z")], "undecided"),
        (&[("close", "()V")], "none"),
        (&[("execute", "()V")], "none"),
        (&[], "none"),
    ] {
        let unknown = class("pool/Proxy", "pool/Unseen", &[], methods);
        assert_eq!(decide(&mut matcher(), &unknown, APP), expected, "{methods:?}");
    }
}

#[test]
fn a_rule_about_every_method_holds_no_class_of_unknown_ancestry_back() {
    let unknown = class("shop/Order", "shop/Unseen", &[], &[("whatever", "()V")]);
    assert_eq!(decide(&mut Matcher::new([&MARKED]), &unknown, APP), "undecided");
    assert_eq!(decide(&mut matcher(), &unknown, APP), "none");
}

#[test]
fn a_type_that_is_asked_for_is_not_below_itself_whatever_it_declares() {
    let types = class("java/sql/Statement", "java/lang/Object", &["java/sql/Wrapper"], &[("execute", "()Z")]);
    assert_eq!(decide(&mut matcher(), &types, Loader::BOOT), "none");
}

#[test]
fn what_the_jvm_says_of_a_class_decides_its_retransformation() {
    let mut matcher = matcher();
    let proxy = class("pool/Proxy", "pool/Unseen", &[], &[("execute", "()Z")]);
    assert_eq!(decide(&mut matcher, &proxy, APP), "undecided");
    matcher.learn(b"pool/Proxy", APP, 1);
    assert_eq!(decide(&mut matcher, &proxy, APP), "statements");
    matcher.forget(APP);
    assert_eq!(decide(&mut matcher, &proxy, APP), "undecided");
}

#[test]
fn a_plan_passes_over_what_a_class_does_not_declare() {
    let statement =
        class("driver/S", "java/lang/Object", &["java/sql/Statement"], &[("close", "()V"), ("other", "()V")]);
    let class = ClassFile::parse(&statement).unwrap();
    let edits = plan(&class, &[&STATEMENTS], |_, _, _| {});
    let names: Vec<&str> = edits.iter().map(|edit| edit.name).collect();
    assert_eq!(names, ["close"]);
}
