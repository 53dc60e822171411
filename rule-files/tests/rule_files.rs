//! Rule files: what each part becomes, and what is said of each thing that is wrong.

use otelrs_rule_files::{Attribute, Carrier, Path, Root, SpanAction, SpanKind, parse};
use otelrs_rules::conditions::LoaderCondition;
use otelrs_rules::pattern::Pattern;

fn errors(text: &str) -> Vec<String> {
    parse("shop.yaml", text).errors.iter().map(ToString::to_string).collect()
}

fn path(root: Root, field: Option<&str>, getters: &[&str]) -> Path {
    Path {
        root,
        field: field.map(str::to_owned),
        getters: getters.iter().map(|&name| name.to_owned()).collect(),
    }
}

#[test]
fn a_rule_becomes_what_it_says() {
    let text = r#"
rules:
  - name: charging
    class: [shop.Billing, "*.Ledger"]
    supertype: shop.Handler
    class-annotation: shop.Service
    loader: application
    present: shop.v2.Marker
    method: charge
    descriptor: (Lshop/Order;)Lshop/Receipt;
    method-annotation: shop.Traced
    modifiers: [public, not static]
    span:
      name: charge order
      kind: consumer
    attributes:
      order.id: argument[0].getOrder().getId()
      shop.name: this.name
      receipt: return as text
    inject:
      carrier: this.headers
      setter: put(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;
    extract:
      carrier: argument[0]
      getter: header(Ljava/lang/String;)Ljava/lang/String;
"#;
    let file = parse("shop.yaml", text);
    assert_eq!(file.errors, []);
    let [rule] = file.rules.as_slice() else { panic!("{:?}", file.rules) };
    let conditions = &rule.conditions;
    assert_eq!(rule.name, "charging");
    assert_eq!(conditions.names, [Pattern::new("shop/Billing"), Pattern::new("*/Ledger")]);
    assert_eq!(conditions.supertype.as_deref(), Some("shop/Handler"));
    assert_eq!(conditions.annotation.as_deref(), Some("Lshop/Service;"));
    assert_eq!(conditions.loader, Some(LoaderCondition::Application));
    assert_eq!(conditions.present.as_deref(), Some("shop/v2/Marker"));
    assert_eq!(conditions.methods.names, [Pattern::new("charge")]);
    assert_eq!(conditions.methods.descriptor.as_deref(), Some("(Lshop/Order;)Lshop/Receipt;"));
    assert_eq!(conditions.methods.annotation.as_deref(), Some("Lshop/Traced;"));
    assert_eq!((conditions.methods.required, conditions.methods.forbidden), (1, 8));
    assert_eq!(
        rule.span,
        Some(SpanAction { name: Some("charge order".to_owned()), kind: SpanKind::Consumer })
    );
    let attribute = |key: &str, value, as_text| Attribute { key: key.to_owned(), value, as_text };
    assert_eq!(
        rule.attributes,
        [
            attribute("order.id", path(Root::Argument(0), None, &["getOrder", "getId"]), false),
            attribute("shop.name", path(Root::This, Some("name"), &[]), false),
            attribute("receipt", path(Root::Returned, None, &[]), true),
        ]
    );
    let carrier = |path, method: &str, descriptor: &str| {
        Some(Carrier { path, method: method.to_owned(), descriptor: descriptor.to_owned() })
    };
    let put = "(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;";
    assert_eq!(rule.inject, carrier(path(Root::This, Some("headers"), &[]), "put", put));
    let header = "(Ljava/lang/String;)Ljava/lang/String;";
    assert_eq!(rule.extract, carrier(path(Root::Argument(0), None, &[]), "header", header));
}

#[test]
fn a_rule_without_a_name_is_called_by_its_place() {
    let file = parse("shop.yaml", "rules:\n  - class: a.B\n    method: c\n    span: {}\n");
    assert_eq!(file.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["shop.yaml:2"]);
}

/// Each is a rule with `class`, `method` and `span` beside one line that is wrong, the fifth of the file.
#[test]
fn a_wrong_value_is_named_with_its_place_and_what_is_accepted() {
    let cases: &[(&str, &str)] = &[
        ("metod: b", "5:5: \"metod\" is no key of a rule; accepted: name, class, supertype"),
        ("class: c.D", "5:5: \"class\" stands here twice; accepted: each key once"),
        ("{a: b}: c", "5:5: a key: a mapping is not accepted; accepted: a mapping of keys and values"),
        ("name: ''", "5:11: name: \"\" is not accepted; accepted: a text of 1 to 200 characters"),
        (
            "supertype: a/B",
            "5:16: supertype: \"a/B\" is not accepted; accepted: the name of one class or interface",
        ),
        ("supertype: [a.B]", "5:16: supertype: a list is not accepted; accepted: the name of one class"),
        ("supertype: a.*", "5:16: supertype: \"a.*\" is not accepted; accepted: the name of one class"),
        (
            "class-annotation:",
            "5:5: class-annotation: nothing is not accepted; accepted: the name of one class",
        ),
        ("method-annotation: '@Traced'", "5:24: method-annotation: \"@Traced\" is not accepted"),
        (
            "loader: my loader",
            "5:13: loader: \"my loader\" is not accepted; accepted: bootstrap, platform, application",
        ),
        ("present: a..B", "5:14: present: \"a..B\" is not accepted"),
        (
            "descriptor: charge(I)V",
            "5:17: descriptor: \"charge(I)V\" is not accepted; accepted: the descriptor of a method as javap -s",
        ),
        (
            "modifiers: [public, abstract]",
            "5:25: modifiers: \"abstract\" is not accepted; accepted: a list of public",
        ),
        (
            "attributes: order.id",
            "5:17: attributes: \"order.id\" is not accepted; accepted: a mapping of attribute keys",
        ),
        (
            "attributes: {}",
            "5:17: attributes: a mapping is not accepted; accepted: a mapping of attribute keys",
        ),
        (
            "attributes: {order id: this}",
            "5:18: an attribute's key: \"order id\" is not accepted; accepted: an attribute key",
        ),
        ("attributes: {a: this, a: this}", "5:27: \"a\" stands here twice"),
        (
            "attributes: {id: argument(0)}",
            "5:22: id: \"argument(0)\" is not accepted; accepted: this, this.FIELD, argument[N] or return",
        ),
        ("attributes: {id: 'argument[0].id'}", "5:22: id: \"argument[0].id\" is not accepted"),
        ("attributes: {id: 'argument[70000]'}", "5:22: id: \"argument[70000]\" is not accepted"),
        ("attributes: {id: this.a.b}", "5:22: id: \"this.a.b\" is not accepted"),
        ("attributes: {id: this.get(1)}", "5:22: id: \"this.get(1)\" is not accepted"),
        ("inject: argument[0]", "5:13: inject: \"argument[0]\" is not accepted; accepted: a mapping of keys"),
        (
            "inject: {carrier: this}",
            "5:13: the rule does not say how the carrier is used; accepted: a method's name and descriptor",
        ),
        (
            "inject: {setter: 'put(Ljava/lang/String;Ljava/lang/String;)V'}",
            "5:13: the rule names no carrier; accepted: carrier: argument[0]",
        ),
        (
            "inject: {carrier: return, setter: 'put(Ljava/lang/String;Ljava/lang/String;)V'}",
            "5:23: carrier: \"return\" is not accepted; accepted: this, this.FIELD or argument[N]",
        ),
        (
            "inject: {carrier: this, setter: put}",
            "5:37: setter: \"put\" is not accepted; accepted: a method's name and descriptor with two",
        ),
        ("inject: {carrier: this, setter: 'put(I)V'}", "5:37: setter: \"put(I)V\" is not accepted"),
        (
            "inject: {carrier: this, getter: 'get()V'}",
            "5:29: \"getter\" is no key of inject; accepted: carrier, setter",
        ),
        (
            "extract: {carrier: this, getter: 'get(Ljava/lang/String;)V'}",
            "5:38: getter: \"get(Ljava/lang/String;)V\" is not accepted; accepted: a method's name and descriptor with one",
        ),
    ];
    for (line, expected) in cases {
        let found = errors(&format!("rules:\n  - class: a.B\n    method: c\n    span: {{}}\n    {line}\n"));
        let expected = format!("shop.yaml:{expected}");
        assert!(found.iter().any(|error| error.starts_with(&expected)), "{line}: {found:#?}");
        assert!(found.iter().all(|error| error.ends_with("; this rule is left out")), "{found:#?}");
    }
}

/// Each is a rule by itself.
#[test]
fn a_wrong_rule_is_named_with_what_it_lacks() {
    let cases: &[(&str, &str)] = &[
        (
            "method: c\n    span: {}",
            "2:5: the rule names no classes; accepted: class, supertype, class-annotation or method-annotation",
        ),
        (
            "class: a.B\n    span: {}",
            "2:5: the rule names no methods; accepted: method: NAME, method: \"*\" for all",
        ),
        ("class: a.B\n    method: c", "2:5: the rule does nothing; accepted: span, attributes, inject"),
        (
            "class: a.B\n    method: c\n    attributes: {a: this}\n    extract: {carrier: this, getter: 'g(Ljava/lang/String;)Ljava/lang/String;'}",
            "2:5: the rule extracts a parent for no span; accepted: span beside extract",
        ),
        (
            "class: java.util.HashMap\n    method: put\n    span: {}",
            "2:12: class: \"java.util.HashMap\" is not accepted; accepted: the name of a class as Java source writes it",
        ),
        (
            "class: a.B\n    method: <init>\n    span: {}",
            "3:13: method: \"<init>\" is not accepted; accepted: the name of a method",
        ),
        ("class: []\n    method: c\n    span: {}", "2:12: class: a list is not accepted"),
        ("class: [a.B, {}]\n    method: c\n    span: {}", "2:18: class: a mapping is not accepted"),
        (
            "class: a.B\n    method: c\n    span:",
            "4:5: span: nothing is not accepted; accepted: {} or a mapping with name and kind",
        ),
        (
            "class: a.B\n    method: c\n    span: {kind: remote}",
            "4:18: kind: \"remote\" is not accepted; accepted: internal, server, client, producer, consumer",
        ),
        (
            "class: a.B\n    method: c\n    span: {title: a}",
            "4:12: \"title\" is no key of span; accepted: name, kind",
        ),
        ("charge", "2:5: a rule: \"charge\" is not accepted; accepted: a mapping of keys and values"),
    ];
    for (rule, expected) in cases {
        let found = errors(&format!("rules:\n  - {rule}\n"));
        let expected = format!("shop.yaml:{expected}");
        assert!(matches!(found.as_slice(), [error] if error.starts_with(&expected)), "{rule}: {found:#?}");
    }
}

#[test]
fn a_file_that_is_wrong_as_a_whole_gives_no_rule() {
    let deep = format!("rules: {}", "[".repeat(20));
    let cases: &[(&str, &str)] = &[
        ("", "1:1: the file: nothing is not accepted; accepted: a list of rules"),
        ("# nothing yet\n", "1:1: the file: nothing is not accepted"),
        ("- class: a.B", "1:1: the file: a list is not accepted; accepted: a list of rules"),
        ("rule: []", "1:1: \"rule\" is no key of a rule file; accepted: rules"),
        ("rules: all", "1:8: rules: \"all\" is not accepted; accepted: a list of rules"),
        (
            "rules:\n  - class: *Orders",
            "2:12: not YAML: while parsing node, found unknown anchor; a value that begins with * & @ [ { ! or % must stand in quotes",
        ),
        ("rules: &all []\nmore: *all", "2:7: anchors and aliases are not accepted"),
        ("rules:\n  - class: @Orders", "2:12: not YAML"),
        ("rules: [", "2:1: not YAML"),
        (&deep, "1:15: such deep nesting is not accepted"),
        (
            "rules: []\n---\nrules: []",
            "2:1: a second document is not accepted; accepted: one document with the key rules",
        ),
    ];
    for (text, expected) in cases {
        let file = parse("shop.yaml", text);
        assert_eq!(file.rules, [], "{text}");
        let found = errors(text);
        let expected = format!("shop.yaml:{expected}");
        assert!(found.iter().any(|error| error.starts_with(&expected)), "{expected}: {found:#?}");
        assert!(found.iter().all(|error| error.ends_with("; no rule of this file is used")), "{found:#?}");
    }
}

#[test]
fn a_wrong_rule_is_left_out_and_the_others_are_used() {
    let text = "rules:
  - {name: first, class: a.B, method: c, span: {}}
  - {name: second, class: a.B, metod: c, spam: {}}
  - {name: third, class: a.B, method: c, span: {}}
";
    let file = parse("shop.yaml", text);
    let names: Vec<&str> = file.rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names, ["first", "third"]);
    let places: Vec<String> = file.errors.iter().map(|error| error.position.to_string()).collect();
    assert_eq!(places, ["3:32", "3:42", "3:5", "3:5"]);
}

#[test]
fn what_a_message_repeats_of_a_file_is_short_and_one_line() {
    let found = errors(&format!("rules:\n  - \"{}\\n\": c\n", "k".repeat(5_000)));
    assert!(found.iter().all(|error| error.len() < 400 && !error.contains('\n')), "{found:#?}");
}
