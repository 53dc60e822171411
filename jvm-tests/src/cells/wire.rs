//! From spans received to the forest of each run.
//!
//! A run's request has the run's number as its trace id, its second request the number with [`OTHER`]; its queries go to
//! a database `run<number>`, so that a span which lost its trace still says whose it is.

use std::collections::HashMap;
use std::sync::Arc;

use otelrs_viewer::span::{Kind, Span, SpanId, Trace, TraceId};

use super::forest::{Forest, Tree};

/// The bit that a second request's trace id has more.
const OTHER: u128 = 1 << 32;

/// Spans by run.
pub(super) struct Runs {
    spans: HashMap<u64, Vec<Arc<Span>>>,
    owners: HashMap<SpanId, u64>,
}

impl Runs {
    pub(super) fn of(traces: &[Trace]) -> Runs {
        let mut runs = Runs { spans: HashMap::new(), owners: HashMap::new() };
        for span in traces.iter().flat_map(|trace| &trace.spans) {
            if let Some(run) = owner(span) {
                runs.spans.entry(run).or_default().push(Arc::clone(span));
                runs.owners.insert(span.span_id, run);
            }
        }
        runs
    }

    /// The trees of one run's spans.
    pub(super) fn forest(&self, run: u64) -> Forest {
        let spans: &[Arc<Span>] = self.spans.get(&run).map_or(&[], Vec::as_slice);
        let known: HashMap<SpanId, &Span> = spans.iter().map(|span| (span.span_id, &**span)).collect();
        let roots = spans.iter().filter(|span| span.parent_span_id.is_none_or(|id| !known.contains_key(&id)));
        Forest::of(roots.map(|span| self.tree(span, spans, &known, true)).collect())
    }

    fn tree(&self, span: &Span, spans: &[Arc<Span>], known: &HashMap<SpanId, &Span>, root: bool) -> Tree {
        let below = spans.iter().filter(|child| child.parent_span_id == Some(span.span_id));
        let mut name = name(span);
        if root && !span.is_local_root() {
            let fault = match span.parent_span_id.and_then(|id| self.owners.get(&id)) {
                Some(_) => "STRANGER",
                None => "ORPHAN",
            };
            name = format!("{fault}:{name}");
        }
        let mut links: Vec<String> = span.links.iter().map(|link| self.linked(link.span_id, known)).collect();
        links.sort();
        let children = Forest::of(below.map(|child| self.tree(child, spans, known, false)).collect());
        Tree { name, links, children }
    }

    fn linked(&self, id: SpanId, known: &HashMap<SpanId, &Span>) -> String {
        match known.get(&id) {
            Some(span) => name(span),
            None if self.owners.contains_key(&id) => "STRANGER".to_owned(),
            None => "NOTHING".to_owned(),
        }
    }
}

/// The run that a span belongs to: by its database, else by its trace.
fn owner(span: &Span) -> Option<u64> {
    match span.attributes.get("db.namespace").and_then(|namespace| namespace.as_str()) {
        Some(namespace) => namespace.to_ascii_lowercase().strip_prefix("run")?.parse().ok(),
        None => run_of_trace(span.trace_id),
    }
}

fn run_of_trace(id: TraceId) -> Option<u64> {
    let number = u128::from_be_bytes(id.0) & !OTHER;
    u32::try_from(number).ok().map(u64::from)
}

/// What a span is called in the notation.
fn name(span: &Span) -> String {
    let text = |key: &str| span.attributes.get(key).and_then(|value| value.as_str());
    let path = text("url.path");
    // Not every agent takes each role for a table's name; the text has it in any case.
    if let Some(role) = text("db.query.text").and_then(|query| query.rsplit(' ').next()) {
        return role.to_ascii_lowercase();
    }
    match (span.kind, path) {
        (Kind::Server, Some("/cell")) => "request".to_owned(),
        (Kind::Server, Some("/other")) => "other".to_owned(),
        (Kind::Server, Some("/echo")) => "echo".to_owned(),
        _ if span.name == "GET" => "call".to_owned(),
        _ => span.name.to_ascii_lowercase(),
    }
}
