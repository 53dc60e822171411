//! A span's attributes while they are gathered.

use std::borrow::Cow;

use otelrs_sdk::span::{KeyValue, Value};

/// Attributes in the order they were set; an absent value sets none.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'a>(Vec<KeyValue<'a>>);

impl<'a> Attributes<'a> {
    /// Room for the attributes of one span, so that gathering them allocates once.
    pub(crate) fn new() -> Attributes<'a> {
        Attributes(Vec::with_capacity(16))
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, key: &'static str, value: impl Into<Cow<'a, str>>) {
        self.0.push(KeyValue { key: Cow::Borrowed(key), value: Value::String(value.into()) });
    }

    /// Adds a text where there is one.
    pub(crate) fn some_text(&mut self, key: &'static str, value: Option<impl Into<Cow<'a, str>>>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// Adds a whole number where there is one.
    pub(crate) fn some_int(&mut self, key: &'static str, value: Option<impl Into<i64>>) {
        if let Some(value) = value {
            self.0.push(KeyValue { key: Cow::Borrowed(key), value: Value::Int(value.into()) });
        }
    }

    /// Adds a list of texts where there is one.
    pub(crate) fn some_texts(&mut self, key: &'static str, value: Option<Vec<String>>) {
        if let Some(value) = value {
            self.0.push(KeyValue { key: Cow::Borrowed(key), value: Value::Strings(value) });
        }
    }

    /// The attributes.
    pub(crate) fn into_vec(self) -> Vec<KeyValue<'a>> {
        self.0
    }
}
