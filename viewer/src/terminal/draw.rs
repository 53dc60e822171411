//! The screen: a line of pages, the page, what the last key led to, the budget.

mod detail;
mod findings;
mod help;
mod output;
mod statistics;
mod traces;
mod waterfall;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span as Piece};
use ratatui::widgets::Paragraph;

use super::state::{Page, State};
use super::theme::Theme;
use crate::text::{escape, fit, time_of_day, width};
use crate::waterfall::Tone;

/// Draws the screen. Nothing from telemetry reaches it unescaped.
pub fn draw(state: &State, theme: Theme, frame: &mut Frame<'_>) {
    let areas = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(1),
    ]);
    let [pages, body, message, budget] = areas.areas(frame.area());
    let drawing = Drawing { state, theme };
    drawing.lines(frame, pages, vec![drawing.pages(usize::from(pages.width))]);
    let (columns, rows) = (usize::from(body.width), usize::from(body.height));
    let lines = match (state.help, state.page, &state.trace) {
        (Some(first), ..) => drawing.help(first, columns, rows),
        (None, Page::Traces, Some(view)) => match view.detail {
            Some(first) => drawing.detail(view, first, columns, rows),
            None => drawing.waterfall(view, columns, rows),
        },
        (None, Page::Traces, None) => drawing.traces(columns, rows),
        (None, Page::Statistics, _) => drawing.statistics(columns, rows),
        (None, Page::Findings, _) => drawing.findings(columns, rows),
        (None, Page::Output, _) => drawing.output(columns, rows),
    };
    drawing.lines(frame, body, lines);
    drawing.lines(frame, message, vec![drawing.message(usize::from(message.width))]);
    drawing.lines(frame, budget, vec![drawing.budget(usize::from(budget.width))]);
    if let Some(prompt) = &state.prompt {
        let column = drawing.prompt_label().len() + width(&escape(&prompt.text));
        let column = u16::try_from(column).unwrap_or(u16::MAX).min(message.width.saturating_sub(1));
        if prompt.error.is_none() {
            frame.set_cursor_position((message.x + column, message.y));
        }
    }
}

struct Drawing<'s> {
    state: &'s State,
    theme: Theme,
}

/// First row shown of a list, so that the selected one is in the middle where there is more above and below.
fn first_shown(selected: usize, count: usize, rows: usize) -> usize {
    selected.saturating_sub(rows / 2).min(count.saturating_sub(rows))
}

impl Drawing<'_> {
    fn lines(&self, frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn piece(&self, tone: Tone, text: impl Into<String>) -> Piece<'static> {
        self.theme.piece(tone, text)
    }

    /// The selected line begins with `>`, and stands in reverse over the whole width.
    fn row(&self, selected: bool, columns: usize, mut pieces: Vec<Piece<'static>>) -> Line<'static> {
        pieces.insert(0, self.piece(Tone::Plain, if selected { ">" } else { " " }));
        if !selected {
            return Line::from(pieces);
        }
        let used: usize = pieces.iter().map(Piece::width).sum();
        pieces.push(Piece::raw(" ".repeat(columns.saturating_sub(used))));
        Line::from(pieces).style(Style::new().add_modifier(Modifier::REVERSED))
    }

    fn heading(&self, text: impl Into<String>) -> Line<'static> {
        Line::from(self.piece(Tone::Dim, text))
    }

    fn pages(&self, columns: usize) -> Line<'static> {
        let state = self.state;
        let findings = match state.findings.len() {
            0 => "Findings".to_owned(),
            count => format!("Findings ({count})"),
        };
        let mut pages = vec![
            (Page::Traces, "Traces".to_owned()),
            (Page::Statistics, "Routes & queries".to_owned()),
            (Page::Findings, findings),
        ];
        if let Some(command) = &state.command {
            let ended = if command.ended.is_some() { " (ended)" } else { "" };
            pages.push((Page::Output, format!("Output{ended}")));
        }
        let mut pieces = vec![self.piece(Tone::Strong, "otelrs ")];
        let mut used = 7;
        for (number, (page, title)) in pages.into_iter().enumerate() {
            let open = page == state.page;
            let text =
                if open { format!("[{} {title}]", number + 1) } else { format!(" {} {title} ", number + 1) };
            used += width(&text);
            pieces.push(self.piece(if open { Tone::Strong } else { Tone::Dim }, text));
        }
        let (tone, mode) = if state.paused { (Tone::Error, "PAUSED") } else { (Tone::Good, "live") };
        pieces.push(Piece::raw(" ".repeat(columns.saturating_sub(used + mode.len()))));
        pieces.push(self.piece(tone, mode));
        Line::from(pieces)
    }

    fn prompt_label(&self) -> &'static str {
        if self.state.trace.is_some() { "find: " } else { "filter: " }
    }

    /// What is typed; what is wrong with it; what the last key led to; what hides traces; the latest notice.
    fn message(&self, columns: usize) -> Line<'static> {
        let (state, ellipsis) = (self.state, self.theme.ellipsis());
        if let Some(prompt) = &state.prompt {
            return match &prompt.error {
                None => Line::from(vec![
                    self.piece(Tone::Strong, self.prompt_label()),
                    self.piece(Tone::Plain, escape(&prompt.text)),
                ]),
                Some(error) => {
                    Line::from(self.piece(Tone::Error, fit(&escape(&error.to_string()), columns, ellipsis)))
                }
            };
        }
        if let Some(message) = &state.message {
            return Line::from(self.piece(Tone::Strong, fit(&escape(message), columns, ellipsis)));
        }
        let mut hidden = Vec::new();
        if state.page == Page::Traces && state.trace.is_none() {
            let criteria = &state.list.criteria;
            if !criteria.filter.is_empty() {
                hidden.push(format!("filter: {}", escape(criteria.filter.text())));
            }
            if let Some(since) = criteria.since_unix_nano {
                hidden.push(format!("since {}", time_of_day(since)));
            }
        }
        match (state.list.mute_health_checks, state.page, &state.trace) {
            (true, Page::Traces, None) => hidden.push(format!("health checks muted ({})", state.list.muted)),
            (true, Page::Statistics, _) => hidden.push("health checks muted".to_owned()),
            _ => {}
        }
        if !hidden.is_empty() {
            let text = fit(&hidden.join("  "), columns, ellipsis);
            return Line::from(self.piece(Tone::Strong, text));
        }
        let notice = state.news.notices.last().map(|notice| fit(&escape(notice), columns, ellipsis));
        Line::from(self.piece(Tone::Error, notice.unwrap_or_default()))
    }

    /// Never silent about what is missing: traces that left, requests that were refused.
    fn budget(&self, columns: usize) -> Line<'static> {
        let news = &self.state.news;
        let mebibytes = |bytes: usize| {
            let tenths = bytes / (1024 * 1024 / 10);
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let dot = self.theme.glyph('·', '-');
        let mut text = format!(
            "{} of {} MiB {dot} {} traces {dot} {} evicted",
            mebibytes(news.bytes),
            news.max_bytes / (1024 * 1024),
            self.state.list.len(),
            news.counters.traces_evicted,
        );
        if news.refused > 0 {
            text += &format!(" {dot} {} requests refused", news.refused);
        }
        let keys = "/ filter  ? help  q quit";
        let gap = columns.saturating_sub(width(&text) + keys.len());
        if gap > 0 {
            text += &format!("{}{keys}", " ".repeat(gap));
        }
        Line::from(self.piece(Tone::Dim, fit(&text, columns, self.theme.ellipsis())))
    }
}
