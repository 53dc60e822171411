//! Spans that say the same are made once; each is still itself.

use std::cell::Cell;

use otelrs_exporter::config::Privacy;
use otelrs_exporter::{BatchEncoder, SpanSource};
use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{Exception, Identity, Link, Span, Status};

use crate::harness::span;

/// A record says which span it is, and what the span says.
#[derive(Clone, Copy)]
struct Request {
    number: u64,
    says: &'static str,
}

/// Counts what it is asked to make.
#[derive(Default)]
struct Requests {
    /// Nothing is said of what a span is made from: each is made.
    silent: bool,
    made: Cell<usize>,
}

impl SpanSource for Requests {
    type Record = Request;

    fn drain(&mut self, _: usize, _: &mut Vec<Request>) -> usize {
        0
    }

    fn scope(&self, _: &Request) -> &'static str {
        "otelrs.test"
    }

    fn identity(&self, Request { number, .. }: &Request) -> Identity {
        Identity {
            trace_id: [7, *number],
            span_id: number + 1,
            parent_span_id: number % 3,
            flags: 0x100 | u32::from(number.is_multiple_of(2)),
            start_unix_nano: 1_000 * number,
            end_unix_nano: 1_000 * number + 500,
        }
    }

    fn made_from<'a>(&self, record: &'a Request) -> Option<(u16, &'a [u8])> {
        (!self.silent).then_some((0, record.says.as_bytes()))
    }

    fn finish<'a>(&'a self, record: &'a Request) -> Option<Span<'a>> {
        self.made.set(self.made.get() + 1);
        let identity = self.identity(record);
        let plain = Span { identity, ..span(record.says) };
        let exception = Exception {
            time_unix_nano: identity.end_unix_nano,
            class: "a.B".to_owned(),
            message: None,
            stack_trace: None,
        };
        let link = Link { trace_id: [1, 2], span_id: 3, flags: 1 };
        match record.says {
            "nothing" => None,
            "thrown" => Some(Span { exceptions: vec![exception], ..plain }),
            "traced" => Some(Span { trace_state: "a=b".into(), ..plain }),
            "linked" => Some(Span { link: Some(link), ..plain }),
            "failed" => Some(Span { status: Status::Error("no".to_owned()), ..plain }),
            _ => Some(plain),
        }
    }

    fn dropped(&self) -> u64 {
        0
    }
}

const TIMES: usize = 5;
const BATCHES: usize = 2;

/// The bytes of each batch, and how many spans were made for all of them.
fn encoded(silent: bool, kinds: &[&'static str]) -> (Vec<(u64, Vec<u8>)>, usize) {
    let source = Requests { silent, ..Requests::default() };
    let mut encoder = BatchEncoder::default();
    let mut numbers = 1..;
    let batches = (0..BATCHES).map(|_| {
        let kinds = kinds.iter().cycle().take(TIMES * kinds.len());
        let records: Vec<Request> =
            kinds.zip(&mut numbers).map(|(says, number)| Request { number, says }).collect();
        let mut bytes = Vec::new();
        let count =
            encoder.encode(&Resource::default(), "1.0.0", Privacy::default(), &source, &records, &mut bytes);
        (count, bytes)
    });
    (batches.collect(), source.made.get())
}

#[test]
fn a_span_that_recurs_is_encoded_as_if_it_was_made_anew() {
    let kinds = ["GET /", "thrown", "traced", "linked", "failed", "nothing", "GET /orders"];
    let ((remembered, _), (anew, made)) = (encoded(false, &kinds), encoded(true, &kinds));
    assert_eq!(made, BATCHES * TIMES * kinds.len());
    assert_eq!(remembered, anew);
}

#[test]
fn only_what_has_no_time_and_no_trace_state_of_its_own_is_remembered() {
    let every_time = BATCHES * TIMES;
    let made = [
        ("GET /", 2),
        ("linked", 2),
        ("failed", 2),
        ("thrown", every_time),
        ("traced", every_time),
        ("nothing", every_time),
    ];
    for (says, expected) in made {
        assert_eq!(encoded(false, &[says]).1, expected, "{says}");
    }
}
