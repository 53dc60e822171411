//! The model as OTLP/JSON. Fields with their default value are left out, as protobuf's JSON mapping does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::{AnyValue, KeyValue};

mod logs;
mod traces;

pub use logs::logs_to_json_line;
pub use traces::to_json_line;

fn key_value(o: &mut Object<'_>, attribute: &KeyValue<'_>) {
    o.text("key", &attribute.key);
    if attribute.value != AnyValue::Empty {
        o.object("value", |o| any_value(o, &attribute.value));
    }
}

/// A member of a oneof is written even when it has its default value: `{"stringValue":""}` is not `{}`.
fn any_value(o: &mut Object<'_>, value: &AnyValue<'_>) {
    match value {
        AnyValue::Empty => {}
        AnyValue::String(text) => push_string(o.key("stringValue"), text),
        AnyValue::Bool(value) => o.key("boolValue").push_str(if *value { "true" } else { "false" }),
        AnyValue::Int(value) => push_string(o.key("intValue"), &value.to_string()),
        AnyValue::Double(value) => push_double(o.key("doubleValue"), *value),
        AnyValue::Array(values) => o.object("arrayValue", |o| o.list("values", values, any_value)),
        AnyValue::KeyValueList(values) => o.object("kvlistValue", |o| o.list("values", values, key_value)),
        AnyValue::Bytes(bytes) => push_string(o.key("bytesValue"), &STANDARD.encode(bytes)),
    }
}

fn object(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    fill(&mut Object { out, empty: true });
    out.push('}');
}

/// A JSON object being written.
struct Object<'o> {
    out: &'o mut String,
    empty: bool,
}

impl Object<'_> {
    fn key(&mut self, key: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self.out
    }

    fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        object(self.key(key), fill);
    }

    fn list<T>(&mut self, key: &str, values: &[T], fill: impl Fn(&mut Object<'_>, &T)) {
        if values.is_empty() {
            return;
        }
        let out = self.key(key);
        out.push('[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            object(out, |o| fill(o, value));
        }
        out.push(']');
    }

    fn attributes(&mut self, attributes: &[KeyValue<'_>]) {
        self.list("attributes", attributes, key_value);
    }

    fn scope(&mut self, name: &str, version: &str) {
        self.object("scope", |o| {
            o.text("name", name);
            o.text("version", version);
        });
    }

    fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            push_string(self.key(key), text);
        }
    }

    fn id(&mut self, key: &str, id: &[u8]) {
        if id.iter().any(|byte| *byte != 0) {
            let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            push_string(self.key(key), &hex);
        }
    }

    fn number(&mut self, key: &str, number: i64) {
        if number != 0 {
            self.key(key).push_str(&number.to_string());
        }
    }

    /// 64-bit integers are strings: a JSON number holds 53 bits.
    fn quoted_number(&mut self, key: &str, number: u64) {
        if number != 0 {
            push_string(self.key(key), &number.to_string());
        }
    }
}

fn push_double(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("\"NaN\"");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
    } else {
        out.push_str(&serde_json::Value::from(value).to_string());
    }
}

fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // DEL and C1 controls are legal in JSON; a terminal that shows the line must not obey them.
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
