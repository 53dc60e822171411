#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use otelrs_rule_files::parse;
use otelrs_rules::model::{Splice, Value};
use otelrs_sdk::payload::PayloadWriter;
use otelrs_sdk::span::{SpanKind, Status};

use super::rule_of;
use crate::testing::{attributes, finished, record, span};
use crate::{Site, keys};

#[test]
fn a_span_is_named_by_its_rule_or_by_class_and_method() {
    let code = [(keys::CODE_CLASS, "com/acme/Orders$Line"), (keys::CODE_METHOD, "place")];
    let unnamed = span(Site::Rules, &code, &[(keys::SPAN_KIND, 1)]);
    assert_eq!((unnamed.name.as_ref(), unnamed.kind), ("Orders$Line.place", SpanKind::Internal));
    assert_eq!(attributes(&unnamed), ["code.function.name=com.acme.Orders$Line.place"]);
    let named = [code.as_slice(), &[(keys::SPAN_NAME, "place order")]].concat();
    for (number, kind) in [
        (1, SpanKind::Internal),
        (2, SpanKind::Server),
        (3, SpanKind::Client),
        (4, SpanKind::Producer),
        (5, SpanKind::Consumer),
    ] {
        let named = span(Site::Rules, &named, &[(keys::SPAN_KIND, number)]);
        assert_eq!((named.name.as_ref(), named.kind), ("place order", kind));
    }
}

#[test]
fn what_a_method_throws_is_its_error() {
    let failed = span(Site::Rules, &[(keys::EXCEPTION_TYPE, "com.acme.Refused")], &[]);
    assert_eq!(failed.status, Status::Error(String::new()));
    assert_eq!(attributes(&failed), ["error.type=com.acme.Refused"]);
}

#[test]
fn the_latest_attribute_of_a_key_wins_over_earlier_ones_and_over_an_instrumentations_own() {
    let payload = PayloadWriter::new()
        .text(keys::METHOD, "GET")
        .text(keys::ATTRIBUTE, "tier")
        .text(keys::ATTRIBUTE_TEXT, "gold")
        .text(keys::ATTRIBUTE, "share")
        .int(keys::ATTRIBUTE_DOUBLE, 0.5_f64.to_bits().cast_signed())
        .text(keys::ATTRIBUTE, "paid")
        .int(keys::ATTRIBUTE_BOOL, 1)
        .text(keys::ATTRIBUTE, "tier")
        .int(keys::ATTRIBUTE_INT, 3)
        .text(keys::ATTRIBUTE, "http.request.method")
        .text(keys::ATTRIBUTE_TEXT, "FETCH")
        .text(keys::ATTRIBUTE, "cut short")
        .finish();
    let found = finished(record(Site::HttpUrlConnection as u16, payload));
    let own = ["http.request.method=FETCH", "paid=Bool(true)", "share=Double(0.5)", "tier=gold"];
    assert_eq!(attributes(&found)[attributes(&found).len() - 4..], own);
}

#[test]
fn each_part_of_a_rule_is_a_call_of_its_own_and_the_span_comes_first() {
    let text = "
rules:
  - class: a.B
    method: c
    span: {}
    attributes: {id: 'argument[1].getId().value()', field: this.name, result: return as text}
    inject: {carrier: this, setter: 'put(Ljava/lang/String;Ljava/lang/String;)V'}
";
    let rule = rule_of(parse("test", text).rules.remove(0));
    let calls: Vec<(Option<&str>, Option<&str>)> = rule.methods[0]
        .splices
        .iter()
        .map(|splice| match splice {
            Splice::Around { entry, exit } => {
                (entry.map(|call| call.target.name), exit.map(|call| call.target.name))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let entry = |name| (Some(name), None);
    assert_eq!(
        calls,
        [
            (Some("open"), Some("close")),
            entry("inject"),
            entry("attribute"),
            entry("attribute"),
            (None, Some("attribute")),
        ]
    );
    let Splice::Around { entry: Some(call), .. } = rule.methods[0].splices[2] else { panic!() };
    assert!(matches!(
        call.values,
        [Value::Text("id"), Value::Argument(1), Value::Text("getId value"), Value::Int(0)]
    ));
}
