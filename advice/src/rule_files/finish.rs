//! Spans of rules, and the attributes that rules add to any span.

use std::borrow::Cow;

use otelrs_sdk::payload::{Payload, int};
use otelrs_sdk::span::{KeyValue, SpanKind, Value};

use crate::attributes::Attributes;
use crate::finish::{Finished, Values};
use crate::keys;
use crate::text::{MAX_NAME, MAX_VALUE, cleaned};

/// A span around a method.
pub(crate) fn finish<'a>(values: &Values<'a>) -> Finished<'a> {
    let class = values.text(keys::CODE_CLASS, MAX_VALUE).map(|class| class.replace('/', "."));
    let method = values.text(keys::CODE_METHOD, MAX_NAME);
    let function = class.zip(method).map(|(class, method)| format!("{class}.{method}"));
    let named = values.text(keys::SPAN_NAME, MAX_NAME);
    let name = named.or_else(|| function.as_deref().map(|function| Cow::Owned(simple(function).to_owned())));
    let mut attributes = Attributes::new();
    attributes.some_text("code.function.name", function);
    attributes.some_text("error.type", values.error());
    Finished {
        name: name.unwrap_or(Cow::Borrowed("unknown")),
        kind: kind(values.payload.int(keys::SPAN_KIND)),
        attributes,
        failed: values.exception.is_some(),
    }
}

/// A class and its method without the package.
fn simple(function: &str) -> &str {
    let Some((class, _)) = function.rsplit_once('.') else { return function };
    let package = class.rfind('.').map_or(0, |dot| dot + 1);
    function.get(package..).unwrap_or(function)
}

/// As OTLP numbers them.
fn kind(number: Option<i64>) -> SpanKind {
    match number {
        Some(2) => SpanKind::Server,
        Some(3) => SpanKind::Client,
        Some(4) => SpanKind::Producer,
        Some(5) => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

/// Adds what rules noted of a span. The bridge writes the latest first: the latest of a key wins, over an instrumentation's
/// own value too.
pub(crate) fn add_attributes(payload: &Payload<'_>, attributes: &mut Vec<KeyValue<'_>>) {
    if payload.bytes(keys::ATTRIBUTE).is_none() {
        return;
    }
    let mut entries = payload.entries();
    let mut added: Vec<KeyValue<'_>> = Vec::new();
    while let Some((key, name)) = entries.next() {
        if key != keys::ATTRIBUTE {
            continue;
        }
        let Some((kind, bytes)) = entries.next() else { break };
        let Some(name) = cleaned(&String::from_utf8_lossy(name), MAX_NAME) else { continue };
        let Some(value) = value(kind, bytes) else { continue };
        if added.iter().all(|known| known.key != name) {
            added.push(KeyValue { key: Cow::Owned(name), value });
        }
    }
    if !added.is_empty() {
        attributes.retain(|own| added.iter().all(|known| known.key != own.key));
        attributes.extend(added.into_iter().rev());
    }
}

fn value(kind: u8, bytes: &[u8]) -> Option<Value<'static>> {
    Some(match kind {
        keys::ATTRIBUTE_TEXT => {
            Value::String(Cow::Owned(cleaned(&String::from_utf8_lossy(bytes), MAX_VALUE).unwrap_or_default()))
        }
        keys::ATTRIBUTE_INT => Value::Int(int(bytes)?),
        keys::ATTRIBUTE_DOUBLE => Value::Double(f64::from_bits(int(bytes)?.cast_unsigned())),
        keys::ATTRIBUTE_BOOL => Value::Bool(int(bytes)? != 0),
        _ => return None,
    })
}
