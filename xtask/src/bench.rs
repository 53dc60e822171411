//! `./x bench`: builds what is measured and what measures it, then hands over to `bench/`.

use std::process::Command;

use anyhow::{Context, Result, bail};
use otelrs_test_support::cargo::{build_as_shipped, cargo};
use otelrs_test_support::{jdk, paths};

use crate::run::{say, shown};
use crate::{build, fixtures, jdks, peers};

/// What needs nothing but the program itself.
const NEEDS_NOTHING: [&str; 3] = ["--help", "-h", "--report"];

/// Runs it with these options.
///
/// # Errors
/// When something cannot be built, or the measurement fails.
pub(crate) fn run(options: &[&str]) -> Result<()> {
    if options.iter().any(|option| NEEDS_NOTHING.contains(option)) {
        return benchmark(options);
    }
    if options.first() == Some(&"edits") {
        let [asm, byte_buddy] = paths::EDITORS;
        peers::fetch(&[asm, byte_buddy, paths::EDITED_LIBRARY])?;
        // Our edit is in this program, and is to be compiled as it is in the library.
        shown(build_as_shipped("otelrs-bench").arg("--quiet"))?;
        return run_benchmark("agent", options);
    }
    if options.first() == Some(&"advice") {
        build::run()?;
        fixtures::build(&["jetty-plain"])?;
        peers::fetch(&paths::JMH)?;
        peers::fetch(&paths::TOMCAT)?;
        fetch_java_agent();
        return benchmark(options);
    }
    if options.first() == Some(&"flames") {
        peers::fetch(&[paths::ASYNC_PROFILER])?;
        fixtures::build(&["boot35"])?;
        let library = build::with_symbols()?.display().to_string();
        return benchmark(&[options, &["--library", &library]].concat());
    }
    build::run()?;
    fixtures::build(&["hello", "boot35"])?;
    if !jdk::missing().is_empty() {
        jdks::run()?;
    }
    fetch_java_agent();
    benchmark(options)
}

/// Without it its variants are left out.
fn fetch_java_agent() {
    if let Err(failure) = peers::fetch(&[paths::OPENTELEMETRY_JAVA_AGENT]) {
        say(&format!("without the OpenTelemetry Java agent: {failure:#}"));
    }
}

/// Builds the program and runs it.
fn benchmark(options: &[&str]) -> Result<()> {
    say("building the benchmark (cargo build --release)");
    shown(Command::new(cargo()).current_dir(paths::workspace()).args([
        "build",
        "--quiet",
        "--release",
        "--package=otelrs-bench",
    ]))?;
    run_benchmark("release", options)
}

/// Runs the program that was built in a profile.
fn run_benchmark(profile: &str, options: &[&str]) -> Result<()> {
    let program = paths::target().join(profile).join("otelrs-bench");
    // Ctrl-C reaches it as well as us: it ends its children, then we see it ended.
    let status = Command::new(&program)
        .args(options)
        .current_dir(paths::workspace())
        .status()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !status.success() {
        bail!("the benchmark ended with {status}");
    }
    Ok(())
}
