//! What holds for every page: size, colour, characters.

use super::*;

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
