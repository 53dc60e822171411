//! The one path into a JVM: prepare, start, stop. OnLoad, OnAttach and JNI_OnLoad take it alike.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use otelrs_exporter::{Control, ShutdownOutcome};
use otelrs_rules::matcher::Matcher;
use otelrs_sdk::log::Level;
use otelrs_sdk::ring::{Ring, RingLimits};
use otelrs_settings::Settings;

use crate::glue::{self, Refused};
use crate::jvmti::{Jni, Jvmti, VmFlags};
use crate::state::{self, Agent, Counts};
use crate::{configuration, export, fault, guard, hook, host, stand_down};

/// How long the JVM's exit may wait for the last spans.
const FLUSH: Duration = Duration::from_secs(3);

/// Bytes that spans waiting to be sent may take; half of the agent's budget.
const RING_BYTES: usize = 16 << 20;

static PREPARED: AtomicBool = AtomicBool::new(false);
static STARTED: AtomicBool = AtomicBool::new(false);
/// The bridge is there, so that there is something to stop.
static READY: AtomicBool = AtomicBool::new(false);

/// The JVM has no JVMTI for us.
pub(crate) fn no_jvmti() {
    state::log().error("jvmti", "this JVM offers no JVMTI: no instrumentation (is it HotSpot?)");
}

/// Reads the settings and asks the JVM for what is needed. False when the agent stands down.
pub(crate) fn prepare(jvmti: Jvmti, options: &str) -> bool {
    if PREPARED.swap(true, Relaxed) {
        if state::agent().is_some() {
            state::log().warn("twice", "otelrs was loaded twice: the options given first hold");
        }
        return false;
    }
    let (settings, problems) = configuration::read(jvmti, options);
    let command = jvmti.system_property("sun.java.command").unwrap_or_default();
    let reason = stand_down::by_command(&command)
        .or_else(|| VmFlags::find().and_then(|flags| stand_down::by_flags(&flags)));
    state::begin_log(if settings.debug { Level::Debug } else { Level::Info });
    if let Some(reason) = reason {
        state::log().debug(format_args!("does nothing: {}", reason.text()));
        return false;
    }
    if !settings.agent_enabled || settings.sdk_disabled {
        state::log().debug("does nothing: it was switched off");
        return false;
    }
    for problem in &problems {
        // Each is a cause of its own; they are read once in a process, so what is leaked is a few lines.
        let line: &'static str = Box::leak(problem.to_string().into_boxed_str());
        state::log().warn(line, line);
    }
    install(jvmti, settings)
}

fn install(jvmti: Jvmti, settings: Settings) -> bool {
    let rules =
        otelrs_advice::rules().filter(|rule| settings.instrumentation_enabled(&[rule.instrumentation]));
    let rules = rules.map(fault::without_place);
    let classes = Matcher::new(rules);
    if classes.is_empty() {
        state::log().debug("does nothing: every instrumentation is switched off");
        return false;
    }
    let ring = Ring::new(RingLimits {
        max_records: settings.batch.max_queue_size,
        max_bytes: RING_BYTES,
        batch: settings.batch.max_export_batch_size,
    });
    let agent = Agent {
        sampler: configuration::sampler(&settings),
        propagators: configuration::propagators(&settings),
        advice: configuration::advice(&settings),
        ring,
        control: Control::new(),
        exporter: Default::default(),
        classes: Mutex::new(classes),
        pending: Default::default(),
        deferred: Default::default(),
        uncovered: Default::default(),
        counts: Counts::default(),
        settings,
    };
    if !state::install(agent) {
        return false;
    }
    let asked = jvmti.add_capabilities().and_then(|()| jvmti.listen());
    if let Err(error) = asked {
        state::log().error("capabilities", format_args!("this JVM does not let classes be changed: {error}"));
        return false;
    }
    true
}

/// How the bridge's native methods are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Natives {
    /// The JVM looks their names up in agent libraries.
    Exported,
    /// In a library that the application loaded, the JVM looks for the methods of that application's classes only.
    Registered,
}

/// The JVM is up: the bridge, the hook, and the classes loaded so far.
pub(crate) fn start(jvmti: Jvmti, jni: &Jni<'_>, natives: Natives) {
    let Some(agent) = state::agent() else { return };
    if STARTED.swap(true, Relaxed) {
        return;
    }
    if let Err(refused) = glue::define_bridge(jni, agent, natives) {
        say_refused(&refused);
        guard::disable_silently();
        return;
    }
    READY.store(true, Relaxed);
    agent.exporter.prepare(host::Properties::collect(jvmti, jni));
    if agent.settings.debug {
        // It names the libraries that are not covered, also where no other is.
        export::start(agent, jvmti);
    }
    if let Err(error) = jvmti.hook_classes(true) {
        state::log().error("hook", format_args!("the class hook is not to be had: {error}"));
        return;
    }
    hook::patch_loaded(agent, jvmti, jni);
    if guard::disabled() {
        let _ = jvmti.hook_classes(false);
        glue::deactivate_bridge(jni);
    }
}

fn say_refused(refused: &Refused) {
    let version = env!("CARGO_PKG_VERSION");
    match refused {
        Refused::AnotherCopy(Some(glue::ABI)) => {
            state::log().error(
                "copy",
                format_args!("another copy of otelrs is in this JVM; this one ({version}) does nothing"),
            );
        }
        Refused::AnotherCopy(abi) => {
            let abi = abi.map_or_else(|| "unknown".to_owned(), |abi| abi.to_string());
            let own = glue::ABI;
            state::log().error(
                "copy",
                format_args!(
                    "another version of otelrs (ABI {abi}) is in this JVM; this one ({version}, ABI {own}) does nothing"
                ),
            );
        }
        Refused::Undefined(class) => {
            let class = class.to_string_lossy();
            state::log().error("bridge", format_args!("this JVM did not define {class}"));
        }
    }
}

/// The JVM ends: what is queued goes out, within a bound.
pub(crate) fn stop() {
    let Some(agent) = state::agent() else { return };
    if !READY.load(Relaxed) {
        return;
    }
    if agent.exporter.is_running() && agent.control.shutdown(FLUSH) == ShutdownOutcome::TimedOut {
        state::log().warn("flush", format_args!("the last spans were not sent within {FLUSH:?}"));
    }
    let stats = agent.control.stats();
    state::log().debug(format_args!(
        "{}; spans: {} exported, {} dropped, {} failed",
        agent.counts, stats.exported, stats.dropped, stats.failed
    ));
    state::log().finish();
}
