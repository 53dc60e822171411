//! What the exporter is told. Plain data: reading options and the environment is the settings' work.

use std::borrow::Cow;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// All that [`run`](crate::run) needs to know.
pub struct Config {
    /// Where spans go; empty or only [`ExporterKind::None`] discards them.
    pub exporters: Vec<ExporterKind>,
    /// For [`ExporterKind::Otlp`].
    pub otlp: Otlp,
    /// When a batch is sent.
    pub batch: Batch,
    /// How often and how long a batch is tried again.
    pub retry: RetryPolicy,
    /// Version of every instrumentation scope.
    pub scope_version: Cow<'static, str>,
    /// What may leave the process.
    pub privacy: Privacy,
    /// Where [`ExporterKind::Console`] writes. Never standard output: that is the application's.
    pub console: Box<dyn Write + Send>,
    /// The wall clock, asked only for a `Retry-After` that is a date.
    pub clock: fn() -> SystemTime,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            exporters: vec![ExporterKind::Otlp],
            otlp: Otlp::default(),
            batch: Batch::default(),
            retry: RetryPolicy::default(),
            scope_version: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
            privacy: Privacy::default(),
            console: Box::new(std::io::stderr()),
            clock: SystemTime::now,
        }
    }
}

/// `otel.traces.exporter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExporterKind {
    /// To a collector.
    Otlp,
    /// One line a span, for reading.
    Console,
    /// Nowhere.
    None,
}

/// `otel.exporter.otlp.protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `http/protobuf`: a POST over HTTP/1.1.
    HttpProtobuf,
    /// `grpc`: a unary call over HTTP/2.
    Grpc,
}

impl Protocol {
    /// The option's value.
    pub fn name(self) -> &'static str {
        match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::HttpProtobuf => Self::Grpc,
            Self::Grpc => Self::HttpProtobuf,
        }
    }
}

/// `otel.exporter.otlp.compression`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As encoded.
    None,
    /// RFC 1952.
    Gzip,
}

/// `otel.exporter.otlp.*` and the JVM's network properties.
#[derive(Clone)]
pub struct Otlp {
    /// Spoken first, and always when it was set.
    pub protocol: Protocol,
    /// Whether the user chose; when not, a port that answers only the other protocol is spoken to in that.
    pub protocol_was_set: bool,
    /// As [`traces_endpoint`] makes it: `http` or `https`, host, port, path.
    pub endpoint: String,
    /// Sent with every request; values may be secret and are never logged.
    pub headers: Vec<(String, String)>,
    /// For one attempt, from connecting to the last byte of the answer.
    pub timeout: Duration,
    /// Of the request body.
    pub compression: Compression,
    /// PEM file with the authorities to trust instead of the system's.
    pub certificate: Option<PathBuf>,
    /// PEM file with the private key that we show a collector which asks.
    pub client_key: Option<PathBuf>,
    /// PEM file with the certificate chain of `client_key`.
    pub client_certificate: Option<PathBuf>,
    /// The JVM's proxy properties.
    pub proxy: Proxy,
    /// `javax.net.ssl.trustStore`; `certificate` goes before it.
    pub trust_store: Option<TrustStore>,
}

impl Default for Otlp {
    fn default() -> Self {
        Self {
            protocol: Protocol::HttpProtobuf,
            protocol_was_set: false,
            endpoint: traces_endpoint(Protocol::HttpProtobuf, None, None),
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            compression: Compression::None,
            certificate: None,
            client_key: None,
            client_certificate: None,
            proxy: Proxy::default(),
            trust_store: None,
        }
    }
}

/// The address for traces: the per-signal option as it is, or the generic one with the signal's path added.
///
/// gRPC has no path of ours: its generic endpoint is used as it is. Source: OpenTelemetry specification, "OTLP
/// Exporter", "Endpoint URLs for OTLP/HTTP".
pub fn traces_endpoint(protocol: Protocol, generic: Option<&str>, per_signal: Option<&str>) -> String {
    match (protocol, per_signal, generic) {
        (_, Some(per_signal), _) => per_signal.to_owned(),
        (Protocol::HttpProtobuf, None, generic) => {
            let base = generic.unwrap_or("http://localhost:4318");
            format!("{}/{TRACES_PATH}", base.trim_end_matches('/'))
        }
        (Protocol::Grpc, None, generic) => generic.unwrap_or("http://localhost:4317").to_owned(),
    }
}

pub(crate) const TRACES_PATH: &str = "v1/traces";

/// `http(s).proxyHost`, `http(s).proxyPort` and `http.nonProxyHosts`.
#[derive(Debug, Clone, Default)]
pub struct Proxy {
    /// For `http` endpoints.
    pub http: Option<ProxyAddress>,
    /// For `https` endpoints.
    pub https: Option<ProxyAddress>,
    /// `a|*.b`. The JVM adds its loopback names to a list, uses them alone when there is none, and takes an empty
    /// list as "no exception at all".
    pub non_proxy_hosts: Option<String>,
}

/// A proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAddress {
    /// Name or address.
    pub host: String,
    /// The JVM's default is 80 for `http` and 443 for `https`.
    pub port: Option<u16>,
}

/// `javax.net.ssl.trustStore`, `trustStoreType`, `trustStorePassword`.
#[derive(Clone)]
pub struct TrustStore {
    /// PEM or PKCS#12; which of them, the file's content says.
    pub path: PathBuf,
    /// Named in messages only.
    pub kind: Option<String>,
    /// Of a PKCS#12 file.
    pub password: Option<String>,
}

/// The batch processor's four options.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `otel.bsp.schedule.delay`: longest wait of a span before it is sent.
    pub schedule_delay: Duration,
    /// `otel.bsp.max.export.batch.size`: most spans in one request.
    pub max_export_batch_size: usize,
    /// `otel.bsp.export.timeout`: longest time for one batch, repetitions included, save what the collector asks for.
    pub export_timeout: Duration,
    /// `otel.bsp.max.queue.size`: what the source can hold at most. Bounds the final flush; the queue is the source's.
    pub max_queue_size: usize,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            schedule_delay: Duration::from_secs(5),
            max_export_batch_size: 512,
            export_timeout: Duration::from_secs(30),
            max_queue_size: 2048,
        }
    }
}

/// Exponential backoff with jitter; the defaults are those of the OpenTelemetry SDKs.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    /// Before the second attempt.
    pub initial_backoff: Duration,
    /// No computed wait is longer.
    pub max_backoff: Duration,
    /// From one wait to the next.
    pub multiplier: f64,
    /// No wait that a collector asks for is longer.
    pub max_requested: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(5),
            multiplier: 1.5,
            max_requested: Duration::from_secs(120),
        }
    }
}

/// What may leave the process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Privacy {
    /// Exception messages: they may hold what a user typed.
    pub exception_messages: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_follows_the_specification() {
        use Protocol::{Grpc, HttpProtobuf};
        let cases = [
            (HttpProtobuf, None, None, "http://localhost:4318/v1/traces"),
            (HttpProtobuf, Some("http://c:4318"), None, "http://c:4318/v1/traces"),
            (HttpProtobuf, Some("http://c:4318/"), None, "http://c:4318/v1/traces"),
            (HttpProtobuf, Some("https://c/otlp/"), None, "https://c/otlp/v1/traces"),
            (HttpProtobuf, Some("http://c:4318"), Some("http://t:1/mine"), "http://t:1/mine"),
            (HttpProtobuf, None, Some("http://t:1"), "http://t:1"),
            (Grpc, None, None, "http://localhost:4317"),
            (Grpc, Some("http://c:4317"), None, "http://c:4317"),
            (Grpc, Some("http://c:4317"), Some("https://t:1"), "https://t:1"),
        ];
        for (protocol, generic, per_signal, expected) in cases {
            assert_eq!(traces_endpoint(protocol, generic, per_signal), expected);
        }
    }
}
