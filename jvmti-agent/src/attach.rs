//! The one path into a JVM and out of it: prepare, start, stop, detach. OnLoad, OnAttach and JNI_OnLoad take it alike.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use otelrs_exporter::{Control, ShutdownOutcome};
use otelrs_rules::matcher::Matcher;
use otelrs_rules::supertypes::MAX_TYPES;
use otelrs_sdk::log::Level;
use otelrs_sdk::ring::{Ring, RingLimits};
use otelrs_settings::Settings;
use otelrs_settings::load::LoadAnswer;

use crate::glue::{self, Refused};
use crate::jvmti::{Jni, Jvmti, VmFlags};
use crate::state::{self, Agent, Counts};
use crate::{configuration, export, fault, guard, hook, host, restore, rule_files, stand_down};

/// How long the JVM's exit, or a detachment, may wait for the last spans.
const FLUSH: Duration = Duration::from_secs(3);

/// Bytes that spans waiting to be sent may take; half of the agent's budget.
const RING_BYTES: usize = 16 << 20;

static PREPARED: AtomicBool = AtomicBool::new(false);
static STARTED: AtomicBool = AtomicBool::new(false);
/// The bridge is there, so that there is something to stop.
static READY: AtomicBool = AtomicBool::new(false);

/// The JVM has no JVMTI for us.
pub(crate) fn no_jvmti() -> LoadAnswer {
    state::log().error("jvmti", "this JVM offers no JVMTI: no instrumentation (is it HotSpot?)");
    LoadAnswer::NoCapabilities
}

/// Reads the settings and asks the JVM for what is needed. An error is why the agent does nothing.
pub(crate) fn prepare(jvmti: Jvmti, options: &str) -> Result<(), LoadAnswer> {
    if guard::disabled() {
        return Err(LoadAnswer::GivenUp);
    }
    if PREPARED.swap(true, Relaxed) {
        state::log().warn("twice", "otelrs was loaded twice: the options given first hold");
        return Err(LoadAnswer::AlreadyAttached);
    }
    let prepared = read_settings(jvmti, options).and_then(|settings| install(jvmti, settings));
    if prepared.is_err() {
        step_back();
    }
    prepared
}

/// The next load begins anew.
fn step_back() {
    state::retire();
    STARTED.store(false, Relaxed);
    PREPARED.store(false, Relaxed);
}

fn read_settings(jvmti: Jvmti, options: &str) -> Result<Settings, LoadAnswer> {
    let (settings, problems) = configuration::read(jvmti, options);
    let command = jvmti.system_property("sun.java.command").unwrap_or_default();
    let reason = stand_down::by_command(&command)
        .or_else(|| VmFlags::find().and_then(|flags| stand_down::by_flags(&flags)));
    state::begin_log(if settings.debug { Level::Debug } else { Level::Info });
    if let Some(reason) = reason {
        state::log().debug(format_args!("does nothing: {}", reason.text()));
        return Err(reason.answer());
    }
    if !settings.agent_enabled || settings.sdk_disabled {
        state::log().debug("does nothing: it was switched off");
        return Err(LoadAnswer::SwitchedOff);
    }
    for problem in &problems {
        // Each is a cause of its own; they are read once an attachment, so what is leaked is a few lines.
        let line: &'static str = Box::leak(problem.to_string().into_boxed_str());
        state::log().warn(line, line);
    }
    Ok(settings)
}

fn install(jvmti: Jvmti, settings: Settings) -> Result<(), LoadAnswer> {
    let rules =
        otelrs_advice::rules().filter(|rule| settings.instrumentation_enabled(&[rule.instrumentation]));
    let rules = rules.map(fault::without_place);
    let classes = Matcher::new(rules.chain(rule_files::read(&settings)));
    if !classes.left_out().is_empty() {
        let names: Vec<&str> = classes.left_out().iter().map(|rule| rule.name()).collect();
        let names = names.join(", ");
        state::log().warn(
            "supertypes",
            format_args!(
                "rules are left out: {names}; accepted: {MAX_TYPES} supertypes in all, with those of what is built in"
            ),
        );
    }
    if classes.is_empty() {
        state::log().debug("does nothing: every instrumentation is switched off");
        return Err(LoadAnswer::SwitchedOff);
    }
    let gate = classes.gate();
    hook::ask(&gate);
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
        gate,
        classes: Mutex::new(classes),
        patched: Default::default(),
        pending: Default::default(),
        deferred: Default::default(),
        uncovered: Default::default(),
        counts: Counts::default(),
        settings,
    };
    if !state::install(agent) {
        return Err(LoadAnswer::TooOften);
    }
    let asked = jvmti.add_capabilities().and_then(|()| jvmti.listen());
    if let Err(error) = asked {
        state::log().error("capabilities", format_args!("this JVM does not let classes be changed: {error}"));
        return Err(LoadAnswer::NoCapabilities);
    }
    Ok(())
}

/// How the bridge's native methods are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Natives {
    /// The JVM looks their names up in agent libraries.
    Exported,
    /// In a library that the application loaded, the JVM looks for the methods of that application's classes only.
    Registered,
}

/// The JVM is up: the bridge, the hook, and the classes loaded so far. An error is why the agent does nothing after all.
pub(crate) fn start(jvmti: Jvmti, jni: &Jni<'_>, natives: Natives) -> Result<(), LoadAnswer> {
    let Some(agent) = state::agent() else { return Err(LoadAnswer::NotAttached) };
    if STARTED.swap(true, Relaxed) {
        return Err(LoadAnswer::AlreadyAttached);
    }
    if let Err(refused) = glue::begin_bridge(jni, agent, natives) {
        say_refused(&refused);
        step_back();
        return Err(refused.answer());
    }
    READY.store(true, Relaxed);
    agent.exporter.prepare(host::Properties::collect(jvmti, jni));
    if agent.settings.debug {
        // It names the libraries that are not covered, also where no other is.
        export::start(agent, jvmti);
    }
    if let Err(error) = jvmti.hook_classes(true) {
        state::log().error("hook", format_args!("the class hook is not to be had: {error}"));
        return Err(LoadAnswer::NoCapabilities);
    }
    hook::patch_loaded(agent, jvmti, jni);
    if guard::disabled() {
        let _ = jvmti.hook_classes(false);
        glue::deactivate_bridge(jni);
        return Err(LoadAnswer::GivenUp);
    }
    Ok(())
}

/// Leaves a running JVM: no new span, every class as it would be without us, what is queued sent, the thread ended. Code
/// that runs meanwhile ends as it began; what it still records is dropped.
pub(crate) fn detach(jvmti: Jvmti, jni: &Jni<'_>) -> LoadAnswer {
    let Some(agent) = state::agent().filter(|_| STARTED.load(Relaxed)) else {
        return LoadAnswer::NotAttached;
    };
    glue::deactivate_bridge(jni);
    if let Err(error) = jvmti.hook_classes(false) {
        state::log().error("hook", format_args!("the class hook cannot be switched off: {error}"));
        return LoadAnswer::NotRestored;
    }
    let kept = restore::restore_all(agent, jvmti, jni);
    stop();
    step_back();
    if kept == 0 { LoadAnswer::Done } else { LoadAnswer::NotRestored }
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

/// The JVM ends, or the agent leaves it: what is queued goes out, within a bound, and the agent's thread ends.
pub(crate) fn stop() {
    let Some(agent) = state::agent() else { return };
    if !READY.swap(false, Relaxed) {
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
