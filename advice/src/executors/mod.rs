//! Where work changes thread: executors, fork/join, futures, threads, timers, publishers.
//!
//! What was captured is kept, in this order of preference: wrapped inside a private field that the JDK's own carrier has
//! anyway; otherwise in a weak table by the task's identity. The application never meets a wrapper of ours.

pub(crate) mod calls;
mod completable_future;
mod fork_join;
mod pools;
mod publisher;
mod threads;
mod timer;
mod user;

use otelrs_rules::model::Rule;

/// All rules about them.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    pools::RULES
        .iter()
        .chain(fork_join::RULES)
        .chain(completable_future::RULES)
        .chain(threads::RULES)
        .chain(timer::RULES)
        .chain(publisher::RULES)
        .chain(user::RULES)
}
