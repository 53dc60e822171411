//! Faults on purpose, for the tests of survival. Without the feature `fault-injection` this is nothing.

use otelrs_rules::model::Rule;

use crate::guard::Entry;

/// The variable that asks for a fault.
#[cfg(feature = "fault-injection")]
const VARIABLE: &str = "OTELRS_FAULT";

/// Panics when the variable `OTELRS_FAULT` is `panic:<entry>`, in a build for tests.
#[cfg(feature = "fault-injection")]
#[allow(clippy::panic)]
pub(crate) fn at_entry(entry: Entry) {
    use std::sync::OnceLock;
    static FAULT: OnceLock<Option<String>> = OnceLock::new();
    let fault = FAULT.get_or_init(|| std::env::var(VARIABLE).ok());
    if fault.as_deref().and_then(|fault| fault.strip_prefix("panic:")) == Some(entry.name()) {
        panic!("a fault on purpose at {}", entry.name());
    }
}

#[cfg(not(feature = "fault-injection"))]
pub(crate) fn at_entry(_entry: Entry) {}

/// The rule, without the place that `OTELRS_FAULT` names as `unpatched:<place>`, in a build for tests.
#[cfg(feature = "fault-injection")]
pub(crate) fn without_place(rule: &'static Rule) -> &'static Rule {
    let fault = std::env::var(VARIABLE).unwrap_or_default();
    let Some(place) = fault.strip_prefix("unpatched:") else { return rule };
    if rule.places().all(|known| known != place) {
        return rule;
    }
    let kept = |methods: &'static [otelrs_rules::model::MethodRule]| {
        let kept: Vec<_> = methods.iter().copied().filter(|method| rule.place(method) != place).collect();
        &*Box::leak(kept.into_boxed_slice())
    };
    let (methods, common_methods) = (kept(rule.methods), kept(rule.common_methods));
    Box::leak(Box::new(Rule { methods, common_methods, ..*rule }))
}

#[cfg(not(feature = "fault-injection"))]
pub(crate) fn without_place(rule: &'static Rule) -> &'static Rule {
    rule
}

/// How long after the end of its local root a context is still a parent: `stale-after:<milliseconds>` in a build for
/// tests, so that a test need not wait a minute.
#[cfg(feature = "fault-injection")]
pub(crate) fn stale_after() -> Option<std::time::Duration> {
    let fault = std::env::var(VARIABLE).ok()?;
    fault.strip_prefix("stale-after:")?.parse().ok().map(std::time::Duration::from_millis)
}

#[cfg(not(feature = "fault-injection"))]
pub(crate) fn stale_after() -> Option<std::time::Duration> {
    None
}
