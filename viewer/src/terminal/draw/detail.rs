//! One span with all that is known of it.

use ratatui::text::Line;

use super::Drawing;
use crate::query::{RowKind, is_error};
use crate::span::{Attributes, Event, Span, Status, Value};
use crate::terminal::state::TraceView;
use crate::text::{escape, fit, time_of_day};
use crate::waterfall::Tone;
use crate::waterfall::describe::failure;

/// Lines of text, each with its meaning.
type Facts = Vec<(Tone, String)>;

impl Drawing<'_> {
    pub(super) fn detail(
        &self,
        view: &TraceView,
        first: usize,
        columns: usize,
        rows: usize,
    ) -> Vec<Line<'static>> {
        let Some(span) = view.span() else { return Vec::new() };
        let facts = self.facts(view, span);
        let first = first.min(facts.len().saturating_sub(rows));
        let shown = facts.into_iter().skip(first).take(rows);
        shown
            .map(|(tone, text)| Line::from(self.piece(tone, fit(&text, columns, self.theme.ellipsis()))))
            .collect()
    }

    fn facts(&self, view: &TraceView, span: &Span) -> Facts {
        let mut facts = vec![(Tone::Strong, format!("{} {}", span.kind.name(), escape(&span.name)))];
        if let Some(RowKind::Repeats { spans, .. }) = view.row().map(|row| &row.kind) {
            facts.push((
                Tone::Dim,
                format!("the first of {} alike; Space in the trace shows each", spans.len()),
            ));
        }
        facts.push((Tone::Plain, format!("service   {}", escape(span.service()))));
        facts.push(match &span.status {
            Status::Unset => (Tone::Plain, "status    unset".to_owned()),
            Status::Ok => (Tone::Good, "status    ok".to_owned()),
            Status::Error(message) => {
                (Tone::Error, format!("status    {} error {}", self.theme.cross(), escape(message)))
            }
        });
        let said = matches!(&span.status, Status::Error(message) if Some(escape(message)) == failure(span, usize::MAX));
        if let Some(failure) = failure(span, usize::MAX).filter(|_| !said) {
            facts.push((Tone::Error, format!("          {failure}")));
        }
        facts.push((Tone::Plain, self.times(view, span)));
        facts.push((Tone::Plain, format!("trace     {}", span.trace_id)));
        let parent =
            span.parent_span_id.map_or_else(|| "none: a root".to_owned(), |parent| parent.to_string());
        facts.push((Tone::Plain, format!("span      {}   parent {parent}", span.span_id)));
        facts.push((
            Tone::Plain,
            format!("scope     {} {}", escape(&span.scope.name), escape(&span.scope.version)),
        ));
        // What went wrong first, before attributes that fill the screen.
        let (exceptions, events): (Vec<&Event>, Vec<&Event>) =
            span.events.iter().partition(|event| event.name == "exception");
        exceptions.iter().for_each(|event| self.event(&mut facts, span, event));
        section(&mut facts, "Attributes", &span.attributes, span.dropped.attributes);
        events.iter().for_each(|event| self.event(&mut facts, span, event));
        dropped(&mut facts, span.dropped.events, "events");
        self.logs(&mut facts, view, span);
        for link in &span.links {
            facts.push((Tone::Plain, String::new()));
            facts.push((Tone::Strong, format!("Link to trace {} span {}", link.trace_id, link.span_id)));
            attributes(&mut facts, &link.attributes);
        }
        dropped(&mut facts, span.dropped.links, "links");
        section(&mut facts, "Resource", &span.resource.attributes, 0);
        facts
    }

    fn event(&self, facts: &mut Facts, span: &Span, event: &Event) {
        let after = event.time_unix_nano.saturating_sub(span.start_time_unix_nano);
        let tone = if event.name == "exception" && is_error(span) { Tone::Error } else { Tone::Strong };
        facts.push((Tone::Plain, String::new()));
        facts.push((tone, format!("Event {}  after {}", escape(&event.name), self.theme.duration(after))));
        attributes(facts, &event.attributes);
    }

    fn times(&self, view: &TraceView, span: &Span) -> String {
        let index = view.trace.spans.iter().position(|other| other.span_id == span.span_id);
        let on_path = index.map_or(0, |index| view.path.nanos_of(index));
        let mut text = format!(
            "time      {}  took {}",
            time_of_day(span.start_time_unix_nano),
            self.theme.duration(span.duration_nanos())
        );
        if on_path > 0 {
            text += &format!("  of which {} on the critical path", self.theme.duration(on_path));
        }
        text
    }

    fn logs(&self, facts: &mut Facts, view: &TraceView, span: &Span) {
        let mut logs = view.trace.logs_of(span.span_id).peekable();
        if logs.peek().is_some() {
            facts.push((Tone::Plain, String::new()));
            facts.push((Tone::Strong, "Logs".to_owned()));
        }
        for log in logs {
            let tone = if log.is_error() { Tone::Error } else { Tone::Plain };
            let time = time_of_day(log.time_unix_nano);
            let text = format!("  {time} {} {}", escape(log.severity()), escape(&log.body.to_string()));
            facts.push((tone, text));
            attributes(facts, &log.attributes);
        }
    }
}

fn section(facts: &mut Facts, title: &str, list: &Attributes, dropped_count: u32) {
    if !list.is_empty() || dropped_count > 0 {
        facts.push((Tone::Plain, String::new()));
        facts.push((Tone::Strong, title.to_owned()));
        attributes(facts, list);
        dropped(facts, dropped_count, "attributes");
    }
}

fn dropped(facts: &mut Facts, count: u32, what: &str) {
    if count > 0 {
        facts.push((Tone::Strong, format!("  {count} {what} were dropped by the sender")));
    }
}

/// One a line; a text of several lines, such as a stack trace, below its key.
fn attributes(facts: &mut Facts, list: &Attributes) {
    for (key, value) in list.iter() {
        match value {
            Value::String(text) if text.trim_end().contains('\n') => {
                facts.push((Tone::Plain, format!("  {}", escape(key))));
                let lines = text
                    .trim_end()
                    .lines()
                    .map(|line| (Tone::Plain, format!("    {}", escape(&line.replace('\t', "  ")))));
                facts.extend(lines);
            }
            value => facts.push((Tone::Plain, format!("  {} = {}", escape(key), escape(&value.to_string())))),
        }
    }
}
