//! `./x bench`: what otelrs costs, beside nothing and beside the OpenTelemetry Java agent, in one interleaved run.
#![forbid(unsafe_code)]

mod account;
mod advice;
mod affinity;
mod archive;
mod command;
mod common;
mod connection;
mod edits;
mod environment;
mod flames;
mod generated;
mod hook_agent;
mod interrupt;
mod jvm;
mod load;
mod measure;
mod order;
mod overload;
mod pauses;
mod plan;
mod process;
mod program;
mod progress;
mod report;
mod run;
mod samples;
mod scenario;
mod server;
mod session;
mod sink;
mod soak;
mod target;
mod users;
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
    /// What advice costs the thread that runs it, inlined, megamorphic and interpreted: JMH
    Advice(advice::Options),
    /// The same edit of a class by otelrs, ASM and Byte Buddy
    Edits(edits::Options),
    /// Makes one edit.
    #[command(hide = true)]
    Edit(edits::Edit),
    /// Flame graphs of a start and of requests under the agent
    Flames(flames::Options),
    /// Ten times as many users within two seconds, while the collector is slow
    Overload(overload::Options),
    /// How long the JVM stops threads, under each garbage collector
    Pauses(pauses::Options),
    /// Resident memory over ten million requests
    Soak(soak::Options),
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
        Some(Role::Advice(advice)) => advice.run(),
        Some(Role::Edits(edits)) => edits.run(),
        Some(Role::Edit(edit)) => edit.run(),
        Some(Role::Flames(flames)) => flames.run(),
        Some(Role::Overload(overload)) => overload.run(),
        Some(Role::Pauses(pauses)) => pauses.run(),
        Some(Role::Soak(soak)) => soak.run(),
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
