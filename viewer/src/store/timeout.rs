//! A wait that came to nothing, with what was there.

use std::fmt;
use std::time::Duration;

use crate::span::Trace;
use crate::tree::{TreeOptions, render_tree};

/// [`super::TraceStore::wait_until`] ran out of time; shows the traces that were there.
pub struct Timeout {
    /// How long it waited.
    pub waited: Duration,
    /// What was there at the end.
    pub traces: Vec<Trace>,
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.traces.len();
        writeln!(f, "condition not met within {:?}; {count} traces were there:", self.waited)?;
        self.traces
            .iter()
            .try_for_each(|trace| writeln!(f, "{}", render_tree(trace, &TreeOptions::default())))
    }
}

/// As `Display`: this is what `unwrap` shows in a test.
impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Timeout {}
