//! A span after the application's thread: handed over, named, encoded.

use std::hint::black_box;

use otelrs_advice::{FinishContext, Options, Site, finish, identity, jdbc, keys};
use otelrs_exporter::config::Privacy;
use otelrs_exporter::{BatchEncoder, SpanSource};
use otelrs_sdk::clock::Clock;
use otelrs_sdk::payload::PayloadWriter;
use otelrs_sdk::record::Record;
use otelrs_sdk::resource::Resource;
use otelrs_sdk::ring::{Ring, RingLimits};
use otelrs_sdk::span::{Identity, Span};

use crate::Part;

/// Spans of one export (`otel.bsp.max.export.batch.size`).
const BATCH: usize = 512;
/// So many spans that none is remembered when it comes again.
const DIFFERENT: usize = 16 * BATCH;

/// What Tomcat's glue leaves of `GET /orders/17`.
const REQUEST: &[(u8, &str)] = &[
    (keys::METHOD, "GET"),
    (keys::SCHEME, "http"),
    (keys::PATH, "/orders/17"),
    (keys::PROTOCOL_VERSION, "HTTP/1.1"),
    (keys::HOST, "shop.example:8080"),
    (keys::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (keys::PEER_ADDRESS, "10.0.0.7"),
    (keys::ROUTE, "/orders/{id}"),
];

const URL: &str = "jdbc:postgresql://db.example:5432/shop";

/// What the request's thread hands over of a SERVER span.
pub fn server_record() -> Record {
    record(Site::Tomcat, payload(REQUEST))
}

/// What the native exit does on the request's thread once it has the payload, and the agent's thread to take it.
pub(crate) fn handed_over() -> Part {
    let ring = Ring::with_stripes(RingLimits::default(), 1);
    let record = server_record();
    let mut drained = Vec::with_capacity(BATCH);
    Part::new("span/handed over", BATCH, move || {
        for _ in 0..BATCH {
            let _ = black_box(ring.push(record.clone()));
        }
        ring.drain(BATCH, &mut drained);
        black_box(&mut drained).clear();
    })
}

/// Naming and attributes of a SERVER span, on the agent's thread.
pub(crate) fn server() -> Part {
    let record = server_record();
    let context = context();
    Part::new("span/server", 1, move || {
        black_box(finish(black_box(&record), &context));
    })
}

/// All that the agent's thread does of a SERVER span but to take it from the ring and to send it: of requests for ever
/// other orders.
pub(crate) fn server_to_bytes() -> Part {
    let request = |number: usize| {
        let path = format!("/orders/{:07}", number);
        let texts = REQUEST.iter().map(|(key, text)| (*key, if *key == keys::PATH { &path } else { *text }));
        record(Site::Tomcat, payload(&texts.collect::<Vec<_>>()))
    };
    to_bytes("span/server, to bytes", (0..DIFFERENT).map(request).collect())
}

/// The same of requests that came before.
pub(crate) fn recurring_server_to_bytes() -> Part {
    let request = |_| server_record();
    to_bytes("span/server that recurs, to bytes", (0..BATCH).map(request).collect())
}

/// In turn a batch of these records.
fn to_bytes(name: &'static str, records: Vec<Record>) -> Part {
    let (source, resource) = (Finished { context: context() }, Resource::default());
    let (mut encoder, mut bytes) = (BatchEncoder::default(), Vec::with_capacity(1 << 20));
    let mut next = 0;
    Part::new(name, BATCH, move || {
        let batch = records.chunks(BATCH).nth(next).unwrap_or_default();
        next = (next + 1) % records.len().div_ceil(BATCH);
        bytes.clear();
        encoder.encode(&resource, "1.0.0", Privacy::default(), &source, black_box(batch), &mut bytes);
        black_box(&bytes);
    })
}

/// The agent's way from a record to a span.
struct Finished {
    context: FinishContext,
}

impl SpanSource for Finished {
    type Record = Record;

    fn drain(&mut self, _: usize, _: &mut Vec<Record>) -> usize {
        0
    }

    fn scope(&self, record: &Record) -> &'static str {
        Site::scope_of(record.site)
    }

    fn identity(&self, record: &Record) -> Identity {
        identity(record, &self.context.clock)
    }

    fn made_from<'a>(&self, record: &'a Record) -> Option<(u16, &'a [u8])> {
        Some((record.site, &record.payload))
    }

    fn finish<'a>(&'a self, record: &'a Record) -> Option<Span<'a>> {
        Some(finish(record, &self.context))
    }

    fn dropped(&self) -> u64 {
        0
    }
}

/// The same of a query whose text is remembered.
pub(crate) fn query_seen_before() -> Part {
    let record = query("select id, total from orders where customer = 'Smith' and id in (1, 2, 3)");
    let context = context();
    Part::new("span/query, seen before", 1, move || {
        black_box(finish(black_box(&record), &context));
    })
}

/// Statements that are built from text: each is masked and summarised anew.
pub(crate) fn query_seen_first() -> Part {
    let records: Vec<Record> = (0..BATCH)
        .map(|number| {
            query(&format!("select id, total from orders where customer = 'Smith' and id = {number}"))
        })
        .collect();
    Part::new("span/query, seen first", BATCH, move || {
        let context = context();
        for record in &records {
            black_box(finish(black_box(record), &context));
        }
    })
}

fn query(text: &str) -> Record {
    record(Site::Jdbc, payload(&[(keys::JDBC_URL, URL), (keys::SQL, text)]))
}

fn payload(texts: &[(u8, &str)]) -> Box<[u8]> {
    texts.iter().fold(PayloadWriter::new(), |writer, (key, text)| writer.text(*key, text)).finish()
}

fn record(site: Site, payload: Box<[u8]>) -> Record {
    Record {
        site: site as u16,
        trace_id: [1, 2],
        span_id: 3,
        parent_span_id: 0,
        flags: 1,
        start: 1_000,
        end: 1_500,
        resource: 0,
        payload,
    }
}

fn context() -> FinishContext {
    FinishContext { clock: Clock::new(0, 0), options: Options::default(), memo: jdbc::Memo::default() }
}
