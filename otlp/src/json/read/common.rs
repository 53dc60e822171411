//! What the three signals share: resources, scopes, attributes and values.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value};

use super::JsonError;
use super::reader::Reader;
use crate::decode::MAX_VALUE_DEPTH;
use crate::model::{AnyValue, KeyValue};

/// Attributes of the member `resource`.
pub(super) fn resource(
    r: &mut Reader,
    o: &mut Map<String, Value>,
) -> Result<Vec<KeyValue<'static>>, JsonError> {
    r.member(o, "resource", |r, resource| r.object(resource, |r, mut o| attributes(r, &mut o)))
}

/// Name and version of the member `scope`.
pub(super) fn scope(
    r: &mut Reader,
    o: &mut Map<String, Value>,
) -> Result<(Cow<'static, str>, Cow<'static, str>), JsonError> {
    r.member(o, "scope", |r, scope| {
        r.object(scope, |r, mut o| Ok((r.text(&mut o, "name")?, r.text(&mut o, "version")?)))
    })
}

pub(super) fn attributes(
    r: &mut Reader,
    o: &mut Map<String, Value>,
) -> Result<Vec<KeyValue<'static>>, JsonError> {
    r.list(o, "attributes", |r, value| key_value(r, value, 0))
}

fn key_value(r: &mut Reader, value: Value, depth: usize) -> Result<KeyValue<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(KeyValue {
            key: r.text(&mut o, "key")?,
            value: r.member(&mut o, "value", |r, value| any_value(r, value, depth))?,
        })
    })
}

pub(super) fn any_value(r: &mut Reader, value: Value, depth: usize) -> Result<AnyValue<'static>, JsonError> {
    if depth >= MAX_VALUE_DEPTH {
        return r.expected("values nested at most 32 levels deep");
    }
    r.object(value, |r, mut o| {
        if let Some(Value::String(text)) = o.get_mut("stringValue") {
            return Ok(AnyValue::String(Cow::Owned(std::mem::take(text))));
        }
        if o.contains_key("boolValue") {
            return Ok(AnyValue::Bool(r.bool(&mut o, "boolValue")?));
        }
        if o.contains_key("intValue") {
            return Ok(AnyValue::Int(r.int(&mut o, "intValue")?));
        }
        if o.contains_key("doubleValue") {
            return Ok(AnyValue::Double(r.double(&mut o, "doubleValue")?.unwrap_or_default()));
        }
        if o.contains_key("arrayValue") {
            return r.member(&mut o, "arrayValue", |r, array| {
                r.object(array, |r, mut o| {
                    Ok(AnyValue::Array(r.list(&mut o, "values", |r, value| any_value(r, value, depth + 1))?))
                })
            });
        }
        if o.contains_key("kvlistValue") {
            return r.member(&mut o, "kvlistValue", |r, list| {
                r.object(list, |r, mut o| {
                    Ok(AnyValue::KeyValueList(
                        r.list(&mut o, "values", |r, value| key_value(r, value, depth + 1))?,
                    ))
                })
            });
        }
        if o.contains_key("bytesValue") {
            let text = r.text(&mut o, "bytesValue")?;
            let bytes = STANDARD.decode(&*text).or_else(|_| URL_SAFE.decode(&*text));
            return r.at("bytesValue", |r| match bytes {
                Ok(bytes) => Ok(AnyValue::Bytes(Cow::Owned(bytes))),
                Err(_) => r.expected("base64"),
            });
        }
        r.text(&mut o, "stringValue").map(|_| AnyValue::Empty)
    })
}
