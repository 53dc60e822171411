//! OTLP/JSON to the model. Unknown members are ignored; errors name the path of the member that does not fit.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value};

use crate::decode::MAX_VALUE_DEPTH;
use crate::model::{
    AnyValue, Event, ExportTraceServiceRequest, KeyValue, Link, ResourceSpans, ScopeSpans, Span,
};

/// Decoded size may be this many times the input (an empty span is 3 bytes of JSON and some 300 in memory).
const EXPANSION: usize = 32;
const FREE_BYTES: usize = 64 * 1024;

/// Why a text is not an OTLP/JSON trace request.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// Not JSON at all, or nested more than 128 levels deep.
    #[error("not JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// A member of another type or form than OTLP says.
    #[error("{path}: expected {expected}")]
    Member {
        /// Such as `resourceSpans[0].scopeSpans[1].spans[7].traceId`.
        path: String,
        /// The form OTLP says.
        expected: &'static str,
    },
    /// So many empty elements that they would take far more memory than the text.
    #[error("more elements than a request of this length may hold")]
    Expansion,
}

/// Decodes an `ExportTraceServiceRequest` in OTLP/JSON.
///
/// # Errors
/// The first fault found, with its path.
pub fn decode_trace_request_json(text: &[u8]) -> Result<ExportTraceServiceRequest<'static>, JsonError> {
    let value: Value = serde_json::from_slice(text)?;
    let budget = text.len().saturating_mul(EXPANSION).saturating_add(FREE_BYTES);
    let mut reader = Reader { path: Vec::new(), budget };
    reader.object(value, |r, mut o| {
        Ok(ExportTraceServiceRequest { resource_spans: r.list(&mut o, "resourceSpans", resource_spans)? })
    })
}

fn resource_spans(r: &mut Reader, value: Value) -> Result<ResourceSpans<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(ResourceSpans {
            resource_attributes: r.member(&mut o, "resource", |r, resource| {
                r.object(resource, |r, mut o| attributes(r, &mut o))
            })?,
            scope_spans: r.list(&mut o, "scopeSpans", scope_spans)?,
            schema_url: r.text(&mut o, "schemaUrl")?,
        })
    })
}

fn scope_spans(r: &mut Reader, value: Value) -> Result<ScopeSpans<'static>, JsonError> {
    r.object(value, |r, mut o| {
        let (scope_name, scope_version) = r.member(&mut o, "scope", |r, scope| {
            r.object(scope, |r, mut o| Ok((r.text(&mut o, "name")?, r.text(&mut o, "version")?)))
        })?;
        Ok(ScopeSpans {
            scope_name,
            scope_version,
            spans: r.list(&mut o, "spans", span)?,
            schema_url: r.text(&mut o, "schemaUrl")?,
        })
    })
}

fn span(r: &mut Reader, value: Value) -> Result<Span<'static>, JsonError> {
    r.object(value, |r, mut o| {
        let (status_message, status_code) = r.member(&mut o, "status", |r, status| {
            r.object(status, |r, mut o| Ok((r.text(&mut o, "message")?, r.int(&mut o, "code")?)))
        })?;
        Ok(Span {
            trace_id: r.id(&mut o, "traceId")?,
            span_id: r.id(&mut o, "spanId")?,
            trace_state: r.text(&mut o, "traceState")?,
            parent_span_id: r.id(&mut o, "parentSpanId")?,
            flags: r.int(&mut o, "flags")?,
            name: r.text(&mut o, "name")?,
            kind: r.int(&mut o, "kind")?,
            start_time_unix_nano: r.int(&mut o, "startTimeUnixNano")?,
            end_time_unix_nano: r.int(&mut o, "endTimeUnixNano")?,
            attributes: attributes(r, &mut o)?,
            dropped_attributes_count: r.int(&mut o, "droppedAttributesCount")?,
            events: r.list(&mut o, "events", event)?,
            dropped_events_count: r.int(&mut o, "droppedEventsCount")?,
            links: r.list(&mut o, "links", link)?,
            dropped_links_count: r.int(&mut o, "droppedLinksCount")?,
            status_message,
            status_code,
        })
    })
}

fn event(r: &mut Reader, value: Value) -> Result<Event<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(Event {
            time_unix_nano: r.int(&mut o, "timeUnixNano")?,
            name: r.text(&mut o, "name")?,
            attributes: attributes(r, &mut o)?,
            dropped_attributes_count: r.int(&mut o, "droppedAttributesCount")?,
        })
    })
}

fn link(r: &mut Reader, value: Value) -> Result<Link<'static>, JsonError> {
    r.object(value, |r, mut o| {
        Ok(Link {
            trace_id: r.id(&mut o, "traceId")?,
            span_id: r.id(&mut o, "spanId")?,
            trace_state: r.text(&mut o, "traceState")?,
            attributes: attributes(r, &mut o)?,
            dropped_attributes_count: r.int(&mut o, "droppedAttributesCount")?,
            flags: r.int(&mut o, "flags")?,
        })
    })
}

fn attributes(r: &mut Reader, o: &mut Map<String, Value>) -> Result<Vec<KeyValue<'static>>, JsonError> {
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

fn any_value(r: &mut Reader, value: Value, depth: usize) -> Result<AnyValue<'static>, JsonError> {
    if depth >= MAX_VALUE_DEPTH {
        return r.expected("values nested at most 32 levels deep");
    }
    r.object(value, |r, mut o| {
        if let Some(Value::String(text)) = o.get_mut("stringValue") {
            return Ok(AnyValue::String(Cow::Owned(std::mem::take(text))));
        }
        if let Some(value) = o.get("boolValue") {
            return r.at("boolValue", |r| {
                value.as_bool().map(AnyValue::Bool).map_or_else(|| r.expected("a boolean"), Ok)
            });
        }
        if o.contains_key("intValue") {
            return Ok(AnyValue::Int(r.int(&mut o, "intValue")?));
        }
        if let Some(value) = o.get("doubleValue") {
            return r.at("doubleValue", |r| {
                double(value).map(AnyValue::Double).map_or_else(|| r.expected("a number"), Ok)
            });
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

fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        // "NaN", "Infinity" and "-Infinity" among them.
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

enum Step {
    Key(&'static str),
    Index(usize),
}

/// Where the reader is, and what the decoded elements may still take in memory.
struct Reader {
    path: Vec<Step>,
    budget: usize,
}

impl Reader {
    fn expected<T>(&self, expected: &'static str) -> Result<T, JsonError> {
        let mut path = String::new();
        for step in &self.path {
            // Writing to a String cannot fail.
            let _ = match step {
                Step::Key(key) if path.is_empty() => write!(path, "{key}"),
                Step::Key(key) => write!(path, ".{key}"),
                Step::Index(index) => write!(path, "[{index}]"),
            };
        }
        if path.is_empty() {
            path.push_str("request");
        }
        Err(JsonError::Member { path, expected })
    }

    fn at<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        self.path.push(Step::Key(key));
        let result = read(self)?;
        self.path.pop();
        Ok(result)
    }

    fn object<T>(
        &mut self,
        value: Value,
        read: impl FnOnce(&mut Self, Map<String, Value>) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        match value {
            Value::Object(object) => read(self, object),
            _ => self.expected("an object"),
        }
    }

    /// Reads the member if it is there; `null` is as good as absent.
    fn member<T: Default>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
        read: impl FnOnce(&mut Self, Value) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        match object.get_mut(key).map(Value::take) {
            None | Some(Value::Null) => Ok(T::default()),
            Some(value) => self.at(key, |r| read(r, value)),
        }
    }

    fn list<T>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
        read: impl Fn(&mut Self, Value) -> Result<T, JsonError>,
    ) -> Result<Vec<T>, JsonError> {
        self.member(object, key, |r, value| {
            let Value::Array(values) = value else { return r.expected("an array") };
            let size = values.len().saturating_mul(size_of::<T>());
            r.budget = r.budget.checked_sub(size).ok_or(JsonError::Expansion)?;
            let mut list = Vec::with_capacity(values.len());
            for (index, value) in values.into_iter().enumerate() {
                r.path.push(Step::Index(index));
                list.push(read(r, value)?);
                r.path.pop();
            }
            Ok(list)
        })
    }

    fn text(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<Cow<'static, str>, JsonError> {
        self.member(object, key, |r, value| match value {
            Value::String(text) => Ok(Cow::Owned(text)),
            _ => r.expected("a string"),
        })
    }

    /// An integer as a number or, as the mapping has it for 64 bits, as a string.
    fn int<T: Default + TryFrom<i128>>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<T, JsonError> {
        self.member(object, key, |r, value| {
            let number = match &value {
                Value::Number(number) => {
                    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
                }
                Value::String(text) => text.parse().ok(),
                _ => None,
            };
            match number.and_then(|number| T::try_from(number).ok()) {
                Some(number) => Ok(number),
                None => r.expected("an integer in range"),
            }
        })
    }

    fn id<const N: usize>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<[u8; N], JsonError> {
        let text = self.text(object, key)?;
        let mut id = [0; N];
        if text.is_empty() {
            return Ok(id);
        }
        let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
        let Some(digits) = digits.filter(|digits| digits.len() == 2 * N) else {
            return self.at(key, |r| {
                r.expected(if N == 16 { "32 hexadecimal digits" } else { "16 hexadecimal digits" })
            });
        };
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |byte, digit| byte << 4 | (*digit & 15) as u8);
        }
        Ok(id)
    }
}
