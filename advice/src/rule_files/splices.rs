//! What a rule of a file splices in: each part a call of its own, so that one that fails takes nothing else with it.

use otelrs_rule_files::{Attribute, Carrier, FileRule, Path, Root, SpanAction};
use otelrs_rules::model::{
    ANY_METHOD, Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

use super::INSTRUMENTATION;
use crate::bridge::RULES;

/// The rule as the matcher takes it. It lives as long as the process: rules are read once an attachment.
pub fn rule_of(rule: FileRule) -> &'static Rule {
    let FileRule { name, conditions, span, attributes, inject, extract } = rule;
    let purpose = if span.is_some() { Purpose::Spans } else { Purpose::Context };
    let mut splices = Vec::new();
    // Of several exits the first listed runs last: the span ends when its attributes are there.
    splices.extend(span.map(|span| around(span, extract)));
    splices.extend(inject.map(|carrier| at_entry("inject", CARRIER, carrier_values(carrier))));
    splices.extend(attributes.into_iter().map(attribute));
    let methods = vec![MethodRule {
        name: ANY_METHOD,
        descriptor: DescriptorSelector::Any,
        splices: Box::leak(splices.into_boxed_slice()),
    }];
    Box::leak(Box::new(Rule {
        instrumentation: INSTRUMENTATION,
        class: ClassSelector::Where { rule: leaked(name), conditions: Box::leak(Box::new(conditions)) },
        methods: Box::leak(methods.into_boxed_slice()),
        common_methods: &[],
        glue: None,
        purpose,
    }))
}

/// Root of the way to a carrier, getters, name and descriptor of its method.
const CARRIER: &str = "(Ljava/lang/Object;Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;)V";
/// The same; gives the span opened.
const EXTRACT: &str =
    "(Ljava/lang/Object;Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;)Ljava/lang/OtelrsContext;";
/// Key, root of the way to a value, getters, whether it becomes text.
const ATTRIBUTE: &str = "(Ljava/lang/String;Ljava/lang/Object;Ljava/lang/String;Z)V";
/// The span opened, what was thrown, class, method, the span's name or nothing, its kind.
const CLOSE: &str =
    "(Ljava/lang/Object;Ljava/lang/Throwable;Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;I)V";

fn around(span: SpanAction, extract: Option<Carrier>) -> Splice {
    let entry = match extract {
        Some(carrier) => call("openFrom", EXTRACT, carrier_values(carrier)),
        None => call("open", "()Ljava/lang/OtelrsContext;", Vec::new()),
    };
    let name = Value::Text(leaked(span.name.unwrap_or_default()));
    let kind = Value::Int(span.kind as i32);
    let values = vec![Value::Token, Value::Thrown, Value::ClassName, Value::MethodName, name, kind];
    Splice::Around { entry: Some(entry), exit: Some(call("close", CLOSE, values)) }
}

fn attribute(attribute: Attribute) -> Splice {
    let Attribute { key, value, as_text } = attribute;
    let at_exit = value.root == Root::Returned;
    let [root, getters] = way(value);
    let values = vec![Value::Text(leaked(key)), root, getters, Value::Int(i32::from(as_text))];
    if at_exit {
        Splice::Around { entry: None, exit: Some(call("attribute", ATTRIBUTE, values)) }
    } else {
        at_entry("attribute", ATTRIBUTE, values)
    }
}

fn at_entry(name: &'static str, descriptor: &'static str, values: Vec<Value>) -> Splice {
    Splice::Around { entry: Some(call(name, descriptor, values)), exit: None }
}

fn carrier_values(carrier: Carrier) -> Vec<Value> {
    let [root, getters] = way(carrier.path);
    vec![root, getters, Value::Text(leaked(carrier.method)), Value::Text(leaked(carrier.descriptor))]
}

/// Where the way to a value begins, and the getters from there on, parted by blanks.
fn way(path: Path) -> [Value; 2] {
    let root = match (path.root, path.field) {
        (Root::This, Some(field)) => Value::NamedField(leaked(field)),
        (Root::This, None) => Value::This,
        (Root::Argument(index), _) => Value::Argument(index),
        (Root::Returned, _) => Value::Returned,
    };
    [root, Value::Text(leaked(path.getters.join(" ")))]
}

fn call(name: &'static str, descriptor: &'static str, values: Vec<Value>) -> Call {
    Call { target: Target { owner: RULES, name, descriptor }, values: Box::leak(values.into_boxed_slice()) }
}

fn leaked(text: String) -> &'static str {
    text.leak()
}
