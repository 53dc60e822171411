//! The forms of single values: names, descriptors, ways to a value.

use otelrs_classfile::MethodShape;
use otelrs_rules::matcher::is_of_jdk;
use otelrs_rules::pattern::Pattern;

use crate::rule::{Path, Root};

/// More getters one after another than anybody needs.
const MAX_GETTERS: usize = 8;
const MAX_NAME: usize = 200;

/// A text for a span's or a rule's name.
pub(crate) fn label(text: &str) -> Option<String> {
    let fits = (1..=MAX_NAME).contains(&text.chars().count()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// A class by its name in Java source, as class files write it; with `*` where `pattern` says so.
fn internal_name(text: &str, pattern: bool) -> Option<String> {
    let is_letter = |c: char| is_identifier(c) || (pattern && c == '*');
    let fits = text.split('.').all(|part| !part.is_empty() && part.chars().all(is_letter));
    fits.then(|| text.replace('.', "/"))
}

/// A class to instrument. The JDK's own are not: the bridge runs on them.
pub(crate) fn class_pattern(text: &str) -> Option<Pattern> {
    internal_name(text, true).filter(|name| !is_of_jdk(name.as_bytes())).map(Pattern::new)
}

/// A class whose name is asked for, with patterns.
pub(crate) fn loader_pattern(text: &str) -> Option<Pattern> {
    internal_name(text, true).map(Pattern::new)
}

/// A type by its name.
pub(crate) fn type_name(text: &str) -> Option<String> {
    internal_name(text, false)
}

/// A method's name, with patterns.
pub(crate) fn method_pattern(text: &str) -> Option<Pattern> {
    let fits = !text.is_empty() && text.chars().all(|c| is_identifier(c) || c == '*');
    fits.then(|| Pattern::new(text))
}

/// A method descriptor.
pub(crate) fn descriptor(text: &str) -> Option<String> {
    MethodShape::parse(text.as_bytes()).map(|_| text.to_owned())
}

/// An attribute's key.
pub(crate) fn attribute_key(text: &str) -> Option<String> {
    let fits = (1..=100).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    fits.then(|| text.to_owned())
}

/// The way to a value, and whether it ends in `as text`.
pub(crate) fn value(text: &str) -> Option<(Path, bool)> {
    match text.strip_suffix(" as text") {
        Some(rest) => Some((path(rest.trim_end())?, true)),
        None => Some((path(text)?, false)),
    }
}

/// The way to a value: `argument[0].getOrder().getId()`.
pub(crate) fn path(text: &str) -> Option<Path> {
    let mut steps = text.split('.');
    let root = match steps.next()? {
        "this" => Root::This,
        "return" => Root::Returned,
        first => Root::Argument(first.strip_prefix("argument[")?.strip_suffix(']')?.parse().ok()?),
    };
    let mut path = Path { root, field: None, getters: Vec::new() };
    for (number, step) in steps.enumerate() {
        match step.strip_suffix("()") {
            Some(getter) if is_name(getter) => path.getters.push(getter.to_owned()),
            None if number == 0 && root == Root::This && is_name(step) => path.field = Some(step.to_owned()),
            _ => return None,
        }
    }
    (path.getters.len() <= MAX_GETTERS).then_some(path)
}

/// A method that sets a header: name, descriptor.
pub(crate) fn setter(text: &str) -> Option<(String, String)> {
    let (name, shape, descriptor) = method(text)?;
    let fits = matches!(shape.parameters.as_slice(), [name, value] if takes_text(name) && takes_text(value));
    fits.then(|| (name.to_owned(), descriptor.to_owned()))
}

/// A method that gets a header: name, descriptor.
pub(crate) fn getter(text: &str) -> Option<(String, String)> {
    let (name, shape, descriptor) = method(text)?;
    let fits = matches!((shape.parameters.as_slice(), shape.result),
        ([name], Some(result)) if takes_text(name) && takes_text(result));
    fits.then(|| (name.to_owned(), descriptor.to_owned()))
}

fn method(text: &str) -> Option<(&str, MethodShape<'_>, &str)> {
    let (name, descriptor) = text.split_at(text.find('(')?);
    is_name(name).then_some((name, MethodShape::parse(descriptor.as_bytes())?, descriptor))
}

fn takes_text(descriptor: &[u8]) -> bool {
    matches!(descriptor, b"Ljava/lang/String;" | b"Ljava/lang/Object;")
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_identifier)
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}
