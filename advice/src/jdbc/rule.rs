//! Where drivers connect, make statements and execute them.

use otelrs_rules::model::{
    Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

const GLUE: &str = "java/sql/OtelrsGlue";

/// A descriptor that names the library's types is taken for a driver's at once; the glue checks what it is given.
const GUARD: Option<&str> = Some("Ljava/sql/");

const fn target(name: &'static str, descriptor: &'static str) -> Target {
    Target { owner: GLUE, name, descriptor }
}

/// `Driver.connect` gives the URL of a connection.
pub(crate) static DRIVER: Rule = Rule {
    instrumentation: "jdbc",
    class: ClassSelector::SubtypeOf { types: &["java/sql/Driver"], guard: GUARD },
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[MethodRule {
        name: "connect",
        descriptor: DescriptorSelector::Exact(
            "(Ljava/lang/String;Ljava/util/Properties;)Ljava/sql/Connection;",
        ),
        splices: &[Splice::Around {
            entry: None,
            exit: Some(Call {
                target: target("connected", "(Ljava/lang/Object;Ljava/lang/String;Ljava/lang/Object;)V"),
                values: &[Value::This, Value::Argument(0), Value::Returned],
            }),
        }],
    }],
};

const PREPARED: &str = "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/String;)V";

macro_rules! makes {
    ($method:literal, $descriptor:expr, $glue:literal) => {
        MethodRule {
            name: $method,
            descriptor: $descriptor,
            splices: &[Splice::Around {
                entry: None,
                exit: Some(Call {
                    target: target($glue, PREPARED),
                    values: &[Value::This, Value::Returned, Value::Argument(0)],
                }),
            }],
        }
    };
}

/// `Connection` makes statements; what it was given is all that will ever be known of them.
pub(crate) static CONNECTION: Rule = Rule {
    instrumentation: "jdbc",
    class: ClassSelector::SubtypeOf { types: &["java/sql/Connection"], guard: GUARD },
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[
        MethodRule {
            name: "createStatement",
            descriptor: DescriptorSelector::Between("(", ")Ljava/sql/Statement;"),
            splices: &[Splice::Around {
                entry: None,
                exit: Some(Call {
                    target: target("created", "(Ljava/lang/Object;Ljava/lang/Object;)V"),
                    values: &[Value::This, Value::Returned],
                }),
            }],
        },
        makes!(
            "prepareStatement",
            DescriptorSelector::Between("(Ljava/lang/String;", ")Ljava/sql/PreparedStatement;"),
            "prepared"
        ),
        makes!(
            "prepareCall",
            DescriptorSelector::Between("(Ljava/lang/String;", ")Ljava/sql/CallableStatement;"),
            "preparedCall"
        ),
    ],
};

const EXIT: Option<Call> = Some(Call {
    target: target("exit", "(Ljava/lang/Object;Ljava/lang/Throwable;)V"),
    values: &[Value::Token, Value::Thrown],
});

const WITH_TEXT: &[Splice] = &[Splice::Around {
    entry: Some(Call {
        target: target("enter", "(Ljava/lang/Object;Ljava/lang/String;)Ljava/lang/OtelrsContext;"),
        values: &[Value::This, Value::Argument(0)],
    }),
    exit: EXIT,
}];

const WITHOUT_TEXT: &[Splice] = &[Splice::Around {
    entry: Some(Call {
        target: target("enterPrepared", "(Ljava/lang/Object;)Ljava/lang/OtelrsContext;"),
        values: &[Value::This],
    }),
    exit: EXIT,
}];

const BATCH: &[Splice] = &[Splice::Around {
    entry: Some(Call {
        target: target("enterBatch", "(Ljava/lang/Object;)Ljava/lang/OtelrsContext;"),
        values: &[Value::This],
    }),
    exit: EXIT,
}];

macro_rules! executes {
    ($method:literal, $descriptor:expr, $splices:expr) => {
        MethodRule { name: $method, descriptor: $descriptor, splices: $splices }
    };
}

/// Statements of all three kinds.
pub(crate) static STATEMENT: Rule = Rule {
    instrumentation: "jdbc",
    class: ClassSelector::SubtypeOf {
        types: &["java/sql/Statement", "java/sql/PreparedStatement", "java/sql/CallableStatement"],
        guard: GUARD,
    },
    glue: Some(GLUE),
    purpose: Purpose::Spans,
    common_methods: &[MethodRule {
        name: "close",
        descriptor: DescriptorSelector::Exact("()V"),
        splices: &[Splice::Around {
            entry: Some(Call { target: target("closed", "(Ljava/lang/Object;)V"), values: &[Value::This] }),
            exit: None,
        }],
    }],
    methods: &[
        executes!(
            "executeQuery",
            DescriptorSelector::Exact("(Ljava/lang/String;)Ljava/sql/ResultSet;"),
            WITH_TEXT
        ),
        executes!("execute", DescriptorSelector::Between("(Ljava/lang/String;", ")Z"), WITH_TEXT),
        executes!("executeUpdate", DescriptorSelector::Between("(Ljava/lang/String;", ")I"), WITH_TEXT),
        executes!("executeLargeUpdate", DescriptorSelector::Between("(Ljava/lang/String;", ")J"), WITH_TEXT),
        executes!("executeQuery", DescriptorSelector::Exact("()Ljava/sql/ResultSet;"), WITHOUT_TEXT),
        executes!("execute", DescriptorSelector::Exact("()Z"), WITHOUT_TEXT),
        executes!("executeUpdate", DescriptorSelector::Exact("()I"), WITHOUT_TEXT),
        executes!("executeLargeUpdate", DescriptorSelector::Exact("()J"), WITHOUT_TEXT),
        executes!("executeBatch", DescriptorSelector::Exact("()[I"), BATCH),
        executes!("executeLargeBatch", DescriptorSelector::Exact("()[J"), BATCH),
        MethodRule {
            name: "addBatch",
            descriptor: DescriptorSelector::Exact("(Ljava/lang/String;)V"),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: target("addBatch", "(Ljava/lang/Object;Ljava/lang/String;)V"),
                    values: &[Value::This, Value::Argument(0)],
                }),
                exit: None,
            }],
        },
        MethodRule {
            name: "addBatch",
            descriptor: DescriptorSelector::Exact("()V"),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: target("addBatchPrepared", "(Ljava/lang/Object;)V"),
                    values: &[Value::This],
                }),
                exit: None,
            }],
        },
        MethodRule {
            name: "clearBatch",
            descriptor: DescriptorSelector::Exact("()V"),
            splices: &[Splice::Around {
                entry: Some(Call {
                    target: target("clearBatch", "(Ljava/lang/Object;)V"),
                    values: &[Value::This],
                }),
                exit: None,
            }],
        },
    ],
};
