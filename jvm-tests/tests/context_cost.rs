//! What carrying a context costs a task: processor time and bytes, against the same task without an agent.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::time::ClockId;
use nix::unistd::Pid;
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::cells::session::Collector;
use otelrs_jvm_tests::generated;
use otelrs_test_support::fixture::FixtureProcess;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::machine;
use otelrs_test_support::paths;
use otelrs_test_support::statistics::{self, Interval};

struct Construct {
    name: &'static str,
    warm_up: usize,
    tasks: usize,
    /// What one task in a context may allocate more: an object, of a queue's task also its place in the table; of a thread its
    /// slot and the place for its thread-locals. Bytes.
    bytes: f64,
    /// The same in none; of threads all that any thread of the process allocates meanwhile.
    bytes_in_none: f64,
    /// Its threads are gone when they could be asked for their time: it is the whole process's.
    starts_threads: bool,
}

const fn tasks(name: &'static str, bytes: f64) -> Construct {
    Construct { name, warm_up: 300_000, tasks: 500_000, bytes, bytes_in_none: 1.0, starts_threads: false }
}

/// A thread costs a thousand times what a task does.
const fn threads(name: &'static str) -> Construct {
    Construct { name, warm_up: 2_000, tasks: 4_000, bytes: 200.0, bytes_in_none: 8.0, starts_threads: true }
}

const CONSTRUCTS: [Construct; 7] = [
    tasks("future-task", 32.0),
    tasks("scheduled-future-task", 32.0),
    tasks("completable-future", 32.0),
    tasks("bare-runnable", 56.0),
    tasks("fork-join-task", 56.0),
    threads("thread"),
    threads("thread-that-allocates"),
];

/// As many tasks are done before the fixture begins to count.
const BATCH: usize = 1_000;

/// Of the measurements in one JVM the best counts: the others were disturbed.
const TAKES: usize = 3;
/// JVMs of each kind, interleaved: two of the same kind differ by what is to be seen.
const ROUNDS: usize = 12;
/// Of the other agent's, which is beside ours and not held to a target.
const OTHER_ROUNDS: usize = 3;

/// Nanoseconds and bytes of one task.
#[derive(Clone, Copy)]
struct Figure {
    nanoseconds: f64,
    bytes: f64,
}

/// For each construct, one a [`CONTEXTS`].
type Figures = Vec<[Figure; CONTEXTS.len()]>;

/// Whether the tasks are submitted within a request; in this order, because what is remembered of a class stays.
const CONTEXTS: [bool; 3] = [false, true, false];

fn measure(jdk: &Jdk, agent: &[&str], env: &[(&str, &str)]) -> Result<Figures> {
    let jar = paths::fixture_jar("context");
    let process =
        FixtureProcess::start(jdk, &jar, &[&["-XX:+UseSerialGC", "-Xmx256m"], agent].concat(), env, &[])?;
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(i32::try_from(process.id())?))?;
    let take = |construct: &Construct, tasks: usize, context: bool| -> Result<Figure> {
        let before = Duration::from(clock.now()?);
        let name = construct.name;
        let answer = process.get(&format!("/cost?construct={name}&tasks={tasks}&context={context}"))?;
        let used = Duration::from(clock.now()?).saturating_sub(before);
        ensure!(answer.status == 200, "{}", answer.body);
        let (nanoseconds, bytes) = answer.body.split_once('\t').context("no tab")?;
        let nanoseconds = match construct.starts_threads {
            true => used.as_nanos() as f64 / (tasks + BATCH) as f64,
            false => nanoseconds.parse()?,
        };
        Ok(Figure { nanoseconds, bytes: bytes.parse()? })
    };
    let mut figures =
        vec![[Figure { nanoseconds: f64::INFINITY, bytes: 0.0 }; CONTEXTS.len()]; CONSTRUCTS.len()];
    // All of them in none first: what the compilers have seen of one in a context, the others pay for too.
    for (column, context) in CONTEXTS.into_iter().enumerate() {
        for (construct, row) in CONSTRUCTS.iter().zip(&mut figures) {
            take(construct, construct.warm_up, context)?;
            for _ in 0..TAKES {
                let taken = take(construct, construct.tasks, context)?;
                if taken.nanoseconds < row[column].nanoseconds {
                    row[column] = taken;
                }
            }
        }
    }
    Ok(figures)
}

/// What an agent adds, paired by round.
struct Added {
    nanoseconds: Interval,
    /// The median.
    bytes: f64,
}

fn added(plain: &[Figures], with: &[Figures], construct: usize, context: usize) -> Result<Added> {
    let pairs = |of: fn(&Figure) -> f64| -> Vec<(f64, f64)> {
        let rounds = plain.iter().zip(with);
        rounds.map(|(plain, with)| (of(&plain[construct][context]), of(&with[construct][context]))).collect()
    };
    let bytes = pairs(|figure| figure.bytes);
    Ok(Added {
        nanoseconds: statistics::difference(&pairs(|figure| figure.nanoseconds)).context("one round")?,
        bytes: statistics::median(bytes.iter().map(|(plain, with)| with - plain)).context("no round")?,
    })
}

#[test]
#[ignore = "minutes, and another's agent: ./x test --full"]
fn what_a_context_costs_a_task() -> Result<()> {
    let jdk = jdk::feature(25).or_else(|| jdk::feature(17)).context("neither JDK 25 nor 17")?;
    let collector = Collector::start()?;
    let ours = argument_for(&paths::agent_library(), &collector.agent_options());
    let theirs = format!("-javaagent:{}", paths::peer(paths::OPENTELEMETRY_JAVA_AGENT).display());
    let endpoint = collector.endpoint();
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
    ];
    let (mut plain, mut own, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        plain.push(measure(&jdk, &[], &[])?);
        own.push(measure(&jdk, &[&ours], &[])?);
        if round < OTHER_ROUNDS {
            other.push(measure(&jdk, &[&theirs], &env)?);
        }
    }
    let version = paths::OPENTELEMETRY_JAVA_AGENT.rsplit(':').next().unwrap_or_default();
    let mut text = format!(
        "{}; JDK {}. {ROUNDS} rounds of a JVM each without an agent and with otelrs, {OTHER_ROUNDS} of them with the OpenTelemetry \
         Java agent {version} beside them, in turn. Processor time that an agent adds to submitting and running one empty \
         task, paired by round, with its 95 % confidence interval; bytes, the median.\n\n\
         | task | without an agent | otelrs, in a context | otelrs, in none | otelrs, in none, after all were in a context | \
         Java agent, in a context | Java agent, in none |\n|---|---|---|---|---|---|---|\n",
        machine::description(),
        jdk.feature,
    );
    for (index, construct) in CONSTRUCTS.iter().enumerate() {
        let base = statistics::median(plain.iter().map(|figures| figures[index][0].nanoseconds));
        let base = base.context("no round")?;
        let _ = write!(text, "| {} | {base:.0} ns |", construct.name);
        for (with, context) in [(&own, 1), (&own, 0), (&own, 2), (&other, 1), (&other, 0)] {
            let Added { nanoseconds: Interval { estimate, low, high }, bytes } =
                added(&plain, with, index, context)?;
            // Not less than none.
            let bytes = bytes.round() + 0.0;
            let _ = write!(text, " {estimate:+.0} ns ({low:.0} to {high:.0}), {bytes:+.0} bytes |");
        }
        text.push('\n');
    }
    println!("{text}");
    generated::section("docs/context.md", "cost", &text)?;
    // Times are for people to read; what is allocated is decided by the code alone.
    for (index, construct) in CONSTRUCTS.iter().enumerate() {
        let Construct { name, bytes: limit, bytes_in_none, .. } = construct;
        let none = added(&plain, &own, index, 0)?.bytes;
        ensure!(none < *bytes_in_none, "{name} in no context allocates {none:.1} bytes more than without us");
        let carried = added(&plain, &own, index, 1)?.bytes;
        ensure!(
            carried <= *limit + 1.0,
            "{name} in a context allocates {carried:.1} bytes more than without us"
        );
    }
    Ok(())
}
