//! The latest point of each series, within a bound of bytes; the series longest without a point leaves first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::size::series_bytes;
use crate::metrics::Series;
use crate::span::Attributes;

#[derive(Debug, Default)]
pub(super) struct SeriesTable {
    held: BTreeMap<Arc<Key>, Held>,
    /// Keys by their last point's turn.
    by_turn: BTreeMap<u64, Arc<Key>>,
    turn: u64,
    bytes: usize,
}

/// What makes points one series, in the order in which series are listed.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    service: String,
    name: String,
    attributes: String,
    /// Hash of the resource and the scope.
    origin: u64,
}

#[derive(Debug)]
struct Held {
    series: Arc<Series>,
    bytes: usize,
    turn: u64,
}

impl Key {
    fn of(series: &Series) -> Self {
        let mut origin = DefaultHasher::new();
        text_of(&series.resource.attributes).hash(&mut origin);
        (&series.scope.name, &series.scope.version).hash(&mut origin);
        Self {
            service: series.resource.service().to_owned(),
            name: series.name.clone(),
            attributes: text_of(&series.attributes),
            origin: origin.finish(),
        }
    }

    fn bytes(&self) -> usize {
        self.service.len() + self.name.len() + self.attributes.len()
    }
}

/// Keys and values, told apart by characters that neither has outside an attack on the display of its own data.
fn text_of(attributes: &Attributes) -> String {
    let mut text = String::new();
    for (key, value) in attributes.iter() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{key}\u{1f}{value}\u{1e}");
    }
    text
}

impl SeriesTable {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn list(&self) -> Vec<Arc<Series>> {
        self.held.values().map(|held| Arc::clone(&held.series)).collect()
    }

    /// Puts the point in place of the one before, which it returns.
    pub(super) fn put(&mut self, series: Arc<Series>) -> Option<Arc<Series>> {
        let key = Arc::new(Key::of(&series));
        let bytes = series_bytes(&series) + 2 * key.bytes();
        self.turn += 1;
        let before = self.held.insert(Arc::clone(&key), Held { series, bytes, turn: self.turn });
        self.bytes += bytes;
        self.by_turn.insert(self.turn, key);
        let before = before?;
        self.bytes -= before.bytes;
        self.by_turn.remove(&before.turn);
        Some(before.series)
    }

    /// How many left.
    pub(super) fn evict_down_to(&mut self, max_bytes: usize) -> u64 {
        let mut evicted = 0;
        while self.bytes > max_bytes {
            let Some((_, key)) = self.by_turn.pop_first() else { break };
            if let Some(held) = self.held.remove(&key) {
                self.bytes -= held.bytes;
                evicted += 1;
            }
        }
        evicted
    }
}
