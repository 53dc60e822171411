//! `GET /api/events`: a line whenever something changed (server-sent events), for the live list.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};

use super::Viewer;
use super::status::Status;

/// How often a watched store is looked at: a glance costs a few locks, a wake-up for each batch would cost more.
const INTERVAL: Duration = Duration::from_millis(250);

/// `change` events with the status as data: one at once, then one when it has changed, at most one an interval.
pub(super) async fn events(
    State(viewer): State<Viewer>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let nothing_told: Option<Status> = None;
    let changes = stream::unfold((viewer, nothing_told), async |(mut viewer, told)| {
        loop {
            if told.is_some() {
                tokio::select! {
                    () = tokio::time::sleep(INTERVAL) => {}
                    _ = viewer.stopped.wait_for(|stopped| *stopped) => return None,
                }
            }
            let status = Status::of(&viewer);
            if told.as_ref() != Some(&status) {
                let event = Event::default().event("change").json_data(&status).ok()?;
                return Some((Ok(event), (viewer, Some(status))));
            }
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::default())
}
