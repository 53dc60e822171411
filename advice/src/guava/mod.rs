//! Guava's futures: a listener belongs to the code that added it, whoever completes the future.

use otelrs_rules::model::{DescriptorSelector, MethodRule, Rule, Splice, Value};

use crate::executors::calls::{call, rule, within};

pub(crate) static LISTENERS: Rule = Rule {
    instrumentation: "guava",
    ..rule(
        "com/google/common/util/concurrent/AbstractFuture",
        &[
            MethodRule {
                name: "addListener",
                descriptor: DescriptorSelector::Exact(
                    "(Ljava/lang/Runnable;Ljava/util/concurrent/Executor;)V",
                ),
                splices: &[Splice::Around {
                    entry: call("listening", "(Ljava/lang/Object;)V", &[Value::Argument(0)]),
                    exit: None,
                }],
            },
            MethodRule {
                name: "executeListener",
                descriptor: DescriptorSelector::Exact(
                    "(Ljava/lang/Runnable;Ljava/util/concurrent/Executor;)V",
                ),
                splices: &[within("enter", &[Value::Argument(0)])],
            },
        ],
    )
};
