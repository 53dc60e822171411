//! Threads, platform and virtual: a thread's work belongs to the code that started it.

use otelrs_rules::model::{ClassSelector, DescriptorSelector, MethodRule, Rule, Value};

use super::calls::{rule, running, selecting, submit_this, within};

pub(super) static RULES: &[Rule] = &[
    rule(
        "java/lang/Thread",
        &[
            MethodRule {
                name: "start",
                descriptor: DescriptorSelector::Exact("()V"),
                splices: submit_this!("starting"),
            },
            // JDK 21 and later: a thread of a structured scope, or of an executor of one thread a task.
            MethodRule {
                name: "start",
                descriptor: DescriptorSelector::Exact("(Ljdk/internal/vm/ThreadContainer;)V"),
                splices: submit_this!("starting"),
            },
            MethodRule {
                name: "run",
                descriptor: DescriptorSelector::Exact("()V"),
                splices: &[running("runThread")],
            },
            // JDK 21 and later: where run, a virtual thread's too, calls its target.
            MethodRule {
                name: "runWith",
                descriptor: DescriptorSelector::Any,
                splices: &[running("runThread")],
            },
        ],
    ),
    // What extends Thread has a run of its own.
    selecting(
        ClassSelector::SubclassOf("java/lang/Thread"),
        &[MethodRule {
            name: "run",
            descriptor: DescriptorSelector::Exact("()V"),
            splices: &[within("enterThread", &[Value::This])],
        }],
        &[],
    ),
    VIRTUAL_THREAD,
];

/// A virtual thread's start does not pass `Thread.start`. What it submits to run itself, at every unpark, is nobody's.
const VIRTUAL_THREAD: Rule = Rule {
    instrumentation: "virtual-threads",
    ..rule(
        "java/lang/VirtualThread",
        &[MethodRule {
            name: "start",
            descriptor: DescriptorSelector::Exact("(Ljdk/internal/vm/ThreadContainer;)V"),
            splices: submit_this!("starting"),
        }],
    )
};
