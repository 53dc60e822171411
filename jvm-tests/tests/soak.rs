//! Tasks without end in a heap that would not hold them if they leaked: none loses its context, none has another's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::cells::session::{Collector, Session};
use otelrs_test_support::{http, jdk, paths};

const CLIENTS: usize = 32;
const TASKS_OF_A_REQUEST: usize = 1_000;

/// Tomcat, H2 and the agent's classes need half of it. The contexts and tasks of a million tasks would take 100 MB.
const HEAP: &str = "-Xmx48m";

/// Before JDK 25 CompletableFuture starts a thread for each task where this is below two, as it is on two processors: then
/// the soak were about threads, of which a million take half an hour.
const PARALLELISM: &str = "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2";

fn soak(feature: u16, requests: usize) -> Result<()> {
    let Some(jdk) = jdk::feature(feature) else {
        eprintln!("skipped: the soak on JDK {feature}, which this machine lacks");
        return Ok(());
    };
    let collector = Collector::start()?;
    let agent = argument_for(&paths::agent_library(), &collector.agent_options());
    let session = Session::start(&jdk, collector, &[&agent, HEAP, PARALLELISM], &[])?;
    let port = session.port();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while next.fetch_add(1, Ordering::Relaxed) < requests {
                        let answer = http::get(port, &format!("/soak?tasks={TASKS_OF_A_REQUEST}"), &[])?;
                        ensure!(answer.status == 200, "{}", answer.body);
                    }
                    Ok(())
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| anyhow::bail!("panicked")))
    })?;
    let result = session.ask("/soaked")?;
    session.stop()?;
    let numbers: Vec<usize> = result.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let &[ran, orphans, strangers] = numbers.as_slice() else { anyhow::bail!("{result:?}") };
    println!("JDK {feature}: {ran} tasks ran with {HEAP}, {orphans} orphans, {strangers} strangers");
    ensure!((orphans, strangers) == (0, 0), "{orphans} orphans, {strangers} strangers of {ran} tasks");
    // One way in fourteen cancels its tasks.
    let submitted = requests * TASKS_OF_A_REQUEST;
    ensure!(ran <= submitted && ran > submitted / 10 * 9, "{ran} tasks of {submitted} ran");
    Ok(())
}

#[test]
fn two_hundred_thousand_tasks_keep_their_contexts() -> Result<()> {
    soak(25, 200).context("JDK 25")?;
    soak(11, 200).context("JDK 11")
}

#[test]
#[ignore = "minutes: ./x test --full"]
fn ten_million_tasks_keep_their_contexts() -> Result<()> {
    soak(25, 11_000).context("JDK 25")?;
    soak(17, 11_000).context("JDK 17")
}
