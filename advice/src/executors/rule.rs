//! Where the JDK takes work over from one thread and runs it on another.
//!
//! What was captured is kept, in this order of preference: wrapped inside a private field that the JDK's own carrier has
//! anyway; otherwise in a weak table by the task's identity. The application never meets a wrapper of ours.

use otelrs_rules::model::{Call, ClassSelector, DescriptorSelector, MethodRule, Rule, Splice, Target, Value};

use crate::bridge::BRIDGE;

const INSTRUMENTATION: &str = "executors";

const fn target(name: &'static str, descriptor: &'static str) -> Target {
    Target { owner: BRIDGE, name, descriptor }
}

/// Remembers the submitter's context of the first argument.
const CAPTURE: &[Splice] = &[Splice::Around {
    entry: Some(Call { target: target("capture", "(Ljava/lang/Object;)V"), values: &[Value::Argument(0)] }),
    exit: None,
}];

const CAPTURE_THIS: &[Splice] = &[Splice::Around {
    entry: Some(Call { target: target("capture", "(Ljava/lang/Object;)V"), values: &[Value::This] }),
    exit: None,
}];

const CAPTURE_FORK_JOIN: &[Splice] = &[Splice::Around {
    entry: Some(Call {
        target: target("captureForkJoin", "(Ljava/lang/Object;)V"),
        values: &[Value::Argument(0)],
    }),
    exit: None,
}];

/// `task.run()` of a worker becomes a run in the captured context; the instruction keeps its length.
const RUN: &[Splice] = &[Splice::ReplaceCall {
    owner: "java/lang/Runnable",
    name: "run",
    descriptor: "()V",
    target: target("run", "(Ljava/lang/Runnable;)V"),
}];

const EXECUTE: DescriptorSelector = DescriptorSelector::Exact("(Ljava/lang/Runnable;)V");

static THREAD_POOL_EXECUTOR: Rule = Rule {
    instrumentation: INSTRUMENTATION,
    class: ClassSelector::Name("java/util/concurrent/ThreadPoolExecutor"),
    glue: None,
    common_methods: &[],
    methods: &[
        MethodRule { name: "execute", descriptor: EXECUTE, splices: CAPTURE },
        MethodRule { name: "runWorker", descriptor: DescriptorSelector::Any, splices: RUN },
    ],
};

static CALLER_RUNS_POLICY: Rule = Rule {
    instrumentation: INSTRUMENTATION,
    class: ClassSelector::Name("java/util/concurrent/ThreadPoolExecutor$CallerRunsPolicy"),
    glue: None,
    common_methods: &[],
    methods: &[MethodRule { name: "rejectedExecution", descriptor: DescriptorSelector::Any, splices: RUN }],
};

macro_rules! wraps {
    ($class:literal, $field:literal, $type:literal) => {
        Rule {
            instrumentation: INSTRUMENTATION,
            class: ClassSelector::Name($class),
            glue: None,
            common_methods: &[],
            methods: &[MethodRule {
                name: "<init>",
                descriptor: DescriptorSelector::Any,
                splices: &[Splice::AssignFieldAtExit {
                    name: $field,
                    descriptor: $type,
                    call: Call {
                        target: target("wrap", "(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;"),
                        values: &[Value::OwnField { name: $field, descriptor: $type }, Value::This],
                    },
                }],
            }],
        }
    };
}

/// The ScheduledThreadPoolExecutor's tasks are FutureTasks too.
static FUTURE_TASK: Rule =
    wraps!("java/util/concurrent/FutureTask", "callable", "Ljava/util/concurrent/Callable;");

/// What a ForkJoinPool makes of a Runnable or Callable.
static FORK_JOIN_ADAPTORS: [Rule; 6] = [
    wraps!("java/util/concurrent/ForkJoinTask$RunnableExecuteAction", "runnable", "Ljava/lang/Runnable;"),
    wraps!("java/util/concurrent/ForkJoinTask$AdaptedRunnableAction", "runnable", "Ljava/lang/Runnable;"),
    wraps!("java/util/concurrent/ForkJoinTask$AdaptedRunnable", "runnable", "Ljava/lang/Runnable;"),
    wraps!(
        "java/util/concurrent/ForkJoinTask$AdaptedInterruptibleRunnable",
        "runnable",
        "Ljava/lang/Runnable;"
    ),
    wraps!(
        "java/util/concurrent/ForkJoinTask$AdaptedCallable",
        "callable",
        "Ljava/util/concurrent/Callable;"
    ),
    wraps!(
        "java/util/concurrent/ForkJoinTask$AdaptedInterruptibleCallable",
        "callable",
        "Ljava/util/concurrent/Callable;"
    ),
];

/// Not externalSubmit: it is public on JDK 25 and what invoke calls on JDK 17, where it would capture a second time.
static FORK_JOIN_POOL: Rule = Rule {
    instrumentation: INSTRUMENTATION,
    class: ClassSelector::Name("java/util/concurrent/ForkJoinPool"),
    glue: None,
    common_methods: &[],
    methods: &[
        MethodRule { name: "execute", descriptor: DescriptorSelector::Any, splices: CAPTURE_FORK_JOIN },
        MethodRule {
            name: "submit",
            descriptor: DescriptorSelector::Exact(
                "(Ljava/util/concurrent/ForkJoinTask;)Ljava/util/concurrent/ForkJoinTask;",
            ),
            splices: CAPTURE_FORK_JOIN,
        },
        MethodRule {
            name: "invoke",
            descriptor: DescriptorSelector::Exact("(Ljava/util/concurrent/ForkJoinTask;)Ljava/lang/Object;"),
            splices: CAPTURE_FORK_JOIN,
        },
    ],
};

static FORK_JOIN_TASK: Rule = Rule {
    instrumentation: INSTRUMENTATION,
    class: ClassSelector::Name("java/util/concurrent/ForkJoinTask"),
    glue: None,
    common_methods: &[],
    methods: &[
        MethodRule { name: "fork", descriptor: DescriptorSelector::Any, splices: CAPTURE_THIS },
        MethodRule {
            name: "doExec",
            descriptor: DescriptorSelector::Prefix("()"),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: target("enterTask", "(Ljava/lang/Object;)Ljava/lang/Object;"),
                    values: &[Value::This],
                }),
                exit: Some(Call {
                    target: target("exitTask", "(Ljava/lang/Object;)V"),
                    values: &[Value::Token],
                }),
            }],
        },
    ],
};

macro_rules! stage {
    ($class:literal, $type:literal) => {
        Rule {
            instrumentation: INSTRUMENTATION,
            class: ClassSelector::Name(concat!("java/util/concurrent/CompletableFuture$", $class)),
            glue: None,
            common_methods: &[],
            methods: &[MethodRule {
                name: "<init>",
                descriptor: DescriptorSelector::Any,
                splices: &[Splice::AssignFieldAtExit {
                    name: "fn",
                    descriptor: $type,
                    call: Call {
                        target: target("wrapStage", "(Ljava/lang/Object;)Ljava/lang/Object;"),
                        values: &[Value::OwnField { name: "fn", descriptor: $type }],
                    },
                }],
            }],
        }
    };
}

static COMPLETABLE_FUTURE_STAGES: [Rule; 16] = [
    stage!("UniApply", "Ljava/util/function/Function;"),
    stage!("UniAccept", "Ljava/util/function/Consumer;"),
    stage!("UniRun", "Ljava/lang/Runnable;"),
    stage!("UniWhenComplete", "Ljava/util/function/BiConsumer;"),
    stage!("UniHandle", "Ljava/util/function/BiFunction;"),
    stage!("UniExceptionally", "Ljava/util/function/Function;"),
    stage!("UniComposeExceptionally", "Ljava/util/function/Function;"),
    stage!("UniCompose", "Ljava/util/function/Function;"),
    stage!("BiApply", "Ljava/util/function/BiFunction;"),
    stage!("BiAccept", "Ljava/util/function/BiConsumer;"),
    stage!("BiRun", "Ljava/lang/Runnable;"),
    stage!("OrApply", "Ljava/util/function/Function;"),
    stage!("OrAccept", "Ljava/util/function/Consumer;"),
    stage!("OrRun", "Ljava/lang/Runnable;"),
    stage!("AsyncSupply", "Ljava/util/function/Supplier;"),
    stage!("AsyncRun", "Ljava/lang/Runnable;"),
];

/// A virtual thread's start does not pass Thread.start. Its context is taken there and bound to its task as the thread
/// begins to run it; what it submits to run itself, at every unpark, is none of it.
static VIRTUAL_THREAD: Rule = Rule {
    instrumentation: "virtual-threads",
    class: ClassSelector::Name("java/lang/VirtualThread"),
    glue: None,
    common_methods: &[],
    methods: &[
        MethodRule {
            name: "start",
            descriptor: DescriptorSelector::Exact("(Ljdk/internal/vm/ThreadContainer;)V"),
            splices: CAPTURE_THIS,
        },
        MethodRule {
            name: "run",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/Runnable;)V"),
            splices: &[Splice::AssignArgumentAtEntry {
                index: 0,
                call: Call {
                    target: target("bind", "(Ljava/lang/Runnable;Ljava/lang/Object;)Ljava/lang/Runnable;"),
                    values: &[Value::Argument(0), Value::This],
                },
            }],
        },
    ],
};

/// All of them.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        &THREAD_POOL_EXECUTOR,
        &CALLER_RUNS_POLICY,
        &FUTURE_TASK,
        &FORK_JOIN_POOL,
        &FORK_JOIN_TASK,
        &VIRTUAL_THREAD,
    ]
    .into_iter()
    .chain(&FORK_JOIN_ADAPTORS)
    .chain(&COMPLETABLE_FUTURE_STAGES)
}
