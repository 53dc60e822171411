//! The file of the store: it survives a restart, others can read it, and a file that is not ours is left as it was.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use otelrs_otlp::decode::decode_trace_request;
use otelrs_otlp::json::decode_logs_request_json;
use otelrs_viewer::archive::{APPLICATION_ID, Archive, SCHEMA, SCHEMA_VERSION};
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};
use otelrs_viewer::span::Trace;
use otelrs_viewer::store::TraceStore;
use prost::Message;
use support::{PATIENCE, request, span, text};

fn take_in(store: &TraceStore, request: &ExportTraceServiceRequest) {
    store.take_in(&decode_trace_request(&request.encode_to_vec()).unwrap());
}

fn with_file(path: &Path) -> TraceStore {
    let store = TraceStore::default();
    store.keep_in(path).unwrap();
    store
}

/// What the file holds, once the store that writes it has ended.
fn reopened(path: &Path) -> Vec<Trace> {
    with_file(path).traces()
}

fn value(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

/// A span with a value in every field, and an attribute of every type.
fn full_span() -> Span {
    let attribute =
        |key: &str, of: Value| KeyValue { key: key.to_owned(), value: Some(value(of)), ..Default::default() };
    let list =
        vec![text("inner", "x"), attribute("deep", Value::ArrayValue(ArrayValue { values: Vec::new() }))];
    Span {
        trace_state: "a=b".to_owned(),
        flags: 0x301,
        kind: 2,
        start_time_unix_nano: u64::MAX - 1,
        end_time_unix_nano: u64::MAX,
        attributes: vec![
            text("text", "quote \" and \u{1b}[2J 漢"),
            attribute("bool", Value::BoolValue(true)),
            attribute("int", Value::IntValue(i64::MIN)),
            attribute("double", Value::DoubleValue(1.0)),
            attribute("tenth", Value::DoubleValue(0.1)),
            attribute("infinite", Value::DoubleValue(f64::NEG_INFINITY)),
            attribute("bytes", Value::BytesValue(vec![0, 255])),
            attribute(
                "array",
                Value::ArrayValue(ArrayValue {
                    values: vec![value(Value::IntValue(1)), AnyValue::default()],
                }),
            ),
            attribute("map", Value::KvlistValue(KeyValueList { values: list })),
            KeyValue { key: "empty".to_owned(), ..Default::default() },
        ],
        dropped_attributes_count: 1,
        events: vec![Event {
            time_unix_nano: 7,
            name: "exception".to_owned(),
            attributes: vec![text("exception.type", "Empty")],
            ..Default::default()
        }],
        dropped_events_count: 2,
        links: vec![Link {
            trace_id: vec![5; 16],
            span_id: vec![6; 8],
            attributes: vec![text("a", "b")],
            ..Default::default()
        }],
        dropped_links_count: 3,
        status: Some(Status { code: 2, message: "no stock".to_owned() }),
        ..span(1, 2, 1, "GET /orders", 0, 0)
    }
}

#[test]
fn whole_traces_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    let store = with_file(&path);
    take_in(&store, &request("shop", vec![full_span(), span(1, 1, 0, "root", 0, 5)]));
    take_in(&store, &request("stock", vec![span(2, 1, 0, "other", 0, 5)]));
    let logs = br#"{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"logger"},"logRecords":[
        {"timeUnixNano":"7","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"no stock"},
         "eventName":"stock","traceId":"01010101010101010101010101010101","spanId":"0101010101010101",
         "droppedAttributesCount":2,"attributes":[{"key":"a","value":{"intValue":"3"}}]},
        {"timeUnixNano":"8","body":{"kvlistValue":{"values":[]}}}]}]}]}"#;
    store.take_in_logs(&decode_logs_request_json(logs).unwrap());
    let before = store.traces();
    drop(store);
    let again = with_file(&path);
    let after = again.traces();
    let compared = |traces: &[Trace]| -> Vec<_> {
        traces.iter().map(|trace| (trace.trace_id, trace.spans.clone(), trace.logs.clone())).collect()
    };
    assert_eq!(compared(&after), compared(&before));
    assert_eq!(after[0].spans[0].attributes.iter().len(), 10);
    let counters = again.counters();
    assert_eq!((counters.spans_restored, counters.logs_restored, counters.spans_received), (3, 1, 0));
    assert_eq!(again.archive().unwrap().trace(before[1].trace_id).unwrap().unwrap().spans, before[1].spans);
}

#[test]
fn a_receiver_has_written_what_it_answered_when_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    let options = || ReceiverOptions { store_file: Some(path.clone()), ..ReceiverOptions::free_ports() };
    let receiver = Receiver::start(options()).unwrap();
    let body = request("shop", vec![span(1, 1, 0, "GET /orders", 0, 5)]).encode_to_vec();
    let headers = [("Content-Type", "application/x-protobuf")];
    assert_eq!(support::exchange(&receiver.http_endpoint(), "POST /v1/traces", &headers, &body).status, 200);
    receiver.shutdown();
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["traces.db"], "one file when nobody has it open");
    assert_eq!(Receiver::start(options()).unwrap().store().traces()[0].spans[0].name, "GET /orders");
}

#[test]
fn the_newest_traces_come_back_within_half_of_the_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    let store = with_file(&path);
    for trace in 1..=100 {
        take_in(&store, &request("shop", vec![span(trace, 1, 0, &"x".repeat(1000), 0, 5)]));
    }
    drop(store);
    let small = TraceStore::new(64 * 1024);
    small.keep_in(&path).unwrap();
    let ids: Vec<u8> = small.traces().iter().map(|trace| trace.trace_id.0[0]).collect();
    assert!((5..32).contains(&ids.len()), "{ids:?}");
    assert_eq!(ids, (101 - ids.len() as u8..=100).collect::<Vec<_>>());
    assert!(small.bytes() <= small.max_bytes());
}

#[test]
fn a_viewer_that_was_killed_leaves_what_it_had_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    let store = with_file(&path);
    take_in(&store, &request("shop", vec![span(1, 1, 0, "written", 0, 5)]));
    wait_for(|| store.archive().unwrap().counters().written == 1);
    // The files as a process that ended here would leave them.
    let killed = folder.path().join("killed.db");
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        fs::copy(name(&path), name(&killed)).unwrap();
    }
    assert_eq!(reopened(&killed)[0].spans[0].name, "written");
}

fn wait_for(condition: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
}

#[test]
fn the_sqlite3_program_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    let store = with_file(&path);
    let route = text("http.route", "/orders");
    let root = Span { attributes: vec![route], ..span(1, 1, 0, "GET /orders", 0, 250) };
    take_in(&store, &request("shop", vec![root, span(1, 2, 1, "work", 10, 20)]));
    drop(store);
    let ask = |question: &str| Command::new("sqlite3").arg(&path).arg(question).output();
    let Ok(answer) = ask("SELECT spans, duration_ms, services FROM trace") else {
        println!("skipped: no sqlite3 (apt-get install sqlite3)");
        return;
    };
    assert_eq!(String::from_utf8_lossy(&answer.stdout), "2|250.0|shop\n", "{answer:?}");
    let answer = ask(r#"SELECT name FROM span WHERE attributes ->> '$."http.route"' = '/orders'"#).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout), "GET /orders\n", "{answer:?}");
    let answer = ask("PRAGMA integrity_check").unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout), "ok\n");
}

#[test]
fn the_document_has_the_schema() {
    let document =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/viewer-store.md")).unwrap();
    let quoted = document.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(quoted, SCHEMA);
    assert!(document.contains(&format!("`PRAGMA application_id` is {APPLICATION_ID} ")));
    assert!(document.contains(&format!("`PRAGMA user_version` is {SCHEMA_VERSION}.")));
}

/// A file of ours with a few thousand rows.
fn ours(path: &Path) {
    let store = with_file(path);
    for trace in 1..=100 {
        let spans = (1..=20).map(|id| span(trace, id, 0, &"x".repeat(200), 0, 5)).collect();
        take_in(&store, &request("shop", spans));
    }
}

fn sql(path: &Path, statements: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(statements).unwrap();
}

type Make = fn(&Path);

#[test]
fn what_is_not_ours_or_not_whole_is_refused_and_left_as_it_was() {
    let cases: [(&str, Make, &str); 8] = [
        ("text", |path| fs::write(path, "traces of last week\n").unwrap(), "is no SQLite file"),
        ("less than a header", |path| fs::write(path, "SQLite format 3\0").unwrap(), "is no SQLite file"),
        ("somebody's database", |path| sql(path, "CREATE TABLE span (id)"), "belongs to another program"),
        (
            "a newer schema",
            |path| {
                ours(path);
                sql(path, "PRAGMA user_version = 2");
            },
            "has schema version 2, this otelrs knows 1",
        ),
        (
            "cut in half",
            |path| {
                ours(path);
                let whole = fs::read(path).unwrap();
                fs::write(path, &whole[..whole.len() / 2]).unwrap();
            },
            "is damaged",
        ),
        (
            "a page overwritten",
            |path| {
                ours(path);
                let mut bytes = fs::read(path).unwrap();
                let middle = bytes.len() / 2 / 4096 * 4096;
                bytes[middle..middle + 4096].fill(0xa5);
                fs::write(path, bytes).unwrap();
            },
            "is damaged",
        ),
        (
            "a table taken away",
            |path| {
                ours(path);
                sql(path, "DROP TABLE log");
            },
            "its schema lacks CREATE TABLE log",
        ),
        ("a folder", |path| fs::create_dir(path).unwrap(), "cannot read"),
    ];
    for (case, make, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traces of %41?.db");
        make(&path);
        let content = || {
            (path.is_file().then(|| fs::read(&path).unwrap()), fs::read_dir(folder.path()).unwrap().count())
        };
        let before = content();
        let error = Archive::open(&path, 1024).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("traces of %41?.db"), "{case}: {error}");
        assert!(content() == before, "{case}: changed");
    }
}

#[test]
fn an_empty_file_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    fs::write(&path, "").unwrap();
    take_in(&with_file(&path), &request("shop", vec![span(1, 1, 0, "GET /orders", 0, 5)]));
    assert_eq!(reopened(&path).len(), 1);
}

#[test]
fn what_the_queue_cannot_hold_is_counted_and_stays_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    let store = TraceStore::new(256 * 1024);
    store.keep_in(&path).unwrap();
    // One request that is larger than the queue's share of 32 KiB.
    let spans = (1..=100).map(|id| span(id, 1, 0, &"x".repeat(1000), 0, 5)).collect();
    take_in(&store, &request("shop", spans));
    assert_eq!(store.traces().len(), 100);
    let archive = store.archive().unwrap();
    archive.finish();
    let counters = archive.counters();
    assert_eq!(counters.written + counters.not_written, 100);
    assert!(counters.written > 5 && counters.not_written > 50, "{counters:?}");
    assert_eq!(archive.failure().unwrap(), "telemetry comes faster than the file can be written");
}

#[test]
fn a_file_that_cannot_be_written_any_more_is_counted_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.db");
    let store = with_file(&path);
    sql(&path, "DROP TABLE span");
    take_in(&store, &request("shop", vec![span(1, 1, 0, "GET /orders", 0, 5)]));
    let archive = store.archive().unwrap();
    wait_for(|| archive.counters().not_written == 1);
    assert!(archive.failure().unwrap().contains("no such table"), "{:?}", archive.failure());
    assert_eq!(store.traces().len(), 1);
}
