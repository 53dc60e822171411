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
    /// JVMs of each kind, in turn: two of the same kind differ by what is to be seen.
    rounds: usize,
}

const fn tasks(name: &'static str, bytes: f64, rounds: usize) -> Construct {
    Construct {
        name,
        warm_up: 300_000,
        tasks: 500_000,
        bytes,
        bytes_in_none: 1.0,
        starts_threads: false,
        rounds,
    }
}

/// A thread costs a thousand times what a task does.
const fn threads(name: &'static str) -> Construct {
    Construct {
        name,
        warm_up: 2_000,
        tasks: 4_000,
        bytes: 200.0,
        bytes_in_none: 8.0,
        starts_threads: true,
        rounds: 12,
    }
}

const CONSTRUCTS: [Construct; 7] = [
    tasks("future-task", 32.0, 100),
    tasks("scheduled-future-task", 32.0, 40),
    tasks("completable-future", 32.0, 12),
    tasks("bare-runnable", 56.0, 100),
    tasks("fork-join-task", 56.0, 12),
    threads("thread"),
    threads("thread-that-allocates"),
];

/// As many tasks are done before the fixture begins to count.
const BATCH: usize = 1_000;

/// Of the measurements in one JVM the best counts: the others were disturbed.
const TAKES: usize = 3;
/// Rounds of the other agent's, which is beside ours and not held to a target.
const OTHER_ROUNDS: usize = 3;

/// Nanoseconds and bytes of one task.
#[derive(Clone, Copy)]
struct Figure {
    nanoseconds: f64,
    bytes: f64,
}

/// Whether the tasks are submitted within a request; in this order, because what is remembered of a class stays.
const CONTEXTS: [bool; 3] = [false, true, false];

/// One a [`CONTEXTS`].
type Figures = [Figure; CONTEXTS.len()];

/// In a JVM of its own: what the compilers make of a pool's loop hangs on everything that ran in it.
fn measure(jdk: &Jdk, construct: &Construct, agent: &[&str], env: &[(&str, &str)]) -> Result<Figures> {
    let jar = paths::fixture_jar("context");
    let process =
        FixtureProcess::start(jdk, &jar, &[&["-XX:+UseSerialGC", "-Xmx256m"], agent].concat(), env, &[])?;
    let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(i32::try_from(process.id())?))?;
    let name = construct.name;
    let take = |tasks: usize, context: bool| -> Result<Figure> {
        let before = Duration::from(clock.now()?);
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
    let mut figures = [Figure { nanoseconds: f64::INFINITY, bytes: 0.0 }; CONTEXTS.len()];
    for (context, figure) in CONTEXTS.into_iter().zip(&mut figures) {
        take(construct.warm_up, context)?;
        for _ in 0..TAKES {
            let taken = take(construct.tasks, context)?;
            if taken.nanoseconds < figure.nanoseconds {
                *figure = taken;
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

fn added(plain: &[Figures], with: &[Figures], context: usize) -> Result<Added> {
    let pairs = |of: fn(&Figure) -> f64| -> Vec<(f64, f64)> {
        plain.iter().zip(with).map(|(plain, with)| (of(&plain[context]), of(&with[context]))).collect()
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
    let version = paths::OPENTELEMETRY_JAVA_AGENT.rsplit(':').next().unwrap_or_default();
    let mut text = format!(
        "{}; JDK {}. Each task has JVMs of its own: as many rounds as said of one without an agent and one with otelrs, in turn, and \
         {OTHER_ROUNDS} of one with the OpenTelemetry Java agent {version} beside them. Processor time that an agent adds to submitting \
         and running one empty task, paired by round, with its 95 % confidence interval; bytes, the median.\n\n\
         | task | rounds | without an agent | otelrs, in a context | otelrs, in none | otelrs, in none, after others were in a context | \
         Java agent, in a context | Java agent, in none |\n|---|---|---|---|---|---|---|---|\n",
        machine::description(),
        jdk.feature,
    );
    let mut broken = Vec::new();
    for construct in &CONSTRUCTS {
        let Construct { name, bytes: limit, bytes_in_none, rounds, .. } = construct;
        let (mut plain, mut own, mut other) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..*rounds {
            // Each first as often as second.
            if round % 2 == 0 {
                plain.push(measure(&jdk, construct, &[], &[])?);
            }
            own.push(measure(&jdk, construct, &[&ours], &[])?);
            if round % 2 == 1 {
                plain.push(measure(&jdk, construct, &[], &[])?);
            }
            if round < OTHER_ROUNDS {
                other.push(measure(&jdk, construct, &[&theirs], &env)?);
            }
        }
        let base =
            statistics::median(plain.iter().map(|figures| figures[0].nanoseconds)).context("no round")?;
        let _ = write!(text, "| {name} | {rounds} | {base:.0} ns |");
        for (with, context) in [(&own, 1), (&own, 0), (&own, 2), (&other, 1), (&other, 0)] {
            let Added { nanoseconds: Interval { estimate, low, high }, bytes } =
                added(&plain, with, context)?;
            // Not less than none.
            let bytes = bytes.round() + 0.0;
            let _ = write!(text, " {estimate:+.0} ns ({low:.0} to {high:.0}), {bytes:+.0} bytes |");
        }
        text.push('\n');
        // Times are for people to read; what is allocated is decided by the code alone.
        let none = added(&plain, &own, 0)?.bytes;
        if none >= *bytes_in_none {
            broken.push(format!("{name} in no context allocates {none:.1} bytes more than without us"));
        }
        let carried = added(&plain, &own, 1)?.bytes;
        if carried > *limit + 1.0 {
            broken.push(format!("{name} in a context allocates {carried:.1} bytes more than without us"));
        }
    }
    println!("{text}");
    generated::section("docs/context.md", "cost", &text)?;
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}
