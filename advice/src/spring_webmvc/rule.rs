//! The pattern that Spring MVC matched, read when its dispatcher has done its work.

use otelrs_rules::model::{
    Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};

use crate::bridge::BRIDGE;

/// A controller's pattern is more telling than the servlet's mapping, which has no source of its own.
const CONTROLLER: i32 = 3;

/// `HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE`.
const BEST_MATCHING_PATTERN: &str = "org.springframework.web.servlet.HandlerMapping.bestMatchingPattern";

const ROUTE: Target =
    Target { owner: BRIDGE, name: "route", descriptor: "(ILjava/lang/Object;Ljava/lang/Object;)V" };

macro_rules! dispatch {
    ($request:literal, $response:literal) => {
        MethodRule {
            name: "doDispatch",
            descriptor: DescriptorSelector::Exact(concat!("(L", $request, ";L", $response, ";)V")),
            splices: &[Splice::Around {
                entry: None,
                exit: Some(Call {
                    target: ROUTE,
                    values: &[
                        Value::Int(CONTROLLER),
                        Value::InterfaceGetter {
                            of: &Value::Argument(0),
                            owner: $request,
                            name: "getContextPath",
                            descriptor: "()Ljava/lang/String;",
                            arguments: &[],
                        },
                        Value::InterfaceGetter {
                            of: &Value::Argument(0),
                            owner: $request,
                            name: "getAttribute",
                            descriptor: "(Ljava/lang/String;)Ljava/lang/Object;",
                            arguments: &[Value::Text(BEST_MATCHING_PATTERN)],
                        },
                    ],
                }),
            }],
        }
    };
}

/// DispatcherServlet of Spring 3.1 to 7.
pub(crate) static ROUTE_OF_HANDLER: Rule = Rule {
    instrumentation: "spring-webmvc",
    class: ClassSelector::Name("org/springframework/web/servlet/DispatcherServlet"),
    glue: None,
    purpose: Purpose::Spans,
    common_methods: &[],
    methods: &[
        dispatch!("javax/servlet/http/HttpServletRequest", "javax/servlet/http/HttpServletResponse"),
        dispatch!("jakarta/servlet/http/HttpServletRequest", "jakarta/servlet/http/HttpServletResponse"),
    ],
};
