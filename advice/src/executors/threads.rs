//! Threads, platform and virtual: a thread's work belongs to the code that started it.

use otelrs_rules::model::{ClassSelector, DescriptorSelector, MethodRule, Rule, Splice, Value};

use super::calls::{OPEN, call, rule, running, selecting, submit_this, within};

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
                splices: submit_this!("startingInScope"),
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
    // JDK 21 and later: the pollers that virtual threads wait with are such tasks too, and serve all threads.
    rule(
        "java/util/concurrent/ThreadPerTaskExecutor",
        &[MethodRule {
            name: "execute",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/Runnable;)V"),
            splices: &[Splice::Around {
                entry: call("hosting", OPEN, &[Value::Argument(0)]),
                exit: call("housekept", "(Ljava/lang/Object;)V", &[Value::Token]),
            }],
        }],
    ),
    // What a ThreadFactory makes is a worker, unless it is started for the one task that it was made for.
    rule("java/util/concurrent/Executors$DefaultThreadFactory", NEW_THREAD),
    rule("java/lang/ThreadBuilders$PlatformThreadFactory", NEW_THREAD),
    selecting(
        ClassSelector::ImplementationOf {
            of: "java/util/concurrent/ThreadFactory",
            // Others have a method of this name too.
            guard: Some(";)Ljava/lang/Thread;"),
        },
        &[new_thread(&[Splice::Around {
            entry: None,
            exit: call(
                "madeByFactory",
                "(Ljava/lang/Object;Ljava/lang/Object;)V",
                &[Value::Returned, Value::This],
            ),
        }])],
        &[],
    ),
    VIRTUAL_THREAD,
];

const NEW_THREAD: &[MethodRule] = &[new_thread(&[Splice::Around {
    entry: None,
    exit: call("made", "(Ljava/lang/Object;)V", &[Value::Returned]),
}])];

const fn new_thread(splices: &'static [Splice]) -> MethodRule {
    let descriptor = DescriptorSelector::Exact("(Ljava/lang/Runnable;)Ljava/lang/Thread;");
    MethodRule { name: "newThread", descriptor, splices }
}

/// A virtual thread's start does not pass `Thread.start`. What it submits to run itself, at every unpark, is nobody's.
const VIRTUAL_THREAD: Rule = Rule {
    instrumentation: "virtual-threads",
    ..rule(
        "java/lang/VirtualThread",
        &[MethodRule {
            name: "start",
            descriptor: DescriptorSelector::Exact("(Ljdk/internal/vm/ThreadContainer;)V"),
            splices: submit_this!("startingVirtual"),
        }],
    )
};
