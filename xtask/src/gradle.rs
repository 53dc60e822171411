//! `./x gradle-test`: the Gradle build that a user would have, its test JVM under the agent.

use std::process::Command;

use anyhow::{Result, bail};
use otelrs_test_support::paths;

use crate::run::{is_there, say, shown};

/// Runs the build's tests, also where nothing has changed since they last ran.
///
/// # Errors
/// When there is no Gradle, the agent is not built, or a test fails.
pub(crate) fn run() -> Result<()> {
    if !is_there("gradle") {
        bail!("no Gradle (apt-get install gradle)");
    }
    let product = paths::target().join("release");
    for file in [paths::agent_library(), paths::otelrs_program()] {
        if !file.is_file() {
            bail!("{} is not built: run ./x build", file.display());
        }
    }
    say("running the Gradle build's tests under the agent (gradle cleanTest test)");
    shown(
        Command::new("gradle")
            .current_dir(paths::workspace().join("gradle-test"))
            .args(["--no-daemon", "--console=plain", "cleanTest", "test"])
            .arg(format!("-Potelrs={}", product.display())),
    )
}
