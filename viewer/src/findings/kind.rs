//! What can be wrong with telemetry, each with a code that scripts can rely on.

use std::fmt;
use std::str::FromStr;

/// A class of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// A span names a parent of its own process that did not come.
    MissingParent,
    /// Time of a request that no span below it accounts for.
    UnaccountedTime,
    /// The same query many times under one parent: "N+1".
    RepeatedQuery,
    /// A span name, or an attribute that should have few values, has many.
    ExplodingCardinality,
    /// Two SERVER spans for one request.
    DuplicateServerSpan,
    /// Getting a database connection from its pool takes long.
    SlowConnectionAcquisition,
}

/// A text that is no kind's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no kind of finding; the kinds are {}", codes())]
pub struct UnknownFindingKind {
    /// The text.
    pub given: String,
}

fn codes() -> String {
    FindingKind::ALL.map(FindingKind::code).join(", ")
}

impl FindingKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::MissingParent,
        Self::UnaccountedTime,
        Self::RepeatedQuery,
        Self::ExplodingCardinality,
        Self::DuplicateServerSpan,
        Self::SlowConnectionAcquisition,
    ];

    /// Stable name in lower case with hyphens, such as `repeated-query`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingParent => "missing-parent",
            Self::UnaccountedTime => "unaccounted-time",
            Self::RepeatedQuery => "repeated-query",
            Self::ExplodingCardinality => "exploding-cardinality",
            Self::DuplicateServerSpan => "duplicate-server-span",
            Self::SlowConnectionAcquisition => "slow-connection-acquisition",
        }
    }

    /// What to do about it: one or two sentences.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::MissingParent => {
                "Look for spans that are never ended, that the sender dropped (a full queue is counted in its log), or \
                 that a sampler or filter of this process took out."
            }
            Self::UnaccountedTime => {
                "Give the code that runs there a span (a rule file of otelrs, or @WithSpan), or instrument the \
                 library that it waits for: locks, sleeps, connection pools and computation all look like this."
            }
            Self::RepeatedQuery => {
                "Load what the loop needs with one query: a join or fetch join, an IN list, or the mapper's batch \
                 size."
            }
            Self::ExplodingCardinality => {
                "Take ids, paths and user input out of the name and put a template there (GET /orders/{id}); the \
                 value itself belongs into an attribute such as url.path."
            }
            Self::DuplicateServerSpan => {
                "Two instrumentations handle the same request: switch one off (one agent a JVM; no SDK filter or \
                 middleware beside an agent)."
            }
            Self::SlowConnectionAcquisition => {
                "The pool is too small for the load, or connections are held too long: shorten transactions and keep \
                 remote calls out of them, look for leaks, then raise the pool's size."
            }
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for FindingKind {
    type Err = UnknownFindingKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kind = Self::ALL.into_iter().find(|kind| kind.code() == text);
        kind.ok_or_else(|| UnknownFindingKind { given: text.to_owned() })
    }
}
