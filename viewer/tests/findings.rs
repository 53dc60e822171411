//! Findings on constructed traces: for each kind what causes it, and what nearly does.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use otelrs_otlp::decode::decode_trace_request;
use otelrs_viewer::findings::{Finding, FindingKind, MAX_EVIDENCE, Thresholds, Unit};
use otelrs_viewer::store::TraceStore;
use prost::Message;
use support::{request, request_from, span, text};

const INTERNAL: i32 = 1;
const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const CONSUMER: i32 = 5;
/// `SpanFlags`: the sender knows whether the parent is remote.
const KNOWN: u32 = 0x100;
const REMOTE: u32 = 0x300;

/// Judges at once and never waits for a parent.
fn at_once() -> Thresholds {
    let mut thresholds = Thresholds::default();
    thresholds.set("settle", "0s").unwrap();
    thresholds.set("missing-parent-wait", "0s").unwrap();
    thresholds
}

fn store(thresholds: Thresholds) -> TraceStore {
    TraceStore::with_thresholds(16 * 1024 * 1024, thresholds)
}

fn send(store: &TraceStore, spans: Vec<Span>) {
    store.take_in(&decode_trace_request(&request("shop", spans).encode_to_vec()).unwrap());
}

fn findings(spans: Vec<Span>) -> Vec<Finding> {
    let store = store(at_once());
    send(&store, spans);
    store.findings()
}

fn of_kind(kind: i32, span: Span) -> Span {
    Span { kind, ..span }
}

fn with(attributes: &[(&str, &str)], mut span: Span) -> Span {
    span.attributes.extend(attributes.iter().map(|(key, value)| text(key, value)));
    span
}

/// `SERVER GET /orders` from 0 to `end` ms, span 1 of trace 1.
fn request_span(end: u64) -> Span {
    of_kind(SERVER, span(1, 1, 0, "GET /orders", 0, end))
}

fn query(id: u8, parent: u8, statement: &str, start: u64) -> Span {
    let span = of_kind(CLIENT, span(1, id, parent, "SELECT items", start, start + 10));
    with(&[("db.system.name", "h2"), ("db.query.text", statement)], span)
}

/// Kind, route, subject and count of each finding.
fn shown(findings: &[Finding]) -> Vec<String> {
    let line = |finding: &Finding| {
        let route = finding.route.as_deref().unwrap_or("-");
        format!("{} | {route} | {} | {}", finding.kind, finding.subject, finding.count)
    };
    findings.iter().map(line).collect()
}

fn check(cases: Vec<(&str, Vec<Span>, &[&str])>) {
    for (case, spans, expected) in cases {
        let findings = findings(spans);
        assert_eq!(shown(&findings), expected, "{case}");
        for finding in findings {
            assert!(!finding.evidence.is_empty() && finding.evidence.len() <= MAX_EVIDENCE, "{case}");
            assert!(
                finding.sentence.ends_with('.') && !finding.remedy.is_empty(),
                "{case}: {}",
                finding.sentence
            );
        }
    }
}

#[test]
fn a_parent_that_never_came() {
    let orphan = |kind, flags| Span { flags, ..of_kind(kind, span(1, 2, 9, "work", 0, 5)) };
    check(vec![
        ("its parent is not there", vec![orphan(INTERNAL, 0)], &["missing-parent | work | work | 1"]),
        ("it is known to be local", vec![orphan(SERVER, KNOWN)], &["missing-parent | work | work | 1"]),
        ("it may be in another process", vec![orphan(SERVER, 0)], &[]),
        ("so does a message's", vec![orphan(CONSUMER, 0)], &[]),
        ("it is in another process", vec![orphan(INTERNAL, REMOTE)], &[]),
        ("it is there", vec![span(1, 9, 0, "parent", 0, 5), orphan(INTERNAL, 0)], &[]),
        ("a root has none", vec![span(1, 1, 0, "root", 0, 5)], &[]),
        ("a span that is its own parent has one", vec![span(1, 1, 1, "loop", 0, 5)], &[]),
    ]);
    let mut remote = at_once();
    remote.set("missing-parent-remote", "true").unwrap();
    let store = store(remote);
    send(&store, vec![orphan(SERVER, REMOTE)]);
    assert_eq!(shown(&store.findings()), ["missing-parent | work | work | 1"]);
}

#[test]
fn a_parent_that_comes_late_takes_the_finding_back() {
    let store = store(at_once());
    send(&store, vec![span(1, 2, 1, "work", 0, 5)]);
    assert_eq!(shown(&store.findings()), ["missing-parent | work | work | 1"]);
    send(&store, vec![span(1, 1, 0, "parent", 0, 9)]);
    assert_eq!(shown(&store.findings()), [""; 0]);
}

#[test]
fn a_parent_has_time_to_come() {
    let mut patient = at_once();
    patient.set("missing-parent-wait", "10m").unwrap();
    let store = store(patient);
    send(&store, vec![span(1, 2, 1, "work", 0, 5)]);
    assert_eq!(shown(&store.findings()), [""; 0]);
}

#[test]
fn time_that_no_span_accounts_for() {
    let inner = |id, parent, name, start, end| of_kind(INTERNAL, span(1, id, parent, name, start, end));
    let whole = "unaccounted-time | GET /orders | GET /orders | 1";
    check(vec![
        ("a request without any span below", vec![request_span(300)], &[whole]),
        ("gaps around a child", vec![request_span(300), inner(2, 1, "work", 100, 200)], &[whole]),
        (
            "in an inner span with children",
            vec![request_span(400), inner(2, 1, "service", 0, 400), inner(3, 2, "step", 0, 100)],
            &["unaccounted-time | GET /orders | service | 1"],
        ),
        (
            "an inner span without children accounts for itself",
            vec![request_span(300), inner(2, 1, "work", 0, 300)],
            &[],
        ),
        ("less than the threshold", vec![request_span(99)], &[]),
        ("less than the share", vec![request_span(1000), inner(2, 1, "work", 0, 501)], &[]),
        ("just the share", vec![request_span(1000), inner(2, 1, "work", 0, 500)], &[whole]),
        (
            "children that overlap count once",
            vec![
                request_span(1000),
                inner(2, 1, "a", 0, 300),
                inner(3, 1, "b", 100, 300),
                inner(4, 1, "c", 200, 290),
            ],
            &[whole],
        ),
        (
            "what runs on after its starter has ended accounts for the request",
            vec![request_span(300), inner(2, 1, "submit", 0, 1), inner(3, 2, "task", 1, 300)],
            &[],
        ),
        (
            "a child outside its parent does not",
            vec![request_span(300), inner(2, 1, "late", 300, 900)],
            &[whole],
        ),
        (
            "waiting for a message is no work",
            vec![of_kind(
                CONSUMER,
                with(&[("messaging.operation.type", "receive")], span(1, 1, 0, "poll", 0, 900)),
            )],
            &[],
        ),
        ("a call waits for its answer", vec![of_kind(CLIENT, span(1, 1, 0, "GET", 0, 900))], &[]),
        ("a clock that ran backwards", vec![of_kind(SERVER, span(1, 1, 0, "GET", 900, 0))], &[]),
    ]);
}

#[test]
fn hidden_time_is_ranked_over_all_traces_of_a_route() {
    let store = store(at_once());
    for trace in 1..=3 {
        send(&store, vec![of_kind(SERVER, span(trace, 1, 0, "GET /slow", 0, 200))]);
    }
    send(&store, vec![of_kind(SERVER, span(9, 1, 0, "GET /slower", 0, 500))]);
    let findings = store.findings();
    assert_eq!(
        shown(&findings),
        ["unaccounted-time | GET /slow | GET /slow | 3", "unaccounted-time | GET /slower | GET /slower | 1"]
    );
    let measure = findings[0].measure;
    assert_eq!((measure.unit, measure.total, measure.worst), (Unit::Nanoseconds, 600_000_000, 200_000_000));
    assert_eq!(
        findings[0].sentence,
        "600 ms of 3 requests GET /slow lie under no span; 200 ms in the worst one."
    );
}

#[test]
fn the_longest_piece_is_shown_between_its_neighbours() {
    let step = |id, name, start, end| span(1, id, 1, name, start, end);
    let findings = findings(vec![request_span(400), step(2, "first", 0, 20), step(3, "second", 320, 400)]);
    assert_eq!(
        findings[0].evidence[0].note,
        "300 ms of 400 ms, the longest piece 300 ms at +20.0 ms after first before second"
    );
}

#[test]
fn the_same_query_many_times_under_one_parent() {
    let queries = |count: u8, statement: &dyn Fn(u8) -> String| {
        let mut spans = vec![request_span(100)];
        spans.extend((0..count).map(|n| query(10 + n, 1, &statement(n), u64::from(n) * 10)));
        spans
    };
    let same = |_| "SELECT * FROM items WHERE id = ?".to_owned();
    let repeated = "repeated-query | GET /orders | SELECT items | 1";
    let mut under_two = queries(4, &same);
    under_two.extend([span(1, 2, 1, "other", 50, 100), query(30, 2, &same(0), 50)]);
    check(vec![
        ("five of one text", queries(5, &same), &[repeated]),
        (
            "five that differ in their literal",
            queries(5, &|n| format!("SELECT * FROM items WHERE id = {n}")),
            &[repeated],
        ),
        ("four", queries(4, &same), &[]),
        ("five different ones", queries(5, &|n| format!("SELECT * FROM items_{n}")), &[]),
        ("five of which one is under another parent", under_two, &[]),
        ("five commits", queries(5, &|_| "COMMIT".to_owned()), &[]),
        (
            "five calls that are no queries",
            (0..6).map(|n| of_kind(CLIENT, span(1, 1 + n, u8::from(n > 0), "GET /price", 0, 50))).collect(),
            &[],
        ),
        (
            "one query that was sent five times by an exporter that tried again",
            [request_span(100)].into_iter().chain((0..5).map(|_| query(10, 1, &same(0), 0))).collect(),
            &[],
        ),
    ]);
    let findings = findings(queries(12, &same));
    assert_eq!(findings[0].sentence, "GET /orders runs SELECT items 12 times one by one.");
    assert_eq!(
        findings[0].evidence[0].note,
        "12 times under GET /orders, 120 ms together: SELECT * FROM items WHERE id = ?"
    );
}

#[test]
fn two_server_spans_for_one_request() {
    let server = |id, parent| of_kind(SERVER, span(1, id, parent, "GET /orders", 0, 50));
    let at = |path: &str, span| with(&[("url.path", path)], span);
    let scopes = |a: (&str, Span), b: (&str, Span)| {
        let store = store(at_once());
        for (scope, span) in [a, b] {
            let request = request_from("shop", scope, vec![span]);
            store.take_in(&decode_trace_request(&request.encode_to_vec()).unwrap());
        }
        shown(&store.findings())
    };
    let nested = ["duplicate-server-span | GET /orders | tomcat and spring | 1"];
    assert_eq!(scopes(("tomcat", server(1, 0)), ("spring", server(2, 1))), nested);
    let beside = |a, b| scopes(("tomcat", at("/a", server(2, 9))), (a, at(b, server(3, 9))));
    assert_eq!(beside("spring", "/a"), nested, "one remote parent, one path, two instrumentations");
    assert_eq!(beside("spring", "/b"), [""; 0], "two paths");
    assert_eq!(beside("tomcat", "/a"), [""; 0], "one instrumentation: two requests of one caller");
    check(vec![
        (
            "a service that calls itself",
            vec![server(1, 0), of_kind(CLIENT, span(1, 2, 1, "GET", 0, 50)), server(3, 2)],
            &[],
        ),
        (
            "two requests one after the other",
            vec![at("/a", server(2, 9)), at("/a", of_kind(SERVER, span(1, 3, 9, "GET /orders", 60, 90)))],
            &[],
        ),
        ("one span sent twice", vec![server(1, 0), server(1, 0)], &[]),
    ]);
}

#[test]
fn a_service_that_calls_another_has_one_server_span_each() {
    let store = store(at_once());
    send(&store, vec![of_kind(SERVER, span(1, 1, 0, "GET /orders", 0, 50))]);
    let other = request("stock", vec![of_kind(SERVER, span(1, 2, 1, "GET /stock", 0, 50))]);
    store.take_in(&decode_trace_request(&other.encode_to_vec()).unwrap());
    assert_eq!(shown(&store.findings()), [""; 0]);
}

#[test]
fn more_names_than_a_scope_should_have() {
    let minutes = |minutes: u64| minutes * 60_000;
    let names = |count: u8, every: u64| -> Vec<Span> {
        (0..count)
            .map(|n| {
                span(1 + n, 1, 0, &format!("GET /orders/{n}"), u64::from(n) * every, u64::from(n) * every)
            })
            .collect()
    };
    let exploded = "exploding-cardinality | - | span names from test | 101";
    check(vec![
        ("over a hundred at once", names(101, 0), &[exploded]),
        ("a hundred", names(100, 0), &[]),
        ("a hundred and one, of which the first has left the window", names(101, minutes(11) / 100), &[]),
        ("a hundred and one within the window", names(101, minutes(10) / 100), &[exploded]),
        ("one name many times", (0..200).map(|n| span(1 + n, 1, 0, "GET /orders/{id}", 0, 0)).collect(), &[]),
        (
            "an attribute that should have few values",
            (0..101)
                .map(|n| with(&[("http.route", &format!("/{n}"))], span(1 + n, 1, 0, "GET", 0, 0)))
                .collect(),
            &["exploding-cardinality | - | values of http.route from test | 101"],
        ),
        (
            "an attribute that may have many",
            (0..150)
                .map(|n| with(&[("url.path", &format!("/{n}"))], span(1 + n, 1, 0, "GET", 0, 0)))
                .collect(),
            &[],
        ),
    ]);
}

#[test]
fn names_of_two_scopes_or_services_are_not_added() {
    let store = store(at_once());
    for (service, scope, from) in [("shop", "a", 0), ("shop", "b", 60), ("stock", "a", 120)] {
        let spans = (from..from + 60).map(|n| span(1, n + 1, 0, &format!("name {n}"), 0, 0)).collect();
        let request = request_from(service, scope, spans);
        store.take_in(&decode_trace_request(&request.encode_to_vec()).unwrap());
    }
    assert_eq!(shown(&store.findings()), [""; 0]);
}

#[test]
fn slow_connection_acquisition() {
    let wait = |name: &str, millis| span(1, 2, 1, name, 0, millis);
    let slow = ["slow-connection-acquisition | GET /orders | HikariDataSource.getConnection | 1"];
    check(vec![
        ("a pool's span", vec![request_span(150), wait("HikariDataSource.getConnection", 150)], &slow),
        ("fast enough", vec![request_span(99), wait("HikariDataSource.getConnection", 99)], &[]),
        ("another method", vec![request_span(150), wait("Orders.getConnections", 150)], &[]),
        ("connecting to something that is no database", vec![request_span(150), wait("connect", 150)], &[]),
        (
            "connecting to a database",
            vec![request_span(150), with(&[("db.system", "postgresql")], wait("connect", 150))],
            &["slow-connection-acquisition | GET /orders | connect | 1"],
        ),
    ]);
}

#[test]
fn each_threshold_moves_its_finding() {
    let five = || {
        let mut spans = vec![request_span(100)];
        spans.extend((0..5).map(|n| query(10 + n, 1, "SELECT 1 FROM items", u64::from(n) * 20)));
        spans
    };
    let cases: [(&str, &str, Vec<Span>, FindingKind); 5] = [
        ("repeated-query", "6", five(), FindingKind::RepeatedQuery),
        ("unaccounted-time", "301ms", vec![request_span(300)], FindingKind::UnaccountedTime),
        (
            "unaccounted-share",
            "70",
            vec![request_span(300), span(1, 2, 1, "work", 0, 100)],
            FindingKind::UnaccountedTime,
        ),
        (
            "cardinality",
            "120",
            (0..101).map(|n| span(1 + n, 1, 0, &format!("name {n}"), 0, 0)).collect(),
            FindingKind::ExplodingCardinality,
        ),
        (
            "connection-wait",
            "1s",
            vec![request_span(200), span(1, 2, 1, "DataSource.getConnection", 0, 200)],
            FindingKind::SlowConnectionAcquisition,
        ),
    ];
    for (threshold, value, spans, kind) in cases {
        let has = |thresholds| {
            let store = store(thresholds);
            send(&store, spans.clone());
            store.findings().iter().any(|finding| finding.kind == kind)
        };
        let mut raised = at_once();
        raised.set(threshold, value).unwrap();
        assert_eq!((has(at_once()), has(raised)), (true, false), "{threshold}");
    }
}

#[test]
fn a_trace_is_judged_when_it_leaves_the_full_store() {
    let mut patient = Thresholds::default();
    patient.set("settle", "10m").unwrap();
    let store = TraceStore::with_thresholds(64 * 1024, patient);
    send(&store, vec![request_span(300)]);
    assert_eq!(shown(&store.findings()), [""; 0], "not settled yet");
    for trace in 2..100 {
        send(&store, vec![of_kind(CLIENT, span(trace, 1, 0, &"x".repeat(2000), 0, 1))]);
    }
    assert!(store.counters().traces_evicted > 0);
    assert_eq!(shown(&store.findings()), ["unaccounted-time | GET /orders | GET /orders | 1"]);
}

#[test]
fn what_comes_for_a_trace_that_left_is_not_judged() {
    let store = TraceStore::with_thresholds(64 * 1024, at_once());
    send(&store, vec![of_kind(CLIENT, span(1, 1, 0, "root", 0, 1))]);
    for trace in 2..40 {
        send(&store, vec![of_kind(CLIENT, span(trace, 1, 0, &"x".repeat(2000), 0, 1))]);
    }
    send(&store, vec![span(1, 2, 1, "late", 0, 1)]);
    assert_eq!(shown(&store.findings()), [""; 0], "its parent came, and left");
}

#[test]
fn findings_stay_within_their_share_and_evidence_within_its_bound() {
    let store = TraceStore::with_thresholds(256 * 1024, at_once());
    for n in 0..2000u64 {
        let mut slow = of_kind(SERVER, span(1, 1, 0, &format!("GET /{n}"), 0, 300));
        slow.trace_id[..8].copy_from_slice(&n.to_le_bytes());
        send(&store, vec![slow]);
    }
    assert!(store.bytes() <= store.max_bytes(), "{} of {}", store.bytes(), store.max_bytes());
    let findings = store.findings();
    let unaccounted = findings.iter().filter(|finding| finding.kind == FindingKind::UnaccountedTime).count();
    assert!((5..100).contains(&unaccounted), "{unaccounted}");
    assert!(findings.iter().any(|finding| finding.kind == FindingKind::ExplodingCardinality));
}

#[test]
fn a_chain_of_spans_and_a_cycle_are_judged_in_reasonable_time() {
    let mut spans: Vec<Span> = Vec::new();
    for n in 1..50_000u64 {
        let mut link = span(1, 1, 1, "step", n, n + 1);
        link.span_id = n.to_be_bytes().to_vec();
        link.parent_span_id = if n == 1 { Vec::new() } else { (n - 1).to_be_bytes().to_vec() };
        spans.push(link);
    }
    spans.extend([span(1, 250, 251, "a", 0, 900), span(1, 251, 250, "b", 0, 900)]);
    let started = std::time::Instant::now();
    findings(spans);
    // Quadratic work would take minutes; this bound only tells the two apart.
    assert!(started.elapsed() < Duration::from_secs(60));
}

/// The sender's thread judges a trace after whoever waits for it was told of it.
#[test]
fn what_was_forgotten_while_it_was_judged_makes_no_finding() {
    for _ in 0..200 {
        let store = store(at_once());
        let spans: Vec<Span> =
            (2..202).map(|id| query(id, 1, "SELECT ? FROM items", u64::from(id) * 10)).collect();
        thread::scope(|scope| {
            scope.spawn(|| send(&store, spans));
            store.wait_until(Duration::from_secs(10), |traces| !traces.is_empty()).unwrap();
            store.clear();
        });
        let findings = store.findings();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}
