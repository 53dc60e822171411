//! What was measured: one number for each round, variant and metric.

use std::fmt;

use otelrs_test_support::statistics::{self, Interval};
use serde::{Deserialize, Serialize};

use crate::scenario::{Endpoint, Pace};
use crate::variant::Variant;

/// A quantity that is measured once a round for each variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Metric {
    /// A program that prints one word, from exec to its end. ms.
    HelloWall,
    /// Its processor time. ms.
    HelloCpu,
    /// A program that loads [`crate::generated::CLASSES`], from exec to its end. ms.
    ClassesWall,
    /// Its processor time. ms.
    ClassesCpu,
    /// Spring Boot from exec to the first 200. ms.
    FirstAnswerWall,
    /// The processor time until then. ms.
    FirstAnswerCpu,
    /// Resident memory at the first 200. MiB.
    IdleMemory,
    /// Resident memory after all requests of the round. MiB.
    LoadedMemory,
    /// Threads after all requests, without those that the JVM starts and ends as it likes (compilers, collector).
    Threads,
    /// Of the requests to one endpoint at one pace.
    Request(Endpoint, Pace, Figure),
}

/// A quantity of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Figure {
    /// Processor time of the server a request, without its compile threads. µs.
    Cpu,
    /// Processor time of its compile threads a request. µs.
    CompileCpu,
    /// Requests answered a second.
    Throughput,
    /// Median latency. µs.
    MedianLatency,
    /// The latency that one request in a hundred exceeds. µs.
    TailLatency,
    /// Spans that the collector received a request.
    SpansReceived,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// 10⁻³ s.
    Milliseconds,
    /// 10⁻⁶ s.
    Microseconds,
    /// 10⁻⁹ s.
    Nanoseconds,
    /// 2²⁰ bytes.
    Mebibytes,
    /// Bytes.
    Bytes,
    /// One a second.
    PerSecond,
    /// A number of things.
    Count,
    /// A share, printed in hundredths.
    Share,
    /// How many times the other.
    Ratio,
}

impl Unit {
    /// The number with its unit.
    pub(crate) fn show(self, value: f64) -> String {
        let number = self.bare(value);
        match self {
            Self::Milliseconds => number + " ms",
            Self::Microseconds => number + " µs",
            Self::Nanoseconds => number + " ns",
            Self::Mebibytes => number + " MiB",
            Self::Bytes => number + " bytes",
            Self::PerSecond => number + "/s",
            Self::Share => number + " %",
            Self::Ratio => "×".to_owned() + &number,
            Self::Count => number,
        }
    }

    /// An estimate with its unit, and its interval.
    pub(crate) fn show_interval(self, figure: Interval) -> String {
        format!("{} {}", self.show(figure.estimate), self.bracket(figure))
    }

    /// The ends of an interval.
    pub(crate) fn bracket(self, figure: Interval) -> String {
        format!("[{}..{}]", self.bare(figure.low), self.bare(figure.high))
    }

    /// The number alone, with as many digits as tell something.
    pub(crate) fn bare(self, value: f64) -> String {
        match self {
            Self::Share => digits(value * 100.0),
            Self::Ratio if value < 10.0 => format!("{value:.3}"),
            _ => digits(value),
        }
    }
}

/// Three digits that tell, none of a fraction from a hundred on.
fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    // Rounded to nothing, a sign says nothing either.
    if text.trim_start_matches('-').chars().all(|letter| matches!(letter, '0' | '.')) {
        "0".to_owned()
    } else {
        text
    }
}

impl Metric {
    /// The unit of its numbers.
    pub(crate) fn unit(self) -> Unit {
        match self {
            Self::HelloWall
            | Self::HelloCpu
            | Self::ClassesWall
            | Self::ClassesCpu
            | Self::FirstAnswerWall
            | Self::FirstAnswerCpu => Unit::Milliseconds,
            Self::IdleMemory | Self::LoadedMemory => Unit::Mebibytes,
            Self::Threads => Unit::Count,
            Self::Request(_, _, figure) => match figure {
                Figure::Cpu | Figure::CompileCpu | Figure::MedianLatency | Figure::TailLatency => {
                    Unit::Microseconds
                }
                Figure::Throughput => Unit::PerSecond,
                Figure::SpansReceived => Unit::Count,
            },
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HelloWall => f.write_str("Hello program, wall"),
            Self::HelloCpu => f.write_str("Hello program, CPU"),
            Self::ClassesWall => f.write_str("20,000 classes loaded, wall"),
            Self::ClassesCpu => f.write_str("20,000 classes loaded, CPU"),
            Self::FirstAnswerWall => f.write_str("Spring Boot to first 200, wall"),
            Self::FirstAnswerCpu => f.write_str("Spring Boot to first 200, CPU"),
            Self::IdleMemory => f.write_str("resident memory, idle"),
            Self::LoadedMemory => f.write_str("resident memory after load"),
            Self::Threads => f.write_str("threads"),
            Self::Request(endpoint, pace, figure) => {
                let figure = match figure {
                    Figure::Cpu => "CPU a request",
                    Figure::CompileCpu => "compile threads' CPU a request",
                    Figure::Throughput => "requests",
                    Figure::MedianLatency => "latency p50",
                    Figure::TailLatency => "latency p99",
                    Figure::SpansReceived => "spans received a request",
                };
                write!(f, "{figure}, {}, {}", endpoint.label(), pace.label())
            }
        }
    }
}

/// One measured number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// What was measured, in that metric's unit.
    pub(crate) metric: Metric,
    /// With which agent.
    pub(crate) variant: Variant,
    /// What else was measured in the same round is its pair.
    pub(crate) round: u32,
    /// The number.
    pub(crate) value: f64,
}

/// All numbers of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Samples(Vec<Sample>);

/// A variant may lose so many of its spans and still be compared.
pub(crate) const LOST_AND_COMPARED: f64 = 0.001;

impl Samples {
    /// Adds one.
    pub(crate) fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// The values of all rounds, in their order.
    pub(crate) fn values(&self, metric: Metric, variant: Variant) -> impl Iterator<Item = f64> {
        self.of(metric, variant).map(|sample| sample.value)
    }

    fn of(&self, metric: Metric, variant: Variant) -> impl Iterator<Item = &Sample> {
        self.0.iter().filter(move |sample| sample.metric == metric && sample.variant == variant)
    }

    /// Both values of each round that has both: first that of `base`, then that of `variant`.
    pub(crate) fn pairs(&self, metric: Metric, base: Variant, variant: Variant) -> Vec<(f64, f64)> {
        let pair = |other: &Sample| {
            let base = self.of(metric, base).find(|sample| sample.round == other.round)?;
            Some((base.value, other.value))
        };
        self.of(metric, variant).filter_map(pair).collect()
    }

    /// The middle of a metric's values.
    pub(crate) fn median(&self, metric: Metric, variant: Variant) -> Option<f64> {
        statistics::median(self.values(metric, variant))
    }

    /// Rounds in which a metric was measured.
    pub(crate) fn rounds(&self, metric: Metric) -> usize {
        self.values(metric, Variant::None).count()
    }

    /// The largest share of its spans that a variant lost in any round; nothing where it makes none or was not measured.
    pub(crate) fn lost(&self, variant: Variant, endpoint: Endpoint, pace: Pace) -> Option<f64> {
        let made = variant.spans_a_request(endpoint);
        if made == 0 {
            return None;
        }
        self.values(Metric::Request(endpoint, pace, Figure::SpansReceived), variant)
            .map(|received| (1.0 - received / made as f64).max(0.0))
            .max_by(f64::total_cmp)
    }

    /// Whether a variant's figures may be compared: what is not delivered was not paid for.
    pub(crate) fn is_comparable(&self, metric: Metric, variant: Variant) -> bool {
        let Metric::Request(endpoint, pace, _) = metric else { return true };
        self.lost(variant, endpoint, pace).is_none_or(|lost| lost <= LOST_AND_COMPARED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: Metric = Metric::Request(Endpoint::Order, Pace::Saturated, Figure::Cpu);
    const SPANS: Metric = Metric::Request(Endpoint::Order, Pace::Saturated, Figure::SpansReceived);

    fn samples(values: &[(Metric, Variant, u32, f64)]) -> Samples {
        let mut samples = Samples::default();
        for &(metric, variant, round, value) in values {
            samples.push(Sample { metric, variant, round, value });
        }
        samples
    }

    #[test]
    fn rounds_that_have_both_are_paired() {
        let samples = samples(&[
            (CPU, Variant::None, 0, 30.0),
            (CPU, Variant::Ours, 1, 32.0),
            (CPU, Variant::None, 1, 31.0),
            (CPU, Variant::Ours, 2, 33.0),
            (SPANS, Variant::Ours, 0, 2.0),
        ]);
        assert_eq!(samples.pairs(CPU, Variant::None, Variant::Ours), [(31.0, 32.0)]);
        assert_eq!(samples.rounds(CPU), 2);
    }

    #[test]
    fn a_variant_that_lost_spans_in_any_round_is_not_compared() {
        for (received, comparable) in
            [(&[2.0, 2.0][..], true), (&[2.0, 1.9985], true), (&[1.5, 2.0], false), (&[], true)]
        {
            let numbered: Vec<_> = received.iter().map(|value| (SPANS, Variant::Ours, 0, *value)).collect();
            assert_eq!(samples(&numbered).is_comparable(CPU, Variant::Ours), comparable, "{received:?}");
        }
        assert!(samples(&[(SPANS, Variant::None, 0, 0.0)]).is_comparable(CPU, Variant::None));
    }

    #[test]
    fn numbers_have_the_digits_that_tell() {
        for (unit, value, shown) in [
            (Unit::Milliseconds, 2234.6, "2235 ms"),
            (Unit::Microseconds, 30.66, "30.7 µs"),
            (Unit::Microseconds, 0.6, "0.60 µs"),
            (Unit::Microseconds, -0.001, "0 µs"),
            (Unit::Share, 0.3671, "36.7 %"),
            (Unit::Ratio, 1.0123, "×1.012"),
            (Unit::Ratio, 67.66667, "×67.7"),
            (Unit::Count, 1.0, "1.00"),
        ] {
            assert_eq!(unit.show(value), shown);
        }
    }
}
