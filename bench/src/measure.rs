//! One run: every round of a plan, with one JVM.

use std::path::Path;

use anyhow::Result;
use otelrs_test_support::paths;

use crate::affinity::Cores;
use crate::generated::CLASSES;
use crate::jvm::Jvm;
use crate::plan::Plan;
use crate::program::Program;
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
    /// The jar of the program that loads classes, where the plan has rounds of it.
    pub(crate) classes: Option<&'a Path>,
}

impl Bench<'_> {
    /// Measures all of the plan.
    ///
    /// # Errors
    /// When a program does not do what it should: such figures would mean nothing.
    pub(crate) fn run(&self, jvm: &Jvm, plan: &Plan, progress: &mut Progress) -> Result<Samples> {
        let mut samples = Samples::default();
        let hello = paths::fixture_jar("hello");
        let hello = Program { jar: &hello, says: "hello\n", metrics: [Metric::HelloWall, Metric::HelloCpu] };
        for round in 0..plan.hello_rounds {
            for variant in plan.order(round) {
                let name = variant.label();
                let step = format!("Hello program, {name}, round {} of {}", round + 1, plan.hello_rounds);
                progress.step(&step, Plan::hello_seconds(variant));
                add(&mut samples, variant, round, hello.measure(jvm, variant, &[])?);
            }
        }
        if let Some(jar) = self.classes {
            let says = format!("{CLASSES}\n");
            let load = Program { jar, says: &says, metrics: [Metric::ClassesWall, Metric::ClassesCpu] };
            for round in 0..plan.class_rounds {
                let order_of_packages = round.to_string();
                for variant in plan.order(round) {
                    let name = variant.label();
                    let step =
                        format!("{CLASSES} classes, {name}, round {} of {}", round + 1, plan.class_rounds);
                    progress.step(&step, Plan::classes_seconds(variant));
                    add(&mut samples, variant, round, load.measure(jvm, variant, &[&order_of_packages])?);
                }
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
