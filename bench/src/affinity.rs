//! Who runs on which processor: the server alone on one, what asks and what receives on the other.

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::process::Process;

/// The two processors, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cores {
    /// The server's.
    pub(crate) server: usize,
    /// That of the load generator and of the collector.
    pub(crate) others: usize,
}

impl Cores {
    /// The last and the first of the processors that this process may use; nothing where there is one only. Not the first
    /// for the server: the kernel serves interrupts there.
    ///
    /// # Errors
    /// When the kernel does not say.
    pub(crate) fn choose() -> Result<Option<Self>> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).context("sched_getaffinity")?;
        let mut numbers = (0..CpuSet::count()).filter(|number| allowed.is_set(*number).unwrap_or(false));
        Ok(match (numbers.next(), numbers.next_back()) {
            (Some(others), Some(server)) => Some(Self { server, others }),
            _ => None,
        })
    }
}

/// Keeps this thread, and the threads and processes that it starts, on one processor.
///
/// # Errors
/// When there is no such processor.
pub(crate) fn pin_this_thread(core: usize) -> Result<()> {
    pin_thread(0, core)
}

/// Keeps every thread of a process on one processor, those that start meanwhile too: a thread begins where the thread is
/// allowed to run that made it.
///
/// # Errors
/// When there is no such processor, or the process has ended.
pub(crate) fn pin_process(process: Process, core: usize) -> Result<()> {
    let mut pinned = Vec::new();
    loop {
        let new: Vec<i32> = process.thread_ids()?.into_iter().filter(|id| !pinned.contains(id)).collect();
        if new.is_empty() {
            return Ok(());
        }
        for id in new {
            // A thread that has ended meanwhile cannot be pinned; a core that is not there shows at the first thread.
            if let Err(failure) = pin_thread(id, core)
                && process.thread_ids()?.contains(&id)
            {
                return Err(failure);
            }
            pinned.push(id);
        }
    }
}

fn pin_thread(id: i32, core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core).with_context(|| format!("no processor {core}"))?;
    sched_setaffinity(Pid::from_raw(id), &set)
        .with_context(|| format!("cannot pin thread {id} to processor {core}"))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn allowed(id: i32) -> Vec<usize> {
        let set = sched_getaffinity(Pid::from_raw(id)).unwrap();
        (0..CpuSet::count()).filter(|number| set.is_set(*number).unwrap()).collect()
    }

    #[test]
    fn a_process_is_pinned_to_a_core_that_there_is() {
        let Some(cores) = Cores::choose().unwrap() else {
            eprintln!("skipped: one processor only");
            return;
        };
        assert_ne!(cores.server, cores.others);
        let mut child = Command::new("sh").args(["-c", "read line"]).stdin(Stdio::piped()).spawn().unwrap();
        pin_process(Process::new(child.id()), cores.server).unwrap();
        assert_eq!(allowed(i32::try_from(child.id()).unwrap()), [cores.server]);
        let failure = pin_process(Process::new(child.id()), CpuSet::count() - 1).unwrap_err();
        assert!(failure.to_string().contains("processor"), "{failure:#}");
        child.wait().unwrap();
    }
}
