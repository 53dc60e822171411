//! HotSpot's attach mechanism (`attachListener_posix.cpp`): a file that asks for it, SIGQUIT, a Unix socket, and one request
//! for each connection.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::answer;
use super::process::JavaProcess;
use super::{AttachError, MAX_WORD};

/// How long a JVM may take to open its socket; jcmd waits as long.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to answer: the agent patches its classes meanwhile.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The version of the protocol that every HotSpot from JDK 6 on speaks.
const VERSION: &str = "1";

/// Has the JVM load the library with these options, and gives its refusal or the agent's.
pub(super) fn load(process: &JavaProcess, library: &str, options: &str) -> Result<(), AttachError> {
    if library.len() > MAX_WORD {
        return Err(AttachError::TooLong {
            what: "the library's path",
            instead: "Copy the library elsewhere",
        });
    }
    if options.len() > MAX_WORD {
        let instead = "Put them into a file and name that: --option otel.javaagent.configuration-file=PATH";
        return Err(AttachError::TooLong { what: "the text of all options", instead });
    }
    let path = process.path_of(Path::new(&format!("/tmp/.java_pid{}", process.own_pid())));
    let mut stream = connect(process, &path)?;
    let failed = |source| AttachError::Socket { path: path.clone(), source };
    stream.set_read_timeout(Some(ANSWER_PATIENCE)).map_err(failed)?;
    // The path is absolute: "true".
    let words = [VERSION, "load", library, "true", options];
    let request: Vec<u8> = words.iter().flat_map(|word| word.bytes().chain([0])).collect();
    stream.write_all(&request).map_err(failed)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).map_err(failed)?;
    answer::read(process.pid(), &String::from_utf8_lossy(&reply))
}

/// Connects to the JVM's socket, which it opens when it is asked for the first time.
fn connect(process: &JavaProcess, socket: &Path) -> Result<UnixStream, AttachError> {
    if let Some(stream) = try_connect(process, socket)? {
        return Ok(stream);
    }
    let trigger = process.path_of(Path::new(&format!("/tmp/.attach_pid{}", process.own_pid())));
    let _trigger = Trigger::place(process, trigger)?;
    process.signal_listener()?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(stream) = try_connect(process, socket)? {
            return Ok(stream);
        }
        thread::sleep(POLL);
    }
    Err(AttachError::NoListener(process.pid()))
}

/// `None` while nobody listens.
fn try_connect(process: &JavaProcess, socket: &Path) -> Result<Option<UnixStream>, AttachError> {
    let nobody = |error: &io::Error| {
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
    };
    let failed = |source| AttachError::Socket { path: socket.to_path_buf(), source };
    let owner = match fs::symlink_metadata(socket) {
        Ok(metadata) => metadata.uid(),
        Err(error) if nobody(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Anybody may make files in /tmp.
    if owner != process.owner().0 && owner != 0 {
        return Err(AttachError::ForeignSocket(socket.to_path_buf()));
    }
    match UnixStream::connect(socket) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if nobody(&error) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// The file that tells the JVM that SIGQUIT means an attachment and not a list of threads; removed when dropped.
struct Trigger(PathBuf);

impl Trigger {
    fn place(process: &JavaProcess, path: PathBuf) -> Result<Trigger, AttachError> {
        // Never through a link that somebody laid there.
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        match created {
            Ok(_) => {
                let (uid, gid) = process.owner();
                // The JVM believes a file of its own user; as that user, the file is so already.
                let _ = chown(&path, Some(uid), Some(gid));
                Ok(Trigger(path))
            }
            // Of somebody who is attaching at this moment, or was interrupted.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Trigger(path)),
            Err(source) => Err(AttachError::Trigger { path, source }),
        }
    }
}

impl Drop for Trigger {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
