//! Where Tomcat receives, resumes, maps and fails a request. The class names are those of 8.5 to 11.

use otelrs_rules::model::{
    Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

use crate::bridge::SERVER;

const GLUE: &str = "otelrs/tomcat/OtelrsGlue";

const EXIT: Target = Target {
    owner: GLUE,
    name: "exit",
    descriptor: "(Ljava/lang/Object;Lorg/apache/coyote/Request;Lorg/apache/coyote/Response;Ljava/lang/Throwable;)V",
};

const EXIT_VALUES: &[Value] = &[Value::Token, Value::Argument(0), Value::Argument(1), Value::Thrown];

/// CoyoteAdapter sees every request once, whatever its protocol, and again at each dispatch of an asynchronous one.
pub(crate) static REQUEST: Rule = Rule {
    instrumentation: "tomcat",
    class: ClassSelector::Name("org/apache/catalina/connector/CoyoteAdapter"),
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[
        MethodRule {
            name: "service",
            descriptor: DescriptorSelector::Exact(
                "(Lorg/apache/coyote/Request;Lorg/apache/coyote/Response;)V",
            ),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: Target {
                        owner: GLUE,
                        name: "enter",
                        descriptor: "(Lorg/apache/coyote/Request;)Ljava/lang/OtelrsContext;",
                    },
                    values: &[Value::Argument(0)],
                }),
                exit: Some(Call { target: EXIT, values: EXIT_VALUES }),
            }],
        },
        MethodRule {
            name: "asyncDispatch",
            descriptor: DescriptorSelector::Prefix(
                "(Lorg/apache/coyote/Request;Lorg/apache/coyote/Response;",
            ),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: Target {
                        owner: GLUE,
                        name: "resume",
                        descriptor: "(Lorg/apache/coyote/Request;)Ljava/lang/OtelrsContext;",
                    },
                    values: &[Value::Argument(0)],
                }),
                exit: Some(Call { target: EXIT, values: EXIT_VALUES }),
            }],
        },
    ],
};

const MAPPINGS_CHANGED: Splice = Splice::Around {
    entry: None,
    exit: Some(Call {
        target: Target { owner: GLUE, name: "mappingsChanged", descriptor: "()V" },
        values: &[],
    }),
};

/// StandardWrapper holds the patterns that map to its servlet; what we remember of them ends with each change.
pub(crate) static MAPPINGS: Rule = Rule {
    instrumentation: "tomcat",
    class: ClassSelector::Name("org/apache/catalina/core/StandardWrapper"),
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[
        MethodRule {
            name: "addMapping",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/String;)V"),
            splices: &[MAPPINGS_CHANGED],
        },
        MethodRule {
            name: "removeMapping",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/String;)V"),
            splices: &[MAPPINGS_CHANGED],
        },
    ],
};

/// StandardWrapperValve knows the servlet, and catches what it throws.
pub(crate) static SERVLET: Rule = Rule {
    instrumentation: "tomcat",
    class: ClassSelector::Name("org/apache/catalina/core/StandardWrapperValve"),
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[
        MethodRule {
            name: "invoke",
            descriptor: DescriptorSelector::Prefix("(Lorg/apache/catalina/connector/Request;"),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: Target {
                        owner: GLUE,
                        name: "mapped",
                        descriptor: "(Lorg/apache/catalina/connector/Request;)V",
                    },
                    values: &[Value::Argument(0)],
                }),
                exit: None,
            }],
        },
        MethodRule {
            name: "exception",
            descriptor: DescriptorSelector::Prefix(
                "(Lorg/apache/catalina/connector/Request;Lorg/apache/catalina/connector/Response;Ljava/lang/Throwable;",
            ),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: Target { owner: SERVER, name: "failed", descriptor: "(Ljava/lang/Throwable;)V" },
                    values: &[Value::Argument(2)],
                }),
                exit: None,
            }],
        },
    ],
};
