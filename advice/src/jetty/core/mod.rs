//! Where Jetty 12 begins, maps, fails and completes a request: in its core, and in the four Servlet layers above it.

use otelrs_rules::model::{
    Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

use crate::bridge::TASKS;

const GLUE: &str = "otelrs/jetty/core/OtelrsGlue";

const fn rule(class: &'static str, methods: &'static [MethodRule]) -> Rule {
    Rule {
        instrumentation: "jetty",
        class: ClassSelector::Name(class),
        glue: Some(GLUE),
        purpose: Purpose::Spans,
        common_methods: &[],
        methods,
    }
}

const fn call(name: &'static str, descriptor: &'static str, values: &'static [Value]) -> Call {
    Call { target: Target { owner: GLUE, name, descriptor }, values }
}

/// The one place where a request's stream is succeeded or failed.
const fn completion(splices: &'static [Splice]) -> MethodRule {
    MethodRule {
        name: "completeStream",
        descriptor: DescriptorSelector::Exact(
            "(Lorg/eclipse/jetty/server/HttpStream;Ljava/lang/Throwable;)V",
        ),
        splices,
    }
}

const COMPLETE: &str = "(Lorg/eclipse/jetty/server/internal/HttpChannelState;Ljava/lang/Throwable;)V";

/// The channel that an inner class of it belongs to.
const CHANNEL: Value =
    Value::OwnField { name: "this$0", descriptor: "Lorg/eclipse/jetty/server/internal/HttpChannelState;" };

/// A Servlet layer's channel handles a request at its beginning, and again at each dispatch, listener and callback of an
/// asynchronous one.
macro_rules! servlet_channel {
    ($class:literal, $field:literal, $type:literal) => {
        rule(
            $class,
            &[
                MethodRule {
                    name: "handle",
                    descriptor: DescriptorSelector::Prefix("()"),
                    splices: &[Splice::Around {
                        entry: Some(call(
                            "resume",
                            "(Lorg/eclipse/jetty/server/Request;)Ljava/lang/Object;",
                            &[Value::OwnField { name: $field, descriptor: $type }],
                        )),
                        exit: Some(Call {
                            target: Target {
                                owner: TASKS,
                                name: "exit",
                                descriptor: "(Ljava/lang/Object;)V",
                            },
                            values: &[Value::Token],
                        }),
                    }],
                },
                MethodRule {
                    name: "handleException",
                    descriptor: DescriptorSelector::Exact("(Ljava/lang/Throwable;)V"),
                    splices: &[Splice::Around {
                        entry: Some(call("failed", "(Ljava/lang/Throwable;)V", &[Value::Argument(0)])),
                        exit: None,
                    }],
                },
            ],
        )
    };
}

/// What a path is mapped to is asked for its servlet once a request, before any filter.
const MAPPED: &[Splice] = &[Splice::Around {
    entry: Some(call(
        "mapped",
        "(Lorg/eclipse/jetty/http/pathmap/PathSpec;)V",
        &[Value::OwnField { name: "_pathSpec", descriptor: "Lorg/eclipse/jetty/http/pathmap/PathSpec;" }],
    )),
    exit: None,
}];

/// ee10 and ee11.
const MAPPED_HANDLE: &[MethodRule] =
    &[MethodRule { name: "handle", descriptor: DescriptorSelector::Any, splices: MAPPED }];

/// ee8 and ee9.
const MAPPED_PATH: &[MethodRule] =
    &[MethodRule { name: "getServletPathMapping", descriptor: DescriptorSelector::Any, splices: MAPPED }];

pub(super) static RULES: &[Rule] = &[
    rule(
        "org/eclipse/jetty/server/internal/HttpChannelState$HandlerInvoker",
        &[
            MethodRule {
                name: "run",
                descriptor: DescriptorSelector::Exact("()V"),
                splices: &[Splice::Around {
                    entry: Some(call(
                        "enter",
                        "(Lorg/eclipse/jetty/server/internal/HttpChannelState;)Ljava/lang/OtelrsContext;",
                        &[CHANNEL],
                    )),
                    exit: Some(call("leave", "(Ljava/lang/Object;)V", &[Value::Token])),
                }],
            },
            // Earlier releases of 12.0 and 12.1.
            completion(&[Splice::Around {
                entry: Some(call("complete", COMPLETE, &[CHANNEL, Value::Argument(1)])),
                exit: None,
            }]),
        ],
    ),
    rule(
        "org/eclipse/jetty/server/internal/HttpChannelState",
        &[completion(&[Splice::Around {
            entry: Some(call("complete", COMPLETE, &[Value::This, Value::Argument(1)])),
            exit: None,
        }])],
    ),
    servlet_channel!(
        "org/eclipse/jetty/ee8/nested/HttpChannel",
        "_coreRequest",
        "Lorg/eclipse/jetty/ee8/nested/ContextHandler$CoreContextRequest;"
    ),
    servlet_channel!(
        "org/eclipse/jetty/ee9/nested/HttpChannel",
        "_coreRequest",
        "Lorg/eclipse/jetty/ee9/nested/ContextHandler$CoreContextRequest;"
    ),
    servlet_channel!(
        "org/eclipse/jetty/ee10/servlet/ServletChannel",
        "_request",
        "Lorg/eclipse/jetty/server/Request;"
    ),
    servlet_channel!(
        "org/eclipse/jetty/ee11/servlet/ServletChannel",
        "_request",
        "Lorg/eclipse/jetty/server/Request;"
    ),
    rule("org/eclipse/jetty/ee8/servlet/ServletHandler$MappedServlet", MAPPED_PATH),
    rule("org/eclipse/jetty/ee9/servlet/ServletHandler$MappedServlet", MAPPED_PATH),
    rule("org/eclipse/jetty/ee10/servlet/ServletHandler$MappedServlet", MAPPED_HANDLE),
    rule("org/eclipse/jetty/ee11/servlet/ServletHandler$MappedServlet", MAPPED_HANDLE),
];
