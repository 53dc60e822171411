//! The terminal is given back when the program panics with the screen open.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::process::Command;

use otelrs_test_support::Terminal;
use otelrs_viewer::terminal::Screen;

/// Runs only as the program on the terminal of the test below.
#[test]
#[ignore = "the other half of a_panic_gives_the_terminal_back_and_shows_its_message"]
fn panics_with_the_screen_open() {
    let _screen = Screen::open().unwrap();
    panic!("something is wrong");
}

#[test]
fn a_panic_gives_the_terminal_back_and_shows_its_message() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "panics_with_the_screen_open", "--nocapture"]);
    command.env("RUST_BACKTRACE", "0");
    let mut terminal = Terminal::start(command, 80, 24).unwrap();
    assert!(!terminal.wait().unwrap().success());
    let screen = terminal.screen();
    assert!(terminal.is_cooked().unwrap() && !screen.alternate_screen() && !screen.hide_cursor());
    assert!(screen.contents().contains("something is wrong"), "{}", screen.contents());
}
