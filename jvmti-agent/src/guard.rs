//! The guard that every entry from the JVM passes: a panic ends here, never in the host.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use crate::{fault, memory, state};

/// Where the JVM enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    OnLoad,
    OnAttach,
    JniOnLoad,
    VmInit,
    VmDeath,
    ClassFileLoadHook,
    ClassPrepare,
    ObjectFree,
    End,
    Extract,
    Traceparent,
    Declined,
    Absent,
    /// Not the JVM's: the agent's own thread.
    OwnThread,
    /// On that thread: one record becomes a span.
    Finish,
}

impl Entry {
    /// Stable name, for the log and for tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Entry::OnLoad => "on-load",
            Entry::OnAttach => "on-attach",
            Entry::JniOnLoad => "jni-on-load",
            Entry::VmInit => "vm-init",
            Entry::VmDeath => "vm-death",
            Entry::ClassFileLoadHook => "class-file-load-hook",
            Entry::ClassPrepare => "class-prepare",
            Entry::ObjectFree => "object-free",
            Entry::End => "end",
            Entry::Extract => "extract",
            Entry::Traceparent => "traceparent",
            Entry::Declined => "declined",
            Entry::Absent => "absent",
            Entry::OwnThread => "own-thread",
            Entry::Finish => "finish",
        }
    }
}

/// After so many panics the agent does nothing more: what fails thrice is broken.
const MAX_PANICS: u32 = 3;

static PANICS: AtomicU32 = AtomicU32::new(0);
static DISABLED: AtomicBool = AtomicBool::new(false);
static SILENCE: Once = Once::new();

/// Whether the agent has given up.
pub(crate) fn disabled() -> bool {
    DISABLED.load(Relaxed)
}

/// Ends all instrumentation for good; classes that are patched already find their calls doing nothing.
pub(crate) fn disable(why: &str) {
    if !DISABLED.swap(true, Relaxed) {
        state::log()
            .error("disabled", format_args!("{why}; the application goes on without instrumentation"));
    }
}

/// Runs one entry. A panic is caught, counted and said once a minute; `otherwise` is the answer then, and when the agent
/// has given up.
pub(crate) fn enter<T>(entry: Entry, otherwise: T, run: impl FnOnce() -> T) -> T {
    // What was recorded before the agent gave up is still sent, and it can still be detached.
    let goes_on = matches!(entry, Entry::VmDeath | Entry::OwnThread | Entry::Finish | Entry::OnAttach);
    if disabled() && !goes_on {
        return otherwise;
    }
    SILENCE.call_once(|| {
        // The default hook writes a trace to standard error each time. This hook is the library's own: the standard
        // library is linked into it.
        panic::set_hook(Box::new(|_| {}));
    });
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        fault::at_entry(entry);
        run()
    }));
    if memory::exhausted() {
        disable("the agent could not get memory");
    }
    result.unwrap_or_else(|_panic| {
        // Nothing may panic here: logging itself is what may have failed.
        let _ = panic::catch_unwind(|| panicked(entry));
        otherwise
    })
}

fn panicked(entry: Entry) {
    let panics = PANICS.fetch_add(1, Relaxed) + 1;
    state::log().error("panic", format_args!("internal error at {}; please report it", entry.name()));
    if panics >= MAX_PANICS {
        disable("too many internal errors");
    }
}
