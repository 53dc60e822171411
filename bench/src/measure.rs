//! One run: every round of a plan, with one JVM.

use std::path::Path;

use anyhow::Result;

use crate::affinity::Cores;
use crate::hello;
use crate::jvm::Jvm;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::samples::{Metric, Sample, Samples};
use crate::server::Server;
use crate::sink::Sink;
use crate::variant::Variant;

/// What measuring takes.
#[derive(Debug)]
pub(crate) struct Bench<'a> {
    /// Where spans go.
    pub(crate) sink: &'a Sink,
    /// Who runs where; nothing on a machine with one processor.
    pub(crate) cores: Option<Cores>,
    /// The server's jar.
    pub(crate) jar: &'a Path,
}

impl Bench<'_> {
    /// Measures all of the plan.
    ///
    /// # Errors
    /// When a program does not do what it should: such figures would mean nothing.
    pub(crate) fn run(&self, jvm: &Jvm, plan: &Plan, progress: &mut Progress) -> Result<Samples> {
        let mut samples = Samples::default();
        for round in 0..plan.hello_rounds {
            for variant in plan.order(round) {
                let step = format!(
                    "Hello program, {}, round {} of {}",
                    variant.label(),
                    round + 1,
                    plan.hello_rounds
                );
                progress.step(&step, Plan::hello_seconds(variant));
                add(&mut samples, variant, round, hello::measure(jvm, variant)?);
            }
        }
        let rounds = plan.rounds + plan.start_rounds;
        for round in 0..rounds {
            let is_loaded = round < plan.rounds;
            for variant in plan.order(round) {
                let what = if is_loaded && variant.is_loaded() { "start and load" } else { "start" };
                let step =
                    format!("Spring Boot, {what}, {}, round {} of {rounds}", variant.label(), round + 1);
                progress.step(&step, plan.server_seconds(variant, is_loaded));
                let (server, figures) = Server::start(jvm, variant, self.jar, self.sink, self.cores)?;
                add(&mut samples, variant, round, figures);
                if is_loaded && variant.is_loaded() {
                    add(&mut samples, variant, round, server.measure(plan.durations)?);
                }
            }
        }
        Ok(samples)
    }
}

fn add(
    samples: &mut Samples,
    variant: Variant,
    round: u32,
    figures: impl IntoIterator<Item = (Metric, f64)>,
) {
    for (metric, value) in figures {
        samples.push(Sample { metric, variant, round, value });
    }
}
