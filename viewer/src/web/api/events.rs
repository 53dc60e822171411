//! `GET /api/events`: a line whenever something changed (server-sent events), for the live list.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};

use super::Viewer;
use super::status::Status;

/// How often a watched store is looked at: a glance costs a lock, a wake-up for each batch would cost more.
const INTERVAL: Duration = Duration::from_millis(250);

/// `change` events with the status as data: one at once, then one a change, at most one an interval.
pub(super) async fn events(
    State(viewer): State<Viewer>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let seen: Option<u64> = None;
    let changes = stream::unfold((viewer, seen), async |(mut viewer, seen)| {
        while seen == Some(viewer.store().revision()) {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                _ = viewer.stopped.wait_for(|stopped| *stopped) => return None,
            }
        }
        if seen.is_some() {
            // More of a batch may be on its way: the page asks once for all of it.
            tokio::time::sleep(INTERVAL / 2).await;
        }
        let seen = viewer.store().revision();
        let event = Event::default().event("change").json_data(Status::of(&viewer)).ok()?;
        Some((Ok(event), (viewer, Some(seen))))
    });
    Sse::new(changes).keep_alive(KeepAlive::default())
}
