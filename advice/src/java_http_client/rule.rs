//! Where `java.net.http.HttpClient` sends, and where it builds the request that goes out.

use otelrs_rules::model::{
    Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

const GLUE: &str = "jdk/internal/net/http/OtelrsGlue";

const ENTER: Call = Call {
    target: Target {
        owner: GLUE,
        name: "enter",
        descriptor: "(Ljava/net/http/HttpRequest;)Ljava/lang/OtelrsContext;",
    },
    values: &[Value::Argument(0)],
};

/// The one implementation; what applications hold is a facade of it.
pub(crate) static SEND: Rule = Rule {
    instrumentation: "java-http-client",
    class: ClassSelector::Name("jdk/internal/net/http/HttpClientImpl"),
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[
        MethodRule {
            name: "send",
            descriptor: DescriptorSelector::Exact(
                "(Ljava/net/http/HttpRequest;Ljava/net/http/HttpResponse$BodyHandler;)Ljava/net/http/HttpResponse;",
            ),
            splices: &[Splice::Around {
                entry: Some(ENTER),
                exit: Some(Call {
                    target: Target {
                        owner: GLUE,
                        name: "exit",
                        descriptor: "(Ljava/lang/Object;Ljava/net/http/HttpResponse;Ljava/lang/Throwable;)V",
                    },
                    values: &[Value::Token, Value::Returned, Value::Thrown],
                }),
            }],
        },
        MethodRule {
            name: "sendAsync",
            // The overload without push promises calls this one.
            descriptor: DescriptorSelector::Exact(
                "(Ljava/net/http/HttpRequest;Ljava/net/http/HttpResponse$BodyHandler;\
                 Ljava/net/http/HttpResponse$PushPromiseHandler;)Ljava/util/concurrent/CompletableFuture;",
            ),
            splices: &[Splice::Around {
                entry: Some(ENTER),
                exit: Some(Call {
                    target: Target {
                        owner: GLUE,
                        name: "exitAsync",
                        descriptor: "(Ljava/lang/Object;Ljava/util/concurrent/CompletableFuture;Ljava/lang/Throwable;)\
                                     Ljava/util/concurrent/CompletableFuture;",
                    },
                    values: &[Value::Token, Value::Returned, Value::Thrown],
                }),
            }],
        },
    ],
};

/// An application's request is immutable; the copy that goes out is made here. A redirect copies the copy.
pub(crate) static HEADERS: Rule = Rule {
    instrumentation: "java-http-client",
    class: ClassSelector::Name("jdk/internal/net/http/HttpRequestImpl"),
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[MethodRule {
        name: "<init>",
        descriptor: DescriptorSelector::Exact("(Ljava/net/http/HttpRequest;Ljava/net/ProxySelector;)V"),
        splices: &[Splice::AssignFieldAtExit {
            name: "userHeaders",
            descriptor: "Ljava/net/http/HttpHeaders;",
            call: Call {
                target: Target {
                    owner: GLUE,
                    name: "headers",
                    descriptor: "(Ljava/net/http/HttpHeaders;)Ljava/net/http/HttpHeaders;",
                },
                values: &[Value::OwnField { name: "userHeaders", descriptor: "Ljava/net/http/HttpHeaders;" }],
            },
        }],
    }],
};
