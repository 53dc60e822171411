//! Rules of every kind, about any method of any class.

use std::collections::HashSet;

use anyhow::{Result, bail};
use otelrs_classfile::{ClassFile, Outcome, patch};
use otelrs_rules::matcher::{Match, Matcher};
use otelrs_rules::model::{
    ANY_METHOD, Call, ClassSelector, DescriptorSelector, Method, MethodRule, Purpose, Rule, Splice, Target,
    Value,
};
use otelrs_rules::plan::plan;
use otelrs_rules::supertypes::Loader;

use super::check_members;
use crate::probe::PROBE;

const fn target(name: &'static str, descriptor: &'static str) -> Target {
    Target { owner: PROBE, name, descriptor }
}

const fn call(name: &'static str, descriptor: &'static str, values: &'static [Value]) -> Call {
    Call { target: target(name, descriptor), values }
}

const ONE: &str = "(Ljava/lang/Object;)Ljava/lang/Object;";
const TWO: &str = "(Ljava/lang/Object;Ljava/lang/Object;)V";
const THREE: &str = "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)Ljava/lang/Object;";

const fn rule(class: ClassSelector, methods: &'static [MethodRule]) -> Rule {
    Rule { instrumentation: "any", class, methods, common_methods: &[], glue: None, purpose: Purpose::Spans }
}

const fn any(splices: &'static [Splice]) -> MethodRule {
    MethodRule { name: ANY_METHOD, descriptor: DescriptorSelector::Any, splices }
}

const OBJECT: ClassSelector = ClassSelector::SubtypeOf { types: &["java/lang/Object"], guard: None };

/// One rule for each kind of splice and value, selecting in every way there is.
static RULES: [Rule; 8] = [
    rule(
        OBJECT,
        &[any(&[Splice::Around {
            entry: Some(call("one", ONE, &[Value::This])),
            exit: Some(call("three", THREE, &[Value::Token, Value::Returned, Value::Thrown])),
        }])],
    ),
    rule(
        OBJECT,
        &[any(&[Splice::Around { entry: Some(call("one", ONE, &[Value::Argument(0)])), exit: None }])],
    ),
    rule(
        OBJECT,
        &[MethodRule {
            name: "<init>",
            descriptor: DescriptorSelector::Prefix("("),
            splices: &[Splice::Around {
                entry: None,
                exit: Some(call("two", TWO, &[Value::This, Value::Text("text")])),
            }],
        }],
    ),
    rule(
        OBJECT,
        &[any(&[Splice::AssignArgumentAtEntry { index: 0, call: call("one", ONE, &[Value::Argument(0)]) }])],
    ),
    rule(
        ClassSelector::SubclassOf("java/lang/Thread"),
        &[any(&[Splice::AssignFieldAtExit {
            name: "name",
            descriptor: "Ljava/lang/String;",
            call: call("one", ONE, &[Value::OwnField { name: "name", descriptor: "Ljava/lang/String;" }]),
        }])],
    ),
    rule(
        ClassSelector::ImplementationOf { of: "java/lang/Runnable", guard: None },
        &[MethodRule {
            name: "run",
            descriptor: DescriptorSelector::Exact("()V"),
            splices: &[Splice::Around {
                entry: Some(call(
                    "two",
                    TWO,
                    &[
                        Value::InheritedField { name: "target", descriptor: "Ljava/lang/Object;" },
                        Value::Int(7),
                    ],
                )),
                exit: None,
            }],
        }],
    ),
    rule(
        ClassSelector::Caller {
            declares: ("run", "()V"),
            calls: Method { owner: "java/lang/Runnable", name: "run", descriptor: "()V" },
        },
        &[any(&[Splice::ReplaceCall {
            called: Method { owner: "java/lang/Runnable", name: "run", descriptor: "()V" },
            target: target("run", "(Ljava/lang/Runnable;)V"),
        }])],
    ),
    rule(
        ClassSelector::Name("Shapes"),
        &[MethodRule {
            name: ANY_METHOD,
            descriptor: DescriptorSelector::Between("(Ljava/lang/String;", ")Ljava/lang/String;"),
            splices: &[Splice::Around {
                entry: Some(call(
                    "one",
                    ONE,
                    &[Value::InterfaceGetter {
                        of: &Value::Argument(0),
                        owner: "java/lang/CharSequence",
                        name: "length",
                        descriptor: "()I",
                        arguments: &[],
                    }],
                )),
                exit: None,
            }],
        }],
    ),
];

/// Whether two methods have one name and descriptor, which no JVM takes (JVMS 4.6) and no edit can tell apart.
fn has_twins(class: &ClassFile<'_>) -> bool {
    let mut seen = HashSet::new();
    !class.methods().all(|method| seen.insert((method.name, method.descriptor)))
}

/// The last byte selects rules. The matcher decides about the class as its gate promised, the rules are planned for it whether it matches or
/// not, and what is patched can be read again.
///
/// # Errors
/// When it cannot, or edits that were planned for the class name what it does not have.
pub fn any_rules_any_class(bytes: &[u8]) -> Result<()> {
    let selection = bytes.last().copied().unwrap_or_default();
    let Ok(class) = ClassFile::parse(bytes) else { return Ok(()) };
    let chosen = RULES.iter().enumerate().filter(|(bit, _)| selection & (1 << bit) != 0 || selection == 0);
    let chosen: Vec<&'static Rule> = chosen.map(|(_, rule)| rule).collect();
    let mut matcher = Matcher::new(chosen.iter().copied());
    let passes = matcher.gate().lets_pass(&class);
    if !matches!(matcher.decide(&class, &mut Loader(1)), Match::None) && !passes {
        bail!("a rule is about the class, and the gate did not let it pass");
    }
    for rules in std::iter::once(&chosen[..]).chain(chosen.chunks(1)) {
        match patch(&class, &plan(&class, rules, |_, _, _| {})) {
            Outcome::Patched(patched) => check_members(&class, &patched.bytes)?,
            Outcome::Declined(reason)
                if !has_twins(&class) && ["no-such-method", "no-code"].contains(&reason.name()) =>
            {
                bail!("planned for a method that is not there: {reason}")
            }
            Outcome::Declined(_) | Outcome::Unchanged => {}
        }
    }
    Ok(())
}
