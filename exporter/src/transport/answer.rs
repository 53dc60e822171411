//! What came back for one attempt, in terms of what to do next. Source: OTLP specification 1.x.

use std::time::Duration;

use prost::Message;

use crate::text::one_line;

/// What to do with the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The collector has it, save what it says it rejected.
    Accepted {
        /// Spans.
        rejected: u64,
        /// The collector's words, also a warning when nothing was rejected.
        message: String,
    },
    /// The same may work later.
    Later {
        /// The log's cause.
        cause: &'static str,
        reason: String,
        /// How long the collector wants us to wait.
        after: Option<Duration>,
    },
    /// The same will never work.
    Refused {
        /// The log's cause.
        cause: &'static str,
        /// Says what to do about it.
        reason: String,
    },
}

/// Causes of log lines.
pub(crate) mod cause {
    pub(crate) const UNREACHABLE: &str = "collector-unreachable";
    pub(crate) const BUSY: &str = "collector-busy";
    pub(crate) const REFUSED: &str = "collector-refused";
    pub(crate) const TLS: &str = "tls";
}

/// Whether the other end speaks the protocol that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    Yes,
    /// It answered as a server of the other protocol might.
    Hardly,
    /// There was no answer to judge by.
    Unknown,
}

/// The result of one attempt.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) answer: Answer,
    pub(crate) speaks: Speaks,
}

impl Attempt {
    pub(crate) fn new(speaks: Speaks, answer: Answer) -> Self {
        Self { answer, speaks }
    }

    pub(crate) fn unreachable(speaks: Speaks, reason: String) -> Self {
        Self::new(speaks, Answer::Later { cause: cause::UNREACHABLE, reason, after: None })
    }

    pub(crate) fn refused(speaks: Speaks, reason: String) -> Self {
        Self::new(speaks, Answer::Refused { cause: cause::REFUSED, reason })
    }
}

/// `opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse`.
#[derive(Clone, PartialEq, Message)]
struct ExportTraceServiceResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<ExportTracePartialSuccess>,
}

/// `opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess`.
#[derive(Clone, PartialEq, Message)]
struct ExportTracePartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_spans: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<ProtoDuration>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
struct ProtoDuration {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// An accepted request's body. One that cannot be read changes nothing: the status has already said yes.
pub(crate) fn accepted(body: &[u8]) -> Answer {
    let partial = ExportTraceServiceResponse::decode(body).ok().and_then(|response| response.partial_success);
    let (rejected, message) = partial.map_or((0, String::new()), |partial| {
        (u64::try_from(partial.rejected_spans).unwrap_or(0), one_line(&partial.error_message))
    });
    Answer::Accepted { rejected, message }
}

/// The words of a `google.rpc.Status`, empty when it is none.
pub(crate) fn status_message(body: &[u8]) -> String {
    Status::decode(body).map(|status| one_line(&status.message)).unwrap_or_default()
}

/// `RetryInfo` among the details of a `google.rpc.Status`; a delay of zero when it names none.
pub(crate) fn retry_info(status: &[u8]) -> Option<Duration> {
    let status = Status::decode(status).ok()?;
    let detail = status.details.iter().find(|any| any.type_url.ends_with("google.rpc.RetryInfo"))?;
    let delay = RetryInfo::decode(detail.value.as_slice()).ok()?.retry_delay.unwrap_or_default();
    let seconds = u64::try_from(delay.seconds).unwrap_or(0);
    let nanos = u32::try_from(delay.nanos).unwrap_or(0).min(999_999_999);
    Some(Duration::new(seconds, nanos))
}
