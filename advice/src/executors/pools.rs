//! `ThreadPoolExecutor`, its schedule, its handlers of rejection, and the FutureTask that most submissions become.

use otelrs_rules::model::{DescriptorSelector, Method, MethodRule, Rule, Splice, Value};

use super::calls::{HOUSEKEEPING, SUBMIT, call, look, rule, running, target, wraps};

const REJECTED: DescriptorSelector = DescriptorSelector::Any;

/// An executor that is shut down refuses for good, whatever its handler does otherwise.
const REFUSED: Splice = Splice::Around {
    entry: call(
        "refused",
        "(Ljava/lang/Object;Ljava/util/concurrent/ThreadPoolExecutor;)V",
        &[Value::Argument(0), Value::Argument(1)],
    ),
    exit: None,
};

pub(super) static RULES: &[Rule] = &[
    rule(
        "java/util/concurrent/ThreadPoolExecutor",
        &[
            MethodRule {
                name: "execute",
                descriptor: DescriptorSelector::Exact("(Ljava/lang/Runnable;)V"),
                splices: SUBMIT,
            },
            MethodRule { name: "runWorker", descriptor: DescriptorSelector::Any, splices: &[running("run")] },
            MethodRule { name: "addWorker", descriptor: DescriptorSelector::Any, splices: HOUSEKEEPING },
            MethodRule {
                name: "remove",
                descriptor: DescriptorSelector::Exact("(Ljava/lang/Runnable;)Z"),
                splices: &[Splice::Around {
                    entry: None,
                    exit: call("removed", "(Ljava/lang/Object;Z)V", &[Value::Argument(0), Value::Returned]),
                }],
            },
            MethodRule {
                name: "shutdownNow",
                descriptor: DescriptorSelector::Any,
                splices: &[Splice::Around {
                    entry: None,
                    exit: call("drained", "(Ljava/lang/Object;)V", &[Value::Returned]),
                }],
            },
        ],
    ),
    rule(
        "java/util/concurrent/ThreadPoolExecutor$CallerRunsPolicy",
        &[MethodRule {
            name: "rejectedExecution",
            descriptor: REJECTED,
            splices: &[running("run"), REFUSED],
        }],
    ),
    rule(
        "java/util/concurrent/ThreadPoolExecutor$DiscardPolicy",
        &[MethodRule {
            name: "rejectedExecution",
            descriptor: REJECTED,
            splices: &[look("dropped", &[Value::Argument(0)])],
        }],
    ),
    rule(
        "java/util/concurrent/ThreadPoolExecutor$DiscardOldestPolicy",
        &[MethodRule {
            name: "rejectedExecution",
            descriptor: REJECTED,
            splices: &[
                Splice::ReplaceCall {
                    called: Method {
                        owner: "java/util/concurrent/BlockingQueue",
                        name: "poll",
                        descriptor: "()Ljava/lang/Object;",
                    },
                    target: target("discard", "(Ljava/util/concurrent/BlockingQueue;)Ljava/lang/Object;"),
                },
                REFUSED,
            ],
        }],
    ),
    // Its tasks are FutureTasks; it queues them without execute.
    rule(
        "java/util/concurrent/ScheduledThreadPoolExecutor",
        &[MethodRule {
            name: "delayedExecute",
            descriptor: DescriptorSelector::Any,
            splices: &[look("carried", &[Value::Argument(0)])],
        }],
    ),
    wraps!(
        "java/util/concurrent/FutureTask",
        "wrap",
        "callable": "Ljava/util/concurrent/Callable;"
    ),
];
