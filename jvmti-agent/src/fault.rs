//! Faults on purpose, for the tests of survival. Without the feature `fault-injection` this is nothing.

use crate::guard::Entry;

/// Panics when the variable `OTELRS_FAULT` is `panic:<entry>`, in a build for tests.
#[cfg(feature = "fault-injection")]
#[allow(clippy::panic)]
pub(crate) fn at_entry(entry: Entry) {
    use std::sync::OnceLock;
    static FAULT: OnceLock<Option<String>> = OnceLock::new();
    let fault = FAULT.get_or_init(|| std::env::var("OTELRS_FAULT").ok());
    if fault.as_deref().and_then(|fault| fault.strip_prefix("panic:")) == Some(entry.name()) {
        panic!("a fault on purpose at {}", entry.name());
    }
}

#[cfg(not(feature = "fault-injection"))]
pub(crate) fn at_entry(_entry: Entry) {}
