//! `./x bench`: what otelrs costs, beside nothing and beside the OpenTelemetry Java agent, in one interleaved run.
#![forbid(unsafe_code)]

mod affinity;
mod archive;
mod connection;
mod environment;
mod hello;
mod hook_agent;
mod interrupt;
mod jvm;
mod load;
mod measure;
mod plan;
mod process;
mod progress;
mod report;
mod run;
mod samples;
mod scenario;
mod server;
mod session;
mod sink;
mod statistics;
mod target;
mod variant;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What otelrs costs, beside nothing and beside the OpenTelemetry Java agent.
#[derive(Debug, Parser)]
#[command(name = "./x bench", args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    session: session::Options,
}

/// What this program is to itself.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Role {
    /// Sends requests.
    #[command(hide = true)]
    Load(load::Load),
    /// Receives spans.
    #[command(hide = true)]
    Sink(sink::SinkOptions),
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let done = match &line.role {
        Some(Role::Load(load)) => load.run(),
        Some(Role::Sink(sink)) => sink.run(),
        None => line.session.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            interrupt::stay_silent_if_interrupted();
            eprintln!("bench: {failure:#}");
            ExitCode::FAILURE
        }
    }
}
