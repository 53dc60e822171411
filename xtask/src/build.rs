//! `./x build`: the agent library and the program `otelrs`, as they are shipped.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use otelrs_test_support::paths;

use crate::run::{say, shown};

/// Builds both and says how large they are.
///
/// # Errors
/// When the build fails.
pub(crate) fn run() -> Result<()> {
    say("building the agent and otelrs (cargo build --release; minutes the first time, seconds later)");
    shown(Command::new(cargo()).current_dir(paths::workspace()).args([
        "build",
        "--release",
        "--package=otelrs-jvmti-agent",
        "--package=otelrs-cli",
    ]))?;
    for file in [paths::agent_library(), paths::otelrs_program()] {
        let size = fs::metadata(&file).with_context(|| format!("no {}", file.display()))?.len();
        say(&format!("  {} {} kB", file.display(), size / 1000));
    }
    Ok(())
}

/// The cargo that runs us.
pub(crate) fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
