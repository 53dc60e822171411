//! `--store`, `--memory` and `--threshold`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use std::path::Path;

use rustix::process::Signal;
use support::{Place, Running, line, lines_of, otelrs, rest, send_span};

/// Starts `otelrs view` with these options, sends a span, and gives what it printed until the end.
fn view(file: &Path, trace: u8) -> (String, String) {
    let mut view = otelrs();
    view.args(["view", "--http-port", "0", "--grpc-port", "0", "--store"]).arg(file);
    let mut running = Running::start(&mut view);
    let mut stderr = lines_of(&mut running.0.stderr);
    let first = line(&mut stderr);
    let endpoint = first.split(' ').find(|word| word.starts_with("http://")).expect(&first).to_owned();
    send_span(&endpoint, trace, "GET /orders");
    running.signal(Signal::TERM);
    let stdout = rest(running.0.stdout.take().unwrap());
    (stdout, rest(stderr))
}

#[test]
fn a_store_survives_and_its_traces_are_not_shown_as_received_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.db");
    for trace in 1..=2 {
        let (stdout, stderr) = view(&file, trace);
        assert_eq!(stdout.matches("● GET /orders").count(), 1, "{stdout}");
        assert_eq!(stderr, "otelrs: 1 trace, 1 span received\n");
    }
    let archive = otelrs_viewer::archive::Archive::open(&file, 0).unwrap();
    assert_eq!(archive.newest(|_| false).unwrap().len(), 2);
}

#[test]
fn what_a_run_received_is_in_its_store() {
    let place = Place::new();
    let file = place.path("traces.db");
    let run = || place.run(&["--store", file.to_str().unwrap()], &["true"]).output().unwrap();
    assert_eq!(run().status.code(), Some(0));
    view(&file, 1);
    let stderr = String::from_utf8(run().stderr).unwrap();
    assert!(stderr.contains("no traces were received"), "{stderr}");
}

#[test]
fn errors_name_the_option_and_the_remedy() {
    let place = Place::new();
    let file = place.path("notes.txt");
    std::fs::write(&file, "notes of last week\n").unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["--store", file.to_str().unwrap()], "otelrs: --store: "),
        (
            &["--threshold", "repeated-query=often"],
            "threshold repeated-query is a whole number of at least 1",
        ),
        (&["--threshold", "n+1"], "expected NAME=VALUE, such as repeated-query=10"),
        (&["--memory", "0"], "expected a whole number of MiB from 1 to 1048576"),
    ];
    for (options, expected) in cases {
        let output =
            otelrs().args(["view", "--http-port", "0", "--grpc-port", "0"]).args(options).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "notes of last week\n");
}
