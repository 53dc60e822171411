//! OTLP/HTTP: `POST /v1/{traces,metrics,logs}` in protobuf or JSON, plain or gzip.
//!
//! Source: OTLP specification 1.x, "OTLP/HTTP". Errors carry a `google.rpc.Status` in the request's own encoding.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::body::{BodyError, gunzip, read};
use super::ingest::{Accepted, Encoding, Ingest, REJECTED_SPANS_MESSAGE, Signal};
use super::server::AnswerBody;

/// `google.rpc.Code.INVALID_ARGUMENT`.
const INVALID_ARGUMENT: u8 = 3;

/// A refusal: its status, the cause by which notices are told apart, and the line for people.
struct Refusal {
    status: StatusCode,
    cause: &'static str,
    line: String,
}

impl Refusal {
    fn new(status: StatusCode, cause: &'static str, line: impl Into<String>) -> Self {
        Self { status, cause, line: line.into() }
    }
}

pub(super) async fn answer(request: Request<Incoming>, ingest: &Ingest) -> Response<AnswerBody> {
    let encoding = encoding_of(request.headers());
    // A client that speaks neither encoding gets its error as protobuf, OTLP's default.
    let reply = encoding.unwrap_or(Encoding::Protobuf);
    match take_in(request, encoding, ingest).await {
        Ok(accepted) => respond(StatusCode::OK, reply, success_body(reply, accepted)),
        Err(refusal) => {
            ingest.refuse(refusal.cause, &refusal.line);
            let mut response = respond(refusal.status, reply, status_body(reply, &refusal.line));
            if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            response
        }
    }
}

/// The answer on the gRPC port to what is not gRPC.
pub(super) fn wrong_port(ingest: &Ingest) -> Response<AnswerBody> {
    let line = format!(
        "{} is the OTLP/gRPC port and got a plain HTTP request: set OTEL_EXPORTER_OTLP_ENDPOINT=http://{} for \
         http/protobuf, or OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
        ingest.grpc, ingest.http
    );
    ingest.refuse("http on the grpc port", &line);
    // What gRPC over HTTP/2 asks of a server for any other content type.
    let mut response = respond(StatusCode::UNSUPPORTED_MEDIA_TYPE, Encoding::Protobuf, (line + "\n").into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

async fn take_in(
    request: Request<Incoming>,
    encoding: Option<Encoding>,
    ingest: &Ingest,
) -> Result<Accepted, Refusal> {
    let signal = match request.uri().path() {
        "/v1/traces" => Signal::Traces,
        "/v1/metrics" => Signal::Metrics,
        "/v1/logs" => Signal::Logs,
        other => {
            let shown: String = other.chars().take(200).collect();
            let line = format!(
                "no OTLP at {shown}: a generic endpoint is http://{}, one for traces alone ends in /v1/traces",
                ingest.http
            );
            return Err(Refusal::new(StatusCode::NOT_FOUND, "wrong path", line));
        }
    };
    if request.method() != Method::POST {
        let line = format!("OTLP is sent by POST, not {}", request.method());
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "wrong method", line));
    }
    let Some(encoding) = encoding else {
        let line = "Content-Type must be application/x-protobuf or application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong content type", line));
    };
    let gzip = match request.headers().get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity" | b"") => false,
        Some(b"gzip") => true,
        Some(_) => {
            let line = "Content-Encoding must be gzip or none";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong content encoding", line));
        }
    };
    let mut body = read(request.into_body(), ingest.max_message_bytes).await.map_err(refuse_body)?;
    if gzip {
        body = gunzip(&body, ingest.max_message_bytes).map_err(refuse_body)?;
    }
    ingest
        .accept(signal, encoding, &body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, "malformed", error.to_string()))
}

fn refuse_body(error: BodyError) -> Refusal {
    let status = match error {
        BodyError::TooLarge(_) | BodyError::ExpandsTooMuch(_) => StatusCode::PAYLOAD_TOO_LARGE,
        BodyError::NotGzip(_) | BodyError::Broken(_) => StatusCode::BAD_REQUEST,
    };
    Refusal::new(status, "body", error.to_string())
}

fn encoding_of(headers: &HeaderMap) -> Option<Encoding> {
    let media_type = headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim();
    if media_type.eq_ignore_ascii_case("application/x-protobuf") {
        Some(Encoding::Protobuf)
    } else if media_type.eq_ignore_ascii_case("application/json") {
        Some(Encoding::Json)
    } else {
        None
    }
}

fn respond(status: StatusCode, encoding: Encoding, body: Bytes) -> Response<AnswerBody> {
    let mut response = Response::new(Full::new(body).boxed_unsync());
    *response.status_mut() = status;
    let media_type = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn success_body(encoding: Encoding, accepted: Accepted) -> Bytes {
    match encoding {
        Encoding::Protobuf => export_response(accepted).into(),
        Encoding::Json if accepted.rejected_spans == 0 => Bytes::from_static(b"{}"),
        Encoding::Json => serde_json::json!({ "partialSuccess": {
            "rejectedSpans": accepted.rejected_spans.to_string(),
            "errorMessage": REJECTED_SPANS_MESSAGE,
        }})
        .to_string()
        .into(),
    }
}

/// `ExportTraceServiceResponse`: field 1 `partial_success` { 1 `rejected_spans`, 2 `error_message` }, empty when all
/// went well.
pub(super) fn export_response(accepted: Accepted) -> Vec<u8> {
    let mut response = Vec::new();
    if accepted.rejected_spans > 0 {
        let mut partial = vec![0x08];
        push_varint(&mut partial, accepted.rejected_spans);
        push_field(&mut partial, 0x12, REJECTED_SPANS_MESSAGE.as_bytes());
        push_field(&mut response, 0x0a, &partial);
    }
    response
}

/// `google.rpc.Status`: field 1 `code`, field 2 `message`.
fn status_body(encoding: Encoding, message: &str) -> Bytes {
    match encoding {
        Encoding::Protobuf => {
            let mut status = vec![0x08, INVALID_ARGUMENT];
            push_field(&mut status, 0x12, message.as_bytes());
            status.into()
        }
        Encoding::Json => {
            serde_json::json!({ "code": INVALID_ARGUMENT, "message": message }).to_string().into()
        }
    }
}

fn push_field(out: &mut Vec<u8>, tag: u8, payload: &[u8]) {
    out.push(tag);
    push_varint(out, payload.len() as u64);
    out.extend_from_slice(payload);
}

fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
