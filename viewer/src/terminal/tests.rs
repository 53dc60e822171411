//! Keys in, screen out, on ratatui's test backend.

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

#[test]
fn the_list_has_the_latest_trace_first_and_the_budget_below() {
    let mut session = Session::with(three_traces());
    let screen = session.screen();
    assert!(screen[0].starts_with("otelrs [1 Traces] 2 Routes & queries  3 Findings"), "{}", screen[0]);
    assert!(screen[0].ends_with("live"));
    assert_eq!(
        screen[1..5],
        [
            "   start▾        duration  spans  errors status  service  name",
            ">  00:00:03.000Z  1.00 ms      1                 shop     GET /health",
            " ✗ 00:00:02.012Z"
                .replace("012Z", "000Z  12.0 ms      1      1  500     shop     GET /fail")
                .as_str(),
            "   00:00:01.000Z   124 ms      1         200     shop     GET /orders/{id}",
        ]
    );
    assert!(screen[23].starts_with("13.0 of 64 MiB · 3 traces · 45 evicted"), "{}", screen[23]);
}

#[test]
fn every_page_fits_a_screen_of_80_by_24_and_smaller_ones_do_no_harm() {
    let mut session = Session::with(three_traces());
    session.take_in(vec![n_plus_one()]);
    session.found(finding());
    for keys in ["1", "2", "3", "?", "?1gj\n", "\n"] {
        session.keys(keys);
        for (columns, lines) in [(80, 24), (60, 10), (20, 4), (1, 1), (200, 60)] {
            let screen = session.screen_of(columns, lines);
            assert_eq!(screen.len(), usize::from(lines));
        }
        let screen = session.screen();
        assert!(!screen[1].is_empty(), "{keys}: {screen:#?}");
        assert!(screen[23].ends_with("? help  q quit"), "{keys}: {screen:#?}");
    }
}

#[test]
fn vi_keys_and_arrows_move_and_what_is_selected_stays_selected() {
    let mut session = Session::with(three_traces());
    for (letter, code) in [('j', KeyCode::Down), ('G', KeyCode::End)] {
        session.keys("g").keys(&letter.to_string());
        let by_letter = session.selected();
        session.key(KeyCode::Home);
        session.key(code);
        assert_eq!(session.selected(), by_letter);
    }
    session.keys("gj");
    assert!(session.selected().contains("GET /fail"));
    session.take_in(vec![trace(4, vec![server(1, 0, "GET /new", 4_000, 4_001)])]);
    assert!(session.selected().contains("GET /fail"), "a new trace comes above it");
    session.keys("g");
    session.take_in(vec![trace(5, vec![server(1, 0, "GET /newer", 5_000, 5_001)])]);
    assert!(session.selected().contains("GET /newer"), "at the top it stays with what is new");
}

#[test]
fn a_filter_is_typed_corrected_and_taken_away() {
    let mut session = Session::with(three_traces());
    session.keys("/status:bad\n");
    assert!(session.line_with("column 8").contains("\"bad\" is no status: `error`, `ok`"));
    for _ in 0..3 {
        session.key(KeyCode::Backspace);
    }
    assert!(session.shows("filter: status:"));
    session.keys("error\n");
    assert!(session.shows("filter: status:error") && session.shows("GET /fail"));
    assert!(!session.shows("GET /orders"));
    session.key(KeyCode::Esc);
    assert!(session.shows("GET /orders"));
    session.keys("/service:none\n");
    assert!(session.shows("None of 3 traces is shown"));
}

#[test]
fn traces_are_sorted_by_each_column() {
    let mut session = Session::with(three_traces());
    session.keys("s");
    assert!(session.line_with("duration▾").contains("start "));
    assert!(session.screen()[2].contains("GET /orders"));
    session.keys("r");
    assert!(session.line_with("duration▴").contains("start "));
    assert!(session.screen()[2].contains("GET /health"));
    session.keys("ssss");
    assert!(session.screen()[1].ends_with("name▴"));
    assert!(session.screen()[2].contains("GET /fail"));
}

#[test]
fn health_checks_are_muted_by_one_key_and_counted() {
    let mut session = Session::with(three_traces());
    session.keys("m");
    assert!(!session.shows("GET /health") && session.shows("health checks muted (1)"));
    session.keys("m");
    assert!(session.shows("GET /health"));
}

#[test]
fn since_now_hides_what_began_before() {
    let mut session = Session::with(three_traces());
    session.keys("n");
    assert!(session.shows("since 01:00:00.000Z") && !session.shows("GET /fail"));
    session.take_in(vec![trace(4, vec![server(1, 0, "GET /new", 3_600_001, 3_600_002)])]);
    assert!(session.shows("GET /new"));
    session.key(KeyCode::Esc);
    assert!(session.shows("GET /fail"));
}

#[test]
fn pause_and_clear_say_so_and_ask_for_it() {
    let mut session = Session::with(three_traces());
    session.keys("p");
    assert!(session.state.is_paused() && session.screen()[0].ends_with("PAUSED"));
    assert_eq!(session.key(KeyCode::Char('X')), Effect::ClearStore);
    assert!(session.shows("Waiting for traces") && session.shows("http://127.0.0.1:4318"));
    assert_eq!(session.key(KeyCode::Char('q')), Effect::Quit);
}

#[test]
fn a_trace_shows_repeats_in_one_row_and_the_critical_path_in_thick_bars() {
    let mut session = Session::with(vec![n_plus_one()]);
    session.keys("\n");
    let screen = session.screen();
    assert!(screen[1].contains("09090909") && screen[1].contains("15 spans  ✗ 1"), "{}", screen[1]);
    let repeats = session.line_with("12× SELECT lines");
    assert!(
        repeats.contains("max 5.00 ms") && repeats.contains("1 ✗") && repeats.ends_with("60.0 ms"),
        "{repeats}"
    );
    assert!(repeats.starts_with(" ✗"), "{repeats}");
    assert!(session.line_with("render").contains('━'), "waited for");
    let queries = session.line_with("12×");
    assert!(queries.contains('━') || queries.contains('─'), "{queries}");
    session.keys("r");
    assert!(session.shows("SELECT lines  h2") && !session.shows("12×"));
}

#[test]
fn the_next_error_opens_what_hides_it_and_shows_its_exception() {
    let mut session = Session::with(vec![n_plus_one()]);
    session.keys("\ne");
    let selected = session.selected();
    assert!(selected.starts_with("✗") && selected.contains("SELECT lines"), "{selected}");
    assert!(session.shows("✗ java.sql.SQLException: no such table"));
    session.keys("\n");
    let screen = session.screen();
    assert!(screen[1].starts_with("CLIENT SELECT lines"), "{screen:#?}");
    assert!(screen.iter().any(|line| line == "  db.system.name = h2"));
    assert!(session.shows("      at org.h2.Driver"), "{:#?}", session.screen());
    session.key(KeyCode::Esc);
    assert!(session.shows("critical path"));
}

#[test]
fn find_goes_to_the_next_match_and_back() {
    let mut session = Session::with(vec![n_plus_one()]);
    session.keys("\n/name:render\n");
    assert!(session.selected().contains("render"));
    session.key(KeyCode::Esc);
    session.keys("\nn");
    assert!(session.shows("nothing to find yet"), "another look at the trace begins anew");
    session.keys("/kind:internal\n");
    assert!(session.selected().contains("load"));
    session.keys("n");
    assert!(session.selected().contains("render"));
    session.keys("N");
    assert!(session.selected().contains("load"));
    session.keys("/name:none\n");
    assert!(session.shows("no span matches name:none"));
}

#[test]
fn spans_fold_and_count_what_they_hide() {
    let mut session = Session::with(vec![n_plus_one()]);
    session.keys("\nj ");
    assert!(session.line_with("load").contains("load  [+12]"));
    assert!(session.line_with("load").starts_with(">✗"), "an error is hidden below it");
    session.keys(" ");
    assert!(session.shows("12×"));
}

#[test]
fn logs_stand_below_their_span() {
    let mut trace = n_plus_one();
    let (trace_id, span_id) = (trace.trace_id, trace.spans[0].span_id);
    trace.logs = (0..5).map(|number| log(trace_id, span_id, &format!("line {number}"))).collect();
    let mut session = Session::with(vec![trace]);
    session.keys("\n");
    assert!(session.shows("│ WARN line 0") && session.shows("2 more log lines"));
    session.keys("o");
    assert!(!session.shows("WARN line 0"));
    session.keys("\n");
    for _ in 0..30 {
        session.keys("j");
    }
    assert!(session.shows("WARN line 4"), "{:#?}", session.screen());
}

#[test]
fn an_open_trace_grows_under_the_eyes() {
    let mut session = Session::with(vec![trace(1, vec![server(1, 0, "GET /slow", 0, 100)])]);
    session.keys("\n");
    session.take_in(vec![trace(1, vec![server(1, 0, "GET /slow", 0, 100), span(2, 1, "late", 5, 50)])]);
    assert!(session.shows("└ late"));
}

#[test]
fn routes_and_queries_stand_beside_the_run_before() {
    let before = super::super::query::Statistics::of(
        &[trace(1, vec![server(1, 0, "GET /orders", 0, 10), query(2, 1, "SELECT lines", 0, 1)])],
        &Baseline::default(),
        false,
    );
    let mut session = Session::with(vec![n_plus_one(), failed_request()]);
    session.state.baseline = before.to_baseline();
    session.keys("2");
    let route = session.line_with("shop GET /orders");
    let words: Vec<&str> = route.split_whitespace().collect();
    assert_eq!(words[4..], ["2", "1", "1.00", "ms", "100", "ms", "100", "ms", "×0.10", "6.0+5.0"], "{route}");
    assert!(session.shows("✗ new: java.io.IOException"));
    let query = session.line_with("shop SELECT lines");
    assert!(query.trim_end().ends_with("×5.00  12.0+11.0"), "{query}");
    session.keys("\n");
    assert!(session.shows("filter: service:\"shop\" name:\"GET /orders\""));
}

fn failed_request() -> Trace {
    trace(4, vec![failed(with(server(1, 0, "GET /orders", 0, 1), &[("error.type", "java.io.IOException")]))])
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

#[test]
fn a_finding_leads_to_its_evidence() {
    let mut session = Session::with(vec![n_plus_one()]);
    session.found(finding());
    assert!(session.screen()[0].contains("3 Findings (1)"));
    session.keys("3");
    assert!(session.shows("ran 12 times in one request") && session.shows("Fetch them together"));
    session.keys("\n");
    assert!(session.selected().contains("SELECT lines"), "{:#?}", session.screen());
    session.keys("X3");
    assert!(session.shows("Nothing found so far"));
}

#[test]
fn help_is_the_table_of_keys() {
    let mut session = Session::with(Vec::new());
    session.keys("?");
    let mut seen = String::new();
    for _ in 0..40 {
        seen += &session.screen().join("\n");
        session.keys("j");
    }
    for binding in keys::KEYS {
        assert!(seen.contains(binding.text), "{}", binding.text);
    }
    assert!(seen.contains("duration>50ms"));
    session.key(KeyCode::Esc);
    assert!(session.shows("Waiting for traces"));
}

#[test]
fn the_output_of_a_command_is_a_page_and_its_end_is_said() {
    let mut session = Session::with(Vec::new());
    session.keys("4");
    assert!(session.shows("there is no command here"));
    session.state = State::new([String::new(), String::new()], Baseline::default(), true);
    for number in 0..OUTPUT_LINES + 5 {
        update(&mut session.state, Event::Output(format!("line {number}\u{1b}[31m")));
    }
    session.keys("4");
    assert!(session.shows("line 1004\\u{1b}[31m"));
    assert_eq!(session.state.output().1, 5, "dropped");
    session.keys("g");
    assert!(session.shows("line 5\\u{1b}"));
    assert_eq!(session.key(KeyCode::Char('q')), Effect::StopCommand);
    assert!(session.shows("stopping the command"));
    assert_eq!(update(&mut session.state, Event::CommandEnded("status 143".to_owned())), Effect::Quit);
}

#[test]
fn a_command_that_ended_by_itself_leaves_the_screen_open() {
    let mut session = Session::with(Vec::new());
    session.state = State::new([String::new(), String::new()], Baseline::default(), true);
    assert_eq!(update(&mut session.state, Event::CommandEnded("status 0".to_owned())), Effect::None);
    session.keys("4");
    assert!(session.shows("-- the command ended: status 0 --"));
    assert_eq!(session.key(KeyCode::Char('q')), Effect::Quit);
}

#[test]
fn nothing_from_telemetry_controls_the_terminal() {
    let hostile = "a\u{1b}[2Jb\u{9b}31mc\u{202e}d\ne\u{7}";
    let shown = "a\\u{1b}[2Jb\\u{9b}31mc\\u{202e}d\\ne\\u{7}";
    let span =
        with(server(1, 0, hostile, 0, 5), &[("http.response.status_code", hostile), (hostile, hostile)]);
    let mut span = Span { status: Status::Error(hostile.to_owned()), ..span };
    span.resource = resource(&[("service.name", hostile)]);
    let mut trace = trace(1, vec![span]);
    trace.logs.push(log(trace.trace_id, trace.spans[0].span_id, hostile));
    let mut session = Session::with(vec![trace]);
    let mut finding = finding();
    finding.sentence = hostile.to_owned();
    finding.subject = hostile.to_owned();
    session.found(finding);
    let notices = vec![hostile.to_owned()];
    update(&mut session.state, Event::News(News { notices, ..News::default() }));
    for keys in ["", "\n", "\n", "2", "3", "1/"] {
        session.keys(keys);
        let screen = session.screen_of(200, 40).join("\n");
        assert!(screen.contains(shown) || keys == "1/", "{keys}: {screen}");
        let hostile = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!screen.contains(hostile), "{keys}: {screen:?}");
    }
}

#[test]
fn without_colour_no_cell_has_one_and_with_it_errors_are_red() {
    let colors = |theme: Theme| {
        let mut session = Session::with(three_traces());
        session.theme = theme;
        let terminal = session.terminal(80, 24);
        let cells = terminal.backend().buffer().content().to_vec();
        (cells.iter().any(|cell| cell.fg != Color::Reset), cells.iter().any(|cell| cell.fg == Color::Red))
    };
    assert_eq!(colors(PLAIN), (false, false));
    assert_eq!(colors(Theme { color: true, ..PLAIN }), (true, true));
}

#[test]
fn the_selected_row_is_marked_by_a_character_and_by_reverse() {
    let mut session = Session::with(three_traces());
    let terminal = session.terminal(80, 24);
    let cell = &terminal.backend().buffer()[(0, 2)];
    assert_eq!((cell.symbol(), cell.modifier.contains(Modifier::REVERSED)), (">", true));
}

#[test]
fn an_ascii_terminal_gets_ascii() {
    let mut session = Session::with(three_traces());
    session.take_in(vec![n_plus_one()]);
    session.theme = Theme { color: false, glyphs: Glyphs::Ascii };
    for keys in ["", "G\n", "\n", "2", "3", "?"] {
        let screen = session.keys(keys).screen().join("\n");
        assert!(screen.is_ascii(), "{keys}: {screen}");
    }
}

#[test]
fn a_trace_of_many_spans_is_drawn_around_the_selected_one() {
    let mut spans = vec![server(1, 0, "GET /many", 0, 10_000)];
    for number in 0..5_000_u64 {
        let name = format!("step {number}");
        let id = SpanId((number + 1_000).to_be_bytes());
        spans.push(Span { span_id: id, ..span(2, 1, &name, number, number + 1) });
    }
    let mut session = Session::with(vec![trace(1, spans)]);
    session.keys("\nG");
    assert!(session.selected().contains("step 4999"));
    session.keys("/name:\"step 2500\"\n");
    let screen = session.screen();
    assert!(
        screen[12..16].iter().any(|line| line.starts_with('>') && line.contains("step 2500")),
        "{screen:#?}"
    );
}
