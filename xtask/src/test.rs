//! `./x test`: every suite, one closing line.

use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use otelrs_test_support::cargo::cargo;
use otelrs_test_support::{jdk, paths};

use crate::run::{is_there, say, shown};
use crate::suites::Outcome;
use crate::{build, collector, fixtures, gradle, jdks, peers, readme, suites, tidy};

/// What ran so far. A check of ours counts one; `cargo test` counts its tests.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: Vec<String>,
    failures: Vec<String>,
}

impl Tally {
    fn check(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        say(&format!("== {name}"));
        let started = Instant::now();
        match work() {
            Ok(()) => self.passed += 1,
            Err(failure) => {
                say(&format!("FAILED {name}: {failure:#}"));
                self.failed += 1;
                self.failures.push(name.to_owned());
            }
        }
        say(&format!("   {name}: {} s", started.elapsed().as_secs()));
    }

    /// One count a test. A program that crashed prints no result, and counts as one failure.
    fn count(&mut self, outcome: &Outcome) {
        let mut failed = 0;
        for result in outcome.output.lines().filter_map(TestResult::of) {
            self.passed += result.passed;
            failed += result.failed;
            if result.ignored > 0 {
                self.skipped.push(format!("{} ignored tests of {}", result.ignored, outcome.name));
            }
        }
        if !outcome.succeeded && failed == 0 {
            failed = 1;
        }
        if failed > 0 {
            self.failures.push(format!("{failed} of {}", outcome.name));
        }
        self.failed += failed;
    }

    fn skip(&mut self, what: String) {
        say(&format!("skipped: {what}"));
        self.skipped.push(what);
    }
}

/// Runs everything, also after a failure. `full` installs what is slow to install as well.
///
/// # Errors
/// Never for a failed suite: that is the exit status.
pub(crate) fn run(full: bool) -> Result<ExitCode> {
    let started = Instant::now();
    let mut tally = Tally::default();

    tally.check("format", || in_workspace(&["fmt", "--all", "--check"]));
    tally.check("clippy", || {
        in_workspace(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"])
    });
    tally.check("release build", build::run);
    tally.check("Java fixtures, with javac -Xlint -Werror", fixtures::run);
    jdks::run()?;
    for feature in jdk::missing() {
        tally.skip(format!("everything on JDK {feature}, which this machine lacks"));
    }
    if let Err(failure) = collector::run() {
        tally.skip(format!("the OpenTelemetry Collector: {failure:#}"));
    }
    if full {
        tally.check("programs of others", peers::run);
    } else {
        tally.skip(
            "what takes minutes or fetches packages: the official SDKs, soaks (./x test --full)".to_owned(),
        );
    }
    if !is_there("chromedriver") {
        tally.skip(
            "the web page in a browser: no Chromium (apt-get install chromium chromium-driver)".to_owned(),
        );
    }
    if !is_there("valgrind") {
        tally.skip(
            "instructions of the parts of the agent: no valgrind (apt-get install valgrind)".to_owned(),
        );
    }
    cargo_test(&mut tally, full)?;
    tally.check("tidy", tidy::run);
    licences(&mut tally, full);
    if is_there("gradle") {
        tally.check("gradle-test", gradle::run);
    } else {
        tally.skip("gradle-test: no Gradle (apt-get install gradle)".to_owned());
    }
    tally.check("the README's commands in a fresh clone", readme::run);

    for skipped in &tally.skipped {
        say(&format!("skipped: {skipped}"));
    }
    for failure in &tally.failures {
        say(&format!("FAILED: {failure}"));
    }
    say(&format!("took {} s", started.elapsed().as_secs()));
    println!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped.len());
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs cargo in the workspace.
fn in_workspace(arguments: &[&str]) -> Result<()> {
    shown(Command::new(cargo()).current_dir(paths::workspace()).args(arguments))
}

/// Every test program, then the examples in documentation. What takes minutes is marked as ignored, and runs when all is
/// asked for.
fn cargo_test(tally: &mut Tally, full: bool) -> Result<()> {
    say("== cargo test");
    let started = Instant::now();
    let suites = match suites::build() {
        Ok(suites) => suites,
        Err(failure) => {
            tally.check("cargo test", || Err(failure));
            return Ok(());
        }
    };
    say(&format!("   built: {} s", started.elapsed().as_secs()));
    suites::run(suites, full, |outcome| {
        println!("\n     {}\n{}", outcome.name, outcome.output);
        tally.count(outcome);
    })?;
    let examples = Command::new(cargo())
        .current_dir(paths::workspace())
        .args(["test", "--workspace", "--doc", "--no-fail-fast"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo test --doc")?;
    let outcome = Outcome {
        name: "examples in documentation".to_owned(),
        output: String::from_utf8_lossy(&examples.stdout).into_owned(),
        succeeded: examples.status.success(),
    };
    println!("{}", outcome.output);
    tally.count(&outcome);
    say(&format!("   cargo test: {} s", started.elapsed().as_secs()));
    Ok(())
}

/// cargo-deny takes minutes to install, so it is used where it is, or where everything was asked for.
fn licences(tally: &mut Tally, full: bool) {
    if !is_there("cargo-deny") {
        if !full {
            return tally
                .skip("licences and advisories: no cargo-deny (./x test --full installs it)".to_owned());
        }
        say("installing cargo-deny (minutes)");
        if let Err(failure) = in_workspace(&["install", "--locked", "--quiet", "cargo-deny"]) {
            return tally.skip(format!("licences and advisories: {failure:#}"));
        }
    }
    tally.check("licences, bans and sources of dependencies", || {
        in_workspace(&["deny", "--all-features", "check", "bans", "licenses", "sources"])
    });
    if full {
        tally.check("advisories on dependencies", || {
            in_workspace(&["deny", "--all-features", "check", "advisories"])
        });
    } else {
        tally.skip("advisories: their list is fetched only by ./x test --full".to_owned());
    }
}

#[derive(Debug, PartialEq, Eq)]
struct TestResult {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl TestResult {
    /// libtest's `test result: ok. 10 passed; 0 failed; 1 ignored; 0 measured; ...`.
    fn of(line: &str) -> Option<Self> {
        let counts = line.strip_prefix("test result: ")?;
        let count = |name: &str| {
            counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(name)?.trim().parse().ok())
        };
        Some(Self { passed: count("passed")?, failed: count("failed")?, ignored: count("ignored")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_libtest_are_counted() {
        let line = "test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 1.14s";
        assert_eq!(TestResult::of(line), Some(TestResult { passed: 10, failed: 2, ignored: 1 }));
        assert_eq!(TestResult::of("test result_is_shown ... ok"), None);
    }

    #[test]
    fn a_program_that_crashed_counts_as_a_failure_after_those_that_passed() {
        let mut tally = Tally::default();
        let passed =
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.14s";
        for (output, succeeded) in [(passed, true), ("running 9 tests\n", false)] {
            tally.count(&Outcome { name: "one".to_owned(), output: output.to_owned(), succeeded });
        }
        assert_eq!((tally.passed, tally.failed, tally.failures), (3, 1, vec!["1 of one".to_owned()]));
    }

    #[test]
    fn a_failed_check_is_counted_and_the_next_still_runs() {
        let mut tally = Tally::default();
        tally.check("one", || anyhow::bail!("no"));
        tally.check("two", || Ok(()));
        assert_eq!((tally.passed, tally.failed, tally.failures), (1, 1, vec!["one".to_owned()]));
    }
}
