//! The calls that splices of these rules are made of; all go to `OtelrsTasks`.

use otelrs_rules::model::{Call, ClassSelector, Method, MethodRule, Purpose, Rule, Splice, Target, Value};

use crate::bridge::TASKS;

/// A rule about a class of the JDK.
pub(crate) const fn rule(class: &'static str, methods: &'static [MethodRule]) -> Rule {
    selecting(ClassSelector::Name(class), methods, &[])
}

/// A rule of this instrumentation.
pub(crate) const fn selecting(
    class: ClassSelector,
    methods: &'static [MethodRule],
    common_methods: &'static [MethodRule],
) -> Rule {
    Rule {
        instrumentation: "executors",
        class,
        methods,
        common_methods,
        glue: None,
        purpose: Purpose::Context,
    }
}

/// A method of `OtelrsTasks`.
pub(crate) const fn target(name: &'static str, descriptor: &'static str) -> Target {
    Target { owner: TASKS, name, descriptor }
}

/// A call of `OtelrsTasks`.
pub(crate) const fn call(
    name: &'static str,
    descriptor: &'static str,
    values: &'static [Value],
) -> Option<Call> {
    Some(Call { target: target(name, descriptor), values })
}

/// `(Ljava/lang/Object;)V`, the descriptor of what only looks at one object.
const LOOK: &str = "(Ljava/lang/Object;)V";
/// `(Ljava/lang/Object;)Ljava/lang/Object;`, the descriptor of what opens something and gives a token, or wraps.
pub(crate) const OPEN: &str = "(Ljava/lang/Object;)Ljava/lang/Object;";

/// The first argument is a task that is taken over by this object.
pub(crate) const SUBMIT: &[Splice] = &[taking_over("submitting")];

/// The same, where only the object itself tells whether it is an executor.
pub(crate) const SUBMIT_TO_EXECUTOR: &[Splice] = &[taking_over("submittingToExecutor")];

const fn taking_over(opening: &'static str) -> Splice {
    Splice::Around {
        entry: call(
            opening,
            "(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;",
            &[Value::Argument(0), Value::This],
        ),
        exit: call(
            "submitted",
            "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)V",
            &[Value::Token, Value::Argument(0), Value::Thrown],
        ),
    }
}

/// The object itself is a task or thread that is handed over by a method of its own.
macro_rules! submit_this {
    ($opening:literal) => {
        &[otelrs_rules::model::Splice::Around {
            entry: $crate::executors::calls::call(
                $opening,
                $crate::executors::calls::OPEN,
                &[otelrs_rules::model::Value::This],
            ),
            exit: $crate::executors::calls::call(
                "submitted",
                "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)V",
                &[
                    otelrs_rules::model::Value::Token,
                    otelrs_rules::model::Value::This,
                    otelrs_rules::model::Value::Thrown,
                ],
            ),
        }]
    };
}
pub(crate) use submit_this;

/// The value is shown to a method of `OtelrsTasks` at entry.
pub(crate) const fn look(name: &'static str, value: &'static [Value]) -> Splice {
    Splice::Around { entry: call(name, LOOK, value), exit: None }
}

/// Opened by a method of `OtelrsTasks`, closed by its `exit`.
pub(crate) const fn within(name: &'static str, value: &'static [Value]) -> Splice {
    Splice::Around { entry: call(name, OPEN, value), exit: call("exit", LOOK, &[Value::Token]) }
}

/// What the pool does for itself is in nobody's context.
pub(crate) const HOUSEKEEPING: &[Splice] = &[Splice::Around {
    entry: call("housekeeping", "()Ljava/lang/Object;", &[]),
    exit: call("housekept", LOOK, &[Value::Token]),
}];

/// `Runnable.run`, as an instruction calls it.
pub(crate) const RUNNABLE_RUN: Method =
    Method { owner: "java/lang/Runnable", name: "run", descriptor: "()V" };

/// `task.run()` becomes a call of a method of `OtelrsTasks`; the instruction keeps its length.
pub(crate) const fn running(name: &'static str) -> Splice {
    Splice::ReplaceCall { called: RUNNABLE_RUN, target: target(name, "(Ljava/lang/Runnable;)V") }
}

/// Rule for a carrier of the JDK that keeps its work in a private field: the constructor's last act wraps it.
macro_rules! wraps {
    ($class:literal, $wrap:literal, $($field:literal: $type:literal),+) => {
        $crate::executors::calls::rule($class, &[otelrs_rules::model::MethodRule {
            name: "<init>",
            descriptor: otelrs_rules::model::DescriptorSelector::Any,
            splices: &[$(otelrs_rules::model::Splice::AssignFieldAtExit {
                name: $field,
                descriptor: $type,
                call: otelrs_rules::model::Call {
                    target: $crate::executors::calls::target(
                        $wrap,
                        "(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;",
                    ),
                    values: &[
                        otelrs_rules::model::Value::OwnField { name: $field, descriptor: $type },
                        otelrs_rules::model::Value::This,
                    ],
                },
            }),+],
        }])
    };
}
pub(crate) use wraps;
