//! What the servers are asked, and how fast.

use serde::{Deserialize, Serialize};

/// Requests a second of [`Pace::Paced`]: a third of what the slowest variant can serve on one core.
pub(crate) const PACED_RATE: u32 = 3_300;

/// A path of the Spring Boot fixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Endpoint {
    /// No I/O.
    Hello,
    /// One prepared read, by the request's own thread.
    Order,
    /// Three prepared reads over an ExecutorService.
    FanOut,
}

impl Endpoint {
    /// Every endpoint.
    pub(crate) const ALL: [Self; 3] = [Self::Hello, Self::Order, Self::FanOut];

    /// What is asked for.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Hello => "/hello",
            Self::Order => "/orders/1",
            Self::FanOut => "/fanout",
        }
    }

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Hello => "no I/O",
            Self::Order => "one query",
            Self::FanOut => "three queries over an executor",
        }
    }

    /// Spans of one request: its own and one for each query.
    pub(crate) fn spans(self) -> u64 {
        match self {
            Self::Hello => 1,
            Self::Order => 2,
            Self::FanOut => 4,
        }
    }
}

/// How fast requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pace {
    /// Each connection asks again as soon as it is answered.
    Saturated,
    /// [`PACED_RATE`] a second, whether the server keeps up or not.
    Paced,
}

impl Pace {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Saturated, Self::Paced];

    /// What tables call it.
    pub(crate) fn label(self) -> String {
        match self {
            Self::Saturated => "saturated".to_owned(),
            Self::Paced => format!("paced at {PACED_RATE}/s"),
        }
    }

    /// Requests a second; none where the server's speed decides.
    pub(crate) fn rate(self) -> Option<u32> {
        match self {
            Self::Saturated => None,
            Self::Paced => Some(PACED_RATE),
        }
    }
}
