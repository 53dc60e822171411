//! A trace as text that stays the same from run to run: what tests compare with an expectation file.
//!
//! ```text
//! shop SERVER GET /orders/{id} [ERROR]
//!   http.route=/orders/{id}
//!   event exception
//!     exception.type=java.lang.IllegalStateException
//!   shop CLIENT SELECT orders
//!     db.system.name=h2
//! ```
//! One line a span, its children below it by start time (ties by name), then `key=value` lines in order of the keys.
//! A span whose parent is missing without being in another process starts with `ORPHAN`.

use crate::forest::in_tree_order;
use crate::span::{Attributes, Event, Link, Resource, Scope, Span, SpanId, Status, Trace, TraceId};
use crate::text::escape;

/// Deeper spans are indented no further: a chain of a million spans stays readable in linear space.
const MAX_INDENT: usize = 100;

/// What a tree shows and what it masks. The default shows every span and event attribute and masks nothing.
#[derive(Debug, Clone)]
pub struct TreeOptions {
    attributes: Selection,
    hidden: Vec<String>,
    masked_keys: Vec<(String, String)>,
    masked_texts: Vec<(String, String)>,
    resource: Selection,
    scope: bool,
    events: bool,
    links: bool,
}

#[derive(Debug, Clone)]
enum Selection {
    All,
    Only(Vec<String>),
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self {
            attributes: Selection::All,
            hidden: Vec::new(),
            masked_keys: Vec::new(),
            masked_texts: Vec::new(),
            resource: Selection::Only(Vec::new()),
            scope: false,
            events: true,
            links: true,
        }
    }
}

fn patterns(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// A key, or with a trailing `*` every key that begins so.
fn matches(pattern: &str, key: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == pattern,
    }
}

impl Selection {
    fn shows(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(patterns) => patterns.iter().any(|pattern| matches(pattern, key)),
        }
    }
}

impl TreeOptions {
    /// Shows only these attributes of spans, events and links (`http.*` for all that begin so; none for an empty list).
    #[must_use]
    pub fn only(mut self, keys: &[&str]) -> Self {
        self.attributes = Selection::Only(patterns(keys));
        self
    }

    /// Leaves these attributes out (`thread.*` for all that begin so).
    #[must_use]
    pub fn hide(mut self, keys: &[&str]) -> Self {
        self.hidden.extend(patterns(keys));
        self
    }

    /// Shows a stand-in such as `<port>` for the value of these attributes.
    #[must_use]
    pub fn mask(mut self, key: &str, stand_in: &str) -> Self {
        self.masked_keys.push((key.to_owned(), stand_in.to_owned()));
        self
    }

    /// Shows a stand-in for this text wherever it occurs in names, values and messages: a port inside a URL, say.
    #[must_use]
    pub fn mask_text(mut self, text: &str, stand_in: &str) -> Self {
        if !text.is_empty() {
            self.masked_texts.push((text.to_owned(), stand_in.to_owned()));
        }
        self
    }

    /// Shows these resource attributes below each root and wherever the resource differs from the parent's line.
    #[must_use]
    pub fn resource(mut self, keys: &[&str]) -> Self {
        self.resource = Selection::Only(patterns(keys));
        self
    }

    /// Shows a `scope NAME VERSION` line for each span.
    #[must_use]
    pub fn with_scope(mut self) -> Self {
        self.scope = true;
        self
    }

    /// Leaves events out.
    #[must_use]
    pub fn without_events(mut self) -> Self {
        self.events = false;
        self
    }

    /// Leaves links out.
    #[must_use]
    pub fn without_links(mut self) -> Self {
        self.links = false;
        self
    }
}

/// The trace as text, each line ended.
#[must_use]
pub fn render_tree(trace: &Trace, options: &TreeOptions) -> String {
    let mut tree = Tree { trace, options, out: String::new() };
    let mut shown_resource: Option<&Resource> = None;
    for node in in_tree_order(trace) {
        tree.span_line(node.depth, node.span, node.orphan);
        if node.depth == 0 || shown_resource != Some(&node.span.resource) {
            shown_resource = Some(&node.span.resource);
            tree.resource(node.depth + 1, &node.span.resource);
        }
        if options.scope {
            tree.scope(node.depth + 1, &node.span.scope);
        }
        tree.attributes(node.depth + 1, &node.span.attributes);
        if options.events {
            node.span.events.iter().for_each(|event| tree.event(node.depth + 1, event));
        }
        if options.links {
            node.span.links.iter().for_each(|link| tree.link(node.depth + 1, link));
        }
    }
    tree.out
}

/// The traces one after the other, an empty line between them, in order of their text: arrival does not matter.
#[must_use]
pub fn render_forest(traces: &[Trace], options: &TreeOptions) -> String {
    let mut trees: Vec<String> = traces.iter().map(|trace| render_tree(trace, options)).collect();
    trees.sort();
    trees.join("\n")
}

struct Tree<'t> {
    trace: &'t Trace,
    options: &'t TreeOptions,
    out: String,
}

impl Tree<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        self.out.extend(std::iter::repeat_n("  ", depth.min(MAX_INDENT)));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn masked(&self, text: &str) -> String {
        let masks = self.options.masked_texts.iter();
        escape(&masks.fold(text.to_owned(), |text, (from, to)| text.replace(from, to)))
    }

    fn span_line(&mut self, depth: usize, span: &Span, orphan: bool) {
        let orphan = if orphan { "ORPHAN " } else { "" };
        let status = match &span.status {
            Status::Unset => String::new(),
            Status::Ok => " [OK]".to_owned(),
            Status::Error(message) if message.is_empty() => " [ERROR]".to_owned(),
            Status::Error(message) => format!(" [ERROR: {}]", self.masked(message)),
        };
        let (service, name) = (self.masked(span.service()), self.masked(&span.name));
        self.line(depth, &format!("{orphan}{service} {} {name}{status}", span.kind.name()));
    }

    fn resource(&mut self, depth: usize, resource: &Resource) {
        for (key, value) in resource.attributes.iter().filter(|(key, _)| self.options.resource.shows(key)) {
            let text = self.value(key, &value.to_string());
            self.line(depth, &format!("resource {}={text}", escape(key)));
        }
    }

    fn scope(&mut self, depth: usize, scope: &Scope) {
        let text = self.masked(&format!("scope {} {}", scope.name, scope.version));
        self.line(depth, text.trim_end());
    }

    fn attributes(&mut self, depth: usize, attributes: &Attributes) {
        for (key, value) in attributes.iter() {
            let hidden = self.options.hidden.iter().any(|pattern| matches(pattern, key));
            if self.options.attributes.shows(key) && !hidden {
                let text = self.value(key, &value.to_string());
                self.line(depth, &format!("{}={text}", escape(key)));
            }
        }
    }

    fn value(&self, key: &str, value: &str) -> String {
        match self.options.masked_keys.iter().find(|(pattern, _)| matches(pattern, key)) {
            Some((_, stand_in)) => stand_in.clone(),
            None => self.masked(value),
        }
    }

    fn event(&mut self, depth: usize, event: &Event) {
        let name = self.masked(&event.name);
        self.line(depth, &format!("event {name}"));
        self.attributes(depth + 1, &event.attributes);
    }

    /// Ids differ from run to run: a link is shown by what it leads to.
    fn link(&mut self, depth: usize, link: &Link) {
        let target = match self.linked_name(link.trace_id, link.span_id) {
            Some(name) => self.masked(&name),
            None if link.trace_id == self.trace.trace_id => "a missing span".to_owned(),
            None => "another trace".to_owned(),
        };
        self.line(depth, &format!("link to {target}"));
        self.attributes(depth + 1, &link.attributes);
    }

    fn linked_name(&self, trace_id: TraceId, span_id: SpanId) -> Option<String> {
        let here = trace_id == self.trace.trace_id;
        let span = self.trace.spans.iter().find(|span| here && span.span_id == span_id)?;
        Some(span.name.clone())
    }
}
