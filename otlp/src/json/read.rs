//! OTLP/JSON to the model. Unknown members are ignored; errors name the path of the member that does not fit.

mod common;
mod logs;
mod metrics;
mod reader;
mod traces;

pub use logs::decode_logs_request_json;
pub use metrics::decode_metrics_request_json;
pub use traces::decode_trace_request_json;

/// Why a text is not an OTLP/JSON request.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// Not JSON at all, or nested more than 128 levels deep.
    #[error("not JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// A member of another type or form than OTLP says.
    #[error("{path}: expected {expected}")]
    Member {
        /// Such as `resourceSpans[0].scopeSpans[1].spans[7].traceId`.
        path: String,
        /// The form OTLP says.
        expected: &'static str,
    },
    /// So many empty elements that they would take far more memory than the text.
    #[error("more elements than a request of this length may hold")]
    Expansion,
}
