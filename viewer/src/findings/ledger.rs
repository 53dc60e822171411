//! Occurrences added up to findings, within a bound.

use std::collections::HashMap;
use std::sync::Arc;

use super::observation::{Observation, Place, Subject};
use super::{Evidence, Finding, FindingKind, MAX_EVIDENCE, Measure, Unit};
use crate::span::SpanId;

/// What a trace added to a finding: enough to take it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    entry: u64,
    amount: u64,
    span_id: Option<SpanId>,
}

/// Findings under way.
#[derive(Debug)]
pub(crate) struct Ledger {
    entries: HashMap<u64, Entry>,
    ids: HashMap<Arc<Subject>, u64>,
    next_id: u64,
    bytes: usize,
    max_bytes: usize,
}

#[derive(Debug)]
struct Entry {
    subject: Arc<Subject>,
    count: u64,
    total: u64,
    /// The newest last.
    seen: Vec<Seen>,
    worst: u64,
    first_seen_unix_nano: u64,
    last_seen_unix_nano: u64,
    /// Order of the last change: the entry longest unchanged leaves first.
    changed: u64,
}

#[derive(Debug)]
struct Seen {
    amount: u64,
    place: Place,
}

/// Maps, vectors and the bounded texts of an entry beside its subject, roughly.
const ENTRY_BYTES: usize = 512;
const NOTE_BYTES: usize = 256;

impl Ledger {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self { entries: HashMap::new(), ids: HashMap::new(), next_id: 0, bytes: 0, max_bytes }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds an occurrence.
    pub(crate) fn record(&mut self, observation: Observation) -> Recorded {
        let Observation { subject, amount, place, start_time_unix_nano, end_time_unix_nano } = observation;
        self.next_id += 1;
        let id = self.id_of(subject, start_time_unix_nano);
        let recorded = Recorded { entry: id, amount, span_id: place.as_ref().map(|place| place.span_id) };
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.changed = self.next_id;
            entry.count += 1;
            entry.total = entry.total.saturating_add(amount);
            entry.worst = entry.worst.max(amount);
            entry.first_seen_unix_nano = entry.first_seen_unix_nano.min(start_time_unix_nano);
            entry.last_seen_unix_nano = entry.last_seen_unix_nano.max(end_time_unix_nano);
            if let Some(place) = place {
                entry.see(Seen { amount, place });
            }
        }
        recorded
    }

    fn id_of(&mut self, subject: Subject, start_time_unix_nano: u64) -> u64 {
        if let Some(id) = self.ids.get(&subject) {
            return *id;
        }
        let bytes = bytes_of(&subject);
        while self.bytes + bytes > self.max_bytes && self.drop_longest_unchanged() {}
        let (id, subject) = (self.next_id, Arc::new(subject));
        self.bytes += bytes;
        self.ids.insert(Arc::clone(&subject), id);
        let entry = Entry {
            subject,
            count: 0,
            total: 0,
            seen: Vec::new(),
            worst: 0,
            first_seen_unix_nano: start_time_unix_nano,
            last_seen_unix_nano: 0,
            changed: id,
        };
        self.entries.insert(id, entry);
        id
    }

    fn drop_longest_unchanged(&mut self) -> bool {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.changed).map(|(id, _)| *id);
        oldest.is_some_and(|id| self.remove(id))
    }

    fn remove(&mut self, id: u64) -> bool {
        let Some(entry) = self.entries.remove(&id) else { return false };
        self.ids.remove(&entry.subject);
        self.bytes -= bytes_of(&entry.subject);
        true
    }

    /// Takes an occurrence back; a finding without any is gone.
    pub(crate) fn retract(&mut self, recorded: Recorded) {
        let Some(entry) = self.entries.get_mut(&recorded.entry) else { return };
        entry.count = entry.count.saturating_sub(1);
        entry.total = entry.total.saturating_sub(recorded.amount);
        entry.seen.retain(|seen| Some(seen.place.span_id) != recorded.span_id);
        if entry.worst == recorded.amount {
            entry.worst = entry.seen.iter().map(|seen| seen.amount).max().unwrap_or(0);
        }
        if entry.count == 0 {
            self.remove(recorded.entry);
        }
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = Finding> {
        self.entries.values().map(Entry::finding)
    }
}

fn bytes_of(subject: &Subject) -> usize {
    let texts = subject.service.len() + subject.route.as_ref().map_or(0, String::len) + subject.name.len();
    ENTRY_BYTES + texts + MAX_EVIDENCE * NOTE_BYTES
}

impl Entry {
    /// Keeps the newest places, and the worst one among them.
    fn see(&mut self, seen: Seen) {
        if self.seen.len() >= MAX_EVIDENCE {
            let worst = self.seen.iter().map(|seen| seen.amount).max();
            let leaves = self.seen.iter().position(|seen| Some(seen.amount) != worst).unwrap_or(0);
            self.seen.remove(leaves);
        }
        self.seen.push(seen);
    }

    fn finding(&self) -> Finding {
        let Subject { kind, service, route, name } = &*self.subject;
        let unit = match kind {
            FindingKind::UnaccountedTime | FindingKind::SlowConnectionAcquisition => Unit::Nanoseconds,
            FindingKind::RepeatedQuery => Unit::Executions,
            FindingKind::MissingParent | FindingKind::DuplicateServerSpan => Unit::Spans,
            FindingKind::ExplodingCardinality => Unit::Values,
        };
        let evidence = self.seen.iter().rev().map(|Seen { place, .. }| Evidence {
            trace_id: place.trace_id,
            span_id: place.span_id,
            note: place.note.clone(),
        });
        Finding {
            kind: *kind,
            service: service.clone(),
            route: route.clone(),
            subject: name.clone(),
            sentence: String::new(),
            remedy: kind.remedy(),
            count: self.count,
            measure: Measure { unit, total: self.total, worst: self.worst },
            evidence: evidence.collect(),
            first_seen_unix_nano: self.first_seen_unix_nano,
            last_seen_unix_nano: self.last_seen_unix_nano,
        }
    }
}
