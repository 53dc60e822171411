//! OTLP/gRPC: a unary call over HTTP/2. Source: grpc/doc/PROTOCOL-HTTP2.md, http-grpc-status-mapping.md.

use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::text::one_line;
use crate::transport::answer::{Answer, Attempt, Speaks, accepted, cause, retry_info};

pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
pub(crate) const PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// Length of the prefix of each message.
const PREFIX: usize = 5;

/// gRPC asks senders for unpadded base64 and readers for both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `grpc-timeout`: at most eight digits and a unit.
pub(crate) fn timeout(timeout: Duration) -> Option<HeaderValue> {
    let millis = timeout.as_millis().min(99_999_999);
    HeaderValue::from_str(&format!("{millis}m")).ok()
}

/// What a finished answer asks for. The status is in the trailers, or in the headers when there is nothing else.
pub(crate) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    trailers: Option<&HeaderMap>,
    body: &[u8],
    url: &str,
) -> Attempt {
    let fields = [trailers, Some(headers)].into_iter().flatten().find(|map| map.contains_key("grpc-status"));
    let Some(fields) = fields else { return without_status(status, url) };
    let text = |name| fields.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let code = text("grpc-status").and_then(|code| code.parse().ok()).unwrap_or(UNKNOWN);
    if code == OK {
        return Attempt::new(Speaks::Yes, accepted(body.get(PREFIX..).unwrap_or_default()));
    }
    let after = text("grpc-status-details-bin")
        .and_then(|details| BASE64.decode(details).ok())
        .and_then(|details| retry_info(&details));
    let message = one_line(&percent_decoded(text("grpc-message").unwrap_or_default()));
    let said = if message.is_empty() { String::new() } else { format!(": {message}") };
    let reason = format!("{url} answered {}{said}", code_name(code));
    if is_retryable(code, after) {
        return Attempt::new(Speaks::Yes, Answer::Later { cause: cause::BUSY, reason, after });
    }
    let advice = match code {
        UNIMPLEMENTED => {
            "; is this an OTLP/gRPC port? An OTLP/HTTP port needs otel.exporter.otlp.protocol=http/protobuf"
        }
        UNAUTHENTICATED | PERMISSION_DENIED => {
            "; otel.exporter.otlp.headers must hold what the collector wants to see"
        }
        RESOURCE_EXHAUSTED => "; if the batch is too big: lower otel.bsp.max.export.batch.size",
        _ => "",
    };
    Attempt::refused(Speaks::Yes, format!("{reason}{advice}"))
}

/// An HTTP answer that is no gRPC answer, from a proxy on the way or from a server that has no gRPC.
fn without_status(status: StatusCode, url: &str) -> Attempt {
    match status.as_u16() {
        429 | 502 | 503 | 504 => {
            let reason = format!("{url} answered HTTP {status}");
            Attempt::new(Speaks::Unknown, Answer::Later { cause: cause::BUSY, reason, after: None })
        }
        _ => Attempt::refused(
            Speaks::Hardly,
            format!(
                "{url} answered HTTP {status} without a gRPC status: is this an OTLP/gRPC port? An OTLP/HTTP port \
                 needs otel.exporter.otlp.protocol=http/protobuf"
            ),
        ),
    }
}

const OK: u32 = 0;
const CANCELLED: u32 = 1;
const UNKNOWN: u32 = 2;
const DEADLINE_EXCEEDED: u32 = 4;
const PERMISSION_DENIED: u32 = 7;
const RESOURCE_EXHAUSTED: u32 = 8;
const ABORTED: u32 = 10;
const OUT_OF_RANGE: u32 = 11;
const UNIMPLEMENTED: u32 = 12;
const UNAVAILABLE: u32 = 14;
const DATA_LOSS: u32 = 15;
const UNAUTHENTICATED: u32 = 16;

/// OTLP specification, "OTLP/gRPC Response": an exhausted resource only when it says when it will not be.
fn is_retryable(code: u32, retry_info: Option<Duration>) -> bool {
    match code {
        CANCELLED | DEADLINE_EXCEEDED | ABORTED | OUT_OF_RANGE | UNAVAILABLE | DATA_LOSS => true,
        RESOURCE_EXHAUSTED => retry_info.is_some(),
        _ => false,
    }
}

fn code_name(code: u32) -> &'static str {
    match code {
        CANCELLED => "CANCELLED",
        3 => "INVALID_ARGUMENT",
        DEADLINE_EXCEEDED => "DEADLINE_EXCEEDED",
        5 => "NOT_FOUND",
        6 => "ALREADY_EXISTS",
        PERMISSION_DENIED => "PERMISSION_DENIED",
        RESOURCE_EXHAUSTED => "RESOURCE_EXHAUSTED",
        9 => "FAILED_PRECONDITION",
        ABORTED => "ABORTED",
        OUT_OF_RANGE => "OUT_OF_RANGE",
        UNIMPLEMENTED => "UNIMPLEMENTED",
        13 => "INTERNAL",
        UNAVAILABLE => "UNAVAILABLE",
        DATA_LOSS => "DATA_LOSS",
        UNAUTHENTICATED => "UNAUTHENTICATED",
        _ => "UNKNOWN",
    }
}

/// `grpc-message` is percent-encoded; what is not well encoded stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_codes_of_the_specification_are_tried_again() {
        let now = Some(Duration::ZERO);
        let retryable: Vec<u32> = (0..20).filter(|code| is_retryable(*code, None)).collect();
        assert_eq!(retryable, [1, 4, 10, 11, 14, 15]);
        assert!(is_retryable(RESOURCE_EXHAUSTED, now));
        assert!(!is_retryable(3, now));
    }

    #[test]
    fn messages_are_percent_decoded() {
        assert_eq!(percent_decoded("a%20b%C3%A9 100% %zz%4"), "a bé 100% %zz%4");
    }
}
