//! A span name, or an attribute that should have few values, has many within a window.
//!
//! Counted for each service and scope: names of spans, values of the span attributes that the semantic conventions define
//! with low cardinality, and values of every attribute of a metric, since each makes a timeseries. Time is that of the
//! spans, so that an import counts as the original did.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use super::observation::{Place, clipped};
use super::{Evidence, Finding, FindingKind, MAX_EVIDENCE, Measure, Thresholds, Unit};
use crate::metrics::Series;
use crate::span::{Resource, Scope, Span, Value};

/// Beyond so many times the threshold a table counts no further: the finding says "at least".
const SATURATION: u64 = 10;
/// A table that is over the threshold forgets what left the window only this many times a window.
const PRUNINGS: u64 = 16;
const TABLE_BYTES: usize = 512 + MAX_EVIDENCE * 256;
/// Of one value in a hash table that is half full.
const VALUE_BYTES: usize = 36;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Dimension<'a> {
    SpanName,
    SpanAttribute(&'a str),
    MetricAttribute { metric: &'a str, key: &'a str },
}

/// Span attributes that the semantic conventions define with low cardinality.
fn has_few_values(key: &str) -> bool {
    matches!(
        key,
        "code.function.name"
            | "db.collection.name"
            | "db.operation.name"
            | "db.query.summary"
            | "error.type"
            | "http.request.method"
            | "http.route"
            | "messaging.destination.template"
            | "messaging.operation.name"
            | "rpc.method"
            | "rpc.service"
            | "url.template"
    )
}

/// A map whose keys are hashes already.
type Hashed<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0 << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Where something comes from, and the hash of it.
#[derive(Debug, Clone, Copy)]
struct Origin<'a> {
    resource: &'a Resource,
    scope: &'a Scope,
    hash: u64,
}

/// Tables of distinct values, within a bound of bytes.
#[derive(Debug)]
pub(crate) struct Cardinality {
    /// By hash of service, scope and dimension.
    tables: Hashed<Table>,
    hasher: RandomState,
    threshold: u64,
    window: Duration,
    bytes: usize,
    max_bytes: usize,
    clock: u64,
}

#[derive(Debug)]
struct Table {
    service: String,
    subject: String,
    /// When each value, as its hash, was seen last.
    last_seen: Hashed<u64>,
    /// The greatest number of values within one window.
    peak: u64,
    pruned_at: u64,
    newest: Vec<Place>,
    first_seen_unix_nano: u64,
    last_seen_unix_nano: u64,
    changed: u64,
}

impl Cardinality {
    pub(crate) fn new(thresholds: &Thresholds, max_bytes: usize) -> Self {
        Self {
            tables: Hashed::default(),
            hasher: RandomState::new(),
            threshold: thresholds.cardinality,
            window: thresholds.cardinality_window,
            bytes: 0,
            max_bytes,
            clock: 0,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Counts each span's name and those of its attributes that should have few values.
    pub(crate) fn count_spans<'s>(&mut self, spans: impl Iterator<Item = &'s Arc<Span>>) {
        let mut origin: Option<Origin<'_>> = None;
        for span in spans {
            let (resource, scope) = (&*span.resource, &*span.scope);
            let same = origin.filter(|origin| {
                std::ptr::eq(origin.resource, resource) && std::ptr::eq(origin.scope, scope)
            });
            let of = same.unwrap_or_else(|| self.origin(resource, scope));
            origin = Some(of);
            self.count_span(of, span);
        }
    }

    fn origin<'a>(&self, resource: &'a Resource, scope: &'a Scope) -> Origin<'a> {
        Origin { resource, scope, hash: self.hasher.hash_one((resource.service(), &scope.name)) }
    }

    fn count_span(&mut self, origin: Origin<'_>, span: &Span) {
        let time = span.start_time_unix_nano;
        let place =
            |note: &str| Some(Place { trace_id: span.trace_id, span_id: span.span_id, note: clipped(note) });
        let value = self.hasher.hash_one(&span.name);
        self.count(origin, Dimension::SpanName, value, time, || place(&span.name));
        for (key, value) in span.attributes.iter().filter(|(key, _)| has_few_values(key)) {
            if let Value::String(text) = value {
                let value = self.hasher.hash_one(text);
                self.count(origin, Dimension::SpanAttribute(key), value, time, || place(text));
            }
        }
    }

    /// Counts the values of a series' attributes.
    pub(crate) fn count_series(&mut self, series: &Series) {
        let origin = self.origin(&series.resource, &series.scope);
        for (key, value) in series.attributes.iter() {
            let value = match value {
                Value::String(text) => self.hasher.hash_one(text),
                other => self.hasher.hash_one(other.to_string()),
            };
            let dimension = Dimension::MetricAttribute { metric: &series.name, key };
            self.count(origin, dimension, value, series.point.time_unix_nano, || None);
        }
    }

    fn count(
        &mut self,
        origin: Origin<'_>,
        dimension: Dimension<'_>,
        value: u64,
        time: u64,
        place: impl FnOnce() -> Option<Place>,
    ) {
        let key = self.hasher.hash_one((origin.hash, dimension));
        self.clock += 1;
        let table = match self.tables.get_mut(&key) {
            Some(table) => table,
            None => {
                self.make_room();
                self.bytes += TABLE_BYTES;
                let table = Table::new(origin.resource.service(), origin.scope, dimension, time);
                self.tables.entry(key).or_insert(table)
            }
        };
        table.changed = self.clock;
        let values_before = table.last_seen.len();
        if table.count(value, time, self.threshold, self.window)
            && let Some(place) = place()
        {
            table.see(place);
        }
        self.bytes = self.bytes + table.last_seen.len() * VALUE_BYTES - values_before * VALUE_BYTES;
        if self.bytes > self.max_bytes {
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        while self.bytes + TABLE_BYTES > self.max_bytes {
            let oldest = self.tables.iter().min_by_key(|(_, table)| table.changed).map(|(key, _)| *key);
            let Some(table) = oldest.and_then(|key| self.tables.remove(&key)) else { return };
            self.bytes -= TABLE_BYTES + table.last_seen.len() * VALUE_BYTES;
        }
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> {
        let exploded = self.tables.values().filter(|table| table.peak > self.threshold);
        exploded.map(|table| table.finding(self.threshold, self.window))
    }
}

impl Table {
    fn new(service: &str, scope: &Scope, dimension: Dimension<'_>, time: u64) -> Self {
        let scope = if scope.name.is_empty() { "a scope without a name" } else { &scope.name };
        let subject = match dimension {
            Dimension::SpanName => format!("span names from {scope}"),
            Dimension::SpanAttribute(key) => format!("values of {key} from {scope}"),
            Dimension::MetricAttribute { metric, key } => {
                format!("values of {key} in the metric {metric} from {scope}")
            }
        };
        Self {
            service: clipped(service),
            subject: clipped(&subject),
            last_seen: Hashed::default(),
            peak: 0,
            pruned_at: 0,
            newest: Vec::new(),
            first_seen_unix_nano: time,
            last_seen_unix_nano: time,
            changed: 0,
        }
    }

    /// Whether the value is new within the window.
    fn count(&mut self, value: u64, time: u64, threshold: u64, window: Duration) -> bool {
        self.last_seen_unix_nano = self.last_seen_unix_nano.max(time);
        if let Some(last) = self.last_seen.get_mut(&value) {
            *last = time.max(*last);
            return false;
        }
        if self.last_seen.len() as u64 >= threshold {
            self.prune(threshold, window);
        }
        if self.last_seen.len() as u64 >= threshold.saturating_mul(SATURATION) {
            return false;
        }
        self.last_seen.insert(value, time);
        self.peak = self.peak.max(self.last_seen.len() as u64);
        true
    }

    fn prune(&mut self, threshold: u64, window: Duration) {
        let window = u64::try_from(window.as_nanos()).unwrap_or(u64::MAX);
        let now = self.last_seen_unix_nano;
        // Up to the threshold the count is exact; beyond, it may be of a window longer by one sixteenth.
        if self.peak > threshold && now.saturating_sub(self.pruned_at) < window / PRUNINGS {
            return;
        }
        self.pruned_at = now;
        self.last_seen.retain(|_, last| now.saturating_sub(*last) <= window);
    }

    fn see(&mut self, place: Place) {
        if self.newest.len() >= MAX_EVIDENCE {
            self.newest.remove(0);
        }
        self.newest.push(place);
    }

    fn finding(&self, threshold: u64, window: Duration) -> Finding {
        let kind = FindingKind::ExplodingCardinality;
        let evidence = self.newest.iter().rev().map(|place| Evidence {
            trace_id: place.trace_id,
            span_id: place.span_id,
            note: place.note.clone(),
        });
        let at_least = if self.peak >= threshold.saturating_mul(SATURATION) { "at least " } else { "" };
        let (peak, subject, service) = (self.peak, &self.subject, &self.service);
        let minutes = window.as_secs() / 60;
        let window = if minutes > 0 { format!("{minutes} min") } else { format!("{window:?}") };
        Finding {
            kind,
            service: service.clone(),
            route: None,
            subject: subject.clone(),
            sentence: format!("{service} has {at_least}{peak} different {subject} within {window}."),
            remedy: kind.remedy(),
            count: peak,
            measure: Measure { unit: Unit::Values, total: peak, worst: peak },
            evidence: evidence.collect(),
            first_seen_unix_nano: self.first_seen_unix_nano,
            last_seen_unix_nano: self.last_seen_unix_nano,
        }
    }
}
