//! The targets: the only place that states them.

use otelrs_test_support::statistics::{self, Interval};

use crate::advice::{self, Cell, Quantity, Situation, Workload};
use crate::run::{Archive, Results, Run};
use crate::samples::{Figure, Metric, Unit};
use crate::scenario::{Endpoint, Pace};
use crate::variant::Variant;

/// How a target's figure comes about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Measure {
    /// What a variant adds to a metric of the program without an agent, in the metric's unit.
    Added(Variant, Metric),
    /// How many times that of another variant a metric of otelrs is, with an archive.
    Times(Metric, Variant, Archive),
    /// The largest share of spans lost in any round.
    Lost(Endpoint, Pace),
    /// The size of `libotelrs.so`.
    LibrarySize,
    /// What advice adds within a JVM of `./x bench advice`, where it is switched on and off in turn.
    Advice(Cell, Quantity),
    /// Processor time of the agent's own thread for a span, in a cell of `./x bench advice`.
    AgentThread(Cell),
    /// Not by this program.
    Elsewhere,
}

/// One line of the table of targets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// What is limited.
    pub(crate) what: &'static str,
    /// How it is measured.
    pub(crate) measure: Measure,
    /// What it must not exceed.
    pub(crate) limit: f64,
    /// Of figure and limit.
    pub(crate) unit: Unit,
}

const fn target(what: &'static str, measure: Measure, limit: f64, unit: Unit) -> Target {
    Target { what, measure, limit, unit }
}

const fn request_cpu(endpoint: Endpoint) -> Measure {
    Added(Variant::Ours, Metric::Request(endpoint, Pace::Saturated, Figure::Cpu))
}

const fn inlined(workload: Workload, variant: Variant) -> Cell {
    Cell { workload, situation: Situation::Inlined, variant }
}

const fn time(workload: Workload, variant: Variant) -> Measure {
    Advice(inlined(workload, variant), Quantity::Time)
}

const fn allocation(workload: Workload) -> Measure {
    Advice(inlined(workload, Ours), Quantity::Allocation)
}

use Measure::{Added, Advice, AgentThread, Elsewhere, LibrarySize, Lost, Times};
use Metric::{
    ClassesCpu, ClassesWall, FirstAnswerCpu, FirstAnswerWall, HelloWall, IdleMemory, LoadedMemory, Threads,
};
use Unit::{Bytes, Count, Mebibytes, Microseconds, Milliseconds, Nanoseconds, Ratio, Share};
use Variant::{HookOnly, None as NoAgent, Ours, OursSampledOut};
use Workload::{JdbcQuery, JettyRequest, NestedQuery, TomcatRequest};

/// Every target.
#[rustfmt::skip]
pub(crate) const TARGETS: [Target; 32] = [
    target("Hello program, wall, added", Added(Ours, HelloWall), 3.0, Milliseconds),
    target("the same, by the class hook alone", Added(HookOnly, HelloWall), 0.6, Milliseconds),
    target("Spring Boot to first 200, wall, over the class hook alone", Times(FirstAnswerWall, HookOnly, Archive::Default), 1.01, Ratio),
    target("the same, CPU", Times(FirstAnswerCpu, HookOnly, Archive::Default), 1.01, Ratio),
    target("Spring Boot to first 200, wall, over none", Times(FirstAnswerWall, NoAgent, Archive::Default), 1.02, Ratio),
    target("the same, CPU", Times(FirstAnswerCpu, NoAgent, Archive::Default), 1.02, Ratio),
    target("Spring Boot to first 200 with an AOT cache, wall, over none", Times(FirstAnswerWall, NoAgent, Archive::AotCache), 1.05, Ratio),
    target("the same, CPU", Times(FirstAnswerCpu, NoAgent, Archive::AotCache), 1.05, Ratio),
    target("20,000 classes loaded, wall, over the class hook alone", Times(ClassesWall, HookOnly, Archive::Default), 1.02, Ratio),
    target("the same, CPU", Times(ClassesCpu, HookOnly, Archive::Default), 1.02, Ratio),
    target("unmatched class", Elsewhere, 1.0, Microseconds),
    target("unmatched class, allocated", Elsewhere, 0.0, Bytes),
    target("matched class", Elsewhere, 30.0, Microseconds),
    target("server span on the request thread, sampled", time(TomcatRequest, Ours), 400.0, Nanoseconds),
    target("the same, sampled out", time(TomcatRequest, OursSampledOut), 100.0, Nanoseconds),
    target("JDBC span on the request thread, sampled", time(JdbcQuery, Ours), 300.0, Nanoseconds),
    target("the same, suppressed", time(NestedQuery, Ours), 30.0, Nanoseconds),
    target("span on the agent's thread, encode and send", AgentThread(inlined(JdbcQuery, Ours)), 150.0, Nanoseconds),
    target("CPU added a request, no I/O", request_cpu(Endpoint::Hello), 0.6, Microseconds),
    target("CPU added a request, one query", request_cpu(Endpoint::Order), 1.1, Microseconds),
    target("CPU added a request, three queries over an executor", request_cpu(Endpoint::FanOut), 2.1, Microseconds),
    target("spans lost at saturation, no I/O", Lost(Endpoint::Hello, Pace::Saturated), 0.0, Share),
    target("spans lost at saturation, one query", Lost(Endpoint::Order, Pace::Saturated), 0.0, Share),
    target("spans lost at saturation, three queries", Lost(Endpoint::FanOut, Pace::Saturated), 0.0, Share),
    target("Java heap allocated a request, Tomcat by its bytes", allocation(TomcatRequest), 200.0, Bytes),
    target("Java heap allocated a request, through Servlet getters", allocation(JettyRequest), 1_500.0, Bytes),
    target("resident memory added, idle", Added(Ours, IdleMemory), 15.0, Mebibytes),
    target("resident memory added, after load", Added(Ours, LoadedMemory), 15.0, Mebibytes),
    target("resident memory added, after 10 million requests", Elsewhere, 15.0, Mebibytes),
    target("threads added", Added(Ours, Threads), 1.0, Count),
    target("threads added that are attached to the JVM", Elsewhere, 0.0, Count),
    target("libotelrs.so, stripped", LibrarySize, 3.0, Mebibytes),
];

/// What a target's figure says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The whole interval is within the limit.
    Met,
    /// The whole interval is beyond it.
    Missed,
    /// The measurement is too coarse to tell: the interval holds the limit, or is wider than what the limit allows.
    Unresolved,
    /// Spans were lost, so that the figure is not what tracing costs.
    NotComparable,
    /// Not in this run.
    NotMeasured,
    /// By `./x bench advice` and no other command.
    ByAdvice,
    /// Never by this program.
    Elsewhere,
}

impl Verdict {
    /// What tables say.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Unresolved => "unresolved",
            Self::NotComparable => "spans lost, not compared",
            Self::NotMeasured => "not in this run",
            Self::ByAdvice => "./x bench advice",
            Self::Elsewhere => "not measured by this command",
        }
    }
}

/// A target beside what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// What was measured; an interval of no width for what is counted.
    pub(crate) figure: Option<Interval>,
    /// What it says of the target.
    pub(crate) verdict: Verdict,
}

impl Outcome {
    const fn without_figure(verdict: Verdict) -> Self {
        Self { figure: None, verdict }
    }
}

impl Target {
    /// What the results say of it. Of several runs with the archive it asks for, the first counts.
    pub(crate) fn outcome(&self, results: &Results) -> Outcome {
        let run = |archive| results.runs.iter().find(|run: &&Run| run.setting.archive == archive);
        let samples = |archive| run(archive).map(|run| &run.samples);
        let figure = match self.measure {
            Added(variant, metric) => samples(Archive::Default).and_then(|samples| {
                if !samples.is_comparable(metric, variant) {
                    return Some(Err(Verdict::NotComparable));
                }
                statistics::difference(&samples.pairs(metric, Variant::None, variant)).map(Ok)
            }),
            Times(metric, base, archive) => samples(archive)
                .and_then(|samples| statistics::ratio(&samples.pairs(metric, base, Variant::Ours)).map(Ok)),
            Lost(endpoint, pace) => samples(Archive::Default)
                .and_then(|samples| samples.lost(Variant::Ours, endpoint, pace))
                .map(|lost| Ok(Interval::exact(lost))),
            LibrarySize => results
                .environment
                .library_bytes
                .map(|bytes| Ok(Interval::exact(bytes as f64 / f64::from(1 << 20)))),
            Advice(..) | AgentThread(_) => Some(Err(Verdict::ByAdvice)),
            Elsewhere => Some(Err(Verdict::Elsewhere)),
        };
        match figure {
            Some(Err(verdict)) => Outcome::without_figure(verdict),
            Some(Ok(figure)) => self.judged(Some(figure)),
            None => self.judged(None),
        }
    }

    /// What the results of `./x bench advice` say of it; nothing where they are not about it.
    pub(crate) fn outcome_of_advice(&self, results: &advice::Results) -> Option<Outcome> {
        let (cell, figure) = match self.measure {
            Advice(cell, quantity) => (cell, results.switched(cell, quantity)),
            AgentThread(cell) => (cell, results.agent_thread(cell)),
            _ => return None,
        };
        Some(if advice::is_comparable(results, cell) {
            self.judged(figure)
        } else {
            Outcome::without_figure(Verdict::NotComparable)
        })
    }

    fn judged(&self, figure: Option<Interval>) -> Outcome {
        let verdict = figure.map_or(Verdict::NotMeasured, |figure| self.verdict(figure));
        Outcome { figure, verdict }
    }

    fn verdict(&self, figure: Interval) -> Verdict {
        // A ratio may be above 1 by so much, a difference above 0.
        let allowance = if self.unit == Ratio { self.limit - 1.0 } else { self.limit };
        let half_width = (figure.high - figure.low) / 2.0;
        if figure.low > self.limit {
            Verdict::Missed
        } else if figure.high > self.limit || half_width > allowance {
            Verdict::Unresolved
        } else {
            Verdict::Met
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::results;

    #[test]
    fn a_verdict_follows_from_the_interval() {
        let cpu = target("CPU", request_cpu(Endpoint::Hello), 0.6, Microseconds);
        let ratio = target("start", Times(FirstAnswerWall, NoAgent, Archive::Default), 1.02, Ratio);
        let lost = target("lost", Lost(Endpoint::Hello, Pace::Saturated), 0.0, Share);
        for (target, low, high, verdict) in [
            (&cpu, 0.2, 0.5, Verdict::Met),
            (&cpu, -0.1, 0.6, Verdict::Met),
            (&cpu, 0.4, 0.8, Verdict::Unresolved),
            (&cpu, 0.7, 0.9, Verdict::Missed),
            // Too coarse for 0.6 µs, wherever it happens to lie.
            (&cpu, -3.0, 0.5, Verdict::Unresolved),
            (&ratio, 1.00, 1.01, Verdict::Met),
            (&ratio, 0.90, 1.01, Verdict::Unresolved),
            (&ratio, 1.03, 1.09, Verdict::Missed),
            (&lost, 0.0, 0.0, Verdict::Met),
            (&lost, 0.0001, 0.0001, Verdict::Missed),
        ] {
            let figure = Interval { estimate: (low + high) / 2.0, low, high };
            assert_eq!(target.verdict(figure), verdict, "{} {figure:?}", target.what);
        }
    }

    #[test]
    fn each_measure_takes_its_own_figure() {
        let results = results();
        let outcome = |measure, limit, unit| target("", measure, limit, unit).outcome(&results);
        let hello = outcome(Added(Ours, HelloWall), 3.0, Milliseconds);
        assert!(hello.figure.is_some_and(|figure| (figure.estimate - 2.04).abs() < 1e-9), "{hello:?}");
        assert_eq!(hello.verdict, Verdict::Met);
        let lost = outcome(Lost(Endpoint::Hello, Pace::Saturated), 0.0, Share);
        assert_eq!((lost.figure, lost.verdict), (Some(Interval::exact(0.0)), Verdict::Met));
        let size = outcome(LibrarySize, 3.0, Mebibytes);
        assert_eq!((size.figure, size.verdict), (Some(Interval::exact(4.0)), Verdict::Missed));
        let java_agent = Metric::Request(Endpoint::Hello, Pace::Saturated, Figure::Cpu);
        for (measure, verdict) in [
            (Added(Variant::JavaAgent, java_agent), Verdict::NotComparable),
            (Times(FirstAnswerWall, NoAgent, Archive::AotCache), Verdict::NotMeasured),
            (allocation(TomcatRequest), Verdict::ByAdvice),
            (Elsewhere, Verdict::Elsewhere),
        ] {
            assert_eq!(outcome(measure, 1.0, Count), Outcome::without_figure(verdict), "{measure:?}");
        }
    }
}
