//! One trace.

use super::*;

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
