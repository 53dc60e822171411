//! No orphan, no stranger: every cell of the table of `java-fixtures/context`, alone and 64 at once.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::cells::Cell;
use otelrs_jvm_tests::cells::report::differences;
use otelrs_jvm_tests::cells::session::{ALONE, Collector, Pass, Session};
use otelrs_jvm_tests::generated;
use otelrs_test_support::{jdk, paths};

/// All at once, half of them answered before their work is done.
const TOGETHER: [Pass; 2] = [Pass { clients: 64, early: false }, Pass { clients: 64, early: true }];

/// On one JDK.
fn every_cell_has_its_tree(feature: u16) -> Result<()> {
    let Some(jdk) = jdk::feature(feature) else {
        eprintln!("skipped: the cells on JDK {feature}, which this machine lacks");
        return Ok(());
    };
    let collector = Collector::start()?;
    let agent = argument_for(&paths::agent_library(), &collector.agent_options());
    let mut session = Session::start(&jdk, collector, &[&agent, COMMON_POOL_OF_FOUR], &[])?;
    let cells = session.table().cells.clone();
    let inapplicable = session.table().inapplicable.len();
    session.run(&cells, ALONE);
    // The losers of an invokeAny are interrupted by their cancellation, some of them when their worker of the common pool
    // runs another cell's task already.
    let sharing: Vec<_> =
        cells.iter().filter(|cell| !cell.id.starts_with("common-pool/invoke-any")).cloned().collect();
    for pass in TOGETHER {
        session.run(&sharing, pass);
    }
    let left = session.ask("/collected")?;
    let watched = session.ask("/watched")?;
    let outcomes = session.stop()?;
    let wrong = outcomes.iter().filter(|outcome| !outcome.is_right()).count();
    let summary = format!(
        "- JDK {feature}: {} cells in {} runs, {wrong} wrong; {inapplicable} inapplicable; {watched}, {} contexts left\n",
        cells.len(),
        outcomes.len(),
        left.lines().count(),
    );
    print!("{summary}");
    generated::section("docs/context.md", &format!("cells on JDK {feature}"), &summary)?;
    ensure!(
        wrong == 0 && left.is_empty(),
        "{}contexts still reachable: {}\n{left}",
        differences(&outcomes),
        left.lines().count()
    );
    ensure!(!matches!(feature, 17 | 25) || cells.len() >= 800, "only {} cells", cells.len());
    Ok(())
}

#[test]
fn every_cell_has_its_tree_on_jdk_11() -> Result<()> {
    every_cell_has_its_tree(11)
}

#[test]
fn every_cell_has_its_tree_on_jdk_17() -> Result<()> {
    every_cell_has_its_tree(17)
}

#[test]
fn every_cell_has_its_tree_on_jdk_21() -> Result<()> {
    every_cell_has_its_tree(21)
}

#[test]
fn every_cell_has_its_tree_on_jdk_25() -> Result<()> {
    every_cell_has_its_tree(25)
}

/// JVMs that lay the first word of an object out, or lend it to a lock, in another way than that release does by itself. Whether an
/// object may have an identity hash is read there.
const HEADERS: [(u16, &[&str]); 8] = [
    (11, &["-XX:-UseBiasedLocking"]),
    (17, &["-XX:+UseBiasedLocking"]),
    (21, &["-XX:+UnlockExperimentalVMOptions", "-XX:LockingMode=2"]),
    (25, &["-XX:LockingMode=1"]),
    (25, &["-XX:+UseCompactObjectHeaders"]),
    (25, &["-XX:-UseCompressedOops", "-XX:-UseCompressedClassPointers"]),
    (25, &["-XX:-UseSerialGC", "-XX:+UseZGC"]),
    (25, &["-XX:-UseSerialGC", "-XX:+UseShenandoahGC", "-XX:+UseCompactObjectHeaders"]),
];

#[test]
fn tasks_are_told_apart_whatever_the_layout_of_their_headers() -> Result<()> {
    for (feature, options) in HEADERS {
        let Some(jdk) = jdk::feature(feature) else {
            eprintln!("skipped: headers of JDK {feature}, which this machine lacks");
            continue;
        };
        let collector = Collector::start()?;
        let agent = argument_for(&paths::agent_library(), &collector.agent_options());
        let mut session = Session::start(&jdk, collector, &[&[agent.as_str()], options].concat(), &[])?;
        let asks = |cell: &&Cell| HASHED.iter().any(|family| cell.id.starts_with(family));
        let cells: Vec<_> = session.table().cells.iter().filter(asks).cloned().collect();
        session.run(&cells, ALONE);
        session.run(&cells, TOGETHER[1]);
        let outcomes = session.stop()?;
        let right = outcomes.iter().filter(|outcome| outcome.is_right()).count();
        ensure!(
            right == 2 * cells.len() && cells.len() >= 80,
            "JDK {feature} {options:?}: {}",
            differences(&outcomes)
        );
    }
    Ok(())
}

/// Beginnings of the names of cells whose tasks are remembered by their identity.
const HASHED: [&str; 5] = [
    "same-runnable/",
    "visible/identity-hash/",
    "recursive-task/pool-execute/",
    "thread-pool/execute/",
    "timer/",
];

/// A machine of two processors would have a pool of one worker, which CompletableFuture does not use.
const COMMON_POOL_OF_FOUR: &str = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=4";
