//! The query string of a request, and the traces that it asks for.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;

use super::Viewer;
use super::error::ApiError;
use crate::query::{Filter, SortColumn, SortOrder, TraceSummary};
use crate::span::Trace;

/// Longer filters are refused: nobody types one.
pub(super) const MAX_FILTER_BYTES: usize = 4096;

/// What any path takes; each uses those that mean something for it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    /// In the filter language (`query::filter`).
    pub(super) filter: Option<String>,
    /// Only traces that began at this time or later, Unix epoch, nanoseconds.
    since: Option<u64>,
    #[serde(default)]
    health: Health,
    sort: Option<String>,
    #[serde(default)]
    order: Order,
    pub(super) limit: Option<usize>,
    /// Codes of findings, separated by commas.
    pub(super) kind: Option<String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    #[default]
    Show,
    Hide,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Asc,
    #[default]
    Desc,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let parsed = Query::<Self>::from_request_parts(parts, state).await;
        parsed.map(|Query(parameters)| parameters).map_err(|error| ApiError::QueryString(error.body_text()))
    }
}

/// Unix epoch, nanoseconds.
pub(super) fn now() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}

/// The traces that the parameters ask for, in no particular order.
pub(super) struct Selected {
    pub(super) traces: Vec<(Trace, TraceSummary)>,
    /// Traces held.
    pub(super) total: usize,
    /// Health checks that would have been among them.
    pub(super) muted: usize,
}

impl Parameters {
    /// The filter; the empty one where none is given.
    pub(super) fn parsed_filter(&self) -> Result<Filter, ApiError> {
        let text = self.filter.as_deref().unwrap_or_default();
        if text.len() > MAX_FILTER_BYTES {
            return Err(ApiError::LongFilter);
        }
        Ok(Filter::parse(text)?)
    }

    pub(super) fn sort_order(&self) -> Result<SortOrder, ApiError> {
        let name = self.sort.as_deref().unwrap_or("start");
        let column = SortColumn::ALL.into_iter().find(|column| column.name() == name);
        let column = column.ok_or_else(|| ApiError::SortColumn(name.to_owned()))?;
        Ok(SortOrder { column, descending: self.order == Order::Desc })
    }

    pub(super) fn mutes_health_checks(&self) -> bool {
        self.health == Health::Hide
    }

    pub(super) fn select(&self, viewer: &Viewer) -> Result<Selected, ApiError> {
        Ok(self.selected(viewer, &self.parsed_filter()?))
    }

    /// As [`Self::select`], whatever the filter: for those who ask it of each span.
    pub(super) fn select_unfiltered(&self, viewer: &Viewer) -> Selected {
        self.selected(viewer, &Filter::default())
    }

    fn selected(&self, viewer: &Viewer, filter: &Filter) -> Selected {
        let now = now();
        let all = viewer.store().traces();
        let mut selected = Selected { traces: Vec::new(), total: all.len(), muted: 0 };
        let summaries = viewer.summaries.of(&all);
        for (trace, summary) in all.into_iter().zip(summaries) {
            let Some(summary) = summary else { continue };
            let early = self.since.is_some_and(|since| summary.start_unix_nano < since);
            if early || !filter.is_empty() && !filter.matches_trace(&trace, now) {
                continue;
            }
            if summary.health_check && self.mutes_health_checks() {
                selected.muted += 1;
            } else {
                selected.traces.push((trace, summary));
            }
        }
        selected
    }
}
