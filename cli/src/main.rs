//! The program `otelrs`: runs a command under the agent or attaches it, receives its telemetry, shows it.
#![forbid(unsafe_code)]

mod agent;
mod archive;
mod args;
mod attach;
mod baseline;
mod client;
mod environment;
mod open_viewers;
mod os;
mod output;
mod run;
mod screen;
mod scripts;
mod tree;
mod view;
mod web;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Arguments, Command};

/// As clap's: nothing was started.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Attach(arguments) => attach::attach(&arguments),
        Command::Detach(arguments) => attach::detach(&arguments),
        Command::View(arguments) => view::view(&arguments),
        Command::Traces(arguments) => scripts::traces(&arguments),
        Command::Spans(arguments) => scripts::spans(&arguments),
        Command::Findings(arguments) => scripts::findings(&arguments),
        Command::Tree(arguments) => tree::tree(&arguments),
        Command::Completions(arguments) => {
            let mut command = Arguments::command();
            clap_complete::generate(arguments.shell, &mut command, "otelrs", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    };
    result.unwrap_or_else(|error| {
        output::say(&error.to_string());
        ExitCode::from(error.exit_code())
    })
}

/// Why a command of ours ended without doing its work.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Agent(#[from] agent::AgentError),
    #[error(transparent)]
    Attach(#[from] attach::AttachError),
    #[error(transparent)]
    Archive(#[from] archive::WritesArchive),
    #[error(
        "cannot listen for OTLP/{transport} on port {port}: {source}. Choose another with {option}, or leave \
             {option} out: a free port is found then"
    )]
    Port {
        transport: otelrs_viewer::receiver::Transport,
        option: &'static str,
        port: u16,
        source: std::io::Error,
    },
    #[error(transparent)]
    Receiver(otelrs_viewer::receiver::ReceiverError),
    #[error("--store: {0}")]
    StoreFile(otelrs_viewer::archive::ArchiveError),
    #[error("--json {path}: {source}. Name a file that can be written")]
    JsonFile { path: String, source: std::io::Error },
    #[error("{program}: {source}")]
    Start { program: String, source: std::io::Error },
    #[error(
        "--tui: standard input and output must be a terminal. Leave --tui out: traces are printed when the command ends"
    )]
    NoTerminal,
    #[error("cannot use the terminal: {0}. Try --plain, or leave --tui out")]
    Terminal(std::io::Error),
    #[error(
        "cannot listen on {address} for the web view: {source}. Choose another port with --web-port, or leave it out: a \
             free one is found then; --listen takes an address of this machine"
    )]
    Web { address: std::net::SocketAddr, source: std::io::Error },
    #[error(transparent)]
    WebThreads(otelrs_viewer::web::WebError),
    #[error(transparent)]
    Client(#[from] client::ClientError),
    #[error(transparent)]
    Tree(#[from] tree::TreeError),
    #[error("cannot watch signals: {0}")]
    Signals(std::io::Error),
    #[error("cannot wait for the command: {0}")]
    Wait(std::io::Error),
}

impl From<otelrs_viewer::receiver::ReceiverError> for Error {
    fn from(error: otelrs_viewer::receiver::ReceiverError) -> Self {
        use otelrs_viewer::receiver::{ReceiverError, Transport};
        match error {
            ReceiverError::Listen { transport, port, source } => {
                let option = match transport {
                    Transport::Grpc => "--grpc-port",
                    Transport::Http => "--http-port",
                };
                Self::Port { transport, option, port, source }
            }
            ReceiverError::StoreFile(error) => Self::StoreFile(error),
            other @ ReceiverError::Runtime(_) => Self::Receiver(other),
        }
    }
}

impl From<otelrs_viewer::web::WebError> for Error {
    fn from(error: otelrs_viewer::web::WebError) -> Self {
        match error {
            otelrs_viewer::web::WebError::Listen { address, source } => Self::Web { address, source },
            other => Self::WebThreads(other),
        }
    }
}

impl Error {
    /// 127 and 126 as a shell has them for a command not found and not executable.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Start { source, .. } if source.kind() == std::io::ErrorKind::NotFound => 127,
            Self::Start { .. } => 126,
            Self::Wait(_) | Self::Terminal(_) | Self::Tree(_) | Self::Attach(_) => 1,
            _ => USAGE,
        }
    }
}
