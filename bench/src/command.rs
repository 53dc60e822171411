//! Commands that must succeed, such as those of a JDK.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs one to its end; its standard output.
///
/// # Errors
/// When it cannot be started or fails; the message holds what it wrote to standard error.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A class path.
///
/// # Errors
/// When an entry has a colon in its name.
pub(crate) fn class_path(entries: &[PathBuf]) -> Result<OsString> {
    env::join_paths(entries).context("a class path cannot hold a colon")
}
