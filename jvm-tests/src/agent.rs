//! Builds of the agent: the shipped one, and one in which faults can be made.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};
use otelrs_test_support::cargo::cargo;
use otelrs_test_support::paths;

use crate::program;

/// The argument that attaches this build of the agent with these options (`key=value;key2=value2`).
pub fn argument_for(library: &Path, options: &str) -> String {
    let separator = if options.is_empty() { "" } else { "=" };
    format!("-agentpath:{}{separator}{options}", library.display())
}

/// The agent with the feature `fault-injection`; built on first use, and kept in a folder of its own so that it
/// cannot be shipped by mistake.
///
/// # Errors
/// When it does not build.
pub fn with_faults() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match BUILT.get_or_init(|| build().map_err(|error| format!("{error:#}"))) {
        Ok(library) => Ok(library.clone()),
        Err(error) => bail!("{error}"),
    }
}

fn build() -> Result<PathBuf> {
    let output = program::clean_command(Path::new(&cargo()))
        .current_dir(paths::workspace())
        .args(["build", "--quiet", "-p", "libotelrs", "--features", "fault-injection"])
        .output()
        .context("cargo build")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Away from where the next build without faults puts its own.
    let library = paths::target().join("fault/libotelrs.so");
    paths::replace(&paths::target().join("debug/libotelrs.so"), &library)?;
    Ok(library)
}

/// The names of the entries from the JVM, as `jvmti-agent/src/guard.rs` lists them.
///
/// # Errors
/// When the list is not found there.
pub fn entry_names() -> Result<Vec<String>> {
    let source = std::fs::read_to_string(paths::workspace().join("jvmti-agent/src/guard.rs"))?;
    let names: Vec<String> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Entry::")?.split_once(" => \""))
        .filter_map(|(_, name)| Some(name.strip_suffix("\",")?.to_owned()))
        .collect();
    ensure!(names.len() > 5, "guard.rs names the entries in another form now: {names:?}");
    Ok(names)
}
