//! When traces count as complete. Waits here are bounds that end early, or of a length that changes no outcome.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::trace::v1::Span;
use otelrs_otlp::decode::decode_trace_request;
use otelrs_viewer::feed::{Feed, FeedOptions, Update};
use otelrs_viewer::store::TraceStore;
use prost::Message;
use support::{request, span};

const NEVER: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(1);

fn take_in(store: &TraceStore, spans: Vec<Span>) {
    let bytes = request("shop", spans).encode_to_vec();
    store.take_in(&decode_trace_request(&bytes).unwrap());
}

fn summary(updates: &[Update]) -> Vec<(u8, usize, usize)> {
    updates
        .iter()
        .map(|update| (update.trace.trace_id.0[0], update.trace.spans.len(), update.shown_before))
        .collect()
}

#[test]
fn a_trace_with_its_root_is_complete_when_quiet_and_one_without_is_not() {
    let store = Arc::new(TraceStore::default());
    let mut feed =
        Feed::new(Arc::clone(&store), FeedOptions { quiet: SOON, rootless_quiet: NEVER, bound: NEVER });
    take_in(&store, vec![span(1, 2, 1, "rootless", 0, 5)]);
    take_in(&store, vec![span(2, 1, 0, "root", 0, 5), span(2, 2, 1, "child", 0, 5)]);
    assert_eq!(summary(&feed.next_updates().unwrap()), [(2, 2, 0)]);
    take_in(&store, vec![Span { flags: 0x300, ..span(3, 1, 7, "root of this process", 0, 5) }]);
    assert_eq!(summary(&feed.next_updates().unwrap()), [(3, 1, 0)]);
    take_in(&store, vec![span(1, 1, 0, "the root at last", 0, 5)]);
    assert_eq!(summary(&feed.next_updates().unwrap()), [(1, 2, 0)]);
}

#[test]
fn a_trace_that_stays_busy_or_rootless_is_shown_at_its_bound() {
    for options in [
        FeedOptions { quiet: NEVER, rootless_quiet: NEVER, bound: SOON },
        FeedOptions { quiet: NEVER, rootless_quiet: SOON, bound: NEVER },
    ] {
        let store = Arc::new(TraceStore::default());
        let mut feed = Feed::new(Arc::clone(&store), options);
        take_in(&store, vec![span(1, 2, 1, "rootless", 0, 5)]);
        assert_eq!(summary(&feed.next_updates().unwrap()), [(1, 1, 0)]);
    }
}

#[test]
fn late_spans_show_a_trace_again() {
    let store = Arc::new(TraceStore::default());
    let mut feed =
        Feed::new(Arc::clone(&store), FeedOptions { quiet: SOON, rootless_quiet: SOON, bound: NEVER });
    take_in(&store, vec![span(1, 1, 0, "root", 0, 5)]);
    assert_eq!(summary(&feed.next_updates().unwrap()), [(1, 1, 0)]);
    take_in(&store, vec![span(1, 2, 1, "late", 0, 5)]);
    assert_eq!(summary(&feed.next_updates().unwrap()), [(1, 2, 1)]);
}

#[test]
fn a_stop_returns_what_is_held_and_ends_the_feed() {
    let store = Arc::new(TraceStore::default());
    let mut feed =
        Feed::new(Arc::clone(&store), FeedOptions { quiet: NEVER, rootless_quiet: NEVER, bound: NEVER });
    let stopper = feed.stopper();
    let following = std::thread::spawn(move || {
        let mut seen = Vec::new();
        while let Some(updates) = feed.next_updates() {
            seen.extend(summary(&updates));
        }
        seen
    });
    take_in(&store, vec![span(1, 1, 0, "root", 0, 5)]);
    take_in(&store, vec![span(2, 2, 1, "rootless", 0, 5)]);
    stopper.stop();
    assert_eq!(following.join().unwrap(), [(1, 1, 0), (2, 1, 0)]);
}
