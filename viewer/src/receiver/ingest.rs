//! What both transports do with a message once they have its bytes.

use std::collections::HashSet;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use otelrs_otlp::decode::{DecodeError, decode_logs_request, decode_metrics_request, decode_trace_request};
use otelrs_otlp::json::{
    JsonError, decode_logs_request_json, decode_metrics_request_json, decode_trace_request_json,
};
use otelrs_otlp::model::ExportTraceServiceRequest;

use super::{NoticeHandler, ReceiverOptions, Sink};
use crate::store::TraceStore;
use crate::text::escape;

/// Requests by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiverCounters {
    /// Trace requests stored.
    pub traces: u64,
    /// Metrics requests stored.
    pub metrics: u64,
    /// Logs requests stored.
    pub logs: u64,
    /// Requests refused: malformed, too large, wrong path, type or port.
    pub refused: u64,
}

/// The three signals of OTLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Metrics,
    Logs,
}

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Protobuf,
    Json,
}

/// Why a message was not taken in.
#[derive(Debug, thiserror::Error)]
#[error("malformed OTLP request: {0}")]
pub(super) enum Malformed {
    Protobuf(#[from] DecodeError),
    Json(#[from] JsonError),
}

/// A message was taken in.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Accepted {
    /// Spans refused for an all-zero id: OTLP's partial success.
    pub(super) rejected_spans: u64,
}

pub(super) const REJECTED_SPANS_MESSAGE: &str = "trace id or span id is all zero";

pub(super) struct Ingest {
    store: Arc<TraceStore>,
    pub(super) grpc: SocketAddr,
    pub(super) http: SocketAddr,
    pub(super) max_message_bytes: usize,
    sink: Option<Sink>,
    on_notice: Option<NoticeHandler>,
    notices: Mutex<Notices>,
    traces: AtomicU64,
    metrics: AtomicU64,
    logs: AtomicU64,
    refused: AtomicU64,
}

#[derive(Default)]
struct Notices {
    causes: HashSet<&'static str>,
    lines: Vec<String>,
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest").field("counters", &self.counters()).finish_non_exhaustive()
    }
}

impl Ingest {
    pub(super) fn new(options: &ReceiverOptions, grpc: SocketAddr, http: SocketAddr) -> Self {
        Self {
            store: Arc::new(TraceStore::with_thresholds(options.max_store_bytes, options.thresholds)),
            grpc,
            http,
            max_message_bytes: options.max_message_bytes,
            sink: options.sink.clone(),
            on_notice: options.on_notice.clone(),
            notices: Mutex::default(),
            traces: AtomicU64::new(0),
            metrics: AtomicU64::new(0),
            logs: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    pub(super) fn store(&self) -> &Arc<TraceStore> {
        &self.store
    }

    pub(super) fn counters(&self) -> ReceiverCounters {
        ReceiverCounters {
            traces: self.traces.load(Ordering::Relaxed),
            metrics: self.metrics.load(Ordering::Relaxed),
            logs: self.logs.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    pub(super) fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    /// Counts a refusal and says why, the first time for each cause.
    pub(super) fn refuse(&self, cause: &'static str, line: &dyn Display) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.causes.insert(cause) {
            // A path or media type inside the line comes from outside.
            let line = escape(&line.to_string());
            if let Some(on_notice) = &self.on_notice {
                on_notice(&line);
            }
            notices.lines.push(line);
        }
    }

    /// Decodes and stores a message.
    ///
    /// # Errors
    /// Why it cannot be decoded.
    pub(super) fn accept(
        &self,
        signal: Signal,
        encoding: Encoding,
        message: &[u8],
    ) -> Result<Accepted, Malformed> {
        let counter = match signal {
            Signal::Traces => {
                let accepted = self.take_in(&match encoding {
                    Encoding::Protobuf => decode_trace_request(message)?,
                    Encoding::Json => decode_trace_request_json(message)?,
                });
                self.traces.fetch_add(1, Ordering::Relaxed);
                return Ok(accepted);
            }
            Signal::Metrics => {
                self.store.take_in_metrics(&match encoding {
                    Encoding::Protobuf => decode_metrics_request(message)?,
                    Encoding::Json => decode_metrics_request_json(message)?,
                });
                &self.metrics
            }
            Signal::Logs => {
                self.store.take_in_logs(&match encoding {
                    Encoding::Protobuf => decode_logs_request(message)?,
                    Encoding::Json => decode_logs_request_json(message)?,
                });
                &self.logs
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(Accepted::default())
    }

    fn take_in(&self, request: &ExportTraceServiceRequest<'_>) -> Accepted {
        if let Some(sink) = &self.sink {
            // A sink writes to a file or pipe, which may block: the other connections go on meanwhile.
            tokio::task::block_in_place(|| sink(request));
        }
        Accepted { rejected_spans: self.store.take_in(request) }
    }
}
