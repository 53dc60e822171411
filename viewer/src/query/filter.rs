//! The filter language.
//!
//! ```text
//! service:orders status:error duration>50ms name:"GET /a*" http.route=/orders/{id} since:5m timed out
//! ```
//!
//! Terms stand side by side, and all of them must hold. A term is
//!
//! - a field, an operator and a value: [`FIELDS`] lists the fields;
//! - an attribute, an operator and a value: `http.route=/orders/{id}`, `db.system.name!=h2`,
//!   `http.response.status_code>=500`, `tenant=*` (any value). It is looked up in the span, its resource, then its events;
//! - text, which names, services, attribute values, messages of status and events, or the trace id hold somewhere;
//! - any of these after `-` or `!`: the opposite.
//!
//! Operators are `:` and `=` (equal), `!=` (not equal), and for durations and numbers `>`, `>=`, `<`, `<=`. Values and text
//! end at a space, or stand in `"double quotes"`, where `\"` is a quote and `\\` a backslash. In values `*` stands for any
//! characters and `\*` for a star. Letter case does not count.
//!
//! Of a *span* every term is asked for itself. Of a *trace* a term holds when any of its spans meets it, and an opposite
//! when no span meets the term; `duration`, `since`, `until`, `root` and `trace` are about the trace as a whole.

mod matching;
mod parse;
mod pattern;
mod time;

use crate::span::Kind;
use pattern::Pattern;

pub use parse::{FilterError, Problem};

/// A field of the language: what documentation and error messages are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Before the operator.
    pub name: &'static str,
    /// A term with it.
    pub example: &'static str,
    /// What it compares.
    pub meaning: &'static str,
}

/// Every field.
pub const FIELDS: [Field; 11] = [
    Field { name: "service", example: "service:orders", meaning: "`service.name` of the span's resource" },
    Field { name: "name", example: "name:\"GET /a*\"", meaning: "name of the span" },
    Field {
        name: "root",
        example: "root:\"GET /orders*\"",
        meaning: "name of the trace's root; a span must be a root itself",
    },
    Field {
        name: "kind",
        example: "kind:server",
        meaning: "`internal`, `server`, `client`, `producer` or `consumer`",
    },
    Field {
        name: "status",
        example: "status:error",
        meaning: "`error`, `ok` (no error), an HTTP or gRPC status such as `404`, or a class such as `5xx`",
    },
    Field {
        name: "duration",
        example: "duration>50ms",
        meaning: "with `>`, `>=`, `<`, `<=` and a unit: `ns`, `us`, `ms`, `s`, `m`, `h`",
    },
    Field {
        name: "since",
        example: "since:5m",
        meaning: "began within this time, or at or after `since:2026-11-21T12:03:04Z`",
    },
    Field {
        name: "until",
        example: "until:5m",
        meaning: "began longer ago, or before `until:2026-11-21T12:03:04Z`",
    },
    Field { name: "trace", example: "trace:4bf92f35*", meaning: "trace id, in lower-case hex" },
    Field { name: "span", example: "span:00f067aa*", meaning: "span id, in lower-case hex" },
    Field {
        name: "scope",
        example: "scope:io.opentelemetry.jdbc",
        meaning: "name of the instrumentation scope",
    },
];

/// A parsed filter. The empty one holds for everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

impl Filter {
    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    negated: bool,
    condition: Condition,
}

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    Service(Pattern),
    Name(Pattern),
    Root(Pattern),
    Kind(Kind),
    Status(StatusTest),
    Duration(Comparison, u64),
    Since(Moment),
    Until(Moment),
    TraceId(Pattern),
    SpanId(Pattern),
    Scope(Pattern),
    Attribute(String, ValueTest),
    /// In lower case.
    Text(String),
}

#[derive(Debug, Clone, PartialEq)]
enum StatusTest {
    Error,
    Ok,
    /// As sent: `404`.
    Code(String),
    /// The first digit of three.
    Class(char),
}

#[derive(Debug, Clone, PartialEq)]
enum ValueTest {
    Like(Pattern),
    Number(Comparison, f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Nanoseconds before the time of asking.
    Ago(u64),
    /// Unix epoch, nanoseconds.
    At(u64),
}

impl Moment {
    fn unix_nano(self, now_unix_nano: u64) -> u64 {
        match self {
            Self::Ago(nanos) => now_unix_nano.saturating_sub(nanos),
            Self::At(unix_nano) => unix_nano,
        }
    }
}
