//! From a record to a span: identity and times here, everything else by the advice that wrote it.

use std::borrow::Cow;

use otelrs_sdk::clock::Clock;
use otelrs_sdk::payload::Payload;
use otelrs_sdk::record::Record;
use otelrs_sdk::span::{Exception, Identity, Link, Span, SpanKind, Status};

use crate::attributes::Attributes;
use crate::site::Site;
use crate::text::MAX_VALUE;
use crate::{exception, http_url_connection, java_http_client, jdbc, jetty, keys, rule_files, text, tomcat};

/// What turning records into spans needs besides the records.
#[derive(Debug)]
pub struct FinishContext {
    /// Turns the records' times into the time of day.
    pub clock: Clock,
    /// What the user allows and knows.
    pub options: Options,
    /// What was read before.
    pub memo: jdbc::Memo,
}

/// The user's options that decide what spans hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `otel.instrumentation.http.known-methods`: case-sensitive; any other becomes `_OTHER`.
    pub known_methods: Vec<String>,
    /// `otel.instrumentation.sanitization.url.experimental.sensitive-query-parameters`, compared without case.
    pub sensitive_query_parameters: Vec<String>,
    /// Whether an exception's message may leave.
    pub exception_messages: bool,
    /// Whether the text of a prepared statement leaves as written.
    pub prepared_query_text: bool,
}

impl Default for Options {
    /// The OpenTelemetry Java agent's defaults; nothing private leaves.
    fn default() -> Options {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Options {
            known_methods: owned(&[
                "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
            ]),
            sensitive_query_parameters: owned(&[
                "AWSAccessKeyId",
                "Signature",
                "X-Amz-Signature",
                "X-Amz-Credential",
                "X-Amz-Security-Token",
                "sig",
                "X-Goog-Signature",
            ]),
            exception_messages: false,
            prepared_query_text: false,
        }
    }
}

/// What an advice makes of a payload.
#[derive(Debug)]
pub(crate) struct Finished<'a> {
    /// See [`Span::name`].
    pub(crate) name: Cow<'a, str>,
    /// See [`SpanKind`].
    pub(crate) kind: SpanKind,
    /// See [`Span::attributes`].
    pub(crate) attributes: Attributes<'a>,
    /// Whether the status is an error.
    pub(crate) failed: bool,
}

/// What an advice reads.
pub(crate) struct Values<'a> {
    /// What the request thread left.
    pub(crate) payload: Payload<'a>,
    /// The exception that escaped, as far as it may leave.
    pub(crate) exception: Option<Exception>,
    /// See [`Options`].
    pub(crate) options: &'a Options,
    /// See [`FinishContext::memo`].
    pub(crate) memo: &'a jdbc::Memo,
}

impl<'a> Values<'a> {
    /// A text without control characters, at most `limit` bytes.
    pub(crate) fn text(&self, key: u8, limit: usize) -> Option<Cow<'a, str>> {
        match self.payload.text(key)? {
            Cow::Borrowed(text) => text::clean(text, limit),
            Cow::Owned(text) => text::cleaned(&text, limit).map(Cow::Owned),
        }
    }

    /// The error that no status tells: one named by the advice, else the exception's class.
    pub(crate) fn error(&self) -> Option<Cow<'a, str>> {
        let named = self.text(keys::ERROR_TYPE, text::MAX_NAME);
        named.or_else(|| self.exception.as_ref().map(|exception| Cow::Owned(exception.class.clone())))
    }
}

/// The identity of a record's span.
pub fn identity(record: &Record, clock: &Clock) -> Identity {
    let (start_unix_nano, end_unix_nano) = clock.span(record.start, record.end);
    Identity {
        trace_id: record.trace_id,
        span_id: record.span_id,
        parent_span_id: record.parent_span_id,
        flags: otlp_flags(record.flags),
        start_unix_nano,
        end_unix_nano,
    }
}

/// The span of a record. Any payload gives a span: what cannot be read is left out.
///
/// But for its identity and the time of its exceptions it follows from the record's site and payload alone.
pub fn finish<'a>(record: &'a Record, context: &'a FinishContext) -> Span<'a> {
    let payload = Payload::new(&record.payload);
    let identity = identity(record, &context.clock);
    let exception =
        exception::exception(&payload, identity.end_unix_nano, context.options.exception_messages);
    let trace_state = payload.text(keys::TRACE_STATE).filter(|text| text.len() <= MAX_VALUE);
    let site = Site::of(record.site);
    let values = Values { payload, exception, options: &context.options, memo: &context.memo };
    let Finished { name, kind, attributes, failed } = match site {
        Some(Site::Tomcat) => tomcat::finish(&values),
        Some(Site::JavaHttpClient) => java_http_client::finish(&values),
        Some(Site::HttpUrlConnection) => http_url_connection::finish(&values),
        Some(Site::Jdbc) => jdbc::finish(&values),
        Some(Site::Jetty) => jetty::finish(&values),
        Some(Site::Rules) => rule_files::finish(&values),
        None => of_unknown_site(&values),
    };
    let mut attributes = attributes.into_vec();
    rule_files::add_attributes(&values.payload, &mut attributes);
    Span {
        scope: Site::scope_of(record.site),
        identity,
        trace_state: trace_state.unwrap_or_default(),
        name,
        kind,
        attributes,
        link: link(&values.payload),
        exceptions: values.exception.into_iter().collect(),
        status: if failed { Status::Error(String::new()) } else { Status::Unset },
    }
}

/// What the bridge wrote of a span that this one is linked to.
fn link(payload: &Payload<'_>) -> Option<Link> {
    let bytes: &[u8; 25] = payload.bytes(keys::LINK)?.try_into().ok()?;
    let (ids, flags) = bytes.split_at(24);
    let mut halves = ids.chunks_exact(8).map(|half| half.try_into().map_or(0, u64::from_be_bytes));
    let mut half = || halves.next().unwrap_or_default();
    let link = Link {
        trace_id: [half(), half()],
        span_id: half(),
        flags: otlp_flags(u32::from(flags.first().copied().unwrap_or_default())),
    };
    // An all-zero id is not one (W3C Trace Context).
    (link.trace_id != [0, 0] && link.span_id != 0).then_some(link)
}

/// W3C flags in the low byte; OTLP's "is remote is known" always, "is remote" as recorded.
fn otlp_flags(flags: u32) -> u32 {
    let remote = if flags & Record::PARENT_REMOTE != 0 { 0x200 } else { 0 };
    (flags & 0xff) | 0x100 | remote
}

/// A record of a bridge that knows more sites than we do: its times and place in the trace are still true.
fn of_unknown_site<'a>(values: &Values<'a>) -> Finished<'a> {
    let mut attributes = Attributes::new();
    attributes.some_text("error.type", values.error());
    Finished {
        name: Cow::Borrowed("unknown"),
        kind: SpanKind::Internal,
        attributes,
        failed: values.exception.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use otelrs_sdk::span::SpanKind;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{context, finished, payload, record, span};

    #[test]
    fn a_span_without_a_remote_parent_says_so() {
        let mut local = record(Site::Jdbc as u16, payload(&[], &[]));
        local.flags = 0;
        assert_eq!(finish(&local, &context()).identity.flags, 0x100);
    }

    #[test]
    fn a_record_of_an_unknown_site_keeps_its_place_and_times() {
        let found = finished(record(999, payload(&[(keys::EXCEPTION_TYPE, "a.B")], &[])));
        assert_eq!((found.scope, found.kind), ("otelrs", SpanKind::Internal));
        let Identity { trace_id, span_id, end_unix_nano, .. } = found.identity;
        assert_eq!((trace_id, span_id, end_unix_nano), ([1, 2], 3, 1_500));
        assert_eq!(found.status, Status::Error(String::new()));
    }

    #[test]
    fn a_link_names_the_other_span_and_a_damaged_one_is_left_out() {
        let mut bytes = [0; 25];
        bytes[7] = 1;
        bytes[15] = 2;
        bytes[23] = 3;
        bytes[24] = 1;
        let link = |bytes: &[u8]| {
            let payload = otelrs_sdk::payload::PayloadWriter::new().bytes(keys::LINK, bytes).finish();
            finish(&record(Site::Jdbc as u16, payload), &context()).link
        };
        assert_eq!(link(&bytes), Some(Link { trace_id: [1, 2], span_id: 3, flags: 0x101 }));
        assert_eq!((link(&bytes[..24]), link(&[0; 25])), (None, None));
    }

    #[test]
    fn an_end_before_the_start_gives_no_negative_length() {
        let mut damaged = record(Site::Tomcat as u16, payload(&[], &[]));
        damaged.end = 10;
        let Identity { start_unix_nano, end_unix_nano, .. } = finished(damaged).identity;
        assert_eq!((start_unix_nano, end_unix_nano), (1_000, 1_000));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn any_payload_gives_a_span(
            site in 0_u16..8,
            entries in prop::collection::vec((prop::sample::select(keys::KEYS), prop::collection::vec(any::<u8>(), 0..64)), 0..20),
            tail in prop::collection::vec(any::<u8>(), 0..16),
        ) {
            let mut bytes = Vec::new();
            for ((_, key), value) in entries {
                bytes.push(key);
                bytes.extend([0, 0, 0, u8::try_from(value.len()).unwrap()]);
                bytes.extend(value);
            }
            bytes.extend(tail);
            let found = finished(record(site, bytes.into()));
            prop_assert!(!found.name.is_empty());
            let mut keys: Vec<_> = found.attributes.iter().map(|attribute| attribute.key.clone()).collect();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), found.attributes.len());
        }

        #[test]
        fn spans_of_one_payload_differ_in_their_identity_alone(
            site in 0_u16..8,
            values in prop::collection::vec((prop::sample::select(keys::KEYS), "(?s).{0,40}"), 0..20),
            ids in any::<[u64; 4]>(),
            flags in any::<u32>(),
            times in any::<[u32; 2]>(),
        ) {
            let texts: Vec<(u8, &str)> = values.iter().map(|((_, key), text)| (*key, text.as_str())).collect();
            let one = record(site, payload(&texts, &[]));
            let [high, low, span_id, parent_span_id] = ids;
            let [start, end] = times.map(u64::from);
            let other =
                Record { trace_id: [high, low], span_id, parent_span_id, flags, start, end, ..one.clone() };
            let context = context();
            let (one, mut other) = (finish(&one, &context), finish(&other, &context));
            prop_assert_eq!(one.exceptions.len(), other.exceptions.len());
            for (exception, of_one) in other.exceptions.iter_mut().zip(&one.exceptions) {
                exception.time_unix_nano = of_one.time_unix_nano;
            }
            prop_assert_eq!(&Span { identity: one.identity, ..other }, &one);
        }

        #[test]
        fn no_header_brings_control_characters_or_endless_values(
            values in prop::collection::vec((prop::sample::select(keys::KEYS), "(?s).{0,40}"), 0..30),
        ) {
            let texts: Vec<(u8, &str)> = values.iter().map(|((_, key), text)| (*key, text.as_str())).collect();
            for site in Site::ALL {
                let found = span(*site, &texts, &[]);
                for attribute in &found.attributes {
                    if let otelrs_sdk::span::Value::String(text) = &attribute.value {
                        prop_assert!(!text.contains(char::is_control), "{}: {text:?}", attribute.key);
                    }
                }
                prop_assert!(!found.name.contains(char::is_control), "{:?}", found.name);
            }
        }
    }
}
