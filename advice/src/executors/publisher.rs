//! `SubmissionPublisher`: a subscriber gets each item in the context of the code that submitted that item. One task
//! delivers the items of many, so the items carry, not the task.

use otelrs_rules::model::{Call, DescriptorSelector, Method, MethodRule, Rule, Splice, Value};

use super::calls::{OPEN, rule, target};

const BUFFER: &[Splice] = &[Splice::AssignArgumentAtEntry {
    index: 0,
    call: Call { target: target("item", OPEN), values: &[Value::Argument(0)] },
}];

pub(super) static RULES: &[Rule] = &[rule(
    "java/util/concurrent/SubmissionPublisher$BufferedSubscription",
    &[
        MethodRule {
            name: "offer",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/Object;Z)I"),
            splices: BUFFER,
        },
        MethodRule {
            name: "retryOffer",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/Object;)I"),
            splices: BUFFER,
        },
        MethodRule {
            name: "consumeNext",
            descriptor: DescriptorSelector::Any,
            splices: &[Splice::ReplaceCall {
                called: Method {
                    owner: "java/util/concurrent/Flow$Subscriber",
                    name: "onNext",
                    descriptor: "(Ljava/lang/Object;)V",
                },
                target: target("onNext", "(Ljava/util/concurrent/Flow$Subscriber;Ljava/lang/Object;)V"),
            }],
        },
    ],
)];
