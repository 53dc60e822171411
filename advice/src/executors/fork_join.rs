//! `ForkJoinPool` and `ForkJoinTask`. What a pool makes of a Runnable or a Callable is such a task too, and submitted as
//! one; it belongs to who submits it, not to who made it.

use otelrs_rules::model::{DescriptorSelector, MethodRule, Rule, Splice, Value};

use super::calls::{HOUSEKEEPING, OPEN, call, look, rule, submit_this, within, wraps};

const FORK_JOIN_TASK: &str = "(Ljava/util/concurrent/ForkJoinTask;)Ljava/util/concurrent/ForkJoinTask;";

/// A ForkJoinTask is taken over; what becomes one by an adaptor is wrapped there.
const fn forking(value: &'static [Value], closing: &'static [Value]) -> Splice {
    Splice::Around {
        entry: call("forking", OPEN, value),
        exit: call("submitted", "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)V", closing),
    }
}

const FORK_FIRST: &[Splice] =
    &[forking(&[Value::Argument(0)], &[Value::Token, Value::Argument(0), Value::Thrown])];
const FORK_SECOND: &[Splice] =
    &[forking(&[Value::Argument(1)], &[Value::Token, Value::Argument(1), Value::Thrown])];

pub(super) static RULES: &[Rule] = &[
    rule(
        "java/util/concurrent/ForkJoinPool",
        &[
            // What execute, submit and invoke all call: this on JDK 11 and 17,
            MethodRule {
                name: "externalSubmit",
                descriptor: DescriptorSelector::Exact(FORK_JOIN_TASK),
                splices: FORK_FIRST,
            },
            // this, and externalSubmit, on JDK 21 and 25.
            MethodRule {
                name: "poolSubmit",
                descriptor: DescriptorSelector::Exact(
                    "(ZLjava/util/concurrent/ForkJoinTask;)Ljava/util/concurrent/ForkJoinTask;",
                ),
                splices: FORK_SECOND,
            },
            MethodRule { name: "createWorker", descriptor: DescriptorSelector::Any, splices: HOUSEKEEPING },
        ],
    ),
    rule(
        "java/util/concurrent/ForkJoinTask",
        &[
            MethodRule {
                name: "fork",
                descriptor: DescriptorSelector::Any,
                splices: submit_this!("forking"),
            },
            MethodRule {
                name: "doExec",
                descriptor: DescriptorSelector::Prefix("()"),
                splices: &[within("enter", &[Value::This])],
            },
            MethodRule {
                name: "invoke",
                descriptor: DescriptorSelector::Prefix("()"),
                splices: &[look("invoking", &[Value::This])],
            },
            MethodRule {
                name: "quietlyInvoke",
                descriptor: DescriptorSelector::Any,
                splices: &[look("invoking", &[Value::This])],
            },
            MethodRule {
                name: "invokeAll",
                descriptor: DescriptorSelector::Exact(
                    "(Ljava/util/concurrent/ForkJoinTask;Ljava/util/concurrent/ForkJoinTask;)V",
                ),
                splices: &[look("invoking", &[Value::Argument(0)])],
            },
            MethodRule {
                name: "invokeAll",
                descriptor: DescriptorSelector::Exact("([Ljava/util/concurrent/ForkJoinTask;)V"),
                splices: &[look("invokingFirst", &[Value::Argument(0)])],
            },
            MethodRule {
                name: "invokeAll",
                descriptor: DescriptorSelector::Prefix("(Ljava/util/Collection;)"),
                splices: &[look("invokingFirst", &[Value::Argument(0)])],
            },
            MethodRule {
                name: "cancel",
                descriptor: DescriptorSelector::Exact("(Z)Z"),
                splices: &[look("dropped", &[Value::This])],
            },
            // What a pool that stops calls, and on JDK 25 every cancel.
            MethodRule {
                name: "trySetCancelled",
                descriptor: DescriptorSelector::Any,
                splices: &[look("dropped", &[Value::This])],
            },
        ],
    ),
    // JDK 25: a ForkJoinPool schedules too, and CompletableFuture's delays are its tasks.
    wraps!(
        "java/util/concurrent/DelayScheduler$ScheduledForkJoinTask",
        "wrapScheduled",
        "runnable": "Ljava/lang/Runnable;",
        "callable": "Ljava/util/concurrent/Callable;"
    ),
];
