//! The tables of the full report.

use otelrs_test_support::statistics::{self, Interval};

use super::table::Table;
use crate::environment::Environment;
use crate::run::{Results, Run};
use crate::samples::{Figure, Metric, Samples, Unit};
use crate::scenario::{Endpoint, Pace};
use crate::target::{TARGETS, Verdict};
use crate::variant::Variant;

const NOTHING: &str = "-";

/// Targets beside what was measured.
pub(super) fn targets(results: &Results) -> String {
    format!("\n## Targets\n\n{}", targets_table(results, |_| true))
}

/// Those of which the verdict is wanted.
pub(super) fn targets_table(results: &Results, is_wanted: fn(Verdict) -> bool) -> Table {
    let mut table = Table::new(&["target", "measured", "95 % interval", "at most", "verdict"]);
    for target in &TARGETS {
        let outcome = target.outcome(results);
        if !is_wanted(outcome.verdict) {
            continue;
        }
        let show = |value| target.unit.show(value);
        table.row([
            target.what.to_owned(),
            outcome.figure.map_or(NOTHING.to_owned(), |figure| show(figure.estimate)),
            outcome.figure.map_or(NOTHING.to_owned(), |figure| match figure {
                Interval { low, high, .. } if low == high => "exact".to_owned(),
                _ => target.unit.bracket(figure),
            }),
            show(target.limit),
            outcome.verdict.label().to_owned(),
        ]);
    }
    table
}

/// The tables of one run; those of which nothing was measured are left out.
pub(super) fn of_run(run: &Run, environment: &Environment) -> String {
    let samples = &run.samples;
    let mut text = String::new();
    let mut section = |title: String, table: Table| {
        if !table.is_empty() {
            text.push_str(&format!("\n## {title}\n\n{table}"));
        }
    };
    for (title, metrics) in [
        ("Hello program", [Metric::HelloWall, Metric::HelloCpu]),
        ("20,000 generated classes, exec to end", [Metric::ClassesWall, Metric::ClassesCpu]),
        ("Spring Boot, exec to first 200", [Metric::FirstAnswerWall, Metric::FirstAnswerCpu]),
    ] {
        let rounds = samples.rounds(metrics[0]);
        section(format!("{title}, {rounds} rounds"), start(samples, metrics));
    }
    for pace in Pace::ALL {
        section(format!("Requests, {}", pace.label()), requests(samples, pace));
    }
    section("Memory and threads".to_owned(), memory(samples));
    let mut files = Table::new(&["file", "size"]);
    for (name, bytes) in [
        ("libotelrs.so".to_owned(), environment.library_bytes),
        (
            format!("opentelemetry-javaagent {}", environment.java_agent_version()),
            environment.java_agent_bytes,
        ),
    ] {
        if let Some(bytes) = bytes {
            files.row([name, Unit::Mebibytes.show(bytes as f64 / f64::from(1 << 20))]);
        }
    }
    section("Files".to_owned(), files);
    text
}

fn start(samples: &Samples, metrics: [Metric; 2]) -> Table {
    let mut table = Table::new(&["", "wall", "added", "ratio", "CPU", "added", "ratio"]);
    for variant in Variant::ALL {
        if samples.median(metrics[0], variant).is_none() {
            continue;
        }
        let mut row = vec![variant.label().to_owned()];
        for metric in metrics {
            row.extend([
                median(samples, metric, variant),
                added(samples, metric, variant),
                ratio(samples, metric, variant),
            ]);
        }
        table.row(row);
    }
    table
}

fn requests(samples: &Samples, pace: Pace) -> Table {
    let mut table = Table::new(&[
        "",
        "",
        "CPU a request",
        "added",
        "ratio",
        "spans received / made",
        "requests",
        "p50",
        "p99",
        "compile threads",
    ]);
    for endpoint in Endpoint::ALL {
        let metric = |figure| Metric::Request(endpoint, pace, figure);
        for variant in Variant::ALL {
            let Some(received) = samples.median(metric(Figure::SpansReceived), variant) else { continue };
            let mut spans = format!("{received:.3} / {}", variant.spans_a_request(endpoint));
            if !samples.is_comparable(metric(Figure::Cpu), variant)
                && let Some(lost) = samples.lost(variant, endpoint, pace)
            {
                spans.push_str(&format!(", up to {} LOST", Unit::Share.show(lost)));
            }
            let of = |figure| median(samples, metric(figure), variant);
            table.row([
                endpoint.label().to_owned(),
                variant.label().to_owned(),
                of(Figure::Cpu),
                added(samples, metric(Figure::Cpu), variant),
                ratio(samples, metric(Figure::Cpu), variant),
                spans,
                of(Figure::Throughput),
                of(Figure::MedianLatency),
                of(Figure::TailLatency),
                of(Figure::CompileCpu),
            ]);
        }
    }
    table
}

fn memory(samples: &Samples) -> Table {
    let mut table = Table::new(&["", "resident, idle", "added", "after load", "added", "threads", "added"]);
    for variant in Variant::ALL {
        if samples.median(Metric::IdleMemory, variant).is_none() {
            continue;
        }
        let mut row = vec![variant.label().to_owned()];
        for metric in [Metric::IdleMemory, Metric::LoadedMemory, Metric::Threads] {
            row.extend([median(samples, metric, variant), added(samples, metric, variant)]);
        }
        table.row(row);
    }
    table
}

pub(super) fn median(samples: &Samples, metric: Metric, variant: Variant) -> String {
    samples.median(metric, variant).map_or(NOTHING.to_owned(), |value| metric.unit().show(value))
}

/// What a variant adds to its pair without an agent.
pub(super) fn added(samples: &Samples, metric: Metric, variant: Variant) -> String {
    compared(samples, metric, variant, metric.unit(), statistics::difference, |(base, other)| other - base)
}

/// How many times its pair without an agent a variant is.
pub(super) fn ratio(samples: &Samples, metric: Metric, variant: Variant) -> String {
    compared(samples, metric, variant, Unit::Ratio, statistics::ratio, |(base, other)| other / base)
}

fn compared(
    samples: &Samples,
    metric: Metric,
    variant: Variant,
    unit: Unit,
    interval: fn(&[(f64, f64)]) -> Option<Interval>,
    of_one: fn((f64, f64)) -> f64,
) -> String {
    if variant == Variant::None {
        return NOTHING.to_owned();
    }
    if !samples.is_comparable(metric, variant) {
        return "not compared".to_owned();
    }
    let pairs = samples.pairs(metric, Variant::None, variant);
    match (interval(&pairs), pairs.first()) {
        (Some(figure), _) => unit.show_interval(figure),
        (None, Some(pair)) => format!("{} (one round)", unit.show(of_one(*pair))),
        (None, None) => NOTHING.to_owned(),
    }
}
