//! The keys that there are, and the form of each one's value: what messages and the reader agree on.

pub(crate) const NAME: &str = "name";
pub(crate) const CLASS: &str = "class";
pub(crate) const SUPERTYPE: &str = "supertype";
pub(crate) const CLASS_ANNOTATION: &str = "class-annotation";
pub(crate) const LOADER: &str = "loader";
pub(crate) const PRESENT: &str = "present";
pub(crate) const METHOD: &str = "method";
pub(crate) const DESCRIPTOR: &str = "descriptor";
pub(crate) const METHOD_ANNOTATION: &str = "method-annotation";
pub(crate) const MODIFIERS: &str = "modifiers";
pub(crate) const SPAN: &str = "span";
pub(crate) const ATTRIBUTES: &str = "attributes";
pub(crate) const INJECT: &str = "inject";
pub(crate) const EXTRACT: &str = "extract";
pub(crate) const KIND: &str = "kind";
pub(crate) const CARRIER: &str = "carrier";
pub(crate) const SETTER: &str = "setter";
pub(crate) const GETTER: &str = "getter";

/// Of the file.
pub(crate) const OF_FILE: &[&str] = &["rules"];
/// Of a rule.
pub(crate) const OF_RULE: &[&str] = &[
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
pub(crate) const OF_SPAN: &[&str] = &[NAME, KIND];
/// Of an injection.
pub(crate) const OF_INJECT: &[&str] = &[CARRIER, SETTER];
/// Of an extraction.
pub(crate) const OF_EXTRACT: &[&str] = &[CARRIER, GETTER];

pub(crate) const RULES_FORM: &str = "a list of rules, each a mapping: - class: com.acme.Orders";
pub(crate) const MAPPING_FORM: &str = "a mapping of keys and values";
pub(crate) const TEXT_FORM: &str = "a text of 1 to 200 characters without control characters";
pub(crate) const CLASS_FORM: &str = "the name of a class as Java source writes it, or a list of names: com.acme.Orders, com.acme.Orders$Line, com.acme.*; no class of the JDK";
pub(crate) const TYPE_FORM: &str =
    "the name of one class or interface as Java source writes it: com.acme.Handler";
pub(crate) const LOADER_FORM: &str = "bootstrap, platform, application, or the name of the loader's class: com.acme.PluginLoader, org.springframework.*";
pub(crate) const METHOD_FORM: &str =
    "the name of a method, or a list of names: charge, get*, \"*\"; constructors are not accepted";
pub(crate) const DESCRIPTOR_FORM: &str =
    "the descriptor of a method as javap -s prints it: (Ljava/lang/String;I)V";
pub(crate) const MODIFIERS_FORM: &str = "a list of public, protected, private, static, final, synchronized, each also with not: [public, not static]";
pub(crate) const SPAN_FORM: &str = "{} or a mapping with name and kind";
pub(crate) const KIND_FORM: &str = "internal, server, client, producer, consumer";
pub(crate) const ATTRIBUTES_FORM: &str =
    "a mapping of attribute keys and values: order.id: argument[0].getId()";
pub(crate) const KEY_FORM: &str =
    "an attribute key of 1 to 100 letters, digits, dots, underscores and hyphens: order.id";
pub(crate) const VALUE_FORM: &str = "this, this.FIELD, argument[N] or return, then any number of .METHOD(), then as text where an object's toString is wanted: argument[0].getId()";
pub(crate) const RETURN_ONLY_EXIT: &str = "this, this.FIELD or argument[N], then any number of .METHOD(): there is no result yet at the method's entry";
pub(crate) const SETTER_FORM: &str = "a method's name and descriptor with two parameters, each String or Object: put(Ljava/lang/String;Ljava/lang/String;)V";
pub(crate) const GETTER_FORM: &str = "a method's name and descriptor with one parameter and a result, each String or Object: get(Ljava/lang/String;)Ljava/lang/String;";
