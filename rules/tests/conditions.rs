//! What each selector of a rule file means, on class files made here.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod class_file;

use class_file::{Defining, Made, MadeMethod, PLAIN, class, make};
use otelrs_classfile::ClassFile;
use otelrs_rule_files::{FileRule, parse};
use otelrs_rules::matcher::{Match, Matcher};
use otelrs_rules::model::{
    ANY_METHOD, Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};
use otelrs_rules::plan::plan;
use otelrs_rules::supertypes::Loader;

const APP: Loader = Loader(7);
const APPLICATION: &str = "jdk/internal/loader/ClassLoaders$AppClassLoader";

const SPLICES: &[Splice] = &[Splice::Around {
    entry: Some(Call {
        target: Target { owner: "a/Advice", name: "enter", descriptor: "(Ljava/lang/String;)V" },
        values: &[Value::Text("x")],
    }),
    exit: None,
}];

/// The one rule of a file with these lines, as a rule of the model.
fn rule(selectors: &str) -> &'static Rule {
    let method = if selectors.contains("method") { "" } else { "method: \"*\"\n    " };
    let text = format!("rules:\n  - {}\n    {method}span: {{}}\n", selectors.replace('\n', "\n    "));
    let mut file = parse("test", &text);
    assert_eq!(file.errors, [], "{text}");
    let FileRule { conditions, .. } = file.rules.remove(0);
    Box::leak(Box::new(Rule {
        instrumentation: "rules",
        class: ClassSelector::Where { rule: "rule", conditions: Box::leak(Box::new(conditions)) },
        methods: const {
            &[MethodRule { name: ANY_METHOD, descriptor: DescriptorSelector::Any, splices: SPLICES }]
        },
        common_methods: &[],
        glue: None,
        purpose: Purpose::Spans,
    }))
}

fn decide(matcher: &mut Matcher, bytes: &[u8], loader: Option<&'static str>) -> &'static str {
    let class = ClassFile::parse(bytes).unwrap();
    if !matcher.gate().lets_pass(&class) {
        return "no";
    }
    match matcher.decide(&class, &mut Defining(APP, loader)) {
        Match::None => "no",
        Match::Undecided(_) => "undecided",
        Match::Rules(_) => "yes",
    }
}

const CHARGE: MadeMethod<'_> = MadeMethod {
    access: 1,
    name: "charge",
    descriptor: "(I)V",
    annotations: &["Lshop/Other;", "Lshop/Traced;"],
};

fn orders() -> Made<'static> {
    Made { annotations: &["Lshop/Service;"], interfaces: &["shop/Handler"], methods: &[CHARGE], ..PLAIN }
}

#[test]
fn each_selector_tells_classes_apart() {
    let service = make(&orders());
    let cases: &[(&str, &[u8], &str)] = &[
        ("class: shop.Orders", &service, "yes"),
        ("class: shop.Order", &service, "no"),
        ("class: shop.*", &service, "yes"),
        ("class: \"*Orders\"", &service, "yes"),
        ("class: [shop.Carts, shop.Orders]", &service, "yes"),
        ("class: store.*", &service, "no"),
        ("class: shop.Orders$Line", &make(&Made { name: "shop/Orders$Line", ..orders() }), "yes"),
        ("class: \"*\"", &make(&Made { name: "java/util/Orders", ..orders() }), "no"),
        ("supertype: shop.Handler", &service, "yes"),
        ("supertype: shop.Orders", &service, "yes"),
        ("supertype: shop.Other", &service, "undecided"),
        ("supertype: shop.Other", &make(&Made { interfaces: &[], ..orders() }), "no"),
        (
            "supertype: java.util.concurrent.Callable",
            &class("a/B", "c/D", &["java/util/concurrent/Callable"], &[("call", "()V")]),
            "yes",
        ),
        ("class-annotation: shop.Service", &service, "yes"),
        ("class-annotation: shop.Traced", &service, "no"),
        ("method-annotation: shop.Traced", &service, "yes"),
        ("method-annotation: shop.Service", &service, "no"),
        ("method-annotation: shop.Nested", &service, "no"),
        ("class: shop.Orders\nmethod: refund", &service, "no"),
        ("class: shop.Orders\nclass-annotation: shop.Absent", &service, "no"),
        ("class: store.*\nsupertype: shop.Handler", &service, "no"),
    ];
    for (selectors, bytes, expected) in cases {
        assert_eq!(decide(&mut Matcher::new([rule(selectors)]), bytes, None), *expected, "{selectors}");
    }
}

#[test]
fn the_loader_is_known_by_its_class() {
    let own = "org/springframework/boot/loader/LaunchedURLClassLoader";
    let cases: &[(&str, Option<&str>, &str)] = &[
        ("application", Some(APPLICATION), "yes"),
        ("application", Some(own), "no"),
        ("application", None, "no"),
        ("platform", Some("jdk/internal/loader/ClassLoaders$PlatformClassLoader"), "yes"),
        ("bootstrap", None, "yes"),
        ("bootstrap", Some(APPLICATION), "no"),
        ("org.springframework.*", Some(own), "yes"),
        ("org.springframework.*", Some(APPLICATION), "no"),
        ("org.springframework.*", None, "no"),
    ];
    for (loader, found, expected) in cases {
        let rule = rule(&format!("class: shop.Orders\nloader: {loader}"));
        let found = found.map(|name| &*name.to_owned().leak());
        assert_eq!(decide(&mut Matcher::new([rule]), &make(&orders()), found), *expected, "{loader}");
    }
}

#[test]
fn no_rule_is_about_classes_of_the_jdk_or_of_the_agent() {
    for (name, expected) in
        [("shop/Orders", "yes"), ("java/util/Orders", "no"), ("otelrs/tomcat/OtelrsGlue$1", "no")]
    {
        let bytes = make(&Made { name, ..orders() });
        assert_eq!(decide(&mut Matcher::new([rule("class: \"*\"")]), &bytes, None), expected, "{name}");
    }
}

#[test]
fn each_selector_tells_methods_apart() {
    const METHODS: &[MadeMethod<'_>] = &[
        CHARGE,
        MadeMethod { access: 0x21, name: "charge", descriptor: "(J)V", annotations: &[] },
        MadeMethod { access: 0x1a, name: "getTotal", descriptor: "()J", annotations: &[] },
        MadeMethod { access: 0x1041, name: "bridged", descriptor: "()V", annotations: &["Lshop/Traced;"] },
        MadeMethod { access: 1, name: "<init>", descriptor: "()V", annotations: &[] },
    ];
    let cases: &[(&str, &[&str])] = &[
        ("method: \"*\"", &["charge(I)V", "charge(J)V", "getTotal()J"]),
        ("method: charge", &["charge(I)V", "charge(J)V"]),
        ("method: [get*, absent]", &["getTotal()J"]),
        ("method: charge\ndescriptor: (J)V", &["charge(J)V"]),
        ("method-annotation: shop.Traced", &["charge(I)V"]),
        ("method: \"*\"\nmodifiers: public", &["charge(I)V", "charge(J)V"]),
        ("method: \"*\"\nmodifiers: [public, synchronized]", &["charge(J)V"]),
        ("method: \"*\"\nmodifiers: [private, static, final]", &["getTotal()J"]),
        ("method: \"*\"\nmodifiers: [not static, not synchronized]", &["charge(I)V"]),
        ("method: \"*\"\nmodifiers: protected", &[]),
    ];
    let bytes = make(&Made { methods: METHODS, ..PLAIN });
    let class = ClassFile::parse(&bytes).unwrap();
    for (selectors, expected) in cases {
        let edits = plan(&class, &[rule(&format!("class: shop.Orders\n{selectors}"))], |_, _, _| {});
        let found: Vec<String> =
            edits.iter().map(|edit| format!("{}{}", edit.name, edit.descriptor)).collect();
        assert_eq!(found, *expected, "{selectors}");
    }
}

#[test]
fn a_class_waits_for_another_to_be_present() {
    let mut matcher = Matcher::new([rule("class: shop.*\nmethod: charge\npresent: shop.v2.Marker")]);
    let (orders, marker) = (make(&orders()), make(&Made { name: "shop/v2/Marker", ..PLAIN }));
    assert_eq!(decide(&mut matcher, &orders, None), "no");
    assert_eq!(decide(&mut matcher, &orders, None), "no", "and waits once");
    assert!(matcher.is_awaited(b"shop/v2/Marker") && !matcher.is_awaited(b"shop/Marker"));
    assert!(matcher.waits(b"shop/Orders") && matcher.take_due().is_empty());
    assert_eq!(decide(&mut matcher, &marker, None), "no");
    assert!(!matcher.waits(b"shop/v2/Marker"));
    assert_eq!(matcher.take_due(), [Box::<[u8]>::from(*b"shop/Orders")]);
    assert_eq!(matcher.take_due(), []);
    assert!(!matcher.waits(b"shop/Orders"));
    assert_eq!(decide(&mut matcher, &orders, None), "yes");
}

#[test]
fn a_class_that_cannot_wait_is_told_of() {
    let mut matcher = Matcher::new([rule("class: shop.*\nmethod: charge\npresent: shop.v2.Marker")]);
    for number in 0..10_000 {
        let name: &'static str = format!("shop/Orders{number}").leak();
        decide(&mut matcher, &make(&Made { name, ..orders() }), None);
    }
    assert!(matcher.take_turned_away().is_none());
    decide(&mut matcher, &make(&Made { name: "shop/Orders17", ..orders() }), None);
    assert!(matcher.take_turned_away().is_none(), "it waits already");
    decide(&mut matcher, &make(&Made { name: "shop/Orders10000", ..orders() }), None);
    assert_eq!(matcher.take_turned_away().map(Rule::name), Some("rule"));
    assert!(matcher.take_turned_away().is_none() && !matcher.waits(b"shop/Orders10000"));
}

#[test]
fn a_class_that_was_loaded_before_is_present_too() {
    let mut matcher = Matcher::new([rule("class: shop.*\nmethod: charge\npresent: shop.v2.Marker")]);
    matcher.note_loaded(b"shop/v2/Marker");
    assert_eq!(decide(&mut matcher, &make(&orders()), None), "yes");
}

#[test]
fn of_a_loaded_class_name_and_supertypes_say_whether_it_is_worth_a_look() {
    let matcher = Matcher::new([
        rule("class: shop.*\nmethod-annotation: shop.Traced"),
        rule("supertype: shop.Handler"),
        rule("method-annotation: shop.Traced"),
    ]);
    let count = |name: &str, below| matcher.resolved(name.as_bytes(), below).len();
    assert_eq!((count("shop/Orders", 0), count("shop/Orders", 1), count("store/Orders", 1)), (1, 2, 1));
    assert_eq!((count("store/Orders", 0), count("java/util/Orders", 1)), (0, 0));
    assert!(matcher.asks_for_supertypes(b"store/Orders", 1) && !matcher.asks_for_supertypes(b"java/A", 1));
}

#[test]
fn rules_whose_supertype_finds_no_room_are_named() {
    let rules = (0..70).map(|number| rule(&format!("supertype: shop.Type{number}")));
    assert_eq!(Matcher::new(rules).left_out().len(), 6);
}
