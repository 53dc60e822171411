//! One attempt to hand a batch to the collector: connection kept alive, both protocols, everything bounded.

mod answer;
mod connect;
mod grpc;
mod http;
mod pkcs12;
mod proxy;
mod target;
mod tls;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use ::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use ::http::{Method, Request, Uri, Version};
use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::answer::{Answer, cause};
use self::answer::{Attempt, Speaks};
use self::connect::{ConnectError, Connection, Route};
pub(crate) use self::target::EndpointError;
use self::target::Target;
use self::tls::Tls;
use crate::config::{Compression, Otlp, Protocol, TRACES_PATH};
use crate::control::Control;
use crate::log::Log;
use crate::payload::Payload;
use crate::text::{error_chain, one_line};

type Body = Full<Bytes>;

/// What we read of an answer; a longer one is discarded.
const LONGEST_ANSWER: usize = 4 << 20;

const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("otelrs/", env!("CARGO_PKG_VERSION")));

/// The way to one collector.
pub(crate) struct Transport {
    target: Target,
    /// Of the POST when HTTP is spoken.
    http_path: String,
    proxy: Option<(String, u16)>,
    tls: Option<Tls>,
    headers: HeaderMap,
    timeout: Duration,
    clock: fn() -> SystemTime,
    protocol: Protocol,
    protocol_was_set: bool,
    /// The other end is known to speak `protocol`.
    settled: bool,
    /// Before `runtime`: it is a task of that.
    connection: Option<Connection>,
    runtime: Option<Runtime>,
}

impl Transport {
    /// Reads certificates and checks the endpoint; opens nothing.
    pub(crate) fn new(otlp: &Otlp, clock: fn() -> SystemTime, log: &dyn Log) -> Result<Self, EndpointError> {
        let target = Target::parse(&otlp.endpoint)?;
        // An address that was meant for gRPC has no path for HTTP.
        let add_path = otlp.protocol == Protocol::Grpc && target.path == "/";
        let http_path = if add_path { format!("/{TRACES_PATH}") } else { target.path.clone() };
        Ok(Self {
            http_path,
            proxy: proxy::select(&otlp.proxy, &target),
            tls: if target.https { Tls::load(otlp, log) } else { None },
            headers: user_headers(&otlp.headers, log),
            target,
            timeout: otlp.timeout,
            clock,
            protocol: otlp.protocol,
            protocol_was_set: otlp.protocol_was_set,
            settled: false,
            connection: None,
            runtime: None,
        })
    }

    /// One attempt, over before `until`, and before the final flush must be over.
    pub(crate) fn send(
        &mut self,
        payload: &mut Payload,
        until: Instant,
        control: &Control,
        log: &dyn Log,
    ) -> Answer {
        let first = self.attempt(self.protocol, payload, until, control);
        match first.speaks {
            Speaks::Yes => self.settled = true,
            Speaks::Hardly if !self.settled && !self.protocol_was_set => {
                if let Some(answer) = self.send_in_other(payload, until, control, log) {
                    return answer;
                }
            }
            Speaks::Hardly | Speaks::Unknown => {}
        }
        first.answer
    }

    /// Tries the protocol that nobody asked for; it stays when it is understood.
    fn send_in_other(
        &mut self,
        payload: &mut Payload,
        until: Instant,
        control: &Control,
        log: &dyn Log,
    ) -> Option<Answer> {
        let other = self.protocol.other();
        self.connection = None;
        let attempt = self.attempt(other, payload, until, control);
        if attempt.speaks != Speaks::Yes {
            self.connection = None;
            return None;
        }
        let message = format!(
            "{} does not speak {} but {name}: {name} is used (otel.exporter.otlp.protocol={name} spares the question)",
            self.target.url(""),
            self.protocol.name(),
            name = other.name(),
        );
        log.warn("protocol", &message);
        self.protocol = other;
        self.settled = true;
        Some(attempt.answer)
    }

    fn attempt(
        &mut self,
        protocol: Protocol,
        payload: &mut Payload,
        until: Instant,
        control: &Control,
    ) -> Attempt {
        let runtime = match self.runtime.take().map_or_else(new_runtime, Ok) {
            Ok(runtime) => runtime,
            Err(error) => {
                return Attempt::unreachable(Speaks::Unknown, format!("no event loop: {error}"));
            }
        };
        let started = Instant::now();
        let until = until.min(started + self.timeout);
        let exchange = bounded(self.exchange(protocol, payload), until, control);
        let attempt = runtime.block_on(exchange);
        self.runtime = Some(runtime);
        attempt.unwrap_or_else(|| {
            self.connection = None;
            let waited = started.elapsed().as_secs_f64();
            let reason = format!("no answer from {} within {waited:.1} s", self.url(protocol));
            Attempt::unreachable(Speaks::Unknown, reason)
        })
    }

    async fn exchange(&mut self, protocol: Protocol, payload: &mut Payload) -> Attempt {
        if self.target.https && self.tls.is_none() {
            let reason =
                format!("cannot use {}: there is no TLS without an authority to trust", self.url(protocol));
            return Attempt::new(Speaks::Unknown, Answer::Refused { cause: cause::TLS, reason });
        }
        loop {
            let mut connection = match self.connection.take().filter(|open| !open.is_closed()) {
                Some(open) => open,
                None => match Connection::open(&self.route(protocol), protocol).await {
                    Ok(open) => open,
                    Err(error) => return self.unconnected(protocol, &error),
                },
            };
            let Some(request) = self.request(protocol, payload) else {
                let reason = format!("{} cannot be asked for", self.url(protocol));
                return Attempt::refused(Speaks::Unknown, reason);
            };
            let used_before = connection.uses > 0;
            match connection.send(request).await {
                Ok(response) => {
                    let attempt = self.judge(protocol, response).await;
                    // An HTTP/1.1 connection with an unread answer closes itself.
                    self.connection = Some(connection);
                    return attempt;
                }
                // A server may close an idle connection at any time: that says nothing about the batch.
                Err(error) if used_before && !error.is_parse() => {}
                Err(error) => return self.unanswered(protocol, &error),
            }
        }
    }

    fn route(&self, protocol: Protocol) -> Route<'_> {
        Route {
            target: &self.target,
            proxy: self.proxy.as_ref(),
            tls: self.tls.as_ref().map(|tls| tls.connector(protocol)),
        }
    }

    /// Reads the body within its bound and judges.
    async fn judge(&self, protocol: Protocol, response: ::http::Response<Incoming>) -> Attempt {
        let (head, body) = response.into_parts();
        let read = Limited::new(body, LONGEST_ANSWER).collect().await;
        let url = self.url(protocol);
        match (protocol, read) {
            (Protocol::HttpProtobuf, read) => {
                // The status has said what became of the batch; a body that breaks off or never ends does not undo it.
                let body = read.map(Collected::to_bytes).unwrap_or_default();
                http::judge(head.status, &head.headers, &body, &url, (self.clock)())
            }
            (Protocol::Grpc, Ok(read)) => {
                let trailers = read.trailers().cloned();
                let body = read.to_bytes();
                grpc::judge(head.status, &head.headers, trailers.as_ref(), &body, &url)
            }
            (Protocol::Grpc, Err(error)) if error.is::<LengthLimitError>() => {
                Attempt::refused(Speaks::Unknown, format!("{url} answered more than {LONGEST_ANSWER} bytes"))
            }
            (Protocol::Grpc, Err(error)) => {
                let reason = format!("{url} broke its answer off: {}", error_chain(error.as_ref()));
                Attempt::unreachable(Speaks::Unknown, reason)
            }
        }
    }

    fn unconnected(&self, protocol: Protocol, error: &ConnectError) -> Attempt {
        let url = self.url(protocol);
        match error {
            ConnectError::Tls { refuses_protocol: true, .. } => {
                Attempt::refused(Speaks::Hardly, format!("{url}: {error}; {}", advice(protocol)))
            }
            ConnectError::Tls { why, .. } => Attempt::new(
                Speaks::Unknown,
                Answer::Refused { cause: cause::TLS, reason: format!("cannot use {url}: {}", one_line(why)) },
            ),
            error => {
                Attempt::unreachable(Speaks::Unknown, format!("cannot reach {url}: {}", error_chain(error)))
            }
        }
    }

    /// The connection stood, but no HTTP answer came over it.
    fn unanswered(&self, protocol: Protocol, error: &hyper::Error) -> Attempt {
        let url = self.url(protocol);
        if let Some(why) = tls::explain(error, &self.target.host) {
            let reason = format!("cannot use {url}: {why}");
            return Attempt::new(Speaks::Unknown, Answer::Refused { cause: cause::TLS, reason });
        }
        let said = error_chain(error);
        if error.is_parse() {
            let reason = format!("{url} answers something else than HTTP ({said}); {}", advice(protocol));
            return Attempt::refused(Speaks::Hardly, reason);
        }
        let reason = format!("{url} closed the connection without an answer ({said}); {}", advice(protocol));
        Attempt::unreachable(Speaks::Hardly, reason)
    }

    fn url(&self, protocol: Protocol) -> String {
        match protocol {
            Protocol::HttpProtobuf => self.target.url(&self.http_path),
            Protocol::Grpc => self.target.url(""),
        }
    }

    fn request(&self, protocol: Protocol, payload: &mut Payload) -> Option<Request<Body>> {
        let forwarded = self.proxy.is_some() && !self.target.https;
        let (version, uri, content_type) = match protocol {
            Protocol::HttpProtobuf if forwarded => (Version::HTTP_11, self.url(protocol), http::CONTENT_TYPE),
            Protocol::HttpProtobuf => (Version::HTTP_11, self.http_path.clone(), http::CONTENT_TYPE),
            Protocol::Grpc => (Version::HTTP_2, self.target.url(grpc::PATH), grpc::CONTENT_TYPE),
        };
        let mut request = Request::new(Full::new(payload.body(protocol)));
        *request.method_mut() = Method::POST;
        *request.version_mut() = version;
        *request.uri_mut() = uri.parse::<Uri>().ok()?;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(header::USER_AGENT, USER_AGENT);
        headers.insert(header::CONTENT_TYPE, content_type);
        let gzip = payload.compression() == Compression::Gzip;
        match protocol {
            Protocol::HttpProtobuf => {
                headers.insert(header::HOST, HeaderValue::from_str(&self.target.authority).ok()?);
                if gzip {
                    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
            }
            Protocol::Grpc => {
                headers.insert(header::TE, HeaderValue::from_static("trailers"));
                if let Some(timeout) = grpc::timeout(self.timeout) {
                    headers.insert("grpc-timeout", timeout);
                }
                if gzip {
                    headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
                }
            }
        }
        Some(request)
    }
}

fn advice(protocol: Protocol) -> String {
    format!(
        "does this port speak {}? Set otel.exporter.otlp.protocol={} otherwise",
        protocol.name(),
        protocol.other().name()
    )
}

/// A runtime that lives on the thread that blocks on it. Nothing here may use its pool of blocking threads.
fn new_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_io().enable_time().build()
}

/// The future's result, `None` when `until` comes first, or, once a shutdown is asked for, the end of the flush.
async fn bounded<T>(future: impl Future<Output = T>, until: Instant, control: &Control) -> Option<T> {
    let mut future = pin!(future);
    let mut clock = pin!(tokio::time::sleep_until(until.into()));
    let mut shutdown = pin!(control.shutdown_asked());
    let mut flushing = false;
    poll_fn(move |context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        if !flushing && let Poll::Ready(flush_until) = shutdown.as_mut().poll(context) {
            flushing = true;
            clock.as_mut().reset(until.min(flush_until).into());
        }
        clock.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// The user's headers, without those that cannot be sent and those that the protocol owns.
fn user_headers(pairs: &[(String, String)], log: &dyn Log) -> HeaderMap {
    const OURS: [HeaderName; 6] = [
        header::HOST,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) if !OURS.contains(&name) => {
                headers.append(name, value);
            }
            _ => {
                let message =
                    format!("otel.exporter.otlp.headers: {} cannot be sent as a header", one_line(name));
                log.warn("headers", &message);
            }
        }
    }
    headers
}
