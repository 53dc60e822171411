//! The list of traces.

use super::*;

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
