//! Receives OTLP on loopback: http/protobuf and http/json on one port, gRPC on another.

mod body;
mod grpc;
mod http;
mod ingest;
mod server;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use otelrs_otlp::model::ExportTraceServiceRequest;
use tokio::sync::watch;

use crate::archive::{Archive, ArchiveError};
use crate::findings::Thresholds;
use crate::store::{DEFAULT_MAX_BYTES, TraceStore};
use ingest::Ingest;
pub use ingest::ReceiverCounters;

/// The usual OTLP/gRPC port.
pub const GRPC_PORT: u16 = 4317;
/// The usual OTLP/HTTP port.
pub const HTTP_PORT: u16 = 4318;
/// Default bound of one message, before and after decompression: 16 MiB.
pub const DEFAULT_MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Sees each trace request before it is stored; runs on the receiver's threads, one request at a time a connection.
pub type Sink = Arc<dyn Fn(&ExportTraceServiceRequest<'_>) + Send + Sync>;
/// Gets each line a person should read (a wrong port, a malformed request), each cause once.
pub type NoticeHandler = Arc<dyn Fn(&str) + Send + Sync>;

/// How a receiver listens and what it keeps.
#[derive(Clone)]
pub struct ReceiverOptions {
    /// `None`: 4317, or a free port when that is taken. `Some(0)`: a free port. Anything else: that one or an error.
    pub grpc_port: Option<u16>,
    /// `None`: 4318, or a free port when that is taken. `Some(0)`: a free port. Anything else: that one or an error.
    pub http_port: Option<u16>,
    /// Bound of the trace store, bytes.
    pub max_store_bytes: usize,
    /// Bound of one message before and after decompression, bytes.
    pub max_message_bytes: usize,
    /// SQLite file in which spans and log records are kept, and from which the newest traces come at the start.
    pub store_file: Option<PathBuf>,
    /// From when on something is a finding.
    pub thresholds: Thresholds,
    /// Sees each trace request.
    pub sink: Option<Sink>,
    /// Gets what a person should read.
    pub on_notice: Option<NoticeHandler>,
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self {
            grpc_port: None,
            http_port: None,
            max_store_bytes: DEFAULT_MAX_BYTES,
            max_message_bytes: DEFAULT_MAX_MESSAGE_BYTES,
            store_file: None,
            thresholds: Thresholds::default(),
            sink: None,
            on_notice: None,
        }
    }
}

impl fmt::Debug for ReceiverOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverOptions")
            .field("grpc_port", &self.grpc_port)
            .field("http_port", &self.http_port)
            .field("max_store_bytes", &self.max_store_bytes)
            .field("max_message_bytes", &self.max_message_bytes)
            .finish_non_exhaustive()
    }
}

impl ReceiverOptions {
    /// Free ports for both protocols: what tests want.
    #[must_use]
    pub fn free_ports() -> Self {
        Self { grpc_port: Some(0), http_port: Some(0), ..Self::default() }
    }
}

/// OTLP's two transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// OTLP/gRPC.
    Grpc,
    /// OTLP/HTTP, protobuf or JSON.
    Http,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "gRPC",
            Self::Http => "HTTP",
        })
    }
}

/// Why a receiver did not start.
#[derive(Debug, thiserror::Error)]
pub enum ReceiverError {
    /// The port asked for could not be had.
    #[error("cannot listen on 127.0.0.1:{port} for OTLP/{transport}: {source}")]
    Listen {
        /// Which of the two.
        transport: Transport,
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The file of the store cannot be used.
    #[error(transparent)]
    StoreFile(#[from] ArchiveError),
    /// No thread or event loop could be had.
    #[error("cannot start the receiver's threads: {0}")]
    Runtime(io::Error),
}

/// A running receiver. Its threads are its own: callers are synchronous. Dropping it ends it as `shutdown` does.
#[derive(Debug)]
pub struct Receiver {
    grpc: SocketAddr,
    http: SocketAddr,
    ingest: Arc<Ingest>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Listens on loopback; returns when both ports accept connections.
    ///
    /// # Errors
    /// A port that was asked for is taken, the store's file cannot be used, or no thread can be had.
    pub fn start(options: ReceiverOptions) -> Result<Self, ReceiverError> {
        let grpc = listen(Transport::Grpc, options.grpc_port, GRPC_PORT)?;
        let http = listen(Transport::Http, options.http_port, HTTP_PORT)?;
        let address = |listener: &TcpListener| listener.local_addr().map_err(ReceiverError::Runtime);
        let (grpc_address, http_address) = (address(&grpc)?, address(&http)?);
        let ingest = Arc::new(Ingest::new(&options, grpc_address, http_address));
        if let Some(file) = &options.store_file {
            ingest.store().keep_in(file)?;
        }
        let (stop, stopped) = watch::channel(false);
        let (started, ready) = mpsc::channel();
        let shared = Arc::clone(&ingest);
        let thread = std::thread::Builder::new()
            .name("otelrs-receiver".to_owned())
            .spawn(move || server::run(grpc, http, &shared, stopped, &started))
            .map_err(ReceiverError::Runtime)?;
        match ready.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(ReceiverError::Runtime(error)),
            Err(_) => return Err(ReceiverError::Runtime(io::Error::other("the receiver's thread ended"))),
        }
        Ok(Self { grpc: grpc_address, http: http_address, ingest, stop, thread: Some(thread) })
    }

    /// Such as `http://127.0.0.1:4317`.
    #[must_use]
    pub fn grpc_endpoint(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// Such as `http://127.0.0.1:4318`.
    #[must_use]
    pub fn http_endpoint(&self) -> String {
        format!("http://{}", self.http)
    }

    /// What was received.
    #[must_use]
    pub fn store(&self) -> &Arc<TraceStore> {
        self.ingest.store()
    }

    /// Requests by outcome.
    #[must_use]
    pub fn counters(&self) -> ReceiverCounters {
        self.ingest.counters()
    }

    /// What a person should read, each cause once, in order.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        self.ingest.notices()
    }

    /// A view of this receiver for others to keep.
    #[must_use]
    pub fn monitor(&self) -> ReceiverMonitor {
        ReceiverMonitor(Arc::clone(&self.ingest))
    }

    /// Stops accepting, finishes the requests under way (within 2 s), writes what waits for the store's file, and returns:
    /// what was answered is stored.
    pub fn shutdown(mut self) -> Arc<TraceStore> {
        self.stop_and_join();
        Arc::clone(self.ingest.store())
    }

    fn stop_and_join(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the receiver's thread was reported by the panic hook.
            let _ = thread.join();
        }
        self.ingest.store().archive().into_iter().for_each(Archive::finish);
    }
}

/// Reads what a receiver has seen, after its end too.
#[derive(Debug, Clone)]
pub struct ReceiverMonitor(Arc<Ingest>);

impl ReceiverMonitor {
    /// Such as `http://127.0.0.1:4317`.
    #[must_use]
    pub fn grpc_endpoint(&self) -> String {
        format!("http://{}", self.0.grpc)
    }

    /// Such as `http://127.0.0.1:4318`.
    #[must_use]
    pub fn http_endpoint(&self) -> String {
        format!("http://{}", self.0.http)
    }

    /// What was received.
    #[must_use]
    pub fn store(&self) -> &Arc<TraceStore> {
        self.0.store()
    }

    /// Requests by outcome.
    #[must_use]
    pub fn counters(&self) -> ReceiverCounters {
        self.0.counters()
    }

    /// What a person should read, each cause once, in order.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        self.0.notices()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop_and_join();
    }
}

fn listen(transport: Transport, port: Option<u16>, usual: u16) -> Result<TcpListener, ReceiverError> {
    let bind = |port: u16| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    let failed = |port| move |source| ReceiverError::Listen { transport, port, source };
    match port {
        Some(port) => bind(port).map_err(failed(port)),
        None => bind(usual).or_else(|_: io::Error| bind(0)).map_err(failed(usual)),
    }
}
