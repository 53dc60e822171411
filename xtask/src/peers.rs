//! `./x peers`: the published programs of others that full tests run beside us or over us, from Maven Central.

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};
use otelrs_test_support::paths;

use crate::run::{is_there, quiet, say};

/// Acquires those that are missing.
///
/// # Errors
/// When there is no Maven, or Maven Central does not answer.
pub(crate) fn run() -> Result<()> {
    fetch(&paths::all_peers())
}

/// Acquires those of [`paths::all_peers`] that are named and missing.
///
/// # Errors
/// When there is no Maven, or Maven Central does not answer.
pub(crate) fn fetch(artifacts: &[&str]) -> Result<()> {
    let place = paths::peers();
    fs::create_dir_all(&place)?;
    for artifact in artifacts {
        if paths::peer(artifact).is_file() {
            continue;
        }
        if !is_there("mvn") {
            bail!("no Maven (mvn) to fetch {artifact} with");
        }
        say(&format!("fetching {artifact} (Maven Central)"));
        quiet(
            "fetching",
            Command::new("mvn")
                // A checksum that is not the published one is an error.
                .args(["-q", "-B", "-C", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"])
                .arg(format!("-Dartifact={artifact}"))
                .arg(format!("-DoutputDirectory={}", place.display())),
        )?;
    }
    Ok(())
}
