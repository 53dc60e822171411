//! The numbers of `./x bench pauses`, written down and shown.

use std::collections::BTreeSet;
use std::time::Duration;

use otelrs_test_support::safepoints::Safepoint;
use otelrs_test_support::statistics;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::load::Answers;
use crate::report::{self, Table};
use crate::run::Collector;
use crate::samples::Unit;
use crate::scenario::PACED_RATE;
use crate::variant::Variant;

/// When otelrs comes to a JVM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Presence {
    /// Never.
    Never,
    /// Never, a second time: the noise of the machine.
    NeverAgain,
    /// With `-agentpath`.
    FromTheStart,
    /// With `otelrs attach`, under load.
    Attached,
}

impl Presence {
    /// Each.
    pub(crate) const ALL: [Self; 4] = [Self::Never, Self::NeverAgain, Self::FromTheStart, Self::Attached];

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Never => "no agent",
            Self::NeverAgain => "no agent again (A/A)",
            Self::FromTheStart => "otelrs",
            Self::Attached => "otelrs, attached",
        }
    }

    /// What the JVM is started with.
    pub(crate) fn at_the_start(self) -> Variant {
        if self == Self::FromTheStart { Variant::Ours } else { Variant::None }
    }

    /// What it has when pauses are listened to.
    pub(crate) fn in_the_end(self) -> Variant {
        match self {
            Self::Never | Self::NeverAgain => Variant::None,
            Self::FromTheStart | Self::Attached => Variant::Ours,
        }
    }
}

/// The pauses of one server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Its garbage collector.
    pub(crate) collector: Collector,
    /// Whether otelrs was there.
    pub(crate) presence: Presence,
    /// The others of the same round are its pairs.
    pub(crate) round: u32,
    /// Requests answered meanwhile.
    pub(crate) requests: u64,
    /// From the first request to the last answer.
    pub(crate) seconds: f64,
    /// How often threads were stopped.
    pub(crate) pauses: usize,
    /// For how long in all. ms.
    pub(crate) total_milliseconds: f64,
    /// Half of the pauses are shorter.
    pub(crate) median_milliseconds: f64,
    /// No pause is longer.
    pub(crate) longest_milliseconds: f64,
    /// Half of the waits for the last thread to stop are shorter.
    pub(crate) reaching_milliseconds: f64,
    /// Processor time of the JVM's compilers meanwhile, which take it from the collector. ms.
    pub(crate) compile_milliseconds: f64,
    /// What threads were stopped for, by the JVM's names.
    pub(crate) operations: BTreeSet<String>,
}

impl Sample {
    /// Of what the JVM's log says.
    pub(crate) fn of(
        collector: Collector,
        presence: Presence,
        round: u32,
        answers: Answers,
        compiled: Duration,
        pauses: &[Safepoint],
    ) -> Self {
        let lengths = || pauses.iter().map(|pause| pause.milliseconds);
        let reaching = pauses.iter().map(|pause| pause.reaching_milliseconds);
        Self {
            collector,
            presence,
            round,
            requests: answers.count,
            seconds: answers.seconds,
            pauses: pauses.len(),
            total_milliseconds: lengths().sum(),
            median_milliseconds: statistics::median(lengths()).unwrap_or_default(),
            longest_milliseconds: lengths().fold(0.0, f64::max),
            reaching_milliseconds: statistics::median(reaching).unwrap_or_default(),
            compile_milliseconds: compiled.as_secs_f64() * 1e3,
            operations: pauses.iter().map(|pause| pause.operation.clone()).collect(),
        }
    }
}

/// All that `pauses.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine.
    pub(crate) environment: Environment,
    /// The JDK's own name.
    pub(crate) jdk: String,
    /// How long requests were sent at most before that.
    pub(crate) warm_up_seconds: f64,
    /// How long pauses were listened to.
    pub(crate) seconds: f64,
    /// Whether the server had a processor alone.
    pub(crate) pinned: bool,
    /// The numbers.
    pub(crate) samples: Vec<Sample>,
}

type Figure = fn(&Sample) -> f64;

/// What of a server is shown.
struct Column {
    head: &'static str,
    unit: Unit,
    figure: Figure,
    /// How many times next to nothing it is says nothing.
    is_compared: bool,
}

const fn column(head: &'static str, unit: Unit, figure: Figure) -> Column {
    Column { head, unit, figure, is_compared: true }
}

#[rustfmt::skip]
const COLUMNS: [Column; 6] = [
    column("pauses a second", Unit::Count, |sample| sample.pauses as f64 / sample.seconds),
    column("stopped a second", Unit::Milliseconds, |sample| sample.total_milliseconds / sample.seconds),
    column("median", Unit::Milliseconds, |sample| sample.median_milliseconds),
    column("longest", Unit::Milliseconds, |sample| sample.longest_milliseconds),
    column("until all stand", Unit::Milliseconds, |sample| sample.reaching_milliseconds),
    Column {
        is_compared: false,
        ..column("compilers, a second", Unit::Milliseconds, |sample| sample.compile_milliseconds / sample.seconds)
    },
];

impl Results {
    /// A table for each collector.
    pub(crate) fn report(&self) -> String {
        let mut text = format!(
            "# How long threads are stopped\n\n{}.{}\n\n{}, a heap of 128 MiB with 8 MiB for the young generation, {PACED_RATE} \
             requests a second with one query each, {} s, once the compilers rest or {} s have passed. {} Every span was received. \
             Medians over rounds; in brackets the 95 % \
             confidence interval of how many times that of no agent in the same round it is.\n",
            report::machine(&self.environment),
            report::warning(&self.environment),
            self.jdk,
            self.seconds,
            self.warm_up_seconds,
            if self.pinned {
                "The server has one processor, its clients and the collector of spans have another."
            } else {
                "All share the one processor that there is."
            },
        );
        let mut shown = Vec::new();
        for sample in &self.samples {
            if !shown.contains(&sample.collector) {
                shown.push(sample.collector);
                text.push_str(&self.of_collector(sample.collector));
            }
        }
        text
    }

    fn of_collector(&self, collector: Collector) -> String {
        let heads: Vec<&str> = [""].into_iter().chain(COLUMNS.map(|column| column.head)).collect();
        let mut table = Table::new(&heads);
        for presence in Presence::ALL {
            let cell = |column: Column| {
                let pairs = self.pairs(collector, presence, column.figure);
                let median = statistics::median(pairs.iter().map(|pair| pair.1));
                let mut text = median.map_or("-".to_owned(), |median| column.unit.show(median));
                if presence != Presence::Never
                    && column.is_compared
                    && let Some(ratio) = statistics::ratio(&pairs)
                {
                    text.push_str(&format!(", {}", Unit::Ratio.show_interval(ratio)));
                }
                text
            };
            table.row([presence.label().to_owned()].into_iter().chain(COLUMNS.map(cell)));
        }
        let rounds = self.pairs(collector, Presence::Never, |_| 0.0).len();
        format!(
            "\n## {}, {rounds} rounds\n\n{table}\nThreads were stopped for {}.\n",
            collector.label(),
            self.reasons(collector)
        )
    }

    /// What threads were stopped for without otelrs, and for what else with it.
    fn reasons(&self, collector: Collector) -> String {
        let of = |with: bool| -> BTreeSet<&str> {
            let all = self.samples.iter().filter(|sample| {
                sample.collector == collector && (sample.presence.in_the_end() == Variant::Ours) == with
            });
            all.flat_map(|sample| &sample.operations).map(String::as_str).collect()
        };
        let (without, with) = (of(false), of(true));
        let list = |operations: Vec<&str>| match operations.as_slice() {
            [] => "nothing".to_owned(),
            all => all.join(", "),
        };
        let more = list(with.difference(&without).copied().collect());
        format!("{} without otelrs, for {more} besides with it", list(without.into_iter().collect()))
    }

    /// Of each round: without an agent, with it present so.
    fn pairs(&self, collector: Collector, presence: Presence, figure: Figure) -> Vec<(f64, f64)> {
        let of = |presence| {
            self.samples
                .iter()
                .filter(move |sample| (sample.collector, sample.presence) == (collector, presence))
        };
        let pair = |other: &Sample| {
            let base = of(Presence::Never).find(|sample| sample.round == other.round)?;
            Some((figure(base), figure(other)))
        };
        of(presence).filter_map(pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(presence: Presence, round: u32, lengths: &[f64], operation: &str) -> Sample {
        let pauses: Vec<Safepoint> = lengths
            .iter()
            .map(|length| Safepoint {
                operation: operation.to_owned(),
                milliseconds: *length,
                reaching_milliseconds: length / 10.0,
            })
            .collect();
        let answers = Answers { count: 100, seconds: 2.0, median_micros: 1.0, tail_micros: 1.0 };
        Sample::of(Collector::Serial, presence, round, answers, Duration::from_millis(4), &pauses)
    }

    #[test]
    fn a_server_is_summed_up_and_compared_with_that_of_its_round() {
        let first = sample(Presence::Never, 0, &[1.0, 2.0, 6.0], "Collect");
        assert_eq!((first.pauses, first.total_milliseconds, first.compile_milliseconds), (3, 9.0, 4.0));
        assert_eq!(
            (first.median_milliseconds, first.longest_milliseconds, first.reaching_milliseconds),
            (2.0, 6.0, 0.2)
        );
        let results = Results {
            environment: Environment::read(),
            jdk: "JDK".to_owned(),
            warm_up_seconds: 9.0,
            seconds: 2.0,
            pinned: true,
            samples: vec![
                first,
                sample(Presence::FromTheStart, 0, &[2.0, 4.0, 12.0], "Collect"),
                sample(Presence::FromTheStart, 1, &[2.0, 4.0, 6.0], "Redefine"),
                sample(Presence::Never, 1, &[2.0, 4.0, 6.0], "Collect"),
            ],
        };
        let longest: Figure = |sample| sample.longest_milliseconds;
        assert_eq!(
            results.pairs(Collector::Serial, Presence::FromTheStart, longest),
            [(6.0, 12.0), (6.0, 6.0)]
        );
        assert_eq!(
            results.reasons(Collector::Serial),
            "Collect without otelrs, for Redefine besides with it"
        );
        assert_eq!(results.report().matches("\n## ").count(), 1);
    }
}
