//! What the kernel says of a running process (proc(5)).

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// A look at a process.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Names of its threads, sorted; compiler threads, which come and go, left out.
    pub threads: Vec<String>,
    /// Regular files that are open for writing.
    pub written: Vec<String>,
    /// How many sockets listen.
    pub listening: usize,
    /// Its children.
    pub children: Vec<String>,
}

impl Snapshot {
    /// Looks at a process.
    ///
    /// # Errors
    /// When it has ended, or is somebody else's.
    pub fn of(id: u32) -> Result<Snapshot> {
        let process = PathBuf::from(format!("/proc/{id}"));
        let mut threads = Vec::new();
        let mut children = Vec::new();
        for task in fs::read_dir(process.join("task"))? {
            let task = task?.path();
            // A thread may end in between.
            let Ok(name) = fs::read_to_string(task.join("comm")) else { continue };
            if !name.contains("Compiler") && !name.starts_with("C1 Comp") {
                threads.push(name.trim().to_owned());
            }
            let own = fs::read_to_string(task.join("children")).unwrap_or_default();
            children.extend(own.split_whitespace().map(str::to_owned));
        }
        threads.sort();
        let mut written = Vec::new();
        let mut sockets = Vec::new();
        for entry in fs::read_dir(process.join("fd"))? {
            let entry = entry?;
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            let target = target.to_string_lossy().into_owned();
            let number = entry.file_name();
            let info = fs::read_to_string(process.join("fdinfo").join(number)).unwrap_or_default();
            if let Some(inode) = target.strip_prefix("socket:[") {
                sockets.push(inode.trim_end_matches(']').to_owned());
            } else if target.starts_with('/') && !target.starts_with("/dev/") && is_for_writing(&info) {
                written.push(target);
            }
        }
        written.sort();
        Ok(Snapshot { threads, written, listening: listening(&process, &sockets)?, children })
    }
}

/// The access mode is the last two bits of an octal number: 0 is reading only.
fn is_for_writing(info: &str) -> bool {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & 3 != 0)
}

fn listening(process: &std::path::Path, sockets: &[String]) -> Result<usize> {
    const LISTEN: &str = "0A";
    let mut count = 0;
    for table in ["net/tcp", "net/tcp6"] {
        let text = fs::read_to_string(process.join(table)).with_context(|| table.to_owned())?;
        for line in text.lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let (Some(state), Some(inode)) = (columns.get(3), columns.get(9)) else { continue };
            if *state == LISTEN && sockets.iter().any(|own| own == inode) {
                count += 1;
            }
        }
    }
    Ok(count)
}
