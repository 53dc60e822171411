//! Waterfalls as people see them.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::Event;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use otelrs_otlp::decode::decode_trace_request;
use otelrs_viewer::span::Trace;
use otelrs_viewer::store::TraceStore;
use otelrs_viewer::waterfall::{Glyphs, WaterfallOptions, render_waterfall};
use prost::Message;
use support::{request, span, text};

fn int(key: &str, value: i64) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::IntValue(value)) });
    KeyValue { key: key.to_owned(), value, ..Default::default() }
}

fn trace_of(requests: &[(&str, Vec<Span>)]) -> Trace {
    let store = TraceStore::default();
    for (service, spans) in requests {
        let bytes = request(service, spans.clone()).encode_to_vec();
        store.take_in(&decode_trace_request(&bytes).unwrap());
    }
    store.traces().remove(0)
}

fn failed(message: &str) -> Option<Status> {
    Some(Status { code: 2, message: message.to_owned() })
}

fn database(id: u8, parent: u8, name: &str, start: u64, end: u64) -> Span {
    let attributes = vec![text("db.system.name", "h2"), text("db.namespace", "shop")];
    Span { kind: 3, attributes, ..span(1, id, parent, name, start, end) }
}

/// An order that fails because the stock service fails.
fn failing_order() -> Trace {
    let exception = |kind: &str, message: &str| Event {
        name: "exception".to_owned(),
        attributes: vec![text("exception.type", kind), text("exception.message", message)],
        ..Default::default()
    };
    let root = Span {
        kind: 2,
        attributes: vec![int("http.response.status_code", 500), text("url.path", "/orders/7")],
        events: vec![exception("org.springframework.web.client.HttpServerErrorException", "500 : no body")],
        status: failed(""),
        ..span(1, 1, 0, "GET /orders/{id}", 43_384_000, 43_384_124)
    };
    let client = Span {
        kind: 3,
        attributes: vec![
            int("http.response.status_code", 500),
            text("server.address", "localhost"),
            int("server.port", 8081),
        ],
        status: failed(""),
        ..span(1, 3, 1, "GET", 43_384_040, 43_384_118)
    };
    let server = Span {
        kind: 2,
        attributes: vec![int("http.response.status_code", 500), text("url.path", "/stock/7")],
        events: vec![exception("java.lang.IllegalStateException", "no stock\u{1b}[2J for order 7")],
        status: failed(""),
        ..span(1, 4, 3, "GET /stock/{id}", 43_384_050, 43_384_110)
    };
    let shop = vec![
        database(2, 1, "SELECT orders", 43_384_010, 43_384_022),
        client,
        span(1, 6, 1, "audit", 43_384_119, 43_384_119),
        root,
    ];
    trace_of(&[
        ("shop", shop),
        ("inventory", vec![database(5, 4, "SELECT stock", 43_384_060, 43_384_063), server]),
    ])
}

#[test]
fn eighty_columns_hold_a_trace_of_two_services() {
    let expected = "\
● GET /orders/{id}  500  124 ms  6 spans  3 errors  shop → inventory
  01010101010101010101010101010101  12:03:04.000Z

  shop      SERVER   GET /orders/{id}  /orders/7 500  ━━━━━━━━━━━━━━━━━━  124 ms
                     │ ✗ HttpServerErrorException: 500 : no body
  shop      CLIENT   ├ SELECT orders  h2 shop          ━━╸               12.0 ms
  shop      CLIENT   ├ GET  localhost:8081       500       ╺━━━━━━━━━━━╸ 78.0 ms
  inventory SERVER   │ └ GET /stock/{id}  /stoc… 500         ━━━━━━━━━   60.0 ms
                     │   │ ✗ IllegalStateException: no stock\\u{1b}[2J for order…
  inventory CLIENT   │   └ SELECT stock  h2 shop              ╺╸         3.00 ms
  shop      INTERNAL └ audit                                           ╸    0 ns
";
    assert_eq!(render_waterfall(&failing_order(), &WaterfallOptions::default()), expected);
}

#[test]
fn sixty_columns_and_ascii_are_enough() {
    let options = WaterfallOptions { columns: 10, glyphs: Glyphs::Ascii, ..WaterfallOptions::default() };
    let expected = "\
* GET /orders/{id}  500  124 ms  6 spans  3 errors  shop ->~
  01010101010101010101010101010101  12:03:04.000Z

  shop      SERVER   GET /orders/~ 500  ============  124 ms
                     | x HttpServerErrorException: 500 : no~
  shop      CLIENT   |-SELECT ord~      ===          12.0 ms
  shop      CLIENT   |-GET  local~ 500     ========= 78.0 ms
  inventory SERVER   | ` GET /sto~ 500      =======  60.0 ms
                     |   | x IllegalStateException: no stoc~
  inventory CLIENT   |   ` SELECT~           ==      3.00 ms
  shop      INTERNAL ` audit                       =    0 ns
";
    assert_eq!(render_waterfall(&failing_order(), &options), expected);
}

#[test]
fn colour_changes_no_character_and_marks_errors_red() {
    let plain = WaterfallOptions { columns: 100, ..WaterfallOptions::default() };
    let coloured = render_waterfall(&failing_order(), &WaterfallOptions { color: true, ..plain });
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31m✗ java.lang.IllegalStateException"), "{coloured}");
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, render_waterfall(&failing_order(), &plain));
}

#[test]
fn nothing_from_telemetry_reaches_the_terminal_unescaped() {
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\r\n\u{202e}";
    let hostile = Span {
        kind: 3,
        attributes: vec![
            text("server.address", evil),
            text("http.response.status_code", evil),
            text("exception.type", evil),
        ],
        status: failed(evil),
        ..span(1, 1, 0, evil, 0, 5)
    };
    let drawn = render_waterfall(
        &trace_of(&[(evil, vec![hostile])]),
        &WaterfallOptions { columns: 200, ..Default::default() },
    );
    assert!(drawn.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{drawn:?}");
    assert_eq!(drawn.lines().count(), 5, "{drawn}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let mut spans = vec![span(1, 1, 0, &"root 漢字 ".repeat(30), 0, 100)];
    for id in 2..60 {
        spans.push(Span {
            status: failed(&"why ".repeat(60)),
            ..span(1, id, id - 1, "a rather long name of a span", 1, 99)
        });
    }
    let trace = trace_of(&[("a-service-with-a-name-beyond-all-measure", spans)]);
    for columns in [60, 80, 137] {
        let drawn = render_waterfall(&trace, &WaterfallOptions { columns, ..Default::default() });
        for line in drawn.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= columns, "{columns}: {line}");
        }
    }
}

#[test]
fn spans_beyond_the_bound_are_counted() {
    let spans = (1..=30).map(|id| span(1, id, if id == 1 { 0 } else { 1 }, "work", 0, 5)).collect();
    let options = WaterfallOptions { max_spans: 10, ..Default::default() };
    let drawn = render_waterfall(&trace_of(&[("shop", spans)]), &options);
    assert!(drawn.ends_with("\n  … 20 more spans\n"), "{drawn}");
    assert_eq!(drawn.lines().count(), 3 + 10 + 1);
}

#[test]
fn a_span_whose_parent_never_came_is_marked() {
    let trace = trace_of(&[("shop", vec![span(1, 1, 9, "work", 0, 5)])]);
    assert!(render_waterfall(&trace, &WaterfallOptions::default()).contains("INTERNAL ? work"));
}

#[test]
fn the_output_decides_on_colour_width_and_characters() {
    type Case<'c> = (bool, Option<usize>, &'c [(&'c str, &'c str)], (bool, usize, Glyphs));
    let cases: &[Case<'_>] = &[
        (true, Some(120), &[], (true, 120, Glyphs::Unicode)),
        (true, Some(120), &[("NO_COLOR", "1")], (false, 120, Glyphs::Unicode)),
        (true, Some(120), &[("NO_COLOR", "")], (true, 120, Glyphs::Unicode)),
        (true, None, &[("TERM", "dumb")], (false, 80, Glyphs::Ascii)),
        (true, None, &[("LANG", "C")], (true, 80, Glyphs::Ascii)),
        (true, None, &[("LANG", "C"), ("LC_ALL", "de_DE.UTF-8")], (true, 80, Glyphs::Unicode)),
        (false, None, &[("COLUMNS", "132")], (false, 132, Glyphs::Unicode)),
        (false, None, &[("COLUMNS", "wide")], (false, 80, Glyphs::Unicode)),
    ];
    for (is_terminal, columns, environment, expected) in cases {
        let variable = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let options = WaterfallOptions::for_output(*is_terminal, *columns, variable);
        assert_eq!((options.color, options.columns, options.glyphs), *expected, "{environment:?}");
    }
}
