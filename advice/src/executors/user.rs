//! Executors that a library or an application wrote: what they take over is remembered, and run where they, or the
//! workers that they wrote, run it.

use otelrs_rules::model::{ANY_METHOD, ClassSelector, DescriptorSelector, MethodRule, Rule};

use super::calls::{RUNNABLE_RUN, SUBMIT_TO_EXECUTOR, running, selecting};

const RUN: &[MethodRule] = &[MethodRule {
    name: ANY_METHOD,
    descriptor: DescriptorSelector::Any,
    splices: &[running("runSubmitted")],
}];

pub(super) static RULES: &[Rule] = &[
    selecting(
        ClassSelector::ImplementationOf {
            of: "java/util/concurrent/Executor",
            // Frameworks' executors extend interfaces of their own, which are not loaded yet when they are.
            guard: Some("Ljava/lang/Runnable;"),
        },
        &[MethodRule {
            name: "execute",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/Runnable;)V"),
            splices: SUBMIT_TO_EXECUTOR,
        }],
        RUN,
    ),
    // A worker, or a Runnable around a Runnable: lambdas cannot be patched, so the places that run them are.
    selecting(ClassSelector::Caller { declares: ("run", "()V"), calls: RUNNABLE_RUN }, &[], RUN),
];
