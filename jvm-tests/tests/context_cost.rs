//! What carrying a context costs a task: processor time and bytes, against the same task without an agent.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::cells::session::Collector;
use otelrs_jvm_tests::generated;
use otelrs_test_support::fixture::FixtureProcess;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::machine;
use otelrs_test_support::paths;

const CONSTRUCTS: [&str; 5] =
    ["future-task", "scheduled-future-task", "completable-future", "bare-runnable", "fork-join-task"];

const WARM_UP: usize = 300_000;
const TASKS: usize = 500_000;
/// Of the measurements in one JVM the best counts: the others were disturbed.
const TAKES: usize = 3;
/// JVMs of each kind, interleaved.
const ROUNDS: usize = 3;

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
    let take = |construct: &str, tasks: usize, context: bool| -> Result<Figure> {
        let answer = process.get(&format!("/cost?construct={construct}&tasks={tasks}&context={context}"))?;
        ensure!(answer.status == 200, "{}", answer.body);
        let (nanoseconds, bytes) = answer.body.split_once('\t').context("no tab")?;
        Ok(Figure { nanoseconds: nanoseconds.parse()?, bytes: bytes.parse()? })
    };
    let mut figures = Vec::new();
    for construct in CONSTRUCTS {
        let mut all = [Figure { nanoseconds: f64::INFINITY, bytes: 0.0 }; CONTEXTS.len()];
        for (figure, context) in all.iter_mut().zip(CONTEXTS) {
            take(construct, WARM_UP, context)?;
            for _ in 0..TAKES {
                let taken = take(construct, TASKS, context)?;
                if taken.nanoseconds < figure.nanoseconds {
                    *figure = taken;
                }
            }
        }
        figures.push(all);
    }
    Ok(figures)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median over the rounds of what an agent adds: nanoseconds and bytes.
fn added(plain: &[Figures], with: &[Figures], construct: usize, context: usize) -> Figure {
    let each = |of: fn(&Figure) -> f64| {
        plain
            .iter()
            .zip(with)
            .map(move |(plain, with)| of(&with[construct][context]) - of(&plain[construct][context]))
    };
    Figure {
        nanoseconds: median(each(|figure| figure.nanoseconds).collect()),
        bytes: median(each(|figure| figure.bytes).collect()),
    }
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
    for _ in 0..ROUNDS {
        plain.push(measure(&jdk, &[], &[])?);
        own.push(measure(&jdk, &[&ours], &[])?);
        other.push(measure(&jdk, &[&theirs], &env)?);
    }
    let version = paths::OPENTELEMETRY_JAVA_AGENT.rsplit(':').next().unwrap_or_default();
    let mut text = format!(
        "{}; JDK {}. {ROUNDS} interleaved rounds of three JVMs; processor time and bytes that an agent adds to submitting and \
         running one empty task, the median of the rounds. OpenTelemetry Java agent {version}.\n\n\
         | task | without an agent | otelrs, in a context | otelrs, in none | otelrs, in none, of a class that was submitted \
         in a context too | Java agent, in a context | Java agent, in none |\n|---|---|---|---|---|---|---|\n",
        machine::description(),
        jdk.feature,
    );
    for (index, construct) in CONSTRUCTS.iter().enumerate() {
        let base = median(plain.iter().map(|figures| figures[index][0].nanoseconds).collect());
        let _ = write!(text, "| {construct} | {base:.0} ns |");
        for (with, context) in [(&own, 1), (&own, 0), (&own, 2), (&other, 1), (&other, 0)] {
            let Figure { nanoseconds, bytes } = added(&plain, with, index, context);
            let _ = write!(text, " {nanoseconds:+.0} ns, {bytes:+.0} bytes |");
        }
        text.push('\n');
    }
    println!("{text}");
    generated::section("docs/context.md", "cost", &text)?;
    // Times are for people to read; what is allocated is decided by the code alone.
    for (index, construct) in CONSTRUCTS.iter().enumerate() {
        let none = added(&plain, &own, index, 0).bytes;
        ensure!(none < 1.0, "{construct} in no context allocates {none:.1} bytes more than without us");
    }
    Ok(())
}
