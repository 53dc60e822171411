//! Work that comes long after the end of what submitted it is linked to it, not below it. The agent built for tests takes
//! a moment for the minute, so that nobody waits.

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::{self, argument_for};
use otelrs_jvm_tests::cells::Cell;
use otelrs_jvm_tests::cells::session::{ALONE, Collector, Session};
use otelrs_test_support::jdk;

/// Cells whose work is done after the answer, and what is due of them when that is late.
const LATE: [(&str, &str); 3] = [
    ("thread-pool/execute/after-the-answer", "probe request task~request"),
    ("fork-join-pool/submit-callable/after-the-answer", "probe request task~request"),
    ("thread/start/after-the-answer", "request task~request"),
];

/// Cells whose work is done before the answer: however soon a context is late, an open span is a parent.
const IN_TIME: [&str; 2] = ["thread-pool/execute/success", "thread-pool/submit-callable/nested"];

#[test]
fn work_that_comes_late_is_linked_to_what_submitted_it() -> Result<()> {
    let jdk = jdk::feature(17).or_else(|| jdk::feature(25)).context("neither JDK 17 nor 25")?;
    let collector = Collector::start()?;
    let agent = argument_for(&agent::with_faults()?, &collector.agent_options());
    let mut session = Session::start(&jdk, collector, &[&agent], &[("OTELRS_FAULT", "stale-after:0")])?;
    let named = |id: &str| -> Result<Cell> {
        session
            .table()
            .cells
            .iter()
            .find(|cell| cell.id == id)
            .cloned()
            .with_context(|| format!("no cell {id}"))
    };
    let late = LATE.iter().map(|(id, _)| named(id)).collect::<Result<Vec<Cell>>>()?;
    let in_time = IN_TIME.iter().map(|id| named(id)).collect::<Result<Vec<Cell>>>()?;
    session.run(&in_time, ALONE);
    session.run(&late, otelrs_jvm_tests::cells::session::Pass { early: true, ..ALONE });
    for outcome in session.stop()? {
        let id = &outcome.cell.id;
        match LATE.iter().find(|(late, _)| late == id) {
            Some((_, due)) => ensure!(outcome.received.to_string() == *due, "{id}: {}", outcome.received),
            None => ensure!(outcome.is_right(), "{id}: {}", outcome.received),
        }
    }
    Ok(())
}
