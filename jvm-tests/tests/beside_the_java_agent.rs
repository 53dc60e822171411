//! The cells under the OpenTelemetry Java agent and under ours, side by side.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::cells::Outcome;
use otelrs_jvm_tests::cells::session::{ALONE, Collector, Session};
use otelrs_jvm_tests::cells::verdict::Verdict;
use otelrs_jvm_tests::generated;
use otelrs_test_support::jdk::{self, Jdk};
use otelrs_test_support::paths;

/// Cells that are shown one by one.
const SHOWN: [&str; 14] = [
    "thread-pool/submit-callable/success",
    "completable-future/then-apply/completed-without-a-context",
    "completable-future/then-apply/completed-by-another-request",
    "completable-future/then-apply/attached-without-a-context",
    "completable-future/then-apply-async/completed-by-another-request",
    "thread/start/success",
    "thread-subclass/start/success",
    "timer/schedule-delay/success",
    "timer/schedule-delay-period/three-runs",
    "scheduled-pool/schedule-runnable/success",
    "scheduled-pool/at-fixed-rate/three-runs",
    "submission-publisher/submit/by-three",
    "user-thread-worker/execute/success",
    "same-runnable/queued-twice/two-requests",
];

fn outcomes(jdk: &Jdk, collector: Collector, agent: &str, env: &[(&str, &str)]) -> Result<Vec<Outcome>> {
    let mut session = Session::start(jdk, collector, &[agent], env)?;
    let cells = session.table().cells.clone();
    session.run(&cells, ALONE);
    session.stop()
}

fn under_ours(jdk: &Jdk) -> Result<Vec<Outcome>> {
    let collector = Collector::start()?;
    let agent = argument_for(&paths::agent_library(), &collector.agent_options());
    outcomes(jdk, collector, &agent, &[])
}

fn under_the_java_agent(jdk: &Jdk) -> Result<Vec<Outcome>> {
    let collector = Collector::start()?;
    let endpoint = collector.endpoint();
    let agent = format!("-javaagent:{}", paths::peer(paths::OPENTELEMETRY_JAVA_AGENT).display());
    let env = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "100000"),
        // The names and attributes that both write.
        ("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database"),
    ];
    outcomes(jdk, collector, &agent, &env)
}

fn counts(outcomes: &[Outcome]) -> [usize; 4] {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(Verdict::of(outcome)).or_insert(0) += 1;
    }
    [Verdict::Right, Verdict::Lost, Verdict::Stranger, Verdict::Differs]
        .map(|verdict| counts.get(&verdict).copied().unwrap_or_default())
}

fn line(agent: &str, outcomes: &[Outcome]) -> String {
    let [right, lost, stranger, differs] = counts(outcomes);
    format!("| {agent} | {} | {right} | {lost} | {stranger} | {differs} |\n", outcomes.len())
}

#[test]
#[ignore = "a minute, and another's agent: ./x test --full"]
fn the_same_cells_under_both_agents() -> Result<()> {
    let jdk = jdk::feature(25).or_else(|| jdk::feature(21)).context("neither JDK 25 nor 21")?;
    let (ours, theirs) = (under_ours(&jdk)?, under_the_java_agent(&jdk)?);
    let version = paths::OPENTELEMETRY_JAVA_AGENT.rsplit(':').next().unwrap_or_default();
    let mut text = format!("JDK {}, every cell alone:\n\n", jdk.feature);
    text.push_str("| agent | cells | right | lost | stranger | otherwise |\n|---|---|---|---|---|---|\n");
    text.push_str(&line("otelrs", &ours));
    text.push_str(&line(&format!("OpenTelemetry Java agent {version}"), &theirs));
    text.push_str("\n| cell | is due | otelrs | OpenTelemetry Java agent |\n|---|---|---|---|\n");
    for id in SHOWN {
        let of = |outcomes: &[Outcome]| outcomes.iter().find(|outcome| outcome.cell.id == id).cloned();
        let (Some(own), Some(other)) = (of(&ours), of(&theirs)) else { anyhow::bail!("no cell {id}") };
        let _ = writeln!(
            text,
            "| `{id}` | `{}` | `{}` | `{}` |",
            own.cell.expected, own.received, other.received
        );
    }
    println!("{text}");
    generated::section("docs/context.md", "beside the Java agent", &text)?;
    ensure!(counts(&ours)[0] == ours.len(), "ours is wrong about some");
    // Its answers to plain cells show that it was running at all.
    ensure!(counts(&theirs)[0] > theirs.len() / 4, "the Java agent saw next to nothing");
    Ok(())
}
