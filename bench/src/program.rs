//! Programs that end by themselves: what a JVM's start costs, and what loading classes costs.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::fixture;

use crate::jvm::Jvm;
use crate::process::ended_children_cpu_time;
use crate::samples::Metric;
use crate::variant::Variant;

/// A runnable jar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program<'a> {
    /// The jar.
    pub(crate) jar: &'a Path,
    /// All that it prints.
    pub(crate) says: &'a str,
    /// What is measured of it: from exec to its end, and its processor time. ms.
    pub(crate) metrics: [Metric; 2],
}

impl Program<'_> {
    /// Runs it once with these arguments.
    ///
    /// # Errors
    /// When it does not print what it should.
    pub(crate) fn measure(
        &self,
        jvm: &Jvm,
        variant: Variant,
        arguments: &[&str],
    ) -> Result<[(Metric, f64); 2]> {
        let options = jvm.arguments(variant)?;
        let mut command = fixture::java(&jvm.jdk, self.jar, &options, &jvm.environment(variant), arguments)?;
        let (cpu, started) = (ended_children_cpu_time()?, Instant::now());
        let output = command.output().context("cannot start java")?;
        let (wall, cpu) = (started.elapsed(), ended_children_cpu_time()?.saturating_sub(cpu));
        let as_expected = output.status.success() && output.stdout == self.says.as_bytes();
        ensure!(as_expected, "{}: {output:?}", variant.label());
        let [wall_metric, cpu_metric] = self.metrics;
        Ok([(wall_metric, wall.as_secs_f64() * 1e3), (cpu_metric, cpu.as_secs_f64() * 1e3)])
    }
}
