//! Selectors that leave the JDK's own classes alone: subclasses, implementations, callers.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod class_file;

use class_file::{Defining, Made, MadeMethod, PLAIN, class, class_naming, make};
use otelrs_classfile::{ACC_PUBLIC, ACC_STATIC, ClassFile};
use otelrs_rules::matcher::{Match, Matcher};
use otelrs_rules::model::{
    ANY_METHOD, ClassSelector, DescriptorSelector, Method, MethodRule, Purpose, Rule, Splice, Target,
};
use otelrs_rules::plan::plan;
use otelrs_rules::supertypes::Loader;

const APP: Loader = Loader(7);
const RUN: Method = Method { owner: "java/lang/Runnable", name: "run", descriptor: "()V" };
const RUN_TEXT: [&str; 3] = ["java/lang/Runnable", "run", "()V"];

const REPLACED: &[MethodRule] = &[MethodRule {
    name: ANY_METHOD,
    descriptor: DescriptorSelector::Any,
    splices: &[Splice::ReplaceCall {
        called: RUN,
        target: Target { owner: "a/Advice", name: "run", descriptor: "(Ljava/lang/Runnable;)V" },
    }],
}];

const fn rule(instrumentation: &'static str, class: ClassSelector, methods: &'static [MethodRule]) -> Rule {
    Rule { instrumentation, class, methods, common_methods: REPLACED, glue: None, purpose: Purpose::Context }
}

static EXECUTORS: Rule = rule(
    "executors",
    ClassSelector::ImplementationOf { of: "java/util/concurrent/Executor", guard: None },
    &[MethodRule { name: "execute", descriptor: DescriptorSelector::Any, splices: &[] }],
);

static FACTORIES: Rule = rule(
    "factories",
    ClassSelector::ImplementationOf {
        of: "java/util/concurrent/ThreadFactory",
        guard: Some(";)Ljava/lang/Thread;"),
    },
    &[MethodRule { name: "newThread", descriptor: DescriptorSelector::Any, splices: &[] }],
);

static THREADS: Rule = rule(
    "threads",
    ClassSelector::SubclassOf("java/lang/Thread"),
    &[MethodRule { name: "run", descriptor: DescriptorSelector::Exact("()V"), splices: &[] }],
);

static WORKERS: Rule = rule("workers", ClassSelector::Caller { declares: ("run", "()V"), calls: RUN }, &[]);

/// What is decided: the rules that are certain, and a question mark when others are not.
fn decide(bytes: &[u8]) -> String {
    let class = ClassFile::parse(bytes).unwrap();
    let mut matcher = Matcher::new([&EXECUTORS, &FACTORIES, &THREADS, &WORKERS]);
    if !matcher.gate().lets_pass(&class) {
        return String::new();
    }
    let (rules, mark) = match matcher.decide(&class, &mut Defining(APP, None)) {
        Match::None => (Vec::new(), ""),
        Match::Undecided(rules) => (rules, "?"),
        Match::Rules(rules) => (rules, ""),
    };
    let names: Vec<&str> = rules.iter().map(|rule| rule.instrumentation).collect();
    format!("{}{mark}", names.join(" "))
}

#[test]
fn a_class_is_matched_by_what_it_is_below_and_by_what_it_calls() {
    const OBJECT: &str = "java/lang/Object";
    const EXECUTOR: &str = "java/util/concurrent/Executor";
    const EXECUTE: (&str, &str) = ("execute", "(Ljava/lang/Runnable;)V");
    const OWN_RUN: (&str, &str) = ("run", "()V");
    for (bytes, expected) in [
        (class("shop/Pool", OBJECT, &[EXECUTOR], &[EXECUTE]), "executors"),
        (class("java/shop/Pool", OBJECT, &[EXECUTOR], &[EXECUTE]), ""),
        (class("shop/Pool", "lib/Unseen", &[], &[EXECUTE]), "?"),
        (class("shop/Cleaner", "java/lang/Thread", &[], &[OWN_RUN]), "threads"),
        (class("sun/Cleaner", "java/lang/Thread", &[], &[OWN_RUN]), ""),
        (class("shop/Cleaner", "lib/Unseen", &[], &[OWN_RUN]), "?"),
        (class("shop/Task", OBJECT, &["java/lang/Runnable"], &[OWN_RUN]), ""),
        (class_naming(Some(RUN_TEXT), "shop/Worker", OBJECT, &[], &[OWN_RUN]), "workers"),
        (class_naming(Some(RUN_TEXT), "jdk/Worker", OBJECT, &[], &[OWN_RUN]), ""),
        (class_naming(Some(RUN_TEXT), "shop/Caller", OBJECT, &[], &[("call", "()V")]), ""),
        (class_naming(Some(RUN_TEXT), "shop/Worker", "lib/Unseen", &[], &[OWN_RUN]), "workers?"),
        (class_naming(Some(["lib/Runnable", "run", "()V"]), "shop/Worker", OBJECT, &[], &[OWN_RUN]), ""),
    ] {
        let class = ClassFile::parse(&bytes).unwrap();
        assert_eq!(decide(&bytes), expected, "{}", String::from_utf8_lossy(class.name()));
    }
}

#[test]
fn what_checks_the_type_itself_is_put_into_an_objects_method_at_once() {
    for (access, descriptor, expected) in [
        (ACC_PUBLIC, "(Ljava/lang/Runnable;)Ljava/lang/Thread;", "factories"),
        (ACC_PUBLIC, "(Ljava/lang/Runnable;)Lshop/Thread;", "?"),
        (ACC_PUBLIC | ACC_STATIC, "(Ljava/lang/Runnable;)Ljava/lang/Thread;", ""),
    ] {
        let method = MadeMethod { access, name: "newThread", descriptor, annotations: &[] };
        let bytes = make(&Made { superclass: "lib/Unseen", methods: &[method], ..PLAIN });
        assert_eq!(decide(&bytes), expected, "{access:#x} {descriptor}");
    }
}

#[test]
fn a_rule_about_every_method_plans_nothing_for_a_class_without_the_call() {
    let methods = [("run", "()V"), ("other", "()V")];
    let with = class_naming(Some(RUN_TEXT), "shop/Worker", "java/lang/Object", &[], &methods);
    let without = class("shop/Worker", "java/lang/Object", &[], &methods);
    let planned = |bytes: &[u8]| plan(&ClassFile::parse(bytes).unwrap(), &[&WORKERS], |_, _, _| {}).len();
    assert_eq!((planned(&with), planned(&without)), (2, 0));
}

#[test]
fn places_name_class_method_and_descriptor_as_the_rule_does() {
    let places: Vec<String> = EXECUTORS.places().collect();
    assert_eq!(
        places,
        ["below java/util/concurrent/Executor.execute", "below java/util/concurrent/Executor.*"]
    );
}
