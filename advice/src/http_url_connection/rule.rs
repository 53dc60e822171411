//! Where `HttpURLConnection` connects, writes and reads. For https the JDK delegates to the same class, but for connect.

use otelrs_rules::model::{
    Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

const GLUE: &str = "sun/net/www/protocol/http/OtelrsGlue";

const ENTER: Call = Call {
    target: Target {
        owner: GLUE,
        name: "enter",
        descriptor: "(Ljava/net/HttpURLConnection;Z)Ljava/lang/OtelrsContext;",
    },
    values: &[Value::This, Value::InheritedField { name: "connected", descriptor: "Z" }],
};

const OPENING: &[Splice] = &[Splice::Around {
    entry: Some(ENTER),
    exit: Some(Call {
        target: Target {
            owner: GLUE,
            name: "exit",
            descriptor: "(Ljava/lang/Object;Ljava/net/HttpURLConnection;Ljava/lang/Throwable;)V",
        },
        values: &[Value::Token, Value::This, Value::Thrown],
    }),
}];

const CONNECT: MethodRule =
    MethodRule { name: "connect", descriptor: DescriptorSelector::Exact("()V"), splices: OPENING };

/// The implementation of http, and of https but for connect.
pub(crate) static HTTP: Rule = Rule {
    instrumentation: "http-url-connection",
    class: ClassSelector::Name("sun/net/www/protocol/http/HttpURLConnection"),
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[
        CONNECT,
        MethodRule {
            name: "getOutputStream",
            descriptor: DescriptorSelector::Exact("()Ljava/io/OutputStream;"),
            splices: OPENING,
        },
        MethodRule {
            name: "getInputStream",
            descriptor: DescriptorSelector::Exact("()Ljava/io/InputStream;"),
            splices: &[Splice::Around {
                entry: Some(ENTER),
                exit: Some(Call {
                    target: Target {
                        owner: GLUE,
                        name: "exitInput",
                        descriptor: "(Ljava/lang/Object;Ljava/net/HttpURLConnection;ILjava/lang/Throwable;)V",
                    },
                    values: &[
                        Value::Token,
                        Value::This,
                        Value::InheritedField { name: "responseCode", descriptor: "I" },
                        Value::Thrown,
                    ],
                }),
            }],
        },
    ],
};

/// The https delegate overrides connect.
pub(crate) static HTTPS_CONNECT: Rule = Rule {
    instrumentation: "http-url-connection",
    class: ClassSelector::Name("sun/net/www/protocol/https/AbstractDelegateHttpsURLConnection"),
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[CONNECT],
};
