//! The keys that there are, and the form of each one's value: what messages and the reader agree on.

pub(super) const NAME: &str = "name";
pub(super) const CLASS: &str = "class";
pub(super) const SUPERTYPE: &str = "supertype";
pub(super) const CLASS_ANNOTATION: &str = "class-annotation";
pub(super) const LOADER: &str = "loader";
pub(super) const PRESENT: &str = "present";
pub(super) const METHOD: &str = "method";
pub(super) const DESCRIPTOR: &str = "descriptor";
pub(super) const METHOD_ANNOTATION: &str = "method-annotation";
pub(super) const MODIFIERS: &str = "modifiers";
pub(super) const SPAN: &str = "span";
pub(super) const ATTRIBUTES: &str = "attributes";
pub(super) const INJECT: &str = "inject";
pub(super) const EXTRACT: &str = "extract";
pub(super) const KIND: &str = "kind";
pub(super) const CARRIER: &str = "carrier";
pub(super) const SETTER: &str = "setter";
pub(super) const GETTER: &str = "getter";

/// Of the file.
pub(super) const OF_FILE: &[&str] = &["rules"];
/// Of a rule.
pub(super) const OF_RULE: &[&str] = &[
    NAME,
    CLASS,
    SUPERTYPE,
    CLASS_ANNOTATION,
    LOADER,
    PRESENT,
    METHOD,
    DESCRIPTOR,
    METHOD_ANNOTATION,
    MODIFIERS,
    SPAN,
    ATTRIBUTES,
    INJECT,
    EXTRACT,
];
/// Of a span.
pub(super) const OF_SPAN: &[&str] = &[NAME, KIND];
/// Of an injection.
pub(super) const OF_INJECT: &[&str] = &[CARRIER, SETTER];
/// Of an extraction.
pub(super) const OF_EXTRACT: &[&str] = &[CARRIER, GETTER];

pub(super) const RULES_FORM: &str = "a list of rules, each a mapping: - class: com.acme.Orders";
pub(super) const MAPPING_FORM: &str = "a mapping of keys and values";
pub(super) const TEXT_FORM: &str = "a text of 1 to 200 characters without control characters";
pub(super) const CLASS_FORM: &str = "the name of a class as Java source writes it, or a list of names: com.acme.Orders, com.acme.Orders$Line, com.acme.*; no class of the JDK";
pub(super) const TYPE_FORM: &str =
    "the name of one class or interface as Java source writes it: com.acme.Handler";
pub(super) const LOADER_FORM: &str = "bootstrap, platform, application, or the name of the loader's class: com.acme.PluginLoader, org.springframework.*";
pub(super) const METHOD_FORM: &str =
    "the name of a method, or a list of names: charge, get*, \"*\"; constructors are not accepted";
pub(super) const DESCRIPTOR_FORM: &str =
    "the descriptor of a method as javap -s prints it: (Ljava/lang/String;I)V";
pub(super) const MODIFIERS_FORM: &str = "a list of public, protected, private, static, final, synchronized, each also with not: [public, not static]";
pub(super) const SPAN_FORM: &str = "{} or a mapping with name and kind";
pub(super) const KIND_FORM: &str = "internal, server, client, producer, consumer";
pub(super) const ATTRIBUTES_FORM: &str =
    "a mapping of attribute keys and values: order.id: argument[0].getId()";
pub(super) const KEY_FORM: &str =
    "an attribute key of 1 to 100 letters, digits, dots, underscores and hyphens: order.id";
pub(super) const VALUE_FORM: &str = "this, this.FIELD, argument[N] or return, then any number of .METHOD(), then as text where an object's toString is wanted: argument[0].getId()";
pub(super) const RETURN_ONLY_EXIT: &str = "this, this.FIELD or argument[N], then any number of .METHOD(): there is no result yet at the method's entry";
pub(super) const SETTER_FORM: &str = "a method's name and descriptor with two parameters, each String or Object: put(Ljava/lang/String;Ljava/lang/String;)V";
pub(super) const GETTER_FORM: &str = "a method's name and descriptor with one parameter and a result, each String or Object: get(Ljava/lang/String;)Ljava/lang/String;";
