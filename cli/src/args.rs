//! The command line: names, meanings and the text of `--help`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use otelrs_viewer::findings::{FindingKind, Setting, Thresholds};
use otelrs_viewer::query::Filter;
use otelrs_viewer::receiver::ReceiverOptions;
use otelrs_viewer::store::DEFAULT_MAX_BYTES;

/// Run a Java application under the otelrs agent and see its traces.
#[derive(Debug, Parser)]
#[command(name = "otelrs", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a command with the agent attached, and show its traces when it ends
    Run(RunArguments),
    /// Attach the agent to a JVM that is running, with the options of -agentpath
    Attach(AttachArguments),
    /// Detach the agent from a running JVM: its classes are restored, and nothing more is sent
    Detach(DetachArguments),
    /// Receive OTLP from anywhere on this machine and show it: on a screen, or each trace as it completes
    View(ViewArguments),
    /// List traces of the viewer that is open
    Traces(TracesArguments),
    /// List spans of the viewer that is open
    Spans(SpansArguments),
    /// List what is wrong with the traces of the viewer that is open; exit status 1 when there is something
    Findings(FindingsArguments),
    /// Print saved traces, one span a line with its attributes below
    Tree(TreeArguments),
    /// Print the completions of a shell: otelrs completions bash > ~/.local/share/bash-completion/completions/otelrs
    Completions(CompletionsArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The agent library; otherwise $OTELRS_AGENT, or libotelrs.so beside this program or in ../lib
    #[arg(long, value_name = "PATH")]
    pub(crate) agent: Option<PathBuf>,

    /// Name of the service (OTEL_SERVICE_NAME)
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,

    /// Also write what is received to this file, one OTLP/JSON request a line
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// An option of the agent, such as otel.javaagent.debug=true; may be repeated
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<String>,

    /// Show this many traces at the end, the latest ones
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) show: usize,

    /// Show traces on a screen while the command runs; its output is a page of the screen, its input is empty
    #[arg(long, conflicts_with = "show")]
    pub(crate) tui: bool,

    /// Start a viewer for this command, even where otelrs view is open
    #[arg(long)]
    pub(crate) own_viewer: bool,

    #[command(flatten)]
    pub(crate) keeping: Keeping,

    #[command(flatten)]
    pub(crate) ports: Ports,

    /// The command to run, with its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct AttachArguments {
    /// Process id of the JVM; jps lists them
    #[arg(value_name = "PID")]
    pub(crate) pid: i32,

    /// The agent library, where the JVM sees it; otherwise $OTELRS_AGENT, or libotelrs.so beside this program or in ../lib
    #[arg(long, value_name = "PATH")]
    pub(crate) agent: Option<PathBuf>,

    /// An option of the agent, such as otel.exporter.otlp.endpoint=http://collector:4318; may be repeated
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DetachArguments {
    /// Process id of the JVM
    #[arg(value_name = "PID")]
    pub(crate) pid: i32,

    /// The agent library as the JVM loaded it [default: every libotelrs.so that it has loaded]
    #[arg(long, value_name = "PATH")]
    pub(crate) agent: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ViewArguments {
    /// Write what is received to standard output, one OTLP/JSON request a line, instead of waterfalls
    #[arg(long)]
    pub(crate) json: bool,

    /// Print each trace as it completes, at a terminal too
    #[arg(long, conflicts_with = "json")]
    pub(crate) plain: bool,

    #[command(flatten)]
    pub(crate) keeping: Keeping,

    #[command(flatten)]
    pub(crate) ports: Ports,
}

#[derive(Debug, Args)]
pub(crate) struct TracesArguments {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// start, duration, spans, errors, service, name or status; the largest or latest first
    #[arg(long, value_name = "COLUMN", default_value = "start")]
    pub(crate) sort: String,
}

#[derive(Debug, Args)]
pub(crate) struct SpansArguments {
    #[command(flatten)]
    pub(crate) selection: Selection,
}

#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Only those for which this holds, such as 'status:error duration>50ms' (docs/viewer.md)
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,

    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) limit: usize,

    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Debug, Args)]
pub(crate) struct FindingsArguments {
    /// Kinds that make the exit status 1, separated by commas, such as repeated-query [default: all]
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) fail_on: Vec<FindingKind>,

    /// First wait until every trace has been looked at, for at most so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) wait: u64,

    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Debug, Args)]
pub(crate) struct Source {
    /// One JSON object a line, as docs/viewer-api.md describes it
    #[arg(long)]
    pub(crate) json: bool,

    /// Address that the viewer printed [default: the latest otelrs view or run of this user on this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) viewer: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TreeArguments {
    /// OTLP/JSON: one request a line, as --json and the collector's file exporter write it, or one in all; - is standard
    /// input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Print only traces for which this holds, such as 'status:error duration>50ms' (docs/viewer.md)
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// Whose completions
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Ports {
    /// Port for OTLP over HTTP on 127.0.0.1; 0 is any free one [default: 4318, or a free one when that is taken]
    #[arg(long, value_name = "PORT")]
    pub(crate) http_port: Option<u16>,

    /// Port for OTLP over gRPC on 127.0.0.1; 0 is any free one [default: 4317, or a free one when that is taken]
    #[arg(long, value_name = "PORT")]
    pub(crate) grpc_port: Option<u16>,

    /// Port for the web view; 0 is any free one [default: 4319, or a free one when that is taken]
    #[arg(long, value_name = "PORT")]
    pub(crate) web_port: Option<u16>,

    /// Show the web view to other machines, at this address of this one; a token is printed that opens it
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<IpAddr>,
}

impl Ports {
    /// Whether the user said where to listen.
    pub(crate) fn are_chosen(&self) -> bool {
        self.http_port.or(self.grpc_port).or(self.web_port).is_some() || self.listen.is_some()
    }
}

/// What is kept, and when it counts as a finding.
#[derive(Debug, Args)]
pub(crate) struct Keeping {
    /// Keep what is received in this SQLite file as well, and take its newest traces in at the start
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,

    /// Hold at most this much in memory; the oldest traces leave first [default: 64]
    #[arg(long, value_name = "MIB", value_parser = memory)]
    pub(crate) memory: Option<usize>,

    /// From when on something is a finding, such as repeated-query=10; may be repeated (docs/findings.md)
    #[arg(long = "threshold", value_name = "NAME=VALUE")]
    pub(crate) thresholds: Vec<Setting>,
}

const MIB: usize = 1024 * 1024;

fn memory(text: &str) -> Result<usize, String> {
    let mib = text.parse().ok().filter(|mib| (1..=1024 * 1024).contains(mib));
    mib.ok_or_else(|| "expected a whole number of MiB from 1 to 1048576".to_owned())
}

impl Keeping {
    /// Whether the user said what to keep.
    pub(crate) fn is_chosen(&self) -> bool {
        self.store.is_some() || self.memory.is_some() || !self.thresholds.is_empty()
    }

    /// Options of a receiver on these ports that keeps this.
    pub(crate) fn receiver_options(&self, ports: &Ports) -> ReceiverOptions {
        ReceiverOptions {
            http_port: ports.http_port,
            grpc_port: ports.grpc_port,
            max_store_bytes: self.memory.map_or(DEFAULT_MAX_BYTES, |mib| mib * MIB),
            store_file: self.store.clone(),
            thresholds: Thresholds::with(&self.thresholds),
            ..ReceiverOptions::default()
        }
    }
}
