//! `./x corpus`: advice in every method of many classes, verified by every JDK found.

use std::process::Command;

use anyhow::Result;
use otelrs_test_support::cargo::cargo;
use otelrs_test_support::paths;

use crate::jdks;
use crate::run::{say, shown};

/// Tests these jars and directories; without any, the JDKs and the pinned artifacts, and writes docs/corpus.md.
///
/// # Errors
/// When a class is refused, or too many methods are declined.
pub(crate) fn run(files: &[&str]) -> Result<()> {
    if files.is_empty() {
        jdks::run()?;
    }
    say("advice in every method (cargo run --release --package otelrs-corpus)");
    shown(
        Command::new(cargo())
            .current_dir(paths::workspace())
            .args(["run", "--quiet", "--release", "--package=otelrs-corpus", "--"])
            .args(files),
    )
}
