//! How large one span may get (`otel.span.attribute.count.limit` and its kin).

use crate::span::{Span, Value};

/// Limits on a span. The caller applies them after its advice has run and before export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attributes a span may have.
    pub attribute_count: usize,
    /// Characters in a text value, and in each text of a list; `None` for any number.
    pub attribute_value_length: Option<usize>,
    /// Events, that is exceptions, a span may have.
    pub event_count: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { attribute_count: 128, attribute_value_length: None, event_count: 128 }
    }
}

/// What [`Limits::apply`] took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    /// OTLP's `dropped_attributes_count`.
    pub attributes: usize,
    /// OTLP's `dropped_events_count`.
    pub events: usize,
}

impl Limits {
    /// Drops the attributes and exceptions that came last and cuts values that are too long.
    pub fn apply(&self, span: &mut Span<'_>) -> Dropped {
        let dropped = Dropped {
            attributes: span.attributes.len().saturating_sub(self.attribute_count),
            events: span.exceptions.len().saturating_sub(self.event_count),
        };
        span.attributes.truncate(self.attribute_count);
        span.exceptions.truncate(self.event_count);
        if let Some(max) = self.attribute_value_length {
            span.attributes.iter_mut().for_each(|attribute| cut_value(&mut attribute.value, max));
        }
        dropped
    }
}

fn cut_value(value: &mut Value<'_>, max: usize) {
    match value {
        Value::String(text) => {
            if let Some(end) = cut_at(text, max) {
                text.to_mut().truncate(end);
            }
        }
        Value::Strings(texts) => {
            for text in texts {
                if let Some(end) = cut_at(text, max) {
                    text.truncate(end);
                }
            }
        }
        Value::Int(_) | Value::Double(_) | Value::Bool(_) => {}
    }
}

/// Where the first `max` characters end, when there are more.
fn cut_at(text: &str, max: usize) -> Option<usize> {
    text.char_indices().nth(max).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::span::{Exception, Identity, KeyValue, SpanKind, Status};

    fn span(values: Vec<Value<'static>>, exceptions: usize) -> Span<'static> {
        let attribute = |(index, value)| KeyValue { key: Cow::Owned(format!("k{index}")), value };
        let exception = Exception { time_unix_nano: 1, class: "E".into(), message: None, stack_trace: None };
        Span {
            scope: "otelrs.test",
            identity: Identity {
                trace_id: [1, 1],
                span_id: 1,
                parent_span_id: 0,
                flags: 1,
                start_unix_nano: 1,
                end_unix_nano: 2,
            },
            trace_state: Cow::Borrowed(""),
            name: "test".into(),
            kind: SpanKind::Internal,
            attributes: values.into_iter().enumerate().map(attribute).collect(),
            exceptions: vec![exception; exceptions],
            link: None,
            status: Status::Unset,
        }
    }

    #[test]
    fn what_came_last_is_dropped_and_counted() {
        let limits = Limits { attribute_count: 2, event_count: 1, ..Limits::default() };
        let mut span = span((0..5).map(Value::Int).collect(), 3);
        assert_eq!(limits.apply(&mut span), Dropped { attributes: 3, events: 2 });
        assert_eq!(span.attributes.iter().map(|attribute| &*attribute.key).collect::<Vec<_>>(), ["k0", "k1"]);
        assert_eq!(span.exceptions.len(), 1);
    }

    #[test]
    fn texts_are_cut_between_characters_and_other_values_kept() {
        let limits = Limits { attribute_value_length: Some(3), ..Limits::default() };
        for (value, expected) in [
            (Value::String("abcd".into()), Value::String("abc".into())),
            (Value::String("abc".into()), Value::String("abc".into())),
            (Value::String("äöüß".into()), Value::String("äöü".into())),
            (Value::Strings(vec!["abcd".into(), "a".into()]), Value::Strings(vec!["abc".into(), "a".into()])),
            (Value::Int(12345), Value::Int(12345)),
        ] {
            let mut span = span(vec![value], 0);
            assert_eq!(limits.apply(&mut span), Dropped::default());
            assert_eq!(span.attributes[0].value, expected);
        }
    }

    #[test]
    fn an_ordinary_span_is_left_alone() {
        let mut limited = span(vec![Value::String("x".repeat(10_000).into()), Value::Bool(true)], 2);
        let before = limited.clone();
        assert_eq!(Limits::default().apply(&mut limited), Dropped::default());
        assert_eq!(limited, before);
    }
}
