//! What JMH writes down of one benchmark in one forked JVM (`-rf json`), and what it says.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::workload::Burst;
use crate::statistics;

/// One benchmark in JMH's list of results; what else it says of it is not looked at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Benchmark {
    primary_metric: Metric,
    secondary_metrics: BTreeMap<String, Metric>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    /// Of each fork the value of each iteration.
    raw_data: Vec<Vec<f64>>,
}

impl Metric {
    fn values(&self) -> impl Iterator<Item = f64> {
        self.raw_data.iter().flatten().copied()
    }
}

/// Results that are not what `bench/java/advice` writes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotUnderstood {
    /// No JSON, or not of JMH.
    #[error("JMH's results: {0}")]
    Json(#[from] serde_json::Error),
    /// None or several.
    #[error("JMH's results are of {0} benchmarks, not of one")]
    Benchmarks(usize),
    /// A figure is missing that `Figures.java` adds.
    #[error("JMH's results have no value of {0:?}")]
    Missing(&'static str),
}

/// What a forked JVM's iterations say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figures {
    /// Of one time, on the thread that does it: the tenth part of the bursts took less, because whatever else runs on the
    /// machine only ever adds to a burst. ns.
    pub(crate) nanoseconds: f64,
    /// Java heap that the thread allocated for one time, in the middle one of the bursts. Bytes.
    pub(crate) allocated: f64,
    /// Processor time of the agent's own thread for all spans received. ns.
    pub(crate) agent_thread: f64,
    /// Spans made.
    pub(crate) made: f64,
    /// Spans that the collector received.
    pub(crate) received: f64,
    /// Whether otelrs's bridge was defined, which everything that it puts into a class calls.
    pub(crate) has_bridge: bool,
}

impl Figures {
    /// Reads them from JMH's JSON, of bursts of that size.
    ///
    /// # Errors
    /// When it is not of one benchmark of ours.
    pub(crate) fn read(json: &str, burst: Burst) -> Result<Self, NotUnderstood> {
        let benchmarks: Vec<Benchmark> = serde_json::from_str(json)?;
        let [benchmark] = &benchmarks[..] else { return Err(NotUnderstood::Benchmarks(benchmarks.len())) };
        let figure = |name: &'static str| {
            let metric = benchmark.secondary_metrics.get(name);
            metric.filter(|metric| metric.values().next().is_some()).ok_or(NotUnderstood::Missing(name))
        };
        let sum = |name| Ok::<_, NotUnderstood>(figure(name)?.values().sum());
        let times = f64::from(burst.invocations) * f64::from(burst.times);
        let shortest = statistics::lower_decile(benchmark.primary_metric.values());
        Ok(Self {
            nanoseconds: shortest.ok_or(NotUnderstood::Missing("the time"))? / times,
            allocated: statistics::median(figure("allocated")?.values()).unwrap_or_default() / times,
            agent_thread: sum("agent-thread")?,
            made: sum("made")?,
            received: sum("received")?,
            has_bridge: sum("bridge")? > 0.0,
        })
    }
}

/// The last lines of what JMH printed: its own summary of a failure comes last.
pub(crate) fn end_of(output: &str) -> String {
    const LINES: usize = 30;
    let lines: Vec<&str> = output.lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURST: Burst = Burst { invocations: 10, times: 2 };

    /// As JMH 1.37 writes it, without what is not looked at.
    const RESULTS: &str = r#"[{
        "jmhVersion": "1.37", "benchmark": "advice.TomcatRequest.serve", "mode": "ss", "forks": 1,
        "params": {"classes": "1"},
        "primaryMetric": {"score": 2400.0, "scoreError": "NaN", "scoreUnit": "ns/op",
            "rawData": [[2000.0, 9000.0, 2100.0, 2200.0, 2300.0, 2400.0, 2500.0, 2600.0, 2700.0, 2800.0, 1900.0]]},
        "secondaryMetrics": {
            "agent-thread": {"scoreUnit": "a burst", "rawData": [[30000.0, 10000.0]]},
            "allocated": {"scoreUnit": "a burst", "rawData": [[400.0, 90000.0, 420.0]]},
            "bridge": {"scoreUnit": "a burst", "rawData": [[1.0, 1.0]]},
            "made": {"scoreUnit": "a burst", "rawData": [[10.0, 10.0]]},
            "received": {"scoreUnit": "a burst", "rawData": [[10.0, 9.0]]}}
    }]"#;

    #[test]
    fn figures_are_of_one_time_and_spared_what_disturbs_a_few_bursts() {
        assert_eq!(
            Figures::read(RESULTS, BURST).unwrap(),
            Figures {
                nanoseconds: 100.0,
                allocated: 21.0,
                agent_thread: 40_000.0,
                made: 20.0,
                received: 19.0,
                has_bridge: true
            }
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for (results, expected) in [
            ("", "JMH's results: EOF while parsing a value at line 1 column 0".to_owned()),
            ("[]", "JMH's results are of 0 benchmarks, not of one".to_owned()),
            (&RESULTS.replace("\"made\"", "\"mad\""), "JMH's results have no value of \"made\"".to_owned()),
            (
                &RESULTS.replace("[[400.0, 90000.0, 420.0]]", "[[]]"),
                "JMH's results have no value of \"allocated\"".to_owned(),
            ),
        ] {
            assert_eq!(Figures::read(results, BURST).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn the_end_of_a_long_output_is_kept() {
        let output: String = (0..100).map(|line| format!("{line}\n")).collect();
        assert!(end_of(&output).starts_with("70\n71\n") && end_of(&output).ends_with("\n99"));
        assert_eq!(end_of("one\ntwo\n"), "one\ntwo");
    }
}
