//! Keys in, screen out, on ratatui's test backend.

mod display;
mod list;
mod pages;
mod trace;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::*;
use crate::findings::{Evidence, Finding, FindingKind, Measure, Unit};
use crate::logs::LogRecord;
use crate::query::testing::{MILLISECOND, failed, query, resource, server, span, trace, with};
use crate::span::{Event as SpanEvent, Span, SpanId, Status, Trace, TraceId, Value};
use crate::store::Counters;
use crate::waterfall::Glyphs;

const PLAIN: Theme = Theme { color: false, glyphs: Glyphs::Unicode };

/// A screen that is driven by hand.
struct Session {
    state: State,
    theme: Theme,
}

impl Session {
    fn with(traces: Vec<Trace>) -> Self {
        let state = State::new(
            ["http://127.0.0.1:4318", "http://127.0.0.1:4319/"].map(str::to_owned),
            Baseline::default(),
            false,
        );
        let mut session = Self { state, theme: PLAIN };
        update(&mut session.state, Event::Time(3_600_000 * MILLISECOND));
        session.take_in(traces);
        session
    }

    fn take_in(&mut self, changed: Vec<Trace>) {
        let counters = Counters { traces_evicted: 45, ..Counters::default() };
        let news = News {
            changed,
            counters,
            bytes: 13 * 1024 * 1024,
            max_bytes: 64 * 1024 * 1024,
            ..News::default()
        };
        update(&mut self.state, Event::News(news));
    }

    fn found(&mut self, finding: Finding) {
        update(&mut self.state, Event::News(News { findings: Some(vec![finding]), ..News::default() }));
    }

    fn key(&mut self, code: KeyCode) -> Effect {
        update(&mut self.state, Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// Letters; `\n` is Enter.
    fn keys(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.key(if letter == '\n' { KeyCode::Enter } else { KeyCode::Char(letter) });
        }
        self
    }

    fn terminal(&mut self, columns: u16, lines: u16) -> Terminal<TestBackend> {
        update(&mut self.state, Event::Resize(columns, lines));
        let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
        terminal.draw(|frame| draw(&self.state, self.theme, frame)).unwrap();
        terminal
    }

    fn screen(&mut self) -> Vec<String> {
        self.screen_of(80, 24)
    }

    fn screen_of(&mut self, columns: u16, lines: u16) -> Vec<String> {
        let terminal = self.terminal(columns, lines);
        let buffer = terminal.backend().buffer();
        let line = |y| -> String { (0..columns).map(|x| buffer[(x, y)].symbol()).collect() };
        (0..lines).map(|y| line(y).trim_end().to_owned()).collect()
    }

    fn line_with(&mut self, part: &str) -> String {
        let screen = self.screen();
        screen
            .iter()
            .find(|line| line.contains(part))
            .unwrap_or_else(|| panic!("{part} in {screen:#?}"))
            .clone()
    }

    fn shows(&mut self, part: &str) -> bool {
        self.screen().iter().any(|line| line.contains(part))
    }

    fn selected(&mut self) -> String {
        self.line_with(">").trim_start_matches('>').trim().to_owned()
    }
}

fn with_status(span: Span, code: &str) -> Span {
    with(span, &[("http.response.status_code", code)])
}

fn three_traces() -> Vec<Trace> {
    vec![
        trace(1, vec![with_status(server(1, 0, "GET /orders/{id}", 1_000, 1_124), "200")]),
        trace(2, vec![failed(with_status(server(1, 0, "GET /fail", 2_000, 2_012), "500"))]),
        trace(3, vec![with(server(1, 0, "GET /health", 3_000, 3_001), &[("url.path", "/healthz")])]),
    ]
}

/// A request with twelve queries alike, one of which failed.
fn n_plus_one() -> Trace {
    let mut spans = vec![server(1, 0, "GET /orders", 0, 100), span(2, 1, "load", 0, 90)];
    spans.extend(
        (0..12).map(|number| query(10 + number, 2, "SELECT lines", number.into(), u64::from(number) + 5)),
    );
    spans[7] = failed(spans[7].clone());
    let exception = SpanEvent {
        time_unix_nano: 5 * MILLISECOND,
        name: "exception".to_owned(),
        attributes: [
            ("exception.type", "java.sql.SQLException"),
            ("exception.message", "no such table"),
            ("exception.stacktrace", "java.sql.SQLException: no such table\n\tat org.h2.Driver\n"),
        ]
        .into_iter()
        .collect(),
    };
    spans[7].events.push(exception);
    spans.push(span(3, 1, "render", 90, 100));
    trace(9, spans)
}

fn log(trace_id: TraceId, span_id: SpanId, text: &str) -> Arc<LogRecord> {
    Arc::new(LogRecord {
        time_unix_nano: 0,
        trace_id: Some(trace_id),
        span_id: Some(span_id),
        severity_number: 13,
        severity_text: String::new(),
        body: Value::from(text),
        event_name: String::new(),
        attributes: crate::span::Attributes::default(),
        dropped_attributes: 0,
        resource: resource(&[]),
        scope: Arc::default(),
    })
}

fn finding() -> Finding {
    Finding {
        kind: FindingKind::ALL[0],
        service: "shop".to_owned(),
        route: Some("GET /orders".to_owned()),
        subject: "SELECT lines".to_owned(),
        sentence: "SELECT lines ran 12 times in one request.".to_owned(),
        remedy: "Fetch them together.",
        count: 3,
        measure: Measure { unit: Unit::Executions, total: 36, worst: 12 },
        evidence: vec![Evidence {
            trace_id: TraceId([9; 16]),
            span_id: SpanId([15; 8]),
            note: "12 times".to_owned(),
        }],
        first_seen_unix_nano: 0,
        last_seen_unix_nano: 0,
    }
}
