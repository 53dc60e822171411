//! `./x build`: the agent library and the program `otelrs`, as they are shipped.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use otelrs_test_support::cargo::{build_as_shipped, cargo};
use otelrs_test_support::paths;

use crate::run::{say, shown};

/// Builds both and says how large they are.
///
/// # Errors
/// When the build fails.
pub(crate) fn run() -> Result<()> {
    say("building the agent and otelrs (minutes the first time, seconds later)");
    shown(&mut build_as_shipped("libotelrs"))?;
    shown(Command::new(cargo()).current_dir(paths::workspace()).args([
        "build",
        "--release",
        "--package=otelrs-cli",
    ]))?;
    // Beside the program, which looks for it there.
    let library = paths::agent_library();
    paths::replace(&paths::target().join("agent/libotelrs.so"), &library)
        .with_context(|| format!("cannot write {}", library.display()))?;
    for file in [paths::agent_library(), paths::otelrs_program()] {
        let size = fs::metadata(&file).with_context(|| format!("no {}", file.display()))?.len();
        say(&format!("  {} {} kB", file.display(), size / 1000));
    }
    Ok(())
}

/// The agent library as it is shipped but for the names of its functions, in a folder of its own: minutes the first time.
///
/// # Errors
/// When the build fails.
pub(crate) fn with_symbols() -> Result<PathBuf> {
    say("building the agent with symbols (minutes the first time, seconds later)");
    let folder = paths::target().join("symbols");
    shown(
        build_as_shipped("libotelrs")
            .arg("--target-dir")
            .arg(&folder)
            .env("CARGO_PROFILE_AGENT_STRIP", "none"),
    )?;
    Ok(folder.join("agent/libotelrs.so"))
}
