//! What JMH writes down of one benchmark in one forked JVM (`-rf json`), and what it says.

use std::collections::BTreeMap;

use otelrs_test_support::statistics;
use serde::{Deserialize, Serialize};

use super::workload::Burst;

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

    /// The value of each iteration, with whether otelrs's advice ran in it.
    fn switched(&self, on: &Metric) -> Vec<(bool, f64)> {
        on.values().map(|on| on > 0.0).zip(self.values()).collect()
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

/// What the advice of otelrs adds where it is switched on and off in turn, in one JVM.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Switched {
    /// To one time, in the middle one of all pairs of neighbouring bursts. ns.
    pub(crate) nanoseconds: f64,
    /// The same of the Java heap. Bytes.
    pub(crate) allocated: f64,
}

/// What a forked JVM's iterations say together; but for [`Figures::switched`] of those alone in which advice ran.
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
    /// Nothing where there is no advice to switch.
    pub(crate) switched: Option<Switched>,
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
        let on = figure("on")?;
        let bursts = benchmark.primary_metric.switched(on);
        let allocated = figure("allocated")?.switched(on);
        let shortest = statistics::lower_decile(with_advice(&bursts));
        let switched = || {
            Some(Switched {
                nanoseconds: statistics::median(added(&bursts))? / times,
                allocated: statistics::median(added(&allocated))? / times,
            })
        };
        Ok(Self {
            nanoseconds: shortest.ok_or(NotUnderstood::Missing("the time"))? / times,
            allocated: statistics::median(with_advice(&allocated)).unwrap_or_default() / times,
            agent_thread: sum("agent-thread")?,
            made: sum("made")?,
            received: sum("received")?,
            switched: switched(),
            has_bridge: sum("bridge")? > 0.0,
        })
    }
}

fn with_advice(bursts: &[(bool, f64)]) -> impl Iterator<Item = f64> {
    bursts.iter().filter(|(is_on, _)| *is_on).map(|(_, value)| *value)
}

/// What bursts with advice have more than their neighbours without; each burst is of one pair only.
fn added(bursts: &[(bool, f64)]) -> impl Iterator<Item = f64> {
    bursts.chunks(2).filter_map(|pair| match *pair {
        [(true, with), (false, without)] | [(false, without), (true, with)] => Some(with - without),
        _ => None,
    })
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
            "rawData": [[2000.0, 1900.0, 9000.0, 1500.0, 2100.0, 2020.0]]},
        "secondaryMetrics": {
            "agent-thread": {"scoreUnit": "a burst", "rawData": [[30000.0, 10000.0]]},
            "allocated": {"scoreUnit": "a burst", "rawData": [[400.0, 300.0, 90000.0, 340.0, 420.0, 300.0]]},
            "on": {"scoreUnit": "a burst", "rawData": [[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]},
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
                switched: Some(Switched { nanoseconds: 5.0, allocated: 6.0 }),
                has_bridge: true
            }
        );
    }

    #[test]
    fn where_no_advice_can_be_switched_all_bursts_count_and_none_is_a_pair() {
        let always = RESULTS.replace("[[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]", "[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]");
        let figures = Figures::read(&always, BURST).unwrap();
        assert_eq!((figures.switched, figures.allocated), (None, 18.5));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (results, expected) in [
            ("", "JMH's results: EOF while parsing a value at line 1 column 0".to_owned()),
            ("[]", "JMH's results are of 0 benchmarks, not of one".to_owned()),
            (&RESULTS.replace("\"made\"", "\"mad\""), "JMH's results have no value of \"made\"".to_owned()),
            (
                &RESULTS.replace("[[400.0, 300.0, 90000.0, 340.0, 420.0, 300.0]]", "[[]]"),
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
