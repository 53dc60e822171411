//! Collectors for tests: a proper one that answers from a script, and a raw one that does anything to a socket.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use otelrs_exporter::config::Protocol;
use prost::Message;
use rustls::ServerConfig;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::harness::eventually;

/// One request as it came.
#[derive(Clone)]
pub(crate) struct Received {
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Which connection it came over, from 0.
    pub(crate) connection: usize,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The request's message, unpacked and without gRPC's framing.
    pub(crate) fn message(&self) -> ExportTraceServiceRequest {
        let is_grpc = self.header("content-type") == Some("application/grpc");
        let (packed, bytes) = if is_grpc {
            let length = u32::from_be_bytes(self.body[1..5].try_into().unwrap()) as usize;
            assert_eq!(length, self.body.len() - 5, "the length in gRPC's prefix");
            (self.body[0] == 1, self.body.slice(5..))
        } else {
            (self.header("content-encoding") == Some("gzip"), self.body.clone())
        };
        if !packed {
            return ExportTraceServiceRequest::decode(bytes).unwrap();
        }
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*bytes).read_to_end(&mut unpacked).unwrap();
        ExportTraceServiceRequest::decode(unpacked.as_slice()).unwrap()
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let resources = self.message().resource_spans.into_iter();
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

/// One answer.
#[derive(Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(crate) fn http(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// A gRPC answer: an empty message, the status in the trailers.
    pub(crate) fn grpc(code: u32) -> Self {
        let reply = Self::http(200).header("content-type", "application/grpc").body([0; 5]);
        reply.trailer("grpc-status", code.to_string())
    }

    pub(crate) fn trailer(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.trailers.push((name, value.into()));
        self
    }

    fn into_response(self) -> Response<BoxBody<Bytes, std::convert::Infallible>> {
        let trailers: HeaderMap = self.trailers.iter().map(header_pair).collect();
        let full = Full::new(Bytes::from(self.body));
        let body = if trailers.is_empty() {
            full.boxed()
        } else {
            full.with_trailers(std::future::ready(Some(Ok(trailers)))).boxed()
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status.try_into().unwrap();
        response.headers_mut().extend(self.headers.iter().map(header_pair));
        response
    }
}

fn header_pair((name, value): &(&'static str, String)) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
}

/// The body of an answer that rejects some.
pub(crate) fn partial_success(rejected_spans: i64, error_message: &str) -> Vec<u8> {
    let partial = ExportTracePartialSuccess { rejected_spans, error_message: error_message.to_owned() };
    ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec()
}

/// A collector that keeps what it gets and answers in turn from a script, whose last answer stays.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    script: Vec<Reply>,
    received: Mutex<Vec<Received>>,
    stop: Notify,
}

impl Collector {
    pub(crate) fn http(script: impl Into<Vec<Reply>>) -> Self {
        Self::start(Protocol::HttpProtobuf, script.into(), None)
    }

    pub(crate) fn grpc(script: impl Into<Vec<Reply>>) -> Self {
        Self::start(Protocol::Grpc, script.into(), None)
    }

    pub(crate) fn start(protocol: Protocol, script: Vec<Reply>, tls: Option<ServerConfig>) -> Self {
        Self::start_on(TcpListener::bind("127.0.0.1:0").unwrap(), protocol, script, tls)
    }

    pub(crate) fn start_on(
        listener: TcpListener,
        protocol: Protocol,
        script: Vec<Reply>,
        tls: Option<ServerConfig>,
    ) -> Self {
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { script, received: Mutex::default(), stop: Notify::new() });
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let thread = thread::spawn({
            let state = Arc::clone(&state);
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    tokio::spawn(accept(listener, protocol, tls, Arc::clone(&state)));
                    state.stop.notified().await;
                });
            }
        });
        Self { address, state, thread: Some(thread) }
    }

    /// Base address with this scheme.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// The traces endpoint over plain HTTP.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/v1/traces", self.url("http"))
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// The requests once there are `count`.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Received> {
        eventually(&format!("{count} requests"), || {
            Some(self.received()).filter(|received| received.len() >= count)
        })
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.state.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, protocol: Protocol, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    for connection in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            match tls {
                None => serve(TokioIo::new(stream), protocol, connection, state).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(TokioIo::new(stream), protocol, connection, state).await;
                    }
                }
            }
        });
    }
}

async fn serve<S>(stream: S, protocol: Protocol, connection: usize, state: Arc<State>)
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let state = Arc::clone(&state);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let target = head.uri.to_string();
            let mut received = state.received.lock().unwrap();
            let reply = state.script.get(received.len()).or(state.script.last()).cloned().unwrap();
            received.push(Received { target, headers: head.headers, body, connection });
            Ok::<_, hyper::Error>(reply.into_response())
        }
    });
    // What the exporter does to the connection is its affair.
    let _ = match protocol {
        Protocol::HttpProtobuf => {
            hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await
        }
        Protocol::Grpc => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(stream, service)
                .await
        }
    };
}

/// A server that hands each connection to `treat`, with its number, on a thread of its own.
pub(crate) struct RawServer {
    pub(crate) address: SocketAddr,
}

impl RawServer {
    pub(crate) fn start(treat: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let treat = Arc::new(treat);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (stream, treat) = (stream.unwrap(), Arc::clone(&treat));
                thread::spawn(move || treat(stream, number));
            }
        });
        Self { address }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }
}

/// Reads one HTTP/1.1 request with a Content-Length from the socket; what was read until its end or the peer's.
pub(crate) fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).unwrap_or(0);
        request.extend_from_slice(&chunk[..count]);
        let head_end = request.windows(4).position(|window| window == b"\r\n\r\n");
        let wanted = head_end.map(|end| {
            let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
            let length =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            end + 4 + length.unwrap_or(0)
        });
        if count == 0 || wanted.is_some_and(|wanted| request.len() >= wanted) {
            return request;
        }
    }
}
