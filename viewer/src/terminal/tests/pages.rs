//! Routes and queries, findings, help, the output of a command.

use super::*;

#[test]
fn routes_and_queries_stand_beside_the_run_before() {
    let before = crate::query::Statistics::of(
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
