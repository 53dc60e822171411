//! `java.util.Timer`.

use otelrs_rules::model::{DescriptorSelector, Method, MethodRule, Rule, Splice, Value};

use super::calls::{call, look, rule, target};

pub(super) static RULES: &[Rule] = &[
    rule(
        "java/util/Timer",
        &[MethodRule {
            name: "sched",
            descriptor: DescriptorSelector::Exact("(Ljava/util/TimerTask;JJ)V"),
            splices: &[Splice::Around {
                entry: call(
                    "scheduling",
                    "(Ljava/lang/Object;J)V",
                    &[Value::Argument(0), Value::Argument(2)],
                ),
                exit: call(
                    "scheduled",
                    "(Ljava/lang/Object;Ljava/lang/Throwable;)V",
                    &[Value::Argument(0), Value::Thrown],
                ),
            }],
        }],
    ),
    rule(
        "java/util/TimerThread",
        &[MethodRule {
            name: "mainLoop",
            descriptor: DescriptorSelector::Any,
            splices: &[Splice::ReplaceCall {
                called: Method { owner: "java/util/TimerTask", name: "run", descriptor: "()V" },
                target: target("runTimerTask", "(Ljava/util/TimerTask;)V"),
            }],
        }],
    ),
    rule(
        "java/util/TimerTask",
        &[MethodRule {
            name: "cancel",
            descriptor: DescriptorSelector::Any,
            splices: &[look("dropped", &[Value::This])],
        }],
    ),
    // Timer.cancel drops what is queued.
    rule(
        "java/util/TaskQueue",
        &[MethodRule {
            name: "clear",
            descriptor: DescriptorSelector::Any,
            splices: &[Splice::Around {
                entry: call(
                    "cleared",
                    "([Ljava/lang/Object;)V",
                    &[Value::OwnField { name: "queue", descriptor: "[Ljava/util/TimerTask;" }],
                ),
                exit: None,
            }],
        }],
    ),
];
