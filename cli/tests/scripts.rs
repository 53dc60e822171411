//! `otelrs traces`, `spans` and `findings` ask the viewer that is open, and `otelrs run` sends there.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use std::io::BufRead;
use std::path::Path;
use std::process::{Command, Output};

use rustix::process::Signal;
use support::{Place, Running, line, lines_of, otelrs, post_json, send_span};

/// A viewer in a session of its own.
struct Session {
    folder: tempfile::TempDir,
}

impl Session {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut otelrs = otelrs();
        otelrs.args(arguments).env("XDG_RUNTIME_DIR", self.folder.path());
        otelrs
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// `otelrs view`, its OTLP endpoint and the address of its web view.
    fn view(&self, options: &[&str]) -> (Running, String, String) {
        let ports = ["view", "--plain", "--http-port", "0", "--grpc-port", "0", "--web-port", "0"];
        let mut running = Running::start(self.command(&ports).args(options));
        let mut stderr = lines_of(&mut running.0.stderr);
        let first = line(&mut stderr);
        let endpoint = first.split(' ').find(|word| word.starts_with("http://")).expect(&first).to_owned();
        let url = first.split_once("web view at ").unwrap().1.split_once(';').unwrap().0.to_owned();
        // The pipe stays open: what the viewer says later is not lost on nobody.
        std::thread::spawn(move || stderr.lines().count());
        (running, endpoint, url)
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("otelrs")).map_or(0, Iterator::count)
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A request that reads the same table twelve times: "N+1".
fn send_repeated_queries(endpoint: &str) {
    let span = |id: u8, parent: &str, kind: u8, name: &str, attributes: &str| {
        format!(
            r#"{{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902{id:02x}","parentSpanId":"{parent}",
            "name":"{name}","kind":{kind},"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":[{attributes}]}}"#,
            1_000_000_000 + u64::from(id) * 1_000_000,
            1_000_900_000 + u64::from(id) * 1_000_000 + if kind == 2 { 60_000_000 } else { 0 },
        )
    };
    let text = |key: &str, value: &str| format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#);
    let query = [
        text("db.system.name", "h2"),
        text("db.query.summary", "SELECT lines"),
        text("db.query.text", "SELECT * FROM lines WHERE id = ?"),
    ]
    .join(",");
    let mut spans = vec![span(0, "", 2, "GET /orders", &text("http.route", "/orders"))];
    spans.extend((1..=12).map(|id| span(id, "00f067aa0ba90200", 3, "SELECT lines", &query)));
    let service = text("service.name", "shop");
    post_json(
        endpoint,
        &format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{service}]}},"scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
            spans.join(",")
        ),
    );
}

#[test]
fn traces_and_spans_are_listed_plain_and_as_json_lines() {
    let session = Session::new();
    let (running, endpoint, _) = session.view(&[]);
    send_span(&endpoint, 1, "GET /orders");
    send_span(&endpoint, 2, "GET /cart");
    let id = "01".repeat(16);
    let plain = stdout(&session.ask(&["traces", "--filter", "name:*orders"]));
    assert_eq!(plain, format!("{id}  00:00:00.001Z  shop  GET /orders  12.0 ms  1 span\n"));
    let plain = stdout(&session.ask(&["spans", "--limit", "1", "--filter", "orders"]));
    assert_eq!(plain, format!("{id}  0101010101010101  00:00:00.001Z  shop  SERVER  GET /orders  12.0 ms\n"));
    for command in ["traces", "spans"] {
        let answer = session.ask(&[command, "--json"]);
        assert_eq!(answer.status.code(), Some(0));
        let lines: Vec<serde_json::Value> =
            stdout(&answer).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut names: Vec<&str> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["GET /cart", "GET /orders"], "{command}");
    }
    let sorted = session.ask(&["traces", "--sort", "colour"]);
    assert_eq!(sorted.status.code(), Some(2));
    assert!(stderr(&sorted).contains("sort: \"colour\" is no column"), "{}", stderr(&sorted));
    drop(running);
}

#[test]
fn findings_fail_a_build() {
    let session = Session::new();
    let (running, endpoint, _) = session.view(&[]);
    send_span(&endpoint, 1, "GET /fine");
    let none = session.ask(&["findings"]);
    assert_eq!((none.status.code(), stdout(&none).as_str()), (Some(0), ""), "{}", stderr(&none));
    send_repeated_queries(&endpoint);
    for (options, code) in [
        (&[][..], 1),
        (&["--fail-on", "repeated-query"], 1),
        (&["--fail-on", "missing-parent,repeated-query"], 1),
        (&["--fail-on", "duplicate-server-span"], 0),
        (&["--fail-on", "n+1"], 2),
    ] {
        let answer = session.ask(&[&["findings"], options].concat());
        assert_eq!(answer.status.code(), Some(code), "{options:?}: {}", stderr(&answer));
        let shown = stdout(&answer);
        let first = "repeated-query  shop  GET /orders  SELECT";
        assert!(code == 2 || shown.starts_with(first) && shown.contains("\n  -> "), "{shown}");
    }
    let json = session.ask(&["findings", "--json"]);
    let finding: serde_json::Value = serde_json::from_str(stdout(&json).lines().next().unwrap()).unwrap();
    assert_eq!((&finding["kind"], json.status.code()), (&serde_json::json!("repeated-query"), Some(1)));
    drop(running);
}

#[test]
fn without_a_viewer_nothing_passes_for_fine() {
    let session = Session::new();
    for command in ["traces", "spans", "findings"] {
        let answer = session.ask(&[command]);
        assert_eq!(answer.status.code(), Some(2), "{command}");
        assert_eq!(
            stderr(&answer),
            "otelrs: no viewer is open: start one with otelrs view, or name one with --viewer URL\n"
        );
    }
    for (url, part) in [
        ("localhost", "expected the address that the viewer printed"),
        ("https://127.0.0.1:4319", "expected the address that the viewer printed"),
        ("http://127.0.0.1:1", "Is the viewer still open?"),
    ] {
        let answer = session.ask(&["findings", "--viewer", url]);
        assert_eq!(answer.status.code(), Some(2), "{url}");
        assert!(stderr(&answer).contains(part), "{}", stderr(&answer));
    }
}

#[test]
fn a_viewer_is_found_while_it_is_open_and_forgotten_when_it_was_killed() {
    let session = Session::new();
    for signal in [Signal::TERM, Signal::KILL] {
        let (mut running, ..) = session.view(&[]);
        assert_eq!((session.files(), session.ask(&["traces"]).status.code()), (1, Some(0)));
        running.signal(signal);
        running.exit_code();
        assert_eq!(session.files(), usize::from(signal == Signal::KILL), "{signal:?}");
        assert_eq!((session.ask(&["traces"]).status.code(), session.files()), (Some(2), 0), "{signal:?}");
    }
}

#[test]
fn a_viewer_for_other_machines_is_asked_with_its_token() {
    let session = Session::new();
    let (running, _, url) = session.view(&["--listen", "127.0.0.1"]);
    let (endpoint, token) = url.split_once("/?token=").expect(&url);
    assert_eq!(token.len(), 32);
    let elsewhere = Session::new();
    assert_eq!(elsewhere.ask(&["traces", "--viewer", &url]).status.code(), Some(0));
    let refused = elsewhere.ask(&["traces", "--viewer", endpoint]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("it holds the token"), "{}", stderr(&refused));
    assert_eq!(session.ask(&["traces"]).status.code(), Some(0), "found with its token");
    drop(running);
}

#[test]
fn several_runs_share_the_viewer_that_is_open() {
    let session = Session::new();
    let place = Place::new();
    let agent = place.path("libotelrs.so");
    let run = |options: &[&str], script: &str| {
        let mut command = session.command(&["run", "--agent", agent.to_str().unwrap()]);
        command.args(options).args(["--", "/bin/sh", "-c", script]).output().unwrap()
    };
    let show = "echo $OTEL_EXPORTER_OTLP_ENDPOINT; exit 3";
    let (mut running, endpoint, url) = session.view(&[]);
    for _ in 0..2 {
        let shared = run(&[], show);
        assert_eq!((stdout(&shared).trim(), shared.status.code()), (endpoint.as_str(), Some(3)));
        let said = format!(
            "otelrs: sending traces to the viewer that is open at {} (--own-viewer starts another)\n",
            url.trim_end_matches('/')
        );
        assert_eq!(stderr(&shared), said);
    }
    for options in [&["--own-viewer"][..], &["--http-port", "0"], &["--json", "/dev/null"]] {
        let own = run(options, show);
        assert_ne!(stdout(&own).trim(), endpoint, "{options:?}");
        assert!(
            stderr(&own).starts_with("otelrs: receiving traces on http://127.0.0.1:"),
            "{}",
            stderr(&own)
        );
    }
    running.signal(Signal::TERM);
    running.exit_code();
    let alone = run(&[], show);
    assert!(stderr(&alone).contains("; see them at http://127.0.0.1:"), "{}", stderr(&alone));
}

#[test]
fn scripts_find_the_viewer_of_a_run_and_other_runs_do_not_send_there() {
    let session = Session::new();
    let place = Place::new();
    let agent = place.path("libotelrs.so");
    let run = |script: &str| {
        let mut command =
            session.command(&["run", "--agent", agent.to_str().unwrap(), "--", "/bin/sh", "-c", script]);
        command.stdin(std::process::Stdio::piped());
        command
    };
    let mut first = Running::start(&mut run("echo $OTEL_EXPORTER_OTLP_ENDPOINT; read end"));
    let endpoint = line(&mut lines_of(&mut first.0.stdout));
    send_span(&endpoint, 1, "GET /orders");
    assert!(stdout(&session.ask(&["traces"])).contains("GET /orders"));
    let second = run("echo $OTEL_EXPORTER_OTLP_ENDPOINT").output().unwrap();
    assert_ne!(stdout(&second).trim(), endpoint, "it would lose its viewer when the first one ends");
    drop(first);
}

#[test]
fn a_folder_of_somebody_else_is_not_trusted() {
    let session = Session::new();
    let folder = session.folder.path().join("otelrs");
    std::fs::create_dir(&folder).unwrap();
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(&folder, everybody).unwrap();
    let planted = r#"{"endpoint":"http://127.0.0.1:1","token":"","pid":1,"otlp_http":"http://127.0.0.1:1",
        "otlp_grpc":"http://127.0.0.1:1","stays":true,"started":1}"#;
    std::fs::write(folder.join("viewer-1.json"), planted).unwrap();
    assert!(stderr(&session.ask(&["traces"])).contains("no viewer is open"));
    assert!(Path::new(&folder).join("viewer-1.json").exists());
}
