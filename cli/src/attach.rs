//! `otelrs attach` and `otelrs detach`: the agent into a running JVM and out of it again, by HotSpot's attach mechanism,
//! which is what jcmd uses. No port is opened.

mod answer;
mod listener;
mod process;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use otelrs_settings::load::{DETACH, LoadAnswer};

use crate::args::{AttachArguments, DetachArguments};
use crate::output::say;
use crate::{Error, agent};
use listener::load;
use process::JavaProcess;

/// HotSpot's bound on each word of a request (`AttachOperation::arg_length_max`).
const MAX_WORD: usize = 1024;

/// Why the agent is not attached or detached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttachError {
    #[error("there is no process {0} on this machine, or none that this user can see")]
    NoProcess(i32),
    #[error(
        "process {pid} belongs to user {owner}: a JVM lets only its own user and root attach. Run otelrs as that user, as \
         with sudo -u '#{owner}'"
    )]
    OtherUser { pid: i32, owner: u32 },
    #[error("cannot look at {path}: {source}. Run otelrs as the user of that process, or as root")]
    Hidden { path: PathBuf, source: std::io::Error },
    #[error(
        "process {0} is no HotSpot JVM: libjvm.so is not loaded there. Name the process of java itself (jps lists them)"
    )]
    NotJvm(i32),
    #[error("process {0} runs with -XX:+DisableAttachMechanism. Restart it without, or with -agentpath")]
    Disabled(i32),
    #[error(
        "process {0} does not take the signal that opens its attach mechanism (SIGQUIT), and would end by it: it has just \
         started. Try again in a moment"
    )]
    NoSignal(i32),
    #[error("cannot ask the JVM to listen: {path}: {source}. Both sides need /tmp of the JVM to be writable")]
    Trigger { path: PathBuf, source: std::io::Error },
    #[error("cannot signal process {pid}: {source}")]
    Signal { pid: i32, source: std::io::Error },
    #[error(
        "process {0} opened no attach socket within {seconds} s: it hangs, or its attach mechanism is disabled (it has \
         then written its threads to standard output)", seconds = listener::PATIENCE.as_secs()
    )]
    NoListener(i32),
    #[error("{0} belongs to another user than the JVM, so it is not the JVM's. Remove it")]
    ForeignSocket(PathBuf),
    #[error("talking to the JVM at {path}: {source}")]
    Socket { path: PathBuf, source: std::io::Error },
    #[error(
        "the JVM closed the connection without an answer: it lets only its own user and group, and root, attach"
    )]
    NoAnswer,
    #[error("the JVM gave an answer that is none: {0}")]
    BadAnswer(String),
    #[error(
        "process {pid} does not see {path}: it has a file system of its own. Copy libotelrs.so to where it sees it, such as \
         /proc/{pid}/root/tmp/, and give the path there: --agent /tmp/libotelrs.so"
    )]
    LibraryNotVisible { pid: i32, path: PathBuf },
    #[error("{what} has more than {MAX_WORD} bytes, which the attach mechanism does not carry. {instead}")]
    TooLong { what: &'static str, instead: &'static str },
    #[error("--agent {0}: the path is not UTF-8, or relative and not there")]
    Path(PathBuf),
    #[error(
        "process {0} runs with -XX:-EnableDynamicAgentLoading, so it loads no agent. Restart it with \
         -XX:+EnableDynamicAgentLoading, or with -agentpath"
    )]
    DynamicLoadingOff(i32),
    #[error("the JVM did not load the agent: {0}")]
    Jvm(String),
    #[error("process {pid}: {}", answer.text())]
    Agent { pid: i32, answer: LoadAnswer },
}

/// Attaches the agent to a running JVM.
pub(crate) fn attach(arguments: &AttachArguments) -> Result<ExitCode, Error> {
    let options = agent::joined_options(&arguments.options)?;
    let process = JavaProcess::find(arguments.pid)?;
    let library = library_for(&process, arguments.agent.as_deref())?;
    load(&process, &library, &options)?;
    say(&format!("attached to process {}; otelrs detach {} undoes it", process.pid(), process.pid()));
    Ok(ExitCode::SUCCESS)
}

/// Detaches it, whichever file it came from.
pub(crate) fn detach(arguments: &DetachArguments) -> Result<ExitCode, Error> {
    let process = JavaProcess::find(arguments.pid)?;
    let libraries = match &arguments.agent {
        Some(path) => vec![as_text(path)?],
        None => process.agent_libraries()?,
    };
    let mut refused = AttachError::Agent { pid: process.pid(), answer: LoadAnswer::NotAttached };
    for library in libraries {
        match load(&process, &library, &format!("{DETACH}=true")) {
            Ok(()) => {
                say(&format!("detached from process {}: its classes are as they were", process.pid()));
                return Ok(ExitCode::SUCCESS);
            }
            // A copy that was refused when it was loaded is still there.
            Err(error @ AttachError::Agent { answer: LoadAnswer::NotAttached, .. }) => refused = error,
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.into())
}

/// The library's path as the JVM sees it. A path that the user names absolutely is one of the JVM's file system, which may
/// be another than ours.
fn library_for(process: &JavaProcess, named: Option<&Path>) -> Result<String, Error> {
    let library = match named.filter(|path| path.is_absolute()) {
        Some(path) => path.to_path_buf(),
        None => agent::find(named, std::env::var_os("OTELRS_AGENT"), std::env::current_exe().ok())?,
    };
    if !process.sees_file(&library) {
        return Err(AttachError::LibraryNotVisible { pid: process.pid(), path: library }.into());
    }
    Ok(as_text(&library)?)
}

fn as_text(path: &Path) -> Result<String, AttachError> {
    let text = path.to_str().filter(|_| path.is_absolute());
    text.map(str::to_owned).ok_or_else(|| AttachError::Path(path.to_path_buf()))
}
