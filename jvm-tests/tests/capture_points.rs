//! Each place where context is captured, restored or released is needed: without it at least one cell is wrong.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::{self, argument_for};
use otelrs_jvm_tests::cells::session::{Collector, Pass, Session};
use otelrs_jvm_tests::cells::{Cell, Outcome};
use otelrs_jvm_tests::generated;
use otelrs_rules::model::Purpose;
use otelrs_test_support::jdk::{self, Jdk};

/// The newest first: most places are there; those that only an older release has come to it.
const FEATURES: [u16; 4] = [25, 17, 21, 11];

const PASS: Pass = Pass { clients: 4, early: false };

/// Part of the names of the places to look at; the document is then left as it is.
const ONLY: &str = "OTELRS_PLACE";

/// After so many, what has arrived is looked at.
const CELLS_AT_A_TIME: usize = 40;

/// Which cells are asked first when a place is missing that has this in its name. Only the time depends on it: after
/// them all cells are asked.
const LIKELY: &[(&str, &[&str])] = &[
    ("ThreadPerTaskExecutor", &["virtual-thread/waits-for-a-socket"]),
    ("VirtualThread", &["virtual-thread/", "virtual-thread-builder/"]),
    ("ThreadFactory.newThread", &["worker/"]),
    (
        "java/lang/Thread",
        &["thread/", "thread-subclass", "worker/", "virtual-thread/", "structured-task-scope/"],
    ),
    ("Timer", &["timer/"]),
    ("TaskQueue", &["timer/"]),
    (
        "CompletableFuture$Async",
        &[
            "completable-future/supply",
            "completable-future/run-async",
            "thread-pool/run-async",
            "thread-pool/supply-async",
            "user-direct",
        ],
    ),
    ("UniApply", &["completable-future/then-apply"]),
    ("UniAccept", &["completable-future/then-accept/", "completable-future/then-accept-async"]),
    ("UniRun", &["completable-future/then-run"]),
    ("UniCompose.", &["completable-future/then-compose"]),
    ("UniComposeExc", &["completable-future/exceptionally-compose"]),
    ("UniExceptionally", &["completable-future/exceptionally"]),
    ("UniHandle", &["completable-future/handle"]),
    ("UniWhen", &["completable-future/when-complete"]),
    ("BiApply", &["completable-future/then-combine"]),
    ("BiAccept", &["completable-future/then-accept-both"]),
    ("BiRun", &["completable-future/run-after-both"]),
    ("OrApply", &["completable-future/apply-to-either"]),
    ("OrAccept", &["completable-future/accept-either"]),
    ("OrRun", &["completable-future/run-after-either"]),
    ("cheduled", &["fork-join-pool/schedule", "scheduled-pool/", "decorating-scheduled-pool/"]),
    ("createWorker", &["worker/", "fork-join-pool/execute/", "recursive-task/"]),
    ("ForkJoinPool", &["recursive-task/pool", "adapt-runnable/pool", "fork-join-pool/"]),
    ("invokeAll", &["recursive-task/invoke-all-first"]),
    ("ForkJoinTask.cancel", &["fork-join-pool/", "adapt-callable/pool-"]),
    ("ForkJoinTask.trySetCancelled", &["fork-join-pool/submit-runnable"]),
    ("ForkJoinTask", &["recursive-task/", "adapt-callable/", "data-parallel/"]),
    ("SubmissionPublisher", &["submission-publisher/"]),
    ("Policy", &["rejection-", "kept-runnable/"]),
    (
        "ThreadPoolExecutor",
        &["kept-runnable/", "worker/", "thread-pool/", "same-runnable/", "scheduled-pool/"],
    ),
    ("FutureTask", &["future-task/", "thread-pool/submit"]),
    ("google", &["guava-"]),
    ("Executor", &["user-"]),
    ("run()V", &["user-", "thread-subclass"]),
];

fn places() -> Vec<String> {
    let mut places: Vec<String> = otelrs_advice::rules()
        .filter(|rule| rule.purpose == Purpose::Context)
        .flat_map(|rule| rule.places().collect::<Vec<_>>())
        // To look at one of them alone.
        .filter(|place| std::env::var(ONLY).map_or(true, |only| place.contains(&only)))
        .collect();
    places.sort();
    places.dedup();
    places
}

/// What is wrong without a place: the release, the cell, and what was due and received.
fn first_wrong(place: &str, jdk: &Jdk, likely: bool) -> Result<Option<String>> {
    let fault = format!("unpatched:{place}");
    let collector = Collector::start()?;
    let agent = argument_for(&agent::with_faults()?, &collector.agent_options());
    let mut session = Session::start(jdk, collector, &[&agent], &[("OTELRS_FAULT", &fault)])?;
    let prefixes =
        LIKELY.iter().find(|(part, _)| place.contains(part)).map_or(&[][..], |(_, prefixes)| *prefixes);
    let is_likely = |cell: &&Cell| prefixes.iter().any(|prefix| cell.id.starts_with(prefix));
    let cells: Vec<Cell> =
        session.table().cells.iter().filter(|cell| !likely || is_likely(cell)).cloned().collect();
    for some in cells.chunks(CELLS_AT_A_TIME) {
        session.run(some, PASS);
        if let Some(wrong) = session.first_wrong() {
            return Ok(Some(row(jdk, &wrong)));
        }
    }
    let left = session.ask("/collected?seconds=3")?;
    let outcomes = session.stop()?;
    let wrong = outcomes.iter().find(|outcome| !outcome.is_right()).map(|outcome| row(jdk, outcome));
    let kept = left.lines().next().map(|cell| {
        format!("| {} | `{cell}` | its context is collectable | it is still reachable |", jdk.feature)
    });
    Ok(wrong.or(kept))
}

fn row(jdk: &Jdk, wrong: &Outcome) -> String {
    let received = match &wrong.complaint {
        Some(complaint) if wrong.received == wrong.cell.expected => complaint.clone(),
        _ => format!("`{}`", wrong.received),
    };
    format!("| {} | `{}` | `{}` | {received} |", jdk.feature, wrong.cell.id, wrong.cell.expected)
}

fn shown_by(place: &str) -> Result<Option<String>> {
    for likely in [true, false] {
        for jdk in FEATURES.into_iter().filter_map(jdk::feature) {
            let wrong = first_wrong(place, &jdk, likely).with_context(|| place.to_owned())?;
            if wrong.is_some() {
                return Ok(wrong);
            }
        }
    }
    Ok(None)
}

#[test]
#[ignore = "minutes: ./x test --full"]
fn without_any_capture_point_a_cell_is_wrong() -> Result<()> {
    let mut table =
        String::from("| without | JDK | the cell | is due | is received |\n|---|---|---|---|---|\n");
    let mut unneeded = Vec::new();
    for place in places() {
        match shown_by(&place)? {
            Some(wrong) => {
                println!("{place} {wrong}");
                let _ = writeln!(table, "| `{place}` {wrong}");
            }
            None => {
                println!("{place}: NOTHING");
                unneeded.push(place);
            }
        }
    }
    if std::env::var_os(ONLY).is_none() {
        generated::section("docs/context.md", "capture points", &table)?;
    }
    ensure!(unneeded.is_empty(), "no cell needs {unneeded:#?}");
    Ok(())
}
