//! The web view's server: each documented path, what it takes, and whom it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};

use otelrs_test_support::http::{self, Response};
use otelrs_viewer::query::Statistics;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::web::{WebOptions, WebServer};
use serde_json::{Value, json};
use support::shop::{self, FAILED, ORDERS, span_id, trace_id};
use support::viewer::Viewer;
use support::{PATIENCE, exchange};

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn get(viewer: &Viewer, path: &str) -> Response {
    http::get(viewer.web.address().port(), path, &[]).unwrap()
}

fn json_of(viewer: &Viewer, path: &str) -> Value {
    let response = get(viewer, path);
    assert_eq!(response.status, 200, "{path}: {}", response.body);
    serde_json::from_str(&response.body).unwrap()
}

fn send(viewer: &Viewer, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    http::request(viewer.web.address().port(), method, path, headers, body).unwrap()
}

/// Method and path of each heading of the document.
fn documented() -> BTreeSet<(String, String)> {
    let document = include_str!("../../docs/viewer-api.md");
    let headings =
        document.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')?.split_once(' '));
    headings.map(|(method, path)| (method.to_owned(), path.to_owned())).collect()
}

#[test]
fn each_documented_path_answers_and_each_route_is_documented() {
    let viewer = Viewer::of_shop();
    for (method, path) in documented() {
        let path = path.replace("{traceId}", &trace_id(ORDERS)).replace("{spanId}", &span_id(2));
        let body = shop::requests()[0].to_string();
        let answer = match (method.as_str(), path.as_str()) {
            // It never ends: the test below reads it.
            ("GET", "/api/events") => continue,
            ("POST", _) => send(&viewer, "POST", &path, &[JSON], body.as_bytes()),
            // What the others ask for is to stay.
            ("DELETE", _) => send(&Viewer::start(), "DELETE", &path, &[], b""),
            _ => get(&viewer, &path),
        };
        let expected = if method == "DELETE" { 204 } else { 200 };
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.body);
    }
    let source =
        include_str!("../src/web/api.rs").replace("trace_id", "traceId").replace("span_id", "spanId");
    let routes: BTreeSet<String> = source
        .split(".route(\"")
        .skip(1)
        .map(|rest| format!("/api{}", rest.split_once('"').unwrap().0))
        .collect();
    let paths: BTreeSet<String> = documented().into_iter().map(|(_, path)| path).collect();
    assert_eq!(routes, paths);
}

#[test]
fn every_answer_has_the_security_headers_and_none_lets_other_origins_in() {
    let viewer = Viewer::of_shop();
    for path in ["/", "/page/main.js", "/api/traces", "/api/traces/x", "/nowhere"] {
        let answer =
            http::get(viewer.web.address().port(), path, &[("Origin", "http://127.0.0.1:1")]).unwrap();
        let header =
            |name: &str| answer.header(name).unwrap_or_else(|| panic!("{path} lacks {name}")).to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[test]
fn requests_get_their_status() {
    let viewer = Viewer::of_shop();
    let long = format!("/api/traces?filter={}", "a".repeat(5000));
    let traces = "/api/traces";
    for (request_line, headers, status) in [
        ("GET /", &[][..], 200),
        ("GET /page/base.css", &[], 200),
        ("GET /page/../web.rs", &[], 404),
        ("GET /page/none.js", &[], 404),
        ("GET /api/none", &[], 404),
        ("POST /api/traces", &[], 405),
        ("GET /api/traces?limit=many", &[], 400),
        ("GET /api/traces?colour=red", &[], 400),
        ("GET /api/traces?sort=colour", &[], 400),
        ("GET /api/traces?filter=duration:fast", &[], 400),
        (&format!("GET {long}"), &[], 400),
        ("GET /api/traces/12", &[], 400),
        ("GET /api/traces/+bf92f3577b34da60000000000000001", &[], 400),
        (&format!("GET {traces}/{}", trace_id(999)), &[], 404),
        (&format!("GET {traces}/{}/spans/{}", trace_id(ORDERS), span_id(999)), &[], 404),
        ("GET /api/findings?kind=typo", &[], 400),
        // Other sites.
        ("GET /api/traces", &[("Host", "evil.example")], 421),
        ("GET /", &[("Host", "evil.example:4319")], 421),
        ("GET /api/export", &[("Sec-Fetch-Site", "cross-site")], 403),
        ("DELETE /api/traces", &[("Origin", "http://evil.example")], 403),
        ("DELETE /api/traces", &[("Sec-Fetch-Site", "cross-site")], 403),
        ("POST /api/import", &[JSON, ("Origin", "null")], 403),
        ("GET /api/traces", &[("Authorization", "Bearer of another viewer")], 401),
    ] {
        let answer = exchange(&viewer.web.endpoint(), request_line, headers, b"");
        assert_eq!(answer.status, status, "{request_line} {headers:?}");
    }
    assert_eq!(json_of(&viewer, traces)["total"], 32, "nothing was forgotten");
}

#[test]
fn errors_name_what_is_wrong() {
    let viewer = Viewer::of_shop();
    for (path, part) in [
        ("/api/traces?filter=colour:red", "filter: column 1: no field is called \"colour\""),
        ("/api/traces?sort=colour", "sort: \"colour\" is no column; columns are start,"),
        ("/api/traces?limit=many", "limit"),
        ("/api/findings?kind=n%2B1", "kind: \"n+1\" is no kind of finding; the kinds are missing-parent,"),
        ("/api/traces/12", "\"12\" is no trace id: 32 hex digits"),
        ("/api/none", "docs/viewer-api.md"),
    ] {
        let body: Value = serde_json::from_str(&get(&viewer, path).body).unwrap();
        assert!(body["error"].as_str().unwrap().contains(part), "{path}: {body}");
    }
}

#[test]
fn for_other_machines_the_token_opens_the_page_once_and_a_cookie_after_that() {
    let receiver = Receiver::start(ReceiverOptions::free_ports()).unwrap();
    let options = WebOptions {
        listen: Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        port: Some(0),
        ..WebOptions::default()
    };
    let web = WebServer::start(receiver.monitor(), &options).unwrap();
    let port = web.address().port();
    assert_eq!(web.url(), format!("http://0.0.0.0:{port}/?token={}", web.token().as_str()));
    let status = |path: &str, headers: &[(&str, &str)]| http::get(port, path, headers).unwrap().status;
    assert_eq!(status("/", &[]), 401);
    assert_eq!(status("/api/traces", &[]), 401);
    assert_eq!(status("/?token=0123", &[]), 401);
    let opened = http::get(port, &format!("/?token={}", web.token().as_str()), &[]).unwrap();
    assert_eq!((opened.status, opened.header("location")), (303, Some("/")), "the token leaves the address");
    let cookie = opened.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(status("/", &[("Cookie", cookie)]), 200);
    assert_eq!(status("/api/traces", &[("Cookie", cookie)]), 200);
    let bearer = format!("Bearer {}", web.token().as_str());
    assert_eq!(status("/api/traces", &[("Authorization", &bearer)]), 200);
}

#[test]
fn traces_are_filtered_sorted_and_limited() {
    let viewer = Viewer::of_shop();
    for (query, total, first) in [
        ("", 32, "GET /"),
        ("?health=hide", 26, "GET /"),
        ("?filter=status:error", 1, "GET /orders/{id}"),
        ("?filter=service:stock", 1, "GET /orders/{id}"),
        ("?filter=db.query.summary%3D%22SELECT+order_lines%22", 1, "GET /orders/{id}"),
        ("?sort=duration&limit=2", 32, "GET /orders/{id}"),
        ("?sort=name&order=asc&health=hide", 26, "GET /"),
        (&format!("?since={}", (shop::NOON + 1400) * 1_000_000), 2, "GET /"),
    ] {
        let list = json_of(&viewer, &format!("/api/traces{query}"));
        let traces = list["traces"].as_array().unwrap();
        assert_eq!((&list["matched"], &traces[0]["name"]), (&json!(total), &json!(first)), "{query}");
        assert!(!query.contains("limit=2") || traces.len() == 2);
    }
    assert_eq!(json_of(&viewer, "/api/traces?health=hide")["muted"], 6);
    assert_eq!(json_of(&viewer, "/api/spans?filter=name:%22SELECT+order_lines%22&limit=5")["matched"], 12);
}

#[test]
fn a_trace_has_rows_with_repeats_the_critical_path_and_its_logs() {
    let viewer = Viewer::of_shop();
    let trace = json_of(&viewer, &format!("/api/traces/{}", trace_id(ORDERS)));
    assert_eq!((&trace["spans"], &trace["services"]), (&json!(18), &json!(["orders", "stock"])));
    let rows = trace["rows"].as_array().unwrap();
    let repeats = rows.iter().position(|row| !row["repeats"].is_null()).unwrap();
    assert_eq!(
        rows[repeats]["repeats"],
        json!({ "count": 12, "totalNanos": 60_000_000, "maxNanos": 5_000_000, "errors": 0 })
    );
    let members = rows[repeats + 1..].iter().take_while(|row| row["depth"] == 2).count();
    assert_eq!((members, rows.len()), (12, 19));
    let critical = rows
        .iter()
        .filter(|row| row["repeats"].is_null())
        .flat_map(|row| row["critical"].as_array().unwrap());
    let on_path: u64 =
        critical.map(|stretch| stretch[1].as_u64().unwrap() - stretch[0].as_u64().unwrap()).sum();
    assert_eq!(json!(on_path), trace["durationNanos"], "the path covers the root without gap");

    let failed = json_of(&viewer, &format!("/api/traces/{}", trace_id(FAILED)));
    assert_eq!(failed["rows"][0]["failure"], "java.lang.IllegalStateException: no such order: 4711");
    let row = &failed["rows"][0];
    let line = json!({ "severity": "ERROR", "failed": true, "text": "order 4711 is unknown" });
    assert_eq!((&row["logs"], &row["moreLogs"]), (&json!([line]), &json!(0)));
    let span = json_of(&viewer, &format!("/api/traces/{}/spans/{}", trace_id(FAILED), span_id(1)));
    assert_eq!(
        (&span["logs"][0]["body"], &span["logs"][0]["severity"]),
        (&json!("order 4711 is unknown"), &json!("ERROR"))
    );
    let found = json_of(&viewer, &format!("/api/traces/{}/find?filter=timeout", trace_id(FAILED)));
    assert_eq!(found["spans"], json!([span_id(2)]));
}

#[test]
fn an_export_is_what_an_import_takes() {
    let (viewer, other) = (Viewer::of_shop(), Viewer::start());
    let exported = get(&viewer, "/api/export?filter=service:orders").body;
    let answer = send(&other, "POST", "/api/import", &[JSON], exported.as_bytes());
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"spans":26,"logs":1}"#));
    for trace in other.receiver.store().traces() {
        let original = viewer.receiver.store().trace(trace.trace_id).unwrap();
        assert_eq!(trace.logs, original.logs);
        let sorted = |mut spans: Vec<_>| {
            spans.sort_by_key(|span: &std::sync::Arc<otelrs_viewer::span::Span>| span.span_id);
            spans
        };
        assert_eq!(sorted(trace.spans), sorted(original.spans));
    }
    let span = get(&viewer, &format!("/api/traces/{}/spans/{}/otlp", trace_id(FAILED), span_id(1))).body;
    assert_eq!(send(&other, "POST", "/api/import", &[JSON], span.as_bytes()).body, r#"{"spans":1,"logs":0}"#);
}

#[test]
fn an_import_is_taken_whole_or_not_at_all() {
    let receiver = Receiver::start(ReceiverOptions::free_ports()).unwrap();
    let options = WebOptions { port: Some(0), max_import_bytes: 64 * 1024, ..WebOptions::default() };
    let viewer = Viewer { web: WebServer::start(receiver.monitor(), &options).unwrap(), receiver };
    let requests = shop::requests();
    let lines = format!("{}\n{}\n", requests[0], requests[1]);
    let cut = format!("{}\n{}", requests[0], &requests[1].to_string()[..40]);
    let large = format!("{{\"resourceSpans\":[],\"padding\":\"{}\"}}", "x".repeat(65 * 1024));
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (case, headers, body, status, error) in [
        ("another type", &[("Content-Type", "text/plain")][..], lines.as_str(), 415, "application/json"),
        ("no type", &[], &lines, 415, "application/json"),
        ("not JSON", &[JSON], "hello", 400, "not OTLP JSON"),
        ("a line cut short", &[JSON], &cut, 400, "line 2"),
        ("no spans", &[JSON], "{}", 400, "no spans"),
        ("nothing", &[JSON], "", 400, "not OTLP JSON"),
        ("nested", &[JSON], &nested, 400, "not OTLP JSON"),
        ("too large", &[JSON], &large, 413, "larger than 65536 bytes"),
    ] {
        let answer = send(&viewer, "POST", "/api/import", headers, body.as_bytes());
        assert_eq!(answer.status, status, "{case}: {}", answer.body);
        let sentence: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(sentence["error"].as_str().unwrap().contains(error), "{case}: {sentence}");
        assert_eq!(viewer.receiver.store().traces().len(), 0, "{case}");
    }
    assert_eq!(send(&viewer, "POST", "/api/import", &[JSON], lines.as_bytes()).status, 200);
    assert_eq!(viewer.receiver.store().traces().len(), 1);
    assert_eq!(send(&viewer, "DELETE", "/api/traces", &[], b"").status, 204);
    assert_eq!(viewer.receiver.store().traces().len(), 0);
}

#[test]
fn a_change_is_told_to_those_who_listen() {
    let viewer = Viewer::start();
    let mut stream = TcpStream::connect(viewer.web.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /api/events HTTP/1.1\r\nHost: {}\r\n\r\n", viewer.web.address()).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut next_spans = || {
        let data = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).unwrap();
        serde_json::from_str::<Value>(&data).unwrap()["spansReceived"].as_u64().unwrap()
    };
    assert_eq!(next_spans(), 0);
    viewer.send("/v1/traces", &shop::requests()[0]);
    assert_eq!(next_spans(), 16);
}

#[test]
fn statistics_are_compared_with_the_run_before() {
    let viewer = Viewer::of_shop();
    let baseline =
        Statistics::of(&viewer.receiver.store().traces(), &Default::default(), false).to_baseline();
    let options = WebOptions { port: Some(0), baseline, ..WebOptions::default() };
    let later = WebServer::start(viewer.receiver.monitor(), &options).unwrap();
    let answer = http::get(later.address().port(), "/api/statistics", &[]).unwrap().body;
    let statistics: Value = serde_json::from_str(&answer).unwrap();
    let routes = statistics["routes"].as_array().unwrap();
    let orders = routes.iter().find(|route| route["name"] == "GET /orders/{id}").unwrap();
    assert_eq!(
        (&orders["count"], &orders["errors"], &orders["queriesPerRequest"]),
        (&json!(2), &json!(1), &json!(7.0))
    );
    assert_eq!(orders["before"]["p50Nanos"], orders["p50Nanos"]);
    assert_eq!(json_of(&viewer, "/api/statistics")["routes"][0]["before"], Value::Null);
}

#[test]
fn a_taken_port_is_an_error_only_when_it_was_asked_for() {
    let viewer = Viewer::start();
    let taken = WebOptions { port: Some(viewer.web.address().port()), ..WebOptions::default() };
    let error = WebServer::start(viewer.receiver.monitor(), &taken).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("cannot listen on {} for the web view: ", viewer.web.address())),
        "{error}"
    );
    let usual = || WebServer::start(viewer.receiver.monitor(), &WebOptions::default()).unwrap();
    assert_ne!(usual().address(), viewer.web.address());
}
