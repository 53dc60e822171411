//! The numbers of `./x bench overload`, written down and shown.

use otelrs_test_support::statistics;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::environment::Environment;
use crate::report::{self, Table};
use crate::samples::Unit;
use crate::variant::Variant;

/// One server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Its agent.
    pub(crate) variant: Variant,
    /// The other of the same round is its pair.
    pub(crate) round: u32,
    /// Answered while 100 users became 1,000.
    pub(crate) requests: u64,
    /// Half of the latencies of 100 users are below.
    pub(crate) calm_median_micros: f64,
    /// All but one in a hundred.
    pub(crate) calm_tail_micros: f64,
    /// Half of the latencies of the many are below.
    pub(crate) median_micros: f64,
    /// All but one in a hundred.
    pub(crate) tail_micros: f64,
    /// Resident after 100 users.
    pub(crate) calm_mebibytes: f64,
    /// The most that was resident.
    pub(crate) peak_mebibytes: f64,
    /// What became of its spans.
    pub(crate) account: Account,
}

/// All that `overload.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine.
    pub(crate) environment: Environment,
    /// The JDK's own name.
    pub(crate) jdk: String,
    /// What the collector takes for a batch.
    pub(crate) delay_milliseconds: u64,
    /// How long the many asked.
    pub(crate) seconds: f64,
    /// The numbers.
    pub(crate) samples: Vec<Sample>,
}

impl Results {
    /// Latencies and memory of both, and what became of the spans.
    pub(crate) fn report(&self) -> String {
        let mut table = Table::new(&["", "no agent", "otelrs", "otelrs to no agent"]);
        type Row = (&'static str, Unit, fn(&Sample) -> f64);
        let rows: [Row; 6] = [
            ("100 users, median", Unit::Milliseconds, |sample| sample.calm_median_micros / 1e3),
            ("100 users, one in a hundred above", Unit::Milliseconds, |sample| sample.calm_tail_micros / 1e3),
            ("1,000 users, median", Unit::Milliseconds, |sample| sample.median_micros / 1e3),
            ("1,000 users, one in a hundred above", Unit::Milliseconds, |sample| sample.tail_micros / 1e3),
            ("resident after 100 users", Unit::Mebibytes, |sample| sample.calm_mebibytes),
            ("resident at most", Unit::Mebibytes, |sample| sample.peak_mebibytes),
        ];
        for (name, unit, figure) in rows {
            let pairs = self.pairs(figure);
            let median = |of: fn(&(f64, f64)) -> f64| statistics::median(pairs.iter().map(of));
            let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| unit.show(value));
            let compared = match unit {
                Unit::Mebibytes => {
                    statistics::difference(&pairs).map(|interval| unit.show_interval(interval))
                }
                _ => statistics::ratio(&pairs).map(|interval| Unit::Ratio.show_interval(interval)),
            };
            table.row([
                name.to_owned(),
                shown(median(|pair| pair.0)),
                shown(median(|pair| pair.1)),
                compared.unwrap_or("-".to_owned()),
            ]);
        }
        format!(
            "# 100 virtual users become 1,000 within two seconds\n\n{}.{}\n\n\
             {}, G1, {} rounds of {} s, the collector takes {} ms for a batch. Every request was answered as without an agent. \
             Medians over rounds; ratios and differences are paired by round, the 95 % confidence interval in brackets.\n\n\
             {table}\n{}\n",
            report::machine(&self.environment),
            report::warning(&self.environment),
            self.jdk,
            self.pairs(|_| 0.0).len(),
            self.seconds,
            self.delay_milliseconds,
            self.spans(),
        )
    }

    fn spans(&self) -> String {
        let ours = self.samples.iter().filter(|sample| sample.variant == Variant::Ours);
        let sum = |count: fn(&Account) -> u64| ours.clone().map(|sample| count(&sample.account)).sum::<u64>();
        format!(
            "Of {} spans {} were received and {} dropped and counted; none was lost otherwise.",
            sum(|account| account.made),
            sum(|account| account.received),
            sum(|account| account.reported.dropped),
        )
    }

    /// Of each round: without an agent, with ours.
    fn pairs(&self, figure: fn(&Sample) -> f64) -> Vec<(f64, f64)> {
        let of = |variant, round| {
            let mut samples = self.samples.iter();
            samples.find(|sample| (sample.variant, sample.round) == (variant, round)).map(figure)
        };
        let rounds = self.samples.iter().map(|sample| sample.round + 1).max().unwrap_or_default();
        (0..rounds).filter_map(|round| Some((of(Variant::None, round)?, of(Variant::Ours, round)?))).collect()
    }
}
