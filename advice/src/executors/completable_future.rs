//! The stages of a CompletableFuture: each runs in the context of the code that attached it.

use otelrs_rules::model::{Call, DescriptorSelector, MethodRule, Rule, Splice, Value};

use super::calls::{OPEN, rule, target, within};

/// `$method` is what calls the function: a stage that was attached with no context has none while it does.
macro_rules! stage {
    ($class:literal, $type:literal, $method:literal) => {
        rule(
            concat!("java/util/concurrent/CompletableFuture$", $class),
            &[
                MethodRule {
                    name: "<init>",
                    descriptor: DescriptorSelector::Any,
                    splices: &[Splice::AssignFieldAtExit {
                        name: "fn",
                        descriptor: $type,
                        call: Call {
                            target: target("wrapStage", OPEN),
                            values: &[Value::OwnField { name: "fn", descriptor: $type }],
                        },
                    }],
                },
                MethodRule {
                    name: $method,
                    descriptor: DescriptorSelector::Any,
                    splices: &[within("enterStage", &[Value::OwnField { name: "fn", descriptor: $type }])],
                },
            ],
        )
    };
}

pub(super) static RULES: &[Rule] = &[
    stage!("UniApply", "Ljava/util/function/Function;", "tryFire"),
    stage!("UniAccept", "Ljava/util/function/Consumer;", "tryFire"),
    stage!("UniRun", "Ljava/lang/Runnable;", "tryFire"),
    stage!("UniWhenComplete", "Ljava/util/function/BiConsumer;", "tryFire"),
    stage!("UniHandle", "Ljava/util/function/BiFunction;", "tryFire"),
    stage!("UniExceptionally", "Ljava/util/function/Function;", "tryFire"),
    stage!("UniComposeExceptionally", "Ljava/util/function/Function;", "tryFire"),
    stage!("UniCompose", "Ljava/util/function/Function;", "tryFire"),
    stage!("BiApply", "Ljava/util/function/BiFunction;", "tryFire"),
    stage!("BiAccept", "Ljava/util/function/BiConsumer;", "tryFire"),
    stage!("BiRun", "Ljava/lang/Runnable;", "tryFire"),
    stage!("OrApply", "Ljava/util/function/Function;", "tryFire"),
    stage!("OrAccept", "Ljava/util/function/Consumer;", "tryFire"),
    stage!("OrRun", "Ljava/lang/Runnable;", "tryFire"),
    stage!("AsyncSupply", "Ljava/util/function/Supplier;", "run"),
    stage!("AsyncRun", "Ljava/lang/Runnable;", "run"),
];
