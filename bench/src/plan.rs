//! How much is measured: rounds, seconds, variants.

use clap::Args;

use crate::order;
use crate::scenario::{Endpoint, Pace};
use crate::server::Durations;
use crate::variant::Variant;

/// What the command line says about it; what it does not say is as in [`Plan::full`] or [`Plan::quick`].
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlanOptions {
    /// Rounds of the Hello program.
    #[arg(long)]
    hello_rounds: Option<u32>,
    /// Rounds of the program that loads classes.
    #[arg(long)]
    class_rounds: Option<u32>,
    /// Rounds in which servers are only started.
    #[arg(long)]
    start_rounds: Option<u32>,
    /// Rounds in which servers are started and put under load.
    #[arg(long)]
    rounds: Option<u32>,
    /// Seconds of load before anything is measured.
    #[arg(long)]
    warm_up: Option<f64>,
    /// Seconds of load on each endpoint at each pace.
    #[arg(long)]
    seconds: Option<f64>,
    /// Variants, separated by commas; `none` is always one.
    #[arg(long, value_enum, value_delimiter = ',')]
    variants: Option<Vec<Variant>>,
}

/// What one run does.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Rounds of the Hello program.
    pub(crate) hello_rounds: u32,
    /// Rounds of the program that loads classes.
    pub(crate) class_rounds: u32,
    /// Rounds in which servers are only started, after those under load.
    pub(crate) start_rounds: u32,
    /// Rounds in which servers are started and put under load. Each starts new JVMs: two of the same kind differ by more
    /// than two measurements of one, because their compilers choose differently.
    pub(crate) rounds: u32,
    /// How long they are.
    pub(crate) durations: Durations,
    /// In the order of the tables.
    pub(crate) variants: Vec<Variant>,
}

/// Of starting a JVM that prints a word, and one that serves: seconds on a machine of two cores.
const HELLO_SECONDS: f64 = 0.1;
const START_SECONDS: f64 = 4.0;
const CLASSES_SECONDS: f64 = 3.0;
/// What the Java agent adds to these.
const HELLO_JAVA_AGENT_SECONDS: f64 = 3.0;
const START_JAVA_AGENT_SECONDS: f64 = 5.5;
/// Until the spans of a measurement have arrived.
const DRAIN_SECONDS: f64 = 1.0;

impl Plan {
    /// Within half an hour; without the other agent sampled out, which no target is about and which takes a fifth of the time.
    pub(crate) fn full() -> Self {
        let compared = |variant: &Variant| *variant != Variant::JavaAgentSampledOut;
        Self {
            hello_rounds: 20,
            class_rounds: 0,
            start_rounds: 5,
            rounds: 5,
            durations: Durations { warm_up: 20.0, load: 2.0 },
            variants: Variant::ALL.into_iter().filter(compared).collect(),
        }
    }

    /// Within three minutes: to see that it works, and differences that are large.
    pub(crate) fn quick() -> Self {
        use Variant::{HookOnly, JavaAgent, None, NoneAgain, Ours};
        Self {
            hello_rounds: 3,
            class_rounds: 0,
            start_rounds: 0,
            rounds: 2,
            durations: Durations { warm_up: 3.0, load: 0.7 },
            variants: vec![None, NoneAgain, HookOnly, Ours, JavaAgent],
        }
    }

    /// Within five minutes: only how long classes take to load.
    pub(crate) fn classes() -> Self {
        use Variant::{HookOnly, None, NoneAgain, Ours};
        Self {
            hello_rounds: 0,
            class_rounds: 20,
            start_rounds: 0,
            rounds: 0,
            variants: vec![None, NoneAgain, HookOnly, Ours],
            ..Self::quick()
        }
    }

    /// Only how long servers take to their first answer.
    pub(crate) fn starts_only(&self) -> Self {
        Self {
            hello_rounds: 0,
            class_rounds: 0,
            start_rounds: self.start_rounds + self.rounds,
            rounds: 0,
            ..self.clone()
        }
    }

    /// With what the command line says.
    #[must_use]
    pub(crate) fn with(self, options: &PlanOptions) -> Self {
        let wanted = |variant: &Variant| match &options.variants {
            Some(variants) => *variant == Variant::None || variants.contains(variant),
            None => self.variants.contains(variant),
        };
        Self {
            hello_rounds: options.hello_rounds.unwrap_or(self.hello_rounds),
            class_rounds: options.class_rounds.unwrap_or(self.class_rounds),
            start_rounds: options.start_rounds.unwrap_or(self.start_rounds),
            rounds: options.rounds.unwrap_or(self.rounds),
            durations: Durations {
                warm_up: options.warm_up.unwrap_or(self.durations.warm_up),
                load: options.seconds.unwrap_or(self.durations.load),
            },
            variants: Variant::ALL.into_iter().filter(wanted).collect(),
        }
    }

    /// The variants of a round, in its order.
    pub(crate) fn order(&self, round: u32) -> Vec<Variant> {
        order::of_round(&self.variants, round)
    }

    /// About how many seconds one Hello program takes.
    pub(crate) fn hello_seconds(variant: Variant) -> f64 {
        HELLO_SECONDS + if is_java_agent(variant) { HELLO_JAVA_AGENT_SECONDS } else { 0.0 }
    }

    /// About how many seconds the program that loads classes takes.
    pub(crate) fn classes_seconds(variant: Variant) -> f64 {
        CLASSES_SECONDS + if is_java_agent(variant) { HELLO_JAVA_AGENT_SECONDS } else { 0.0 }
    }

    /// About how many seconds a server takes, with or without load.
    pub(crate) fn server_seconds(&self, variant: Variant, is_loaded: bool) -> f64 {
        let start = START_SECONDS + if is_java_agent(variant) { START_JAVA_AGENT_SECONDS } else { 0.0 };
        if !(is_loaded && variant.is_loaded()) {
            return start;
        }
        let measurements = (Endpoint::ALL.len() * Pace::ALL.len()) as f64;
        start + self.durations.warm_up + measurements * (self.durations.load + DRAIN_SECONDS)
    }

    /// About how many seconds all of it takes.
    pub(crate) fn seconds(&self) -> f64 {
        let of_variant = |variant: &Variant| {
            f64::from(self.hello_rounds) * Self::hello_seconds(*variant)
                + f64::from(self.class_rounds) * Self::classes_seconds(*variant)
                + f64::from(self.start_rounds) * self.server_seconds(*variant, false)
                + f64::from(self.rounds) * self.server_seconds(*variant, true)
        };
        self.variants.iter().map(of_variant).sum()
    }
}

fn is_java_agent(variant: Variant) -> bool {
    matches!(variant, Variant::JavaAgent | Variant::JavaAgentSampledOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_fit_the_time_that_is_promised() {
        for (plan, minutes) in [(Plan::full(), 30.0), (Plan::quick(), 3.0), (Plan::classes(), 5.0)] {
            assert!(plan.seconds() < minutes * 60.0, "{} s", plan.seconds());
        }
    }

    #[test]
    fn the_command_line_wins_and_none_is_always_there() {
        let options =
            PlanOptions { rounds: Some(9), variants: Some(vec![Variant::Ours]), ..Default::default() };
        let plan = Plan::full().with(&options);
        assert_eq!((plan.rounds, plan.hello_rounds), (9, Plan::full().hello_rounds));
        assert_eq!(plan.variants, [Variant::None, Variant::Ours]);
    }
}
