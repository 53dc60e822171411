//! A trace for people: one row a span with a bar where it lies in time.
//!
//! ```text
//! ● GET /orders/{id}  500  124 ms  3 spans  shop → stock  2 errors
//!   4bf92f3577b34da6a3ce929d0e0e4736  12:03:04.123Z
//!
//!   shop  SERVER GET /orders/{id}  500  ━━━━━━━━━━━━━━━━━━━━━━━━ 124 ms
//!                  ✗ java.lang.IllegalStateException: no such order
//!   shop  CLIENT ├ SELECT orders          ╺━━                   12.4 ms
//!   stock SERVER └ GET /stock/{id}            ━━━━━━━━━━━━━━     71 ms
//! ```

mod bar;
pub(crate) mod describe;
mod paint;

use std::collections::BTreeSet;

use crate::forest::{Node, in_tree_order, main_root};
use crate::span::{Span, Status, Trace};
use crate::text::{duration, escape, fit, pad, time_of_day, width};
use bar::bar;
use describe::{detail, failure, status_text};
use paint::Painter;
pub(crate) use paint::Tone;

/// How a waterfall is drawn.
#[derive(Debug, Clone, Copy)]
pub struct WaterfallOptions {
    /// Columns of a line; fewer than 60 count as 60.
    pub columns: usize,
    /// ANSI colours.
    pub color: bool,
    /// Characters for bars and branches.
    pub glyphs: Glyphs,
    /// Spans shown of one trace; the others are counted.
    pub max_spans: usize,
}

/// Characters that the terminal is trusted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing and friends.
    Unicode,
    /// For terminals and locales that know no more.
    Ascii,
}

impl Default for WaterfallOptions {
    fn default() -> Self {
        Self { columns: 80, color: false, glyphs: Glyphs::Unicode, max_spans: 100 }
    }
}

impl WaterfallOptions {
    /// What suits an output: `columns` of its terminal if it is one, and the environment (`NO_COLOR`, `TERM`, `COLUMNS`,
    /// locale).
    #[must_use]
    pub fn for_output(
        is_terminal: bool,
        columns: Option<usize>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        // An unset locale says nothing about the terminal; one that names another charset does.
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
        let utf8 = locale.is_none_or(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let columns = columns.or_else(|| set("COLUMNS").and_then(|columns| columns.parse().ok()));
        Self {
            columns: columns.unwrap_or(80),
            color: is_terminal && !dumb && set("NO_COLOR").is_none(),
            glyphs: if utf8 && !dumb { Glyphs::Unicode } else { Glyphs::Ascii },
            ..Self::default()
        }
    }
}

/// The trace as text, each line ended, nothing from telemetry unescaped.
#[must_use]
pub fn render_waterfall(trace: &Trace, options: &WaterfallOptions) -> String {
    let nodes = in_tree_order(trace);
    let Some(root) = main_root(&nodes) else { return String::new() };
    let shown = nodes.get(..options.max_spans).unwrap_or(&nodes);
    let mut waterfall = Waterfall::new(trace, &nodes, shown, options);
    waterfall.header(&nodes, root);
    let mut branches: Vec<bool> = Vec::new();
    for node in shown {
        branches.truncate(node.depth.saturating_sub(1));
        if node.depth > 0 {
            branches.push(node.last);
        }
        waterfall.row(node, &branches);
        waterfall.failure(node, &branches);
    }
    if shown.len() < nodes.len() {
        let more = format!("  {} {} more spans", waterfall.glyph('…', '~'), nodes.len() - shown.len());
        waterfall.line(&[(Tone::Dim, more)]);
    }
    waterfall.out
}

/// Widths of the columns, in terminal columns.
#[derive(Debug, Clone, Copy)]
struct Columns {
    all: usize,
    service: usize,
    kind: usize,
    name: usize,
    status: usize,
    bar: usize,
    duration: usize,
}

struct Waterfall<'t> {
    trace: &'t Trace,
    options: &'t WaterfallOptions,
    columns: Columns,
    /// In order of appearance: the palette.
    services: Vec<&'t str>,
    start: u64,
    total: u64,
    painter: Painter,
    out: String,
}

impl<'t> Waterfall<'t> {
    fn new(trace: &'t Trace, nodes: &[Node<'t>], shown: &[Node<'t>], options: &'t WaterfallOptions) -> Self {
        let start = nodes.iter().map(|node| node.span.start_time_unix_nano).min().unwrap_or(0);
        let end = nodes.iter().map(|node| node.span.end_time_unix_nano).max().unwrap_or(0);
        let mut services = Vec::new();
        let mut seen = BTreeSet::new();
        for node in nodes {
            if seen.insert(node.span.service()) {
                services.push(node.span.service());
            }
        }
        let mut waterfall = Self {
            trace,
            options,
            columns: Columns { all: 0, service: 0, kind: 0, name: 0, status: 0, bar: 0, duration: 0 },
            services,
            start,
            total: end.saturating_sub(start),
            painter: Painter { color: options.color },
            out: String::new(),
        };
        waterfall.columns = waterfall.lay_out(shown);
        waterfall
    }

    /// Two columns of margin, one between columns, two before bar and duration; name and bar share what is left.
    fn lay_out(&self, shown: &[Node<'_>]) -> Columns {
        const GAPS: usize = 2 + 1 + 1 + 1 + 2 + 1;
        let all = self.options.columns.max(60);
        let widest = |of: &dyn Fn(&Node<'_>) -> usize| shown.iter().map(of).max().unwrap_or(0);
        let service = widest(&|node| width(&escape(node.span.service()))).min(all / 6);
        let kind = widest(&|node| node.span.kind.name().len());
        let status = widest(&|node| width(&status_text(node.span))).min(8);
        let duration = widest(&|node| width(&self.duration(node.span.duration_nanos())));
        let left = all.saturating_sub(GAPS + service + kind + status + duration);
        let label = widest(&|node| {
            let detail = detail(node.span).map_or(0, |detail| 2 + width(&detail));
            2 * node.depth.min(left) + width(&label(node)) + detail
        });
        let name = label.min(left.saturating_sub((left * 2 / 5).max(12)));
        let bar = left.saturating_sub(name).min(60);
        Columns { all, service, kind, name, status, bar, duration }
    }

    fn glyph(&self, unicode: char, ascii: char) -> char {
        if self.options.glyphs == Glyphs::Unicode { unicode } else { ascii }
    }

    fn duration(&self, nanos: u64) -> String {
        duration(nanos, self.glyph('µ', 'u'))
    }

    /// Writes a line of painted parts without trailing spaces, cut to the width.
    fn line(&mut self, parts: &[(Tone, String)]) {
        let ellipsis = self.glyph('…', '~');
        let blank = |text: &str| text.trim_end_matches(' ').is_empty();
        let visible = parts.iter().rposition(|(_, text)| !blank(text)).map_or(0, |last| last + 1);
        let mut left = self.columns.all;
        for (index, (tone, text)) in parts.iter().take(visible).enumerate() {
            let text = if index + 1 == visible { text.trim_end_matches(' ') } else { text };
            let text = fit(text, left, ellipsis);
            left -= width(&text);
            self.out.push_str(&self.painter.paint(*tone, &text));
        }
        self.out.push('\n');
    }

    fn header(&mut self, nodes: &[Node<'_>], root: &Span) {
        let errors = nodes.iter().filter(|node| is_error(node.span)).count();
        let services: Vec<String> = self.services.iter().take(4).map(|service| escape(service)).collect();
        let arrow = if self.options.glyphs == Glyphs::Unicode { " → " } else { " -> " };
        let mut chain = services.join(arrow);
        if self.services.len() > services.len() {
            chain.push_str(&format!(" +{}", self.services.len() - services.len()));
        }
        let bullet = if errors > 0 { Tone::Error } else { Tone::Good };
        let mut facts = Vec::new();
        let status = status_text(root);
        if !status.is_empty() {
            facts.push((if is_error(root) { Tone::Error } else { Tone::Plain }, status));
        }
        facts.push((Tone::Plain, self.duration(self.total)));
        facts.push((Tone::Plain, counted(nodes.len(), "span")));
        if errors > 0 {
            facts.push((Tone::Error, counted(errors, "error")));
        }
        facts.push((Tone::Dim, chain));
        let rest: usize = facts.iter().map(|(_, text)| 2 + width(text)).sum();
        // The facts matter more than the end of a long name.
        let room = self.columns.all.saturating_sub(2 + rest).max(20);
        let name = fit(&escape(&root.name), room, self.glyph('…', '~'));
        let mut parts = vec![(bullet, format!("{} ", self.glyph('●', '*'))), (Tone::Strong, name)];
        for (tone, text) in facts {
            parts.push((Tone::Plain, "  ".to_owned()));
            parts.push((tone, text));
        }
        self.line(&parts);
        let id = format!("  {}  {}", self.trace.trace_id, time_of_day(self.start));
        self.line(&[(Tone::Dim, id)]);
        self.line(&[]);
    }

    fn service_tone(&self, span: &Span) -> Tone {
        let index = self.services.iter().position(|service| *service == span.service());
        Tone::Service(index.unwrap_or(0))
    }

    fn row(&mut self, node: &Node<'_>, branches: &[bool]) {
        let (span, columns) = (node.span, self.columns);
        let ellipsis = self.glyph('…', '~');
        let error = is_error(span);
        let service_tone = self.service_tone(span);
        let same_service = node.parent_service == Some(span.service());
        let prefix = self.branch(branches);
        let room = columns.name.saturating_sub(width(&prefix));
        let name = fit(&label(node), room, ellipsis);
        let room = room - width(&name);
        // A detail of a few characters says nothing.
        let detail =
            detail(span).filter(|_| room >= 8).map(|detail| format!("  {detail}")).unwrap_or_default();
        let bar = bar(
            (span.start_time_unix_nano.saturating_sub(self.start), span.duration_nanos()),
            self.total,
            columns.bar,
            self.options.glyphs,
        );
        let status = status_text(span);
        let took = self.duration(span.duration_nanos());
        let spaces = |count: usize| " ".repeat(count);
        self.line(&[
            (Tone::Plain, spaces(2)),
            (
                if same_service { Tone::Dim } else { service_tone },
                pad(&escape(span.service()), columns.service, ellipsis),
            ),
            (Tone::Dim, format!(" {} ", pad(span.kind.name(), columns.kind, ellipsis))),
            (Tone::Dim, prefix),
            (if error { Tone::Error } else { Tone::Strong }, name),
            (Tone::Dim, pad(&detail, room, ellipsis)),
            (
                if error { Tone::Error } else { Tone::Dim },
                format!(" {}  ", pad(&status, columns.status, ellipsis)),
            ),
            (if error { Tone::Error } else { service_tone }, bar),
            (Tone::Plain, format!(" {}{took}", spaces(columns.duration.saturating_sub(width(&took))))),
        ]);
    }

    /// Why the span failed, below its name.
    fn failure(&mut self, node: &Node<'_>, branches: &[bool]) {
        let margin = " ".repeat(2 + self.columns.service + 1 + self.columns.kind + 1);
        let below = self.continuation(branches, node.has_children);
        let room = self.columns.all.saturating_sub(margin.len() + width(&below) + 2);
        let Some(failure) = failure(node.span, room) else { return };
        let cross = self.glyph('✗', 'x');
        self.line(&[(Tone::Plain, margin), (Tone::Dim, below), (Tone::Error, format!("{cross} {failure}"))]);
    }

    /// Lines from the ancestors to this span, two columns a level; of deep levels the innermost.
    fn branch(&self, branches: &[bool]) -> String {
        let own = match branches.last() {
            None => "",
            Some(true) if self.options.glyphs == Glyphs::Unicode => "└ ",
            Some(false) if self.options.glyphs == Glyphs::Unicode => "├ ",
            Some(true) => "` ",
            Some(false) => "|-",
        };
        let ancestors = branches.len().saturating_sub(1);
        self.guides(branches.get(..ancestors).unwrap_or(&[])) + own
    }

    fn continuation(&self, branches: &[bool], has_children: bool) -> String {
        let child = if has_children { self.glyph('│', '|') } else { ' ' };
        format!("{}{child} ", self.guides(branches))
    }

    fn guides(&self, branches: &[bool]) -> String {
        let levels = (self.columns.name / 4).max(2);
        let hidden = branches.len().saturating_sub(levels);
        let mut out = String::new();
        if hidden > 0 {
            out.push(self.glyph('…', '~'));
            out.push(' ');
        }
        for last in branches.iter().skip(hidden) {
            out.push(if *last { ' ' } else { self.glyph('│', '|') });
            out.push(' ');
        }
        out
    }
}

/// The name, with a question mark where the parent never came.
fn label(node: &Node<'_>) -> String {
    format!("{}{}", if node.orphan { "? " } else { "" }, escape(&node.span.name))
}

fn is_error(span: &Span) -> bool {
    matches!(span.status, Status::Error(_))
}

pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
