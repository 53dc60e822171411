//! What the bridge's native methods do.

use std::borrow::Cow;

use otelrs_advice::keys;
use otelrs_sdk::payload::Payload;
use otelrs_sdk::propagation::{extract_values, write_traceparent};
use otelrs_sdk::record::Record;

use crate::state::{self, Counts};

/// Takes a finished span over. What finds the ring full is counted there.
pub(crate) fn end(record: Record) {
    if let Some(agent) = state::agent()
        && agent.ring.push(record).wake
    {
        agent.control.wake();
    }
}

/// The answer to `OtelrsBridge.extract`.
pub(crate) struct Extracted {
    /// Trace id, span id, flags or -1, length of the trace state, length of the baggage.
    pub(crate) ids: [i64; 6],
    /// Trace state, then baggage.
    pub(crate) text: Vec<u8>,
}

impl Extracted {
    /// A request that brought nothing along.
    pub(crate) const NOTHING: Extracted = Extracted { ids: [0, 0, 0, -1, 0, 0], text: Vec::new() };
}

/// Reads the trace headers of a request, strictly.
pub(crate) fn extract(bytes: &[u8]) -> Extracted {
    let Some(agent) = state::agent() else { return Extracted::NOTHING };
    let payload = Payload::new(bytes);
    let values = |key| payload.texts(key).collect::<Vec<Cow<'_, str>>>();
    let found = extract_values(
        agent.propagators,
        &values(keys::HEADER_TRACEPARENT),
        &values(keys::HEADER_TRACESTATE),
        &values(keys::HEADER_BAGGAGE),
    );
    let mut extracted = Extracted::NOTHING;
    if let Some(parent) = found.parent {
        extracted.ids[0] = parent.trace_id[0].cast_signed();
        extracted.ids[1] = parent.trace_id[1].cast_signed();
        extracted.ids[2] = parent.span_id.cast_signed();
        extracted.ids[3] = i64::from(parent.flags);
    }
    extracted.ids[4] = i64::try_from(found.trace_state.len()).unwrap_or(0);
    extracted.ids[5] = i64::try_from(found.baggage.len()).unwrap_or(0);
    extracted.text.extend_from_slice(found.trace_state.as_bytes());
    extracted.text.extend_from_slice(found.baggage.as_bytes());
    extracted
}

/// The header's value, version 00.
pub(crate) fn traceparent(trace_id: [u64; 2], span_id: u64, flags: u8) -> [u8; 55] {
    let mut text = [0; 55];
    write_traceparent(trace_id, span_id, flags, &mut text);
    text
}

/// Counts what the bridge left alone; the reasons are `OtelrsBridge`'s.
pub(crate) fn declined(reason: i32) {
    let Some(agent) = state::agent() else { return };
    match reason {
        0 => {
            Counts::add(&agent.counts.table_full);
            state::log().warn(
                "table-full",
                "more tasks and statements are waiting than are remembered: some spans lose their parent or are not made",
            );
        }
        1 => Counts::add(&agent.counts.ambiguous_tasks),
        3 => Counts::add(&agent.counts.values_not_read),
        _ => Counts::add(&agent.counts.abandoned),
    }
}

/// Counts a class that lacks a method which a rule names.
pub(crate) fn absent(bytes: &[u8]) {
    let Some(agent) = state::agent() else { return };
    Counts::add(&agent.counts.unfit_rules);
    let payload = Payload::new(bytes);
    let text = |key| payload.text(key).unwrap_or_default();
    let (class, method) = (text(keys::CODE_CLASS), text(keys::CODE_METHOD));
    state::log().debug(format_args!("{class} has no {method}, which a rule names: it is left alone"));
}
