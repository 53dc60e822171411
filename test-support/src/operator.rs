//! What an operator does to a running JVM: `otelrs attach` and `otelrs detach`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::child::{Child, Ended, clean_command};
use crate::paths;

/// How long the JVM may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// `otelrs attach` with the shipped library and these options of the agent.
pub fn attach_command(id: u32, options: &[String]) -> Command {
    let mut command = clean_command(&paths::otelrs_program());
    command.args(["attach", &id.to_string(), "--agent"]).arg(paths::agent_library());
    command.args(options.iter().flat_map(|option| ["--option", option]));
    command
}

/// `otelrs detach`.
pub fn detach_command(id: u32) -> Command {
    let mut command = clean_command(&paths::otelrs_program());
    command.args(["detach", &id.to_string()]);
    command
}

/// Attaches the agent.
///
/// # Errors
/// When `otelrs attach` says no.
pub fn attach(id: u32, options: &[String]) -> Result<()> {
    succeed(&mut attach_command(id, options)).map(drop)
}

/// Detaches it.
///
/// # Errors
/// When `otelrs detach` says no.
pub fn detach(id: u32) -> Result<()> {
    succeed(&mut detach_command(id)).map(drop)
}

fn succeed(command: &mut Command) -> Result<Ended> {
    let ended = Child::start("otelrs", command)?.wait(PATIENCE)?;
    ensure!(ended.status.success() && ended.stdout.is_empty(), "{command:?}: {ended:?}");
    Ok(ended)
}
