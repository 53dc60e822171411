//! Traces and log records in a SQLite file, so that they survive the viewer. docs/viewer-store.md describes the file.
//!
//! Writing is the work of one thread: receiving hands over references and never waits. What does not fit into the queue
//! between them is counted.

mod check;
mod error;
mod json;
mod queue;
mod read;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use crate::logs::LogRecord;
use crate::span::{Span, Trace, TraceId};
use check::State;
pub use error::ArchiveError;
use queue::Queue;

/// What the file holds; docs/viewer-store.md quotes it.
pub const SCHEMA: &str = include_str!("archive/schema.sql");
/// `PRAGMA user_version` of a file with [`SCHEMA`].
pub const SCHEMA_VERSION: u32 = 1;
/// `PRAGMA application_id`: "otrs" in ASCII.
pub const APPLICATION_ID: u32 = 0x6f74_7273;

/// What became of what was handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ArchiveCounters {
    /// Spans and log records written.
    pub written: u64,
    /// Spans and log records that were not: the queue was full or the file could not be written.
    pub not_written: u64,
}

/// An open file. Dropping it writes what is queued.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Archive {
    /// Opens the file, or makes it where there is none. At most `max_queued_bytes` wait to be written.
    ///
    /// # Errors
    /// A file that is damaged, of another program or of a newer version is not touched; or what SQLite says.
    pub fn open(path: &Path, max_queued_bytes: usize) -> Result<Self, ArchiveError> {
        let state = check::state_of(path)?;
        let writer = Connection::open(path).map_err(ArchiveError::at(path))?;
        write::prepare(&writer, matches!(state, State::Absent)).map_err(ArchiveError::at(path))?;
        let queue = Arc::new(Queue::new(max_queued_bytes));
        let shared = Arc::clone(&queue);
        let thread = std::thread::Builder::new()
            .name("otelrs-archive".to_owned())
            .spawn(move || write::run(writer, &shared))
            .map_err(ArchiveError::Thread)?;
        Ok(Self { path: path.to_owned(), queue, writer: Mutex::new(Some(thread)) })
    }

    /// Hands spans over, each with its bytes in memory. Never waits.
    pub(crate) fn add_spans(&self, spans: &[(Arc<Span>, usize)]) {
        self.queue.add(spans, |batch| &mut batch.spans);
    }

    /// Hands log records over, each with its bytes in memory. Never waits.
    pub(crate) fn add_logs(&self, records: &[(Arc<LogRecord>, usize)]) {
        self.queue.add(records, |batch| &mut batch.logs);
    }

    /// Bytes that wait to be written.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// A trace of the file, if it has it (what still waits to be written is not in it).
    ///
    /// # Errors
    /// What SQLite says, or the row that is not as the schema has it.
    pub fn trace(&self, trace_id: TraceId) -> Result<Option<Trace>, ArchiveError> {
        read::trace(&self.reader()?, trace_id)
    }

    /// The traces of which a span was written last, the newest first, until `enough` says so.
    ///
    /// # Errors
    /// As [`Archive::trace`].
    pub fn newest(&self, enough: impl FnMut(&Trace) -> bool) -> Result<Vec<Trace>, ArchiveError> {
        read::newest(&self.reader()?, enough)
    }

    /// A connection for one question: an open one would keep the journal from being folded into the file at the end.
    fn reader(&self) -> Result<Connection, ArchiveError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&self.path, flags).map_err(ArchiveError::at(&self.path))
    }

    /// What became of what was handed over so far.
    #[must_use]
    pub fn counters(&self) -> ArchiveCounters {
        self.queue.counters()
    }

    /// Why something was not written, the first time that it was not.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.queue.failure()
    }

    /// Writes what is queued and ends the writing; what is handed over later is counted as not written.
    pub fn finish(&self) {
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A panic of the thread was reported by the panic hook.
            let _ = writer.join();
        }
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        self.finish();
    }
}
