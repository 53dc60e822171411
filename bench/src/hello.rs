//! A program that prints one word: what a JVM's start costs.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use otelrs_test_support::{fixture, paths};

use crate::jvm::Jvm;
use crate::process::ended_children_cpu_time;
use crate::samples::Metric;
use crate::variant::Variant;

/// Runs it once.
///
/// # Errors
/// When it does not print its word.
pub(crate) fn measure(jvm: &Jvm, variant: Variant) -> Result<[(Metric, f64); 2]> {
    let jar = paths::fixture_jar("hello");
    let mut command =
        fixture::java(&jvm.jdk, &jar, &jvm.arguments(variant)?, &jvm.environment(variant), &[])?;
    let (cpu, started) = (ended_children_cpu_time()?, Instant::now());
    let output = command.output().context("cannot start java")?;
    let (wall, cpu) = (started.elapsed(), ended_children_cpu_time()?.saturating_sub(cpu));
    ensure!(output.status.success() && output.stdout == b"hello\n", "{}: {output:?}", variant.label());
    Ok([(Metric::HelloWall, wall.as_secs_f64() * 1e3), (Metric::HelloCpu, cpu.as_secs_f64() * 1e3)])
}
