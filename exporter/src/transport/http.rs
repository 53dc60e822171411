//! OTLP/HTTP: a POST of binary protobuf over HTTP/1.1.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::retry::retry_after;
use crate::text::one_line;
use crate::transport::answer::{Answer, Attempt, Speaks, accepted, cause, status_message};

pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// What a finished answer asks for; `url` is for the message.
pub(crate) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    url: &str,
    now: SystemTime,
) -> Attempt {
    if status.is_success() {
        return Attempt::new(Speaks::Yes, accepted(body));
    }
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let 429 | 502 | 503 | 504 = status.as_u16() {
        let after = text(header::RETRY_AFTER).and_then(|value| retry_after(value, now));
        let reason = format!("{url} answered {status}");
        return Attempt::new(Speaks::Yes, Answer::Later { cause: cause::BUSY, reason, after });
    }
    let is_otlp = headers.get(header::CONTENT_TYPE) == Some(&CONTENT_TYPE);
    let words = if is_otlp { status_message(body) } else { String::new() };
    let advice = match status.as_u16() {
        _ if !words.is_empty() => words,
        300..=399 => format!(
            "a redirection to {}, which is not followed: name the final address in otel.exporter.otlp.endpoint",
            one_line(text(header::LOCATION).unwrap_or("nowhere"))
        ),
        401 | 403 => "otel.exporter.otlp.headers must hold what the collector wants to see".to_owned(),
        404 | 405 | 415 | 426 | 464 | 505 => {
            "is this an OTLP/HTTP address? A gRPC port needs otel.exporter.otlp.protocol=grpc".to_owned()
        }
        407 => "the proxy wants credentials".to_owned(),
        413 => "the batch is too big: lower otel.bsp.max.export.batch.size".to_owned(),
        _ => "the collector does not want these spans".to_owned(),
    };
    let speaks = match status.as_u16() {
        404 | 405 | 415 | 426 | 464 | 505 if !is_otlp => Speaks::Hardly,
        400 if !is_otlp => Speaks::Unknown,
        _ => Speaks::Yes,
    };
    Attempt::refused(speaks, format!("{url} answered {status}: {advice}"))
}
