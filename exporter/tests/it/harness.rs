//! A run of the exporter on its own thread, fed and watched by a test.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use otelrs_exporter::config::{Batch, Config, Otlp, Protocol, RetryPolicy};
use otelrs_exporter::{Control, Log, ShutdownOutcome, SpanSource, Stats};
use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{Identity, KeyValue, Span, SpanKind, Status, Value};

/// Far longer than anything here takes; only a broken exporter meets it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until `check` yields something.
///
/// # Panics
/// When it does not within [`PATIENCE`].
pub(crate) fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(Instant::now() < until, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A quick configuration: batches go out at once, retries wait a millisecond.
pub(crate) fn config(protocol: Protocol, endpoint: String) -> Config {
    Config {
        otlp: Otlp { protocol, protocol_was_set: true, endpoint, timeout: PATIENCE, ..Otlp::default() },
        batch: Batch { schedule_delay: Duration::from_millis(1), ..Batch::default() },
        retry: RetryPolicy {
            initial_backoff: Duration::from_millis(1),
            max_backoff: Duration::from_millis(2),
            ..RetryPolicy::default()
        },
        ..Config::default()
    }
}

/// A span that a test recognises by its name.
pub(crate) fn span(name: &'static str) -> Span<'static> {
    Span {
        scope: "otelrs.test",
        identity: Identity {
            trace_id: [0x0102_0304_0506_0708, 0x090a_0b0c_0d0e_0f10],
            span_id: 0x1112_1314_1516_1718,
            parent_span_id: 0,
            flags: 1,
            start_unix_nano: 1_000_000_000,
            end_unix_nano: 1_002_500_000,
        },
        trace_state: "".into(),
        name: name.into(),
        kind: SpanKind::Server,
        attributes: vec![KeyValue { key: "n".into(), value: Value::Int(1) }],
        exceptions: Vec::new(),
        link: None,
        status: Status::Unset,
    }
}

/// A queue in a test's hands.
#[derive(Clone, Default)]
pub(crate) struct Queue {
    spans: Arc<Mutex<Vec<Span<'static>>>>,
    pub(crate) dropped: Arc<AtomicU64>,
}

impl SpanSource for Queue {
    type Record = Span<'static>;

    fn drain(&mut self, max: usize, out: &mut Vec<Span<'static>>) -> usize {
        let mut spans = self.spans.lock().unwrap();
        let count = max.min(spans.len());
        out.extend(spans.drain(..count));
        count
    }

    fn scope(&self, record: &Span<'static>) -> &'static str {
        record.scope
    }

    fn identity(&self, record: &Span<'static>) -> Identity {
        record.identity
    }

    fn made_from<'a>(&self, _: &'a Span<'static>) -> Option<(u16, &'a [u8])> {
        None
    }

    fn finish<'a>(&'a self, record: &'a Span<'static>) -> Option<Span<'a>> {
        Some(record.clone())
    }

    fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// All that was logged.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<(&'static str, String)>>);

impl Log for Lines {
    fn warn(&self, cause: &'static str, message: &str) {
        assert!(!message.contains('\n'), "one line: {message}");
        self.0.lock().unwrap().push((cause, message.to_owned()));
    }

    fn debug(&self, message: &str) {
        self.0.lock().unwrap().push(("debug", message.to_owned()));
    }
}

/// A running exporter.
pub(crate) struct Exporter {
    pub(crate) control: Control,
    pub(crate) queue: Queue,
    log: Arc<Lines>,
    thread: Option<JoinHandle<()>>,
}

impl Exporter {
    pub(crate) fn start(config: Config) -> Self {
        Self::start_with(config, Resource::default())
    }

    pub(crate) fn start_with(config: Config, resource: Resource) -> Self {
        let (control, queue, log) = (Control::new(), Queue::default(), Arc::new(Lines::default()));
        let thread = thread::spawn({
            let (control, queue, log) = (control.clone(), queue.clone(), Arc::clone(&log));
            move || otelrs_exporter::run(config, resource, queue, &control, &*log)
        });
        Self { control, queue, log, thread: Some(thread) }
    }

    /// Queues the spans and wakes the run.
    pub(crate) fn send(&self, spans: impl IntoIterator<Item = Span<'static>>) {
        self.queue.spans.lock().unwrap().extend(spans);
        self.control.wake();
    }

    /// The first stats for which `check` holds.
    pub(crate) fn stats_when(&self, check: impl Fn(&Stats) -> bool) -> Stats {
        eventually("the expected stats", || Some(self.control.stats()).filter(&check))
    }

    /// The first line of this cause that was logged.
    pub(crate) fn line_of(&self, cause: &str) -> String {
        eventually(&format!("a line of {cause}; logged: {:?}", self.lines()), || {
            self.lines().into_iter().find(|(of, _)| *of == cause).map(|(_, line)| line)
        })
    }

    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        self.log.0.lock().unwrap().clone()
    }

    /// Ends the run, so that nothing is missing; then all lines that are not for debugging.
    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.shutdown();
        self.lines().into_iter().filter(|(cause, _)| *cause != "debug").collect()
    }

    pub(crate) fn shutdown(&self) -> ShutdownOutcome {
        self.control.shutdown(PATIENCE)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.control.shutdown(Duration::ZERO);
        let ended = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(matches!(ended, Some(Ok(()))), "the run panicked");
        }
    }
}
