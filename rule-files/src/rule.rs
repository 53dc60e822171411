//! A rule as a file says it.

use otelrs_rules::conditions::Conditions;

/// One rule: where, and what happens there. It has a span, attributes or an injection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRule {
    /// What messages call it: its name, or its place in the file.
    pub name: String,
    /// Where it applies.
    pub conditions: Conditions,
    /// The span around each method.
    pub span: Option<SpanAction>,
    /// Of the rule's own span, or else of the span that is open.
    pub attributes: Vec<Attribute>,
    /// Trace headers to write at the method's entry.
    pub inject: Option<Carrier>,
    /// Trace headers to read at the method's entry; only with a span, whose parent they name.
    pub extract: Option<Carrier>,
}

/// A span around a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanAction {
    /// Its name; without one, that of class and method.
    pub name: Option<String>,
    /// Its kind.
    pub kind: SpanKind,
}

/// The kind of a span, with the number that OTLP gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work within the application.
    Internal = 1,
    /// The handling of a remote call.
    Server = 2,
    /// A remote call.
    Client = 3,
    /// The sending of a message.
    Producer = 4,
    /// The handling of a message.
    Consumer = 5,
}

impl SpanKind {
    pub(crate) const NAMES: [(&str, SpanKind); 5] = [
        ("internal", SpanKind::Internal),
        ("server", SpanKind::Server),
        ("client", SpanKind::Client),
        ("producer", SpanKind::Producer),
        ("consumer", SpanKind::Consumer),
    ];
}

/// An attribute and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: Path,
    /// Whether an object of any class becomes text by its own `toString`.
    pub as_text: bool,
}

/// The way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Where it begins.
    pub root: Root,
    /// A field of `this`, the class's own.
    pub field: Option<String>,
    /// Methods without parameters, each called on what the one before gave.
    pub getters: Vec<String>,
}

/// Where the way to a value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// The object whose method runs.
    This,
    /// The n-th declared argument, from 0.
    Argument(u16),
    /// What the method returns.
    Returned,
}

/// Who carries trace headers, and the method that sets or gets one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carrier {
    /// The way to the carrier; never from what the method returns.
    pub path: Path,
    /// The method's name.
    pub method: String,
    /// Its descriptor: of a setter `(name, value)`, of a getter `(name)` with a result; each `String` or `Object`.
    pub descriptor: String,
}
