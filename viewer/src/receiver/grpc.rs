//! OTLP/gRPC: three unary methods over HTTP/2.
//!
//! Framed here rather than by tonic, whose server decompresses a message before it looks at its bound. Source: "gRPC
//! over HTTP2" (PROTOCOL-HTTP2.md): a message is a flag byte, a big-endian length and the bytes; the status is a
//! trailer.

use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};

use super::body::{BodyError, gunzip, read};
use super::http::export_response;
use super::ingest::{Accepted, Encoding, Ingest, Signal};
use super::server::AnswerBody;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Bytes before a message: flag and length.
const PREFIX: usize = 5;

/// The gRPC status codes used here.
#[derive(Debug, Clone, Copy)]
enum Code {
    InvalidArgument = 3,
    ResourceExhausted = 8,
    Unimplemented = 12,
}

struct Refusal {
    code: Code,
    cause: &'static str,
    line: String,
}

pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

pub(super) async fn answer(request: Request<Incoming>, ingest: &Ingest) -> Response<AnswerBody> {
    match take_in(request, ingest).await {
        Ok(accepted) => success(accepted),
        Err(refusal) => {
            ingest.refuse(refusal.cause, &refusal.line);
            trailers_only(refusal.code, &refusal.line)
        }
    }
}

/// The answer on the HTTP port to gRPC.
pub(super) fn wrong_port(ingest: &Ingest) -> Response<AnswerBody> {
    let line = format!(
        "{} is the OTLP/HTTP port and got a gRPC request: set OTEL_EXPORTER_OTLP_ENDPOINT=http://{} for grpc, or \
         OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        ingest.http, ingest.grpc
    );
    ingest.refuse("grpc on the http port", &line);
    trailers_only(Code::Unimplemented, &line)
}

async fn take_in(request: Request<Incoming>, ingest: &Ingest) -> Result<Accepted, Refusal> {
    let signal = match request.uri().path() {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Signal::Traces,
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Signal::Metrics,
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Signal::Logs,
        other => {
            let shown: String = other.chars().take(200).collect();
            let line = format!("no OTLP service at {shown}");
            return Err(Refusal { code: Code::Unimplemented, cause: "wrong method", line });
        }
    };
    let gzip = match request.headers().get(GRPC_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => false,
        Some(b"gzip") => true,
        Some(_) => {
            let line = "grpc-encoding must be gzip or identity".to_owned();
            return Err(Refusal { code: Code::Unimplemented, cause: "wrong encoding", line });
        }
    };
    let limit = ingest.max_message_bytes;
    let body = read(request.into_body(), limit.saturating_add(PREFIX)).await.map_err(refuse_body)?;
    let message = message_of(&body, gzip, limit)?;
    ingest.accept(signal, Encoding::Protobuf, &message).map_err(|error| Refusal {
        code: Code::InvalidArgument,
        cause: "malformed",
        line: error.to_string(),
    })
}

/// The one message of a unary call.
fn message_of(body: &Bytes, gzip: bool, limit: usize) -> Result<Bytes, Refusal> {
    let malformed =
        |line: &str| Refusal { code: Code::InvalidArgument, cause: "frame", line: line.to_owned() };
    let Some((&[flag, a, b, c, d], _)) = body.split_first_chunk::<PREFIX>() else {
        return Err(malformed("gRPC message without its 5 byte prefix"));
    };
    let message = body.slice(PREFIX..);
    if usize::try_from(u32::from_be_bytes([a, b, c, d])) != Ok(message.len()) {
        return Err(malformed("gRPC message of another length than its prefix says"));
    }
    match (flag, gzip) {
        (0, _) => Ok(message),
        (1, true) => gunzip(&message, limit).map_err(refuse_body),
        _ => Err(malformed("compressed gRPC message without a known grpc-encoding")),
    }
}

fn refuse_body(error: BodyError) -> Refusal {
    let code = match error {
        BodyError::TooLarge(_) | BodyError::ExpandsTooMuch(_) => Code::ResourceExhausted,
        BodyError::NotGzip(_) | BodyError::Broken(_) => Code::InvalidArgument,
    };
    Refusal { code, cause: "body", line: error.to_string() }
}

fn success(accepted: Accepted) -> Response<AnswerBody> {
    let message = export_response(accepted);
    let mut frame = BytesMut::with_capacity(PREFIX + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(&message);
    let trailers = async {
        let mut trailers = HeaderMap::new();
        trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
        Some(Ok(trailers))
    };
    grpc_response(Full::new(frame.freeze()).with_trailers(trailers).boxed_unsync())
}

/// An answer without a message: the status stands in the headers.
fn trailers_only(code: Code, message: &str) -> Response<AnswerBody> {
    let mut response = grpc_response(Full::default().boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(GRPC_STATUS, HeaderValue::from(code as u16));
    if let Ok(message) = HeaderValue::from_str(&percent_encoded(message)) {
        headers.insert(GRPC_MESSAGE, message);
    }
    response
}

fn grpc_response(body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response.headers_mut().insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static("gzip,identity"));
    response
}

/// `grpc-message` holds printable ASCII but for `%`; everything else is percent-encoded.
fn percent_encoded(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
