//! The agent of this process: one for each time that it was attached, the last one at work.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use otelrs_advice::Options;
use otelrs_exporter::Control;
use otelrs_rules::gate::Gate;
use otelrs_rules::matcher::Matcher;
use otelrs_sdk::log::{Level, Logger};
use otelrs_sdk::propagation::Propagators;
use otelrs_sdk::ring::Ring;
use otelrs_sdk::sampler::SamplerPlan;
use otelrs_settings::Settings;

use crate::deferred::Deferred;
use crate::export::Exporter;
use crate::pending::Pending;
use crate::restore::Patched;
use crate::uncovered::Uncovered;

/// What lives from one attachment on.
pub(crate) struct Agent {
    pub(crate) settings: Settings,
    pub(crate) sampler: SamplerPlan,
    pub(crate) propagators: Propagators,
    pub(crate) advice: Options,
    pub(crate) ring: Ring,
    pub(crate) control: Control,
    pub(crate) exporter: Exporter,
    pub(crate) gate: Arc<Gate>,
    pub(crate) classes: Mutex<Matcher>,
    pub(crate) patched: Patched,
    pub(crate) pending: Pending,
    pub(crate) deferred: Deferred,
    pub(crate) uncovered: Uncovered,
    pub(crate) counts: Counts,
}

/// What the class hook and the bridge did and left alone.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) patched: AtomicU64,
    pub(crate) declined: AtomicU64,
    pub(crate) ambiguous_tasks: AtomicU64,
    pub(crate) table_full: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) unfinished: AtomicU64,
    pub(crate) unfit_rules: AtomicU64,
    pub(crate) values_not_read: AtomicU64,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        write!(f, "{} classes patched, {} declined", count(&self.patched), count(&self.declined))?;
        write!(f, "; {} tasks could not be told apart", count(&self.ambiguous_tasks))?;
        write!(f, ", {} were not remembered", count(&self.table_full))?;
        write!(f, "; {} spans never ended", count(&self.abandoned))?;
        write!(f, ", {} could not be finished", count(&self.unfinished))?;
        write!(f, "; rules: {} did not fit", count(&self.unfit_rules))?;
        write!(f, ", {} values not read", count(&self.values_not_read))
    }
}

impl Counts {
    /// One more of something.
    pub(crate) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }
}

impl Agent {
    /// Runs with the matcher. A thread that panicked with it left it as it was before its call.
    pub(crate) fn with_classes<T>(&self, run: impl FnOnce(&mut Matcher) -> T) -> T {
        run(&mut self.classes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Attachments in the life of one process. What one leaves behind is kept, because threads may still be in it: a few
/// kilobytes, and the slots of its ring.
const MAX_ATTACHMENTS: usize = 64;

// Boxed: in place, all of them would be in the file of the library.
static AGENTS: [OnceLock<Box<Agent>>; MAX_ATTACHMENTS] = [const { OnceLock::new() }; MAX_ATTACHMENTS];
/// How many there were.
static ATTACHMENTS: AtomicUsize = AtomicUsize::new(0);
/// One more than the place of the agent at work; 0 when none is.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);
static LOG: OnceLock<Logger> = OnceLock::new();

/// The agent, from when it is prepared until it is detached.
pub(crate) fn agent() -> Option<&'static Agent> {
    AGENTS.get(AT_WORK.load(Acquire).checked_sub(1)?)?.get().map(Box::as_ref)
}

/// Keeps the agent and sets it to work; false when there were too many.
pub(crate) fn install(agent: Agent) -> bool {
    let place = ATTACHMENTS.fetch_add(1, Relaxed);
    let installed = AGENTS.get(place).is_some_and(|free| free.set(Box::new(agent)).is_ok());
    if installed {
        AT_WORK.store(place + 1, Release);
    }
    installed
}

/// No agent is at work from here on. A thread that has one already keeps it.
pub(crate) fn retire() {
    AT_WORK.store(0, Release);
}

/// The agent's log. Until the settings are read, it says what goes wrong only.
pub(crate) fn log() -> &'static Logger {
    LOG.get_or_init(|| Logger::new(Level::Info, Box::new(std::io::stderr())))
}

/// Decides how much is said; before the first line is.
pub(crate) fn begin_log(level: Level) {
    let _ = LOG.set(Logger::new(level, Box::new(std::io::stderr())));
}
