//! The text form of a trace, and the store behind it.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use otelrs_otlp::decode::decode_trace_request;
use otelrs_viewer::store::TraceStore;
use otelrs_viewer::tree::{TreeOptions, render_forest, render_tree};
use prost::Message;
use support::{PATIENCE, request, span, text};

fn take_in(store: &TraceStore, service: &str, spans: Vec<Span>) {
    let bytes = request(service, spans).encode_to_vec();
    store.take_in(&decode_trace_request(&bytes).unwrap());
}

fn tree_of(spans: Vec<Span>, options: &TreeOptions) -> String {
    let store = TraceStore::default();
    take_in(&store, "shop", spans);
    render_tree(&store.traces()[0], options)
}

#[test]
fn children_stand_below_their_parent_by_start_time_then_name() {
    let spans = vec![
        span(1, 4, 1, "b at 2", 2, 3),
        span(1, 3, 1, "a at 2", 2, 3),
        span(1, 5, 4, "grandchild", 2, 3),
        span(1, 2, 1, "at 1", 1, 9),
        span(1, 1, 0, "root", 0, 10),
    ];
    let expected = "\
shop INTERNAL root
  shop INTERNAL at 1
  shop INTERNAL a at 2
  shop INTERNAL b at 2
    shop INTERNAL grandchild
";
    assert_eq!(tree_of(spans, &TreeOptions::default()), expected);
}

fn rich_span() -> Span {
    Span {
        kind: 2,
        attributes: vec![
            text("url.full", "http://localhost:54321/orders/7"),
            text("server.port", "54321"),
            text("thread.name", "http-1"),
            text("http.route", "/orders/{id}"),
        ],
        events: vec![Event {
            name: "exception".to_owned(),
            attributes: vec![text("exception.type", "java.lang.IllegalStateException")],
            ..Default::default()
        }],
        links: vec![
            Link { trace_id: vec![1; 16], span_id: vec![1; 8], ..Default::default() },
            Link { trace_id: vec![9; 16], span_id: vec![1; 8], ..Default::default() },
        ],
        status: Some(Status { code: 2, message: "port 54321\n".to_owned() }),
        ..span(1, 1, 0, "GET /orders/{id}", 0, 5)
    }
}

#[test]
fn attributes_events_links_and_status_are_shown_selected_and_masked() {
    let all = TreeOptions::default();
    let cases = [
        (
            all.clone(),
            "\
shop SERVER GET /orders/{id} [ERROR: port 54321\\n]
  http.route=/orders/{id}
  server.port=54321
  thread.name=http-1
  url.full=http://localhost:54321/orders/7
  event exception
    exception.type=java.lang.IllegalStateException
  link to GET /orders/{id}
  link to another trace
",
        ),
        (
            all.clone()
                .hide(&["thread.*"])
                .mask("server.port", "<port>")
                .mask_text(":54321", ":<port>")
                .without_links(),
            "\
shop SERVER GET /orders/{id} [ERROR: port 54321\\n]
  http.route=/orders/{id}
  server.port=<port>
  url.full=http://localhost:<port>/orders/7
  event exception
    exception.type=java.lang.IllegalStateException
",
        ),
        (
            all.only(&["http.*"]).resource(&["service.name"]).with_scope().without_events().without_links(),
            "\
shop SERVER GET /orders/{id} [ERROR: port 54321\\n]
  resource service.name=shop
  scope test
  http.route=/orders/{id}
",
        ),
    ];
    for (options, expected) in cases {
        assert_eq!(tree_of(vec![rich_span()], &options), expected);
    }
}

#[test]
fn a_missing_parent_makes_an_orphan_unless_it_is_remote() {
    let remote = Span { flags: 0x300, ..span(1, 1, 7, "remote parent", 0, 5) };
    let local = Span { flags: 0x100, ..span(1, 2, 7, "local parent", 1, 5) };
    let unknown = span(1, 3, 7, "unknown parent", 2, 5);
    let expected = "\
shop INTERNAL remote parent
ORPHAN shop INTERNAL local parent
ORPHAN shop INTERNAL unknown parent
";
    assert_eq!(tree_of(vec![unknown, local, remote], &TreeOptions::default()), expected);
}

#[test]
fn every_span_is_shown_once_even_in_a_cycle_or_with_an_id_sent_twice() {
    let cycle = vec![span(1, 1, 2, "a", 0, 5), span(1, 2, 1, "b", 1, 5), span(1, 3, 3, "own parent", 2, 5)];
    let expected = "\
ORPHAN shop INTERNAL own parent
ORPHAN shop INTERNAL a
  shop INTERNAL b
";
    assert_eq!(tree_of(cycle, &TreeOptions::default()), expected);
    let twice = vec![span(1, 1, 0, "root", 0, 5), span(1, 1, 0, "root", 0, 5), span(1, 2, 1, "child", 1, 5)];
    assert_eq!(tree_of(twice, &TreeOptions::default()).lines().count(), 3);
}

#[test]
fn traces_in_any_order_of_arrival_give_the_same_text() {
    let (one, other) = (TraceStore::default(), TraceStore::default());
    for (store, ids) in [(&one, [1, 2]), (&other, [2, 1])] {
        for id in ids {
            take_in(store, "shop", vec![span(id, 1, 0, if id == 1 { "GET /a" } else { "GET /b" }, 0, 5)]);
        }
    }
    let options = TreeOptions::default();
    let text = render_forest(&one.traces(), &options);
    assert_eq!(text, "shop INTERNAL GET /a\n\nshop INTERNAL GET /b\n");
    assert_eq!(text, render_forest(&other.traces(), &options));
}

#[test]
fn the_oldest_traces_leave_first_and_are_counted() {
    let store = TraceStore::new(64 * 1024);
    for id in 1..=100 {
        let large =
            Span { attributes: vec![text("text", &"x".repeat(4000))], ..span(id, 1, 0, "large", 0, 5) };
        take_in(&store, "shop", vec![large, span(id, 2, 1, "child", 0, 5)]);
        assert!(store.bytes() <= 64 * 1024);
    }
    let (kept, counters) = (store.traces(), store.counters());
    assert!((8..16).contains(&kept.len()), "{}", kept.len());
    let first_kept = 100 - kept.len() as u8 + 1;
    let ids: Vec<u8> = kept.iter().map(|trace| trace.trace_id.0[0]).collect();
    assert_eq!(ids, (first_kept..=100).collect::<Vec<_>>());
    assert_eq!(counters.traces_evicted, 100 - kept.len() as u64);
    assert_eq!(counters.spans_received, 200);
    assert_eq!(counters.spans_evicted, 200 - 2 * kept.len() as u64);
}

#[test]
fn a_trace_larger_than_the_store_is_counted_and_leaves_it_usable() {
    let store = TraceStore::new(16 * 1024);
    let spans = (0..200).map(|_| span(1, 1, 0, "one of many", 0, 5)).collect();
    take_in(&store, "shop", spans);
    assert_eq!((store.traces().len(), store.counters().spans_evicted), (0, 200));
    assert!(store.bytes() < 100, "{}: no more than its id", store.bytes());
    take_in(&store, "shop", vec![span(2, 1, 0, "small", 0, 5)]);
    assert_eq!(store.traces().len(), 1);
}

#[test]
fn a_waiting_test_sees_what_arrives_and_what_was_there_when_it_gave_up() {
    let store = TraceStore::default();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| store.wait_until(PATIENCE, |traces| traces.len() == 2).unwrap());
        take_in(&store, "shop", vec![span(1, 1, 0, "GET /a", 0, 5)]);
        take_in(&store, "shop", vec![span(2, 1, 0, "GET /b", 0, 5)]);
        assert_eq!(waiting.join().unwrap().len(), 2);
    });
    let timeout = store.wait_until(Duration::from_millis(1), |traces| traces.len() == 3).unwrap_err();
    assert!(format!("{timeout:?}").contains("shop INTERNAL GET /b"), "{timeout}");
}
