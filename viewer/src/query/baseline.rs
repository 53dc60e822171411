//! What is kept of a run, so that the next one can be compared with it.
//!
//! The document is JSON, written at the end of `otelrs run` and `otelrs view` (`docs/viewer.md` says where). A service
//! that was not seen in a run keeps the figures of the last run that saw it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::statistics::{Before, Operation, Statistics};

/// Version of the document.
const VERSION: u32 = 1;
/// Entries kept of routes and of queries: names without bound must not make a document without bound.
const MOST_ENTRIES: usize = 2_000;

/// Figures of earlier runs, by operation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Baseline {
    routes: BTreeMap<Operation, Before>,
    queries: BTreeMap<Operation, Before>,
}

/// A document that is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// Not JSON, or not of this form.
    #[error("not a document of an earlier run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a later version.
    #[error("version {0} of the document is not known here, only {VERSION}")]
    Version(u32),
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    routes: Vec<Entry>,
    queries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    service: String,
    name: String,
    #[serde(flatten)]
    figures: Before,
}

impl Baseline {
    pub(super) fn new(routes: BTreeMap<Operation, Before>, queries: BTreeMap<Operation, Before>) -> Self {
        Self { routes, queries }
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.queries.is_empty()
    }

    pub(super) fn route(&self, operation: &Operation) -> Option<&Before> {
        self.routes.get(operation)
    }

    pub(super) fn query(&self, operation: &Operation) -> Option<&Before> {
        self.queries.get(operation)
    }

    /// Replaces what is known of each service that the statistics have a route or query of.
    pub fn take_over(&mut self, statistics: &Statistics) {
        let seen = statistics.routes.iter().chain(&statistics.queries);
        let services: BTreeSet<&str> = seen.map(|entry| entry.operation.service.as_str()).collect();
        let newer = statistics.to_baseline();
        for (entries, newer) in [(&mut self.routes, newer.routes), (&mut self.queries, newer.queries)] {
            entries.retain(|operation, _| !services.contains(operation.service.as_str()));
            entries.extend(newer);
        }
    }

    /// The document. Of more than 2,000 routes or queries those that were called least are left out.
    ///
    /// # Errors
    /// None in practice: every value has a form in JSON.
    pub fn to_json(&self) -> Result<String, BaselineError> {
        let entries = |map: &BTreeMap<Operation, Before>| {
            let entry = |(operation, figures): (&Operation, &Before)| Entry {
                service: operation.service.clone(),
                name: operation.name.clone(),
                figures: figures.clone(),
            };
            let mut entries: Vec<Entry> = map.iter().map(entry).collect();
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.figures.count));
            entries.truncate(MOST_ENTRIES);
            entries
        };
        let document =
            Document { version: VERSION, routes: entries(&self.routes), queries: entries(&self.queries) };
        Ok(serde_json::to_string_pretty(&document)?)
    }

    /// Reads the document.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub fn from_json(text: &str) -> Result<Self, BaselineError> {
        let document: Document = serde_json::from_str(text)?;
        if document.version != VERSION {
            return Err(BaselineError::Version(document.version));
        }
        let map = |entries: Vec<Entry>| {
            let entry =
                |entry: Entry| (Operation { service: entry.service, name: entry.name }, entry.figures);
            entries.into_iter().map(entry).collect()
        };
        Ok(Self { routes: map(document.routes), queries: map(document.queries) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{query, resource, server, trace};
    use super::*;
    use crate::span::Span;

    fn statistics(service: &str, route: &str) -> Statistics {
        let resource = resource(&[("service.name", service)]);
        let spans = [server(1, 0, route, 0, 10), query(2, 1, "SELECT orders", 1, 2)];
        let spans = spans.map(|span| Span { resource: resource.clone(), ..span });
        Statistics::of(&[trace(1, spans.to_vec())], &Baseline::default(), false)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let baseline = statistics("shop", "GET /orders").to_baseline();
        assert!(!baseline.is_empty());
        assert_eq!(Baseline::from_json(&baseline.to_json().unwrap()).unwrap(), baseline);
    }

    #[test]
    fn a_service_that_was_not_seen_keeps_its_figures() {
        let mut baseline = statistics("shop", "GET /gone").to_baseline();
        baseline.take_over(&statistics("stock", "GET /stock"));
        baseline.take_over(&statistics("shop", "GET /orders"));
        let routes: Vec<&str> = baseline.routes.keys().map(|operation| operation.name.as_str()).collect();
        assert_eq!(routes, ["GET /orders", "GET /stock"]);
    }

    #[test]
    fn a_foreign_document_is_refused() {
        for (text, message) in [
            ("", "not a document of an earlier run"),
            ("{}", "missing field"),
            (r#"{"version":2,"routes":[],"queries":[]}"#, "version 2"),
        ] {
            let error = Baseline::from_json(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
