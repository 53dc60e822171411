//! Protobuf bytes to the model. Never panics, allocates in proportion to its input, borrows every string.
//!
//! Unknown fields are skipped, so a newer sender is understood; a known field with the wrong wire type, invalid UTF-8
//! or an id of the wrong length is an error, because guessing would show telemetry that nobody sent.

mod common;
mod logs;
mod metrics;
mod traces;
mod wire;

pub use logs::decode_logs_request;
pub use metrics::decode_metrics_request;
pub use traces::decode_trace_request;

/// `AnyValue`s nested deeper than this are refused (protobuf implementations stop at 100 messages).
pub const MAX_VALUE_DEPTH: usize = 32;

/// Why a message cannot be decoded, and where (`offset` counts bytes from the start of the whole message).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct DecodeError {
    /// Byte position of the field, or of the value that does not fit.
    pub offset: usize,
    /// What is wrong there.
    pub kind: DecodeErrorKind,
}

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeErrorKind {
    /// A value or its length reaches beyond the message that holds it.
    #[error("truncated message")]
    Truncated,
    /// A varint of more than 10 bytes or 64 bits.
    #[error("overlong varint")]
    Varint,
    /// Field number 0 or beyond 2^29-1, wire type 6 or 7, or an end of group without its start.
    #[error("invalid field tag {0}")]
    Tag(u64),
    /// A known field in another wire type than its definition says.
    #[error("field {field} has wire type {found}, expected {expected}")]
    WireType {
        /// Field number.
        field: u32,
        /// Wire type found.
        found: u8,
        /// Wire type of the definition.
        expected: u8,
    },
    /// A `string` that is not UTF-8.
    #[error("string field is not UTF-8")]
    Utf8,
    /// A trace or span id that is neither empty nor of its length.
    #[error("id of {found} bytes, expected {expected}")]
    IdLength {
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Values or unknown groups nested too deeply.
    #[error("nested deeper than {MAX_VALUE_DEPTH} levels")]
    Depth,
    /// So many empty elements that they would take far more memory than the message.
    #[error("more elements than a message of this length may hold")]
    Expansion,
}
