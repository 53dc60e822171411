//! `otelrs run`: the command owns the terminal; one line before it, its traces after it.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::sync::{Arc, Mutex, PoisonError};

use otelrs_otlp::json::to_json_line;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions, Sink};
use otelrs_viewer::store::TraceStore;

use crate::args::RunArguments;
use crate::environment::{Attachment, changes};
use crate::open_viewers::OpenViewer;
use crate::output::{counted, say, say_what_was_not_written, stderr_options, write_trace};
use crate::web::Web;
use crate::{Error, agent, archive, baseline, client, os, screen};

pub(crate) fn run(arguments: &RunArguments) -> Result<ExitCode, Error> {
    let variable = |name: &str| std::env::var_os(name);
    archive::check(&arguments.command, variable)?;
    let library =
        agent::find(arguments.agent.as_deref(), variable("OTELRS_AGENT"), std::env::current_exe().ok())?;
    let jvm_option = agent::jvm_option(&library, &arguments.options)?;
    if may_share(arguments)
        && let Some((open, _)) = client::open().filter(|(open, _)| open.stays)
    {
        return run_for(&open, arguments, &jvm_option);
    }
    run_with_own_viewer(arguments, &jvm_option)
}

/// Whether the traces may go to a viewer that is open: nothing was asked of a viewer of its own.
fn may_share(arguments: &RunArguments) -> bool {
    let asked = arguments.tui || arguments.json.is_some() || arguments.own_viewer;
    !asked && !arguments.ports.are_chosen() && !arguments.keeping.is_chosen()
}

/// The traces go to a viewer that is open; it is still there when the command has ended.
fn run_for(open: &OpenViewer, arguments: &RunArguments, jvm_option: &str) -> Result<ExitCode, Error> {
    let (mut command, notes) = prepare(arguments, jvm_option, &open.otlp_http, &open.otlp_grpc)?;
    say(&format!(
        "sending traces to the viewer that is open at {} (--own-viewer starts another)",
        open.endpoint
    ));
    notes.iter().for_each(|note| say(note));
    Ok(ExitCode::from(os::exit_code(run_command(&mut command)?)))
}

/// The command with the agent attached, and what its user should know.
fn prepare(
    arguments: &RunArguments,
    jvm_option: &str,
    http_endpoint: &str,
    grpc_endpoint: &str,
) -> Result<(Command, Vec<String>), Error> {
    let service = arguments.service.as_deref();
    let attachment = Attachment { jvm_option, service, http_endpoint, grpc_endpoint };
    let changes = changes(&attachment, |name| std::env::var_os(name));
    let Some((program, rest)) = arguments.command.split_first() else {
        let source = io::Error::from(io::ErrorKind::NotFound);
        return Err(Error::Start { program: String::new(), source });
    };
    let mut command = Command::new(program);
    command.args(rest).envs(changes.set);
    Ok((command, changes.notes))
}

fn run_with_own_viewer(arguments: &RunArguments, jvm_option: &str) -> Result<ExitCode, Error> {
    let json = arguments.json.as_deref().map(JsonFile::create).transpose()?.map(Arc::new);
    let receiver = Receiver::start(ReceiverOptions {
        sink: json.clone().map(JsonFile::sink),
        ..arguments.keeping.receiver_options(&arguments.ports)
    })?;

    let http_endpoint = receiver.http_endpoint();
    let (mut command, notes) = prepare(arguments, jvm_option, &http_endpoint, &receiver.grpc_endpoint())?;
    let mut baseline = baseline::load();
    let web = Web::start(&receiver, &arguments.ports, baseline.clone(), false)?;
    let status = if arguments.tui {
        notes.iter().for_each(|note| say(note));
        screen::run(&mut command, &receiver, &web.url(), baseline.clone())?
    } else {
        say(&format!(
            "receiving traces on {http_endpoint}; see them at {}, and here when the command ends",
            web.url()
        ));
        notes.iter().for_each(|note| say(note));
        run_command(&mut command)?
    };

    drop(web);
    let (notices, refused) = (receiver.notices(), receiver.counters().refused);
    let store = receiver.shutdown();
    show(&store, if arguments.tui { 0 } else { arguments.show });
    baseline::save(&mut baseline, &store);
    say_what_was_not_written(&store);
    notices.iter().for_each(|notice| say(notice));
    if refused > 0 {
        say(&format!("{} refused", counted(refused, "request")));
    }
    if let Some(error) = json.and_then(|json| json.failure()) {
        say(&error.to_string());
    }
    Ok(ExitCode::from(os::exit_code(status)))
}

fn run_command(command: &mut Command) -> Result<std::process::ExitStatus, Error> {
    let held = os::hold_for_command().map_err(Error::Signals)?;
    let child = start(command)?;
    let supervised = os::Supervised::new(&child);
    os::forward(held, Arc::clone(&supervised), None::<fn()>).map_err(Error::Signals)?;
    supervised.wait(child).map_err(Error::Wait)
}

pub(crate) fn start(command: &mut Command) -> Result<Child, Error> {
    let started = command.spawn();
    started.map_err(|source| Error::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    })
}

/// The latest traces in the order in which they began, and the count of those that are not shown.
fn show(store: &TraceStore, count: usize) {
    let mut traces = store.received_traces();
    let options = stderr_options();
    let left_out = traces.len().saturating_sub(count);
    // Spans of one batch arrive in any order.
    traces.sort_by_key(|trace| trace.spans.iter().map(|span| span.start_time_unix_nano).min());
    let mut stderr = io::stderr().lock();
    for trace in traces.iter().skip(left_out) {
        if write_trace(&mut stderr, trace, &options).is_err() {
            return;
        }
    }
    drop(stderr);
    let counters = store.counters();
    let total = store.traces_received();
    if total == 0 {
        say(
            "no traces were received: the command ran no JVM, served no request, or was ended before it could send",
        );
        return;
    }
    if count > 0 {
        // An empty line between the last waterfall and what follows it.
        let _ = writeln!(io::stderr());
    }
    let mut line = format!(
        "{}, {} received",
        counted(total, "trace"),
        counted(counters.spans_received - counters.spans_invalid, "span")
    );
    if left_out > 0 && count > 0 {
        line.push_str(&format!("; {left_out} earlier not shown (--show {} shows them)", traces.len()));
    }
    if counters.traces_evicted > 0 {
        line.push_str(&format!("; {} left the full store", counters.traces_evicted));
    }
    say(&line);
}

/// The file of `--json`; the first failure to write is kept and ends the writing.
struct JsonFile {
    path: String,
    state: Mutex<Result<File, Option<io::Error>>>,
}

impl JsonFile {
    fn create(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let file = File::create(path).map_err(|source| Error::JsonFile { path: name.clone(), source })?;
        Ok(Self { path: name, state: Mutex::new(Ok(file)) })
    }

    fn sink(self: Arc<Self>) -> Sink {
        Arc::new(move |request| {
            let line = to_json_line(request) + "\n";
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Ok(file) = &mut *state
                && let Err(error) = file.write_all(line.as_bytes())
            {
                *state = Err(Some(error));
            }
        })
    }

    fn failure(&self) -> Option<Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let source = state.as_mut().err()?.take()?;
        Some(Error::JsonFile { path: self.path.clone(), source })
    }
}
