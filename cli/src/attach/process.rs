//! What Linux says of a process (proc(5)): whether it is a JVM, whose it is, and what it sees.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal};

use super::AttachError;

/// File name of the agent library.
const LIBRARY: &str = "libotelrs.so";
/// The variables whose options a JVM takes besides its command line.
const OPTION_VARIABLES: [&str; 3] = ["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"];
const DISABLED: &str = "-XX:+DisableAttachMechanism";

/// A running HotSpot JVM of this user, or of any when we are root.
#[derive(Debug)]
pub(super) struct JavaProcess {
    pid: i32,
    /// Means this process even after its id was given to another.
    handle: OwnedFd,
    status: Status,
}

/// `/proc/PID/status`, as far as it matters here.
#[derive(Debug, Default, PartialEq, Eq)]
struct Status {
    effective_uid: u32,
    effective_gid: u32,
    /// The process id in the innermost namespace, by which the JVM knows itself.
    own_pid: i32,
    /// Bit n-1 for each signal n that has a handler.
    caught: u64,
}

impl Status {
    fn parse(text: &str) -> Option<Status> {
        let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        // Real, effective, saved and file system ids.
        let effective = |name: &str| line(name)?.split_whitespace().nth(1)?.parse().ok();
        let own_pid = line("NSpid").or_else(|| line("Pid"))?;
        Some(Status {
            effective_uid: effective("Uid")?,
            effective_gid: effective("Gid")?,
            own_pid: own_pid.split_whitespace().next_back()?.parse().ok()?,
            caught: u64::from_str_radix(line("SigCgt")?.trim(), 16).ok()?,
        })
    }

    fn catches(&self, signal: Signal) -> bool {
        let bit = u32::try_from(signal.as_raw()).ok().and_then(|number| number.checked_sub(1));
        bit.and_then(|bit| self.caught.checked_shr(bit)).is_some_and(|caught| caught & 1 == 1)
    }
}

impl JavaProcess {
    /// Looks at the process, and touches nothing.
    pub(super) fn find(pid: i32) -> Result<JavaProcess, AttachError> {
        let no_process = || AttachError::NoProcess(pid);
        let raw = Pid::from_raw(pid).filter(|_| pid > 0).ok_or_else(no_process)?;
        let handle = pidfd_open(raw, PidfdFlags::empty()).map_err(|_| no_process())?;
        let text = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|_| no_process())?;
        let status = Status::parse(&text).ok_or_else(no_process)?;
        let own = geteuid();
        if !own.is_root() && own.as_raw() != status.effective_uid {
            return Err(AttachError::OtherUser { pid, owner: status.effective_uid });
        }
        let process = JavaProcess { pid, handle, status };
        if !process.mapped_files()?.iter().any(|path| is_named(path, "libjvm.so")) {
            return Err(AttachError::NotJvm(pid));
        }
        Ok(process)
    }

    /// Its id in our namespace.
    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    /// Its id in its own.
    pub(super) fn own_pid(&self) -> i32 {
        self.status.own_pid
    }

    /// User and group that it runs as.
    pub(super) fn owner(&self) -> (u32, u32) {
        (self.status.effective_uid, self.status.effective_gid)
    }

    /// A file of its file system, as a path in ours.
    pub(super) fn path_of(&self, absolute: &Path) -> PathBuf {
        let below_root = absolute.strip_prefix("/").unwrap_or(absolute);
        Path::new(&format!("/proc/{}/root", self.pid)).join(below_root)
    }

    /// Whether it has this file.
    pub(super) fn sees_file(&self, absolute: &Path) -> bool {
        self.path_of(absolute).is_file()
    }

    /// Paths of the copies of the agent library that it has loaded.
    pub(super) fn agent_libraries(&self) -> Result<Vec<String>, AttachError> {
        let mut libraries = self.mapped_files()?;
        libraries.retain(|path| is_named(path, LIBRARY));
        Ok(libraries)
    }

    /// Asks it to open its attach mechanism. To a process without a handler this signal would be the end.
    pub(super) fn signal_listener(&self) -> Result<(), AttachError> {
        if self.mechanism_is_disabled() {
            return Err(AttachError::Disabled(self.pid));
        }
        let status = self.read("status")?;
        if !Status::parse(&status).is_some_and(|status| status.catches(Signal::QUIT)) {
            return Err(AttachError::NoSignal(self.pid));
        }
        pidfd_send_signal(&self.handle, Signal::QUIT)
            .map_err(|error| AttachError::Signal { pid: self.pid, source: error.into() })
    }

    fn mechanism_is_disabled(&self) -> bool {
        let words = |file: &str| self.read(file).unwrap_or_default();
        let of_variable = |entry: &str| {
            entry.split_once('=').is_some_and(|(name, value)| {
                OPTION_VARIABLES.contains(&name) && value.split_whitespace().any(|word| word == DISABLED)
            })
        };
        words("cmdline").split('\0').any(|word| word == DISABLED)
            || words("environ").split('\0').any(of_variable)
    }

    /// Each file that it has mapped, once.
    fn mapped_files(&self) -> Result<Vec<String>, AttachError> {
        Ok(mapped_files(&self.read("maps")?))
    }

    fn read(&self, file: &str) -> Result<String, AttachError> {
        let path = PathBuf::from(format!("/proc/{}/{file}", self.pid));
        let bytes = fs::read(&path).map_err(|source| AttachError::Hidden { path, source })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The files of `/proc/PID/maps`. One that was replaced or removed since is still known to the JVM by its name.
fn mapped_files(maps: &str) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for line in maps.lines() {
        let Some(start) = line.find('/') else { continue };
        let path = line.split_at(start).1;
        let path = path.strip_suffix(" (deleted)").unwrap_or(path);
        if !files.iter().any(|known| known == path) {
            files.push(path.to_owned());
        }
    }
    files
}

fn is_named(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_says_whose_it_is_what_it_calls_itself_and_what_it_catches() {
        let text = "Name:\tjava\nPid:\t4711\nUid:\t0\t1000\t0\t0\nGid:\t0\t1001\t0\t0\nNSpid:\t4711\t33\t7\n\
                    SigIgn:\t0000000000000002\nSigCgt:\t0000000181005ccf\n";
        let status = Status::parse(text).unwrap();
        let expected =
            Status { effective_uid: 1000, effective_gid: 1001, own_pid: 7, caught: 0x0000_0001_8100_5ccf };
        assert_eq!(status, expected);
        assert!(status.catches(Signal::QUIT));
        let without = text.replace("5ccf", "5ccb");
        assert!(!Status::parse(&without).unwrap().catches(Signal::QUIT));
        // A kernel without namespaces.
        assert_eq!(Status::parse(&text.replace("NSpid", "Other")).unwrap().own_pid, 4711);
        assert_eq!(Status::parse("Name:\tjava\n"), None);
    }

    #[test]
    fn mapped_files_are_listed_once_also_those_that_were_replaced() {
        let maps = "7f00-7f01 r-xp 00000000 08:01 1 /usr/lib/jvm/lib/server/libjvm.so\n\
                    7f01-7f02 rw-p 00001000 08:01 1 /usr/lib/jvm/lib/server/libjvm.so\n\
                    7f02-7f03 rw-p 00000000 00:00 0 [heap]\n\
                    7f03-7f04 rw-p 00000000 00:00 0\n\
                    7f04-7f05 r-xp 00000000 08:01 2 /opt/my agents/libotelrs.so (deleted)\n";
        let files = mapped_files(maps);
        assert_eq!(files, ["/usr/lib/jvm/lib/server/libjvm.so", "/opt/my agents/libotelrs.so"]);
        assert!(is_named(&files[1], LIBRARY) && !is_named("/opt/notlibotelrs.so", LIBRARY));
    }
}
