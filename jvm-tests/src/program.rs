//! Programs that end by themselves, with the agent and without.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
pub use otelrs_test_support::child::clean_command;
use otelrs_test_support::child::{Child, Ended};
use otelrs_test_support::fixture::QUICK_JVM;
use otelrs_test_support::jdk::Jdk;

/// How long a program may run on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command `java <quick> arguments`.
pub fn java(jdk: &Jdk, arguments: &[impl AsRef<OsStr>], env: &[(&str, &str)]) -> Command {
    let mut command = clean_command(&jdk.java);
    command.args(QUICK_JVM).args(arguments).envs(env.iter().copied());
    command
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot be started, or does not end in two minutes.
pub fn run(command: &mut Command) -> Result<Ended> {
    Child::start("a program", command)?.wait(PATIENCE)
}

/// The lines of standard error that the JVM and the application wrote.
pub fn others_lines(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| !line.starts_with("[otelrs]")).collect()
}

/// The agent's lines of standard error.
pub fn own_lines(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| line.starts_with("[otelrs]")).collect()
}
