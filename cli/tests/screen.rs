//! The terminal view of the built program on a pseudo-terminal: keys in, screen out, the terminal given back.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use std::process::Command;

use otelrs_test_support::Terminal;
use rustix::process::Signal;
use support::{Place, otelrs, send_span};

fn view(options: &[&str]) -> Terminal {
    let mut command = otelrs();
    command.args(["view", "--http-port", "0", "--grpc-port", "0"]).args(options);
    Terminal::start(on_terminal(command), 80, 24).unwrap()
}

/// Without the pipes that other tests want.
fn on_terminal(command: Command) -> Command {
    let mut bare = Command::new(command.get_program());
    bare.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bare.env(name, value),
            None => bare.env_remove(name),
        };
    }
    bare
}

/// The address that the empty list names.
fn endpoint(terminal: &Terminal) -> String {
    let screen = terminal.wait_for("http://127.0.0.1:").unwrap();
    screen.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned()
}

#[test]
fn a_trace_is_listed_opened_and_left_by_keys() {
    let mut terminal = view(&[]);
    let endpoint = endpoint(&terminal);
    send_span(&endpoint, 1, "GET /orders");
    send_span(&endpoint, 2, "GET /stock");
    let screen = terminal.wait_until("two traces", |screen| screen.contains("2 traces")).unwrap();
    assert!(screen.contains("GET /orders") && screen.contains("[1 Traces]"), "{screen}");
    terminal.type_keys("/name:*stock\r").unwrap();
    terminal.wait_until("the filter", |screen| !screen.contains("GET /orders")).unwrap();
    terminal.type_keys("\r").unwrap();
    let screen = terminal.wait_for("critical path").unwrap();
    assert!(screen.contains("0202020202020202") && screen.contains("12.0 ms"), "{screen}");
    terminal.type_keys("\r").unwrap();
    terminal.wait_for("SERVER GET /stock").unwrap();
    terminal.type_keys("\x1b").unwrap();
    terminal.wait_for("e next error").unwrap();
    // Arrow left closes the trace, arrow down finds nothing below.
    terminal.type_keys("\x1b[D\x1b[B").unwrap();
    terminal.wait_for("filter: name:*stock").unwrap();
    terminal.type_keys("2").unwrap();
    terminal.wait_for("shop GET /orders").unwrap();
    terminal.type_keys("?").unwrap();
    terminal.wait_for("half a screen down").unwrap();
    terminal.type_keys("q").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(0));
    assert_given_back(&terminal, "otelrs: 2 traces, 2 spans received");
}

fn assert_given_back(terminal: &Terminal, last_line: &str) {
    let screen = terminal.screen();
    assert!(terminal.is_cooked().unwrap(), "echo and lines");
    assert!(!screen.alternate_screen() && !screen.hide_cursor());
    assert!(screen.contents().trim_end().ends_with(last_line), "{}", screen.contents());
}

#[test]
fn the_terminal_is_given_back_whatever_ends_the_view() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut terminal = view(&[]);
        endpoint(&terminal);
        assert!(!terminal.is_cooked().unwrap() && terminal.screen().alternate_screen());
        terminal.signal(signal).unwrap();
        assert_eq!(terminal.wait().unwrap().code(), Some(0), "{signal:?}");
        assert_given_back(&terminal, "otelrs: 0 traces, 0 spans received");
    }
    let mut terminal = view(&[]);
    endpoint(&terminal);
    terminal.type_keys("\x03").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(0), "Ctrl-C");
    assert_given_back(&terminal, "otelrs: 0 traces, 0 spans received");
}

#[test]
fn a_terminal_that_changes_its_size_is_filled_again() {
    let terminal = view(&[]);
    send_span(&endpoint(&terminal), 1, "GET /orders");
    terminal.wait_for("GET /orders").unwrap();
    terminal.resize(120, 40).unwrap();
    terminal
        .wait_until("the last of 40 lines", |screen| {
            screen.lines().count() == 40 && screen.lines().last().is_some_and(|line| line.len() > 110)
        })
        .unwrap();
    terminal.resize(40, 8).unwrap();
    terminal
        .wait_until("the last of 8 lines", |screen| {
            screen.lines().count() == 8 && screen.lines().last().is_some_and(|line| line.contains("evicted"))
        })
        .unwrap();
}

#[test]
fn without_colour_no_colour_is_sent() {
    let colors = |variable: &str| {
        let mut command = otelrs();
        command.args(["view", "--http-port", "0", "--grpc-port", "0"]).env(variable, "1");
        let terminal = Terminal::start(on_terminal(command), 80, 24).unwrap();
        terminal.wait_for("live").unwrap();
        let screen = terminal.screen();
        let cells = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
        cells
            .filter_map(|(row, column)| screen.cell(row, column))
            .any(|cell| cell.fgcolor() != vt100::Color::Default)
    };
    assert!(colors("OTELRS_TEST_NOTHING"));
    assert!(!colors("NO_COLOR"));
}

#[test]
fn plain_prints_at_a_terminal_too() {
    let mut terminal = view(&["--plain"]);
    let endpoint = terminal.wait_for("Ctrl-C ends").unwrap();
    let endpoint = endpoint.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    send_span(&endpoint, 1, "GET /orders");
    terminal.wait_for("● GET /orders").unwrap();
    terminal.type_keys("\x03").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(0));
}

fn run(place: &Place, options: &[&str], script: &str) -> Terminal {
    let command = place.run(options, &["/bin/sh", "-c", script]);
    Terminal::start(on_terminal(command), 80, 24).unwrap()
}

#[test]
fn a_command_under_the_screen_writes_into_a_page_and_is_printed_at_the_end() {
    let place = Place::new();
    let script =
        "echo started; echo problem >&2; test -t 1 || echo no terminal; read line || echo no input; exit 3";
    let mut terminal = run(&place, &["--tui"], script);
    terminal.wait_for("(ended)").unwrap();
    terminal.type_keys("4").unwrap();
    for line in ["the command ended: exit status: 3", "started", "problem", "no terminal", "no input"] {
        terminal.wait_for(line).unwrap();
    }
    terminal.type_keys("q").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(3));
    let screen = terminal.text();
    assert!(screen.contains("started") && screen.contains("problem"), "{screen}");
}

#[test]
fn quitting_asks_the_command_to_end_and_passes_its_status_on() {
    let place = Place::new();
    let script = "trap 'kill $!; echo ending; exit 7' TERM; sleep 60 & echo ready; wait";
    let mut terminal = run(&place, &["--tui"], script);
    terminal.type_keys("4").unwrap();
    terminal.wait_for("ready").unwrap();
    terminal.type_keys("q").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(7));
    assert!(terminal.text().contains("ending"), "{}", terminal.text());
    assert!(terminal.is_cooked().unwrap());

    let mut terminal = run(&place, &["--tui"], script);
    terminal.type_keys("4").unwrap();
    terminal.wait_for("ready").unwrap();
    terminal.signal(Signal::TERM).unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(7), "by signal");
    assert!(terminal.is_cooked().unwrap() && terminal.text().contains("ending"));
}

#[test]
fn a_command_that_does_not_end_is_killed_when_asked_twice() {
    let place = Place::new();
    let mut terminal = run(&place, &["--tui"], "trap '' TERM; echo ready; while :; do sleep 0.1; done");
    terminal.type_keys("4").unwrap();
    terminal.wait_for("ready").unwrap();
    terminal.type_keys("q").unwrap();
    terminal.wait_for("stopping the command").unwrap();
    terminal.type_keys("q").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(137));
}

#[test]
fn without_the_screen_the_terminal_is_the_commands_own() {
    let place = Place::new();
    let script = "test -t 0 && test -t 1 && test -t 2 && stty size; read line; echo \"got $line\"; exit 5";
    let mut terminal = run(&place, &[], script);
    terminal.wait_for("24 80").unwrap();
    terminal.type_keys("typed\r").unwrap();
    terminal.wait_for("got typed").unwrap();
    assert_eq!(terminal.wait().unwrap().code(), Some(5));
}
