//! `otelrs tree`: files of OTLP/JSON as text.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use std::process::Stdio;

use support::otelrs;

/// A request with one span of this trace, as otelrs and the Collector write it.
fn request(trace: u8, name: &str, status: u8) -> String {
    let trace = format!("{trace:02x}").repeat(16);
    format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{trace}","spanId":"0101010101010101","name":"{name}","kind":2,"startTimeUnixNano":"1000000","endTimeUnixNano":"13000000","status":{{"code":{status}}},"attributes":[{{"key":"http.route","value":{{"stringValue":"/a\u001b"}}}}]}}]}}]}}]}}"#
    )
}

/// Exit code, standard output, standard error.
fn tree(content: &str, options: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("traces.jsonl");
    std::fs::write(&file, content).unwrap();
    let output = otelrs().arg("tree").arg(&file).args(options).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().replace(file.to_str().unwrap(), "FILE");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn shown(trace: u8, line: &str) -> String {
    format!("trace {}\n{line}\n  http.route=/a\\u{{1b}}\n\n", format!("{trace:02x}").repeat(16))
}

#[test]
fn each_line_of_the_file_is_a_request() {
    let lines = format!("{}\n\n{}\n", request(1, "GET /orders", 0), request(2, "GET /fail", 2));
    let expected = shown(1, "shop SERVER GET /orders") + &shown(2, "shop SERVER GET /fail [ERROR]");
    assert_eq!(tree(&lines, &[]), (Some(0), expected, String::new()));
}

#[test]
fn one_request_may_fill_the_file() {
    let value: serde_json::Value = serde_json::from_str(&request(1, "GET /orders", 0)).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(tree(&pretty, &[]).1, shown(1, "shop SERVER GET /orders"));
}

#[test]
fn other_signals_between_traces_are_passed_over() {
    let lines =
        format!("{{\"resourceMetrics\":[]}}\n{}\n{{\"resourceLogs\":[]}}\n", request(1, "GET /orders", 0));
    assert_eq!(tree(&lines, &[]).1, shown(1, "shop SERVER GET /orders"));
}

#[test]
fn a_filter_chooses_traces() {
    let lines = format!("{}\n{}\n", request(1, "GET /orders", 0), request(2, "GET /fail", 2));
    assert_eq!(tree(&lines, &["--filter", "status:error"]).1, shown(2, "shop SERVER GET /fail [ERROR]"));
}

#[test]
fn standard_input_is_a_dash() {
    let mut child = otelrs().args(["tree", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), request(1, "GET /orders", 0).as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), shown(1, "shop SERVER GET /orders"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let good = request(1, "GET /orders", 0);
    for (content, message) in [
        (format!("{good}\n{{\"resourceSpans\":[{{\n"), "FILE, line 2: "),
        ("<html>".to_owned(), "FILE, line 1: "),
        (String::new(), "FILE holds no spans"),
        ("{\"resourceMetrics\":[]}\n".to_owned(), "FILE holds no spans: expected OTLP/JSON requests"),
        (good.replace("\"0101", "\"01"), "FILE, line 1: "),
    ] {
        let (code, stdout, stderr) = tree(&content, &[]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.starts_with(&format!("otelrs: {message}")), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    let output = otelrs().args(["tree", "/nowhere/f"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("/nowhere/f: No such file") && stderr.contains("Name a file of OTLP/JSON"),
        "{stderr}"
    );
}
