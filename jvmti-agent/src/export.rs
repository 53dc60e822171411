//! The agent's own thread: takes records from the ring, lets advice finish them, sends them.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use otelrs_advice::{FinishContext, Site, finish, identity};
use otelrs_exporter::Log;
use otelrs_exporter::SpanSource;
use otelrs_sdk::clock::Clock;
use otelrs_sdk::limits::Limits;
use otelrs_sdk::record::Record;
use otelrs_sdk::span::{Identity, Span};

use crate::guard::{self, Entry};
use crate::host::Properties;
use crate::jvmti::Jvmti;
use crate::state::{self, Agent, Counts};
use crate::{configuration, host};

/// TLS handshakes and protobuf take a tenth of it.
const STACK: usize = 512 << 10;

/// The thread, which is there as soon as a class is that makes spans: a program without one starts and ends without it.
#[derive(Default)]
pub(crate) struct Exporter {
    /// What the JVM said at its start, until the thread takes it over.
    properties: Mutex<Option<Properties>>,
    running: AtomicBool,
}

impl Exporter {
    /// From now on the thread may start.
    pub(crate) fn prepare(&self, properties: Properties) {
        *self.properties.lock().unwrap_or_else(PoisonError::into_inner) = Some(properties);
    }

    /// Whether there is somebody to flush.
    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Relaxed)
    }
}

/// Starts the thread; once it runs, does nothing. Without it there is nothing to instrument for.
pub(crate) fn start(agent: &'static Agent, jvmti: Jvmti) {
    if agent.exporter.is_running() {
        return;
    }
    let properties = agent.exporter.properties.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(properties) = properties else { return };
    match spawn(agent, jvmti, properties) {
        Ok(()) => agent.exporter.running.store(true, Relaxed),
        Err(error) => {
            state::log().error("thread", format_args!("no thread for the exporter: {error}"));
            guard::disable("nothing could be exported");
        }
    }
}

/// The thread blocks every signal, which are the JVM's, and is never attached to the JVM.
fn spawn(agent: &'static Agent, jvmti: Jvmti, properties: Properties) -> io::Result<()> {
    let config = configuration::exporter(&agent.settings, jvmti);
    let mut before = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
    // A new thread inherits the mask of the one that makes it.
    let spawned = thread::Builder::new().name("otelrs".to_owned()).stack_size(STACK).spawn(move || {
        let ended_well = guard::enter(Entry::OwnThread, false, || {
            let resource = host::resource(&properties, &agent.settings);
            otelrs_exporter::run(config, resource, Source::new(agent), &agent.control, &AgentLog);
            true
        });
        if !ended_well {
            // Or the exit would wait for spans that nobody sends.
            guard::disable("nothing can be exported any more");
        }
    });
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    spawned.map(drop)
}

struct AgentLog;

impl Log for AgentLog {
    fn warn(&self, cause: &'static str, message: &str) {
        state::log().warn(cause, message);
    }

    fn debug(&self, message: &str) {
        state::log().debug(message);
    }
}

/// The ring, seen as spans.
struct Source {
    agent: &'static Agent,
    context: FinishContext,
    limits: Limits,
}

impl Source {
    fn new(agent: &'static Agent) -> Source {
        let (monotonic, unix) = host::clocks();
        let limits = agent.settings.limits;
        Source {
            agent,
            context: FinishContext {
                clock: Clock::new(monotonic, unix),
                options: agent.advice.clone(),
                memo: Default::default(),
            },
            limits: Limits {
                attribute_count: limits.attribute_count,
                attribute_value_length: limits.attribute_value_length,
                event_count: limits.event_count,
            },
        }
    }
}

impl SpanSource for Source {
    type Record = Record;

    fn drain(&mut self, max: usize, out: &mut Vec<Record>) -> usize {
        if let Some(libraries) = self.agent.uncovered.take() {
            state::log().debug(format_args!("seen, and not covered yet: {libraries}"));
        }
        let (monotonic, unix) = host::clocks();
        self.context.clock.recalibrate(monotonic, unix);
        self.context.memo.trim();
        self.agent.ring.drain(max, out)
    }

    fn scope(&self, record: &Record) -> &'static str {
        Site::scope_of(record.site)
    }

    fn identity(&self, record: &Record) -> Identity {
        identity(record, &self.context.clock)
    }

    fn made_from<'a>(&self, record: &'a Record) -> Option<(u16, &'a [u8])> {
        Some((record.site, &record.payload))
    }

    fn finish<'a>(&'a self, record: &'a Record) -> Option<Span<'a>> {
        // One span that cannot be finished must not end the exporter.
        let span = guard::enter(Entry::Finish, None, || Some(finish(record, &self.context)));
        let Some(mut span) = span else {
            Counts::add(&self.agent.counts.unfinished);
            return None;
        };
        self.limits.apply(&mut span);
        Some(span)
    }

    fn dropped(&self) -> u64 {
        self.agent.ring.dropped()
    }
}
