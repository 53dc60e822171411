//! What the kernel knows of another process: its processor time, memory and threads.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::ClockId;
use nix::unistd::Pid;

/// Beginnings of the names of HotSpot's compile threads, as the kernel cuts them.
const COMPILE_THREADS: [&str; 2] = ["C1 CompilerThre", "C2 CompilerThre"];
/// Those of threads of which the JVM starts more and fewer as it goes: they say nothing of an agent.
const ELASTIC_THREADS: [&str; 7] =
    ["C1 Compiler", "C2 Compiler", "GC Thread#", "G1 Conc#", "G1 Refine#", "ZWorker", "Shenandoah GC Th"];

/// A running process, by its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

/// Processor time that a process has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTime {
    /// Of all threads, also of those that have ended.
    pub(crate) total: Duration,
    /// Of the JVM's compile threads that run.
    pub(crate) compile: Duration,
}

impl CpuTime {
    /// What was used since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            total: self.total.saturating_sub(earlier.total),
            compile: self.compile.saturating_sub(earlier.compile),
        }
    }

    /// What was used by other threads than those that compile.
    pub(crate) fn without_compile(self) -> Duration {
        self.total.saturating_sub(self.compile)
    }
}

impl Process {
    /// The process with this id.
    pub(crate) fn new(id: u32) -> Self {
        Self(id)
    }

    /// Processor time so far. From the process's CPU clock, which counts nanoseconds where `/proc/PID/stat` counts ticks
    /// of 10 ms.
    ///
    /// # Errors
    /// When the process has ended.
    pub(crate) fn cpu_time(self) -> Result<CpuTime> {
        let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(i32::try_from(self.0)?))
            .with_context(|| format!("process {} has no CPU clock", self.0))?;
        let mut compile = Duration::ZERO;
        for task in self.tasks()? {
            if is_one_of(&name_of(&task), &COMPILE_THREADS) {
                // A thread that has ended meanwhile has no file any more.
                let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
                compile += run_time(&text).unwrap_or_default();
            }
        }
        Ok(CpuTime { total: clock.now()?.into(), compile })
    }

    /// Processor time so far of its threads of this name.
    ///
    /// # Errors
    /// When the process has ended.
    pub(crate) fn thread_time(self, name: &str) -> Result<Duration> {
        let named = self.tasks()?.into_iter().filter(|task| name_of(task).trim_end() == name);
        let time = |task: PathBuf| run_time(&fs::read_to_string(task.join("schedstat")).ok()?);
        Ok(named.filter_map(time).sum())
    }

    /// Resident memory now, in MiB.
    ///
    /// # Errors
    /// When the process has ended.
    pub(crate) fn resident_mebibytes(self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        mebibytes(&status, "VmRSS:").with_context(|| format!("no VmRSS of process {}", self.0))
    }

    /// The most that was resident at any moment, in MiB.
    ///
    /// # Errors
    /// When the process has ended.
    pub(crate) fn peak_mebibytes(self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        mebibytes(&status, "VmHWM:").with_context(|| format!("no VmHWM of process {}", self.0))
    }

    /// Its threads, without those of which the JVM has as many as it likes.
    ///
    /// # Errors
    /// When the process has ended.
    pub(crate) fn steady_threads(self) -> Result<usize> {
        Ok(self.tasks()?.iter().filter(|task| !is_one_of(&name_of(task), &ELASTIC_THREADS)).count())
    }

    /// The ids of its threads.
    ///
    /// # Errors
    /// When the process has ended.
    pub(crate) fn thread_ids(self) -> Result<Vec<i32>> {
        let id = |task: PathBuf| task.file_name()?.to_str()?.parse().ok();
        Ok(self.tasks()?.into_iter().filter_map(id).collect())
    }

    /// The processes that it has started and that have not ended.
    pub(crate) fn children(self) -> Vec<u32> {
        let tasks = self.tasks().unwrap_or_default();
        let files = tasks.iter().filter_map(|task| fs::read_to_string(task.join("children")).ok());
        files
            .flat_map(|text| text.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
            .collect()
    }

    fn tasks(self) -> Result<Vec<PathBuf>> {
        let folder = format!("/proc/{}/task", self.0);
        let entries = fs::read_dir(&folder).with_context(|| format!("process {} has ended", self.0))?;
        Ok(entries.flatten().map(|entry| entry.path()).collect())
    }
}

/// Processor time of all processes that this one started and that have ended.
///
/// # Errors
/// Never on Linux.
pub(crate) fn ended_children_cpu_time() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let duration = |time: nix::sys::time::TimeVal| {
        Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or_default())
    };
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}

/// The load average of the last minute: a machine on which others work measures them.
pub(crate) fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn name_of(task: &std::path::Path) -> String {
    fs::read_to_string(task.join("comm")).unwrap_or_default()
}

fn is_one_of(name: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// The first field of `/proc/PID/task/TID/schedstat`: nanoseconds on a processor.
fn run_time(schedstat: &str) -> Option<Duration> {
    schedstat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Such as the line `VmRSS:     5244 kB` of `/proc/PID/status`.
fn mebibytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        assert_eq!(run_time("30985 93666 1\n"), Some(Duration::from_nanos(30_985)));
        assert_eq!(run_time(""), None);
        assert_eq!(mebibytes("Name:\tjava\nVmHWM:\t 9999 kB\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2.0));
        assert_eq!(mebibytes("Name:\tkthreadd\n", "VmRSS:"), None);
    }

    #[test]
    fn threads_are_known_by_how_their_names_begin() {
        for (name, compiles, is_elastic) in [
            ("C2 CompilerThre\n", true, true),
            ("C1 CompilerThre\n", true, true),
            ("G1 Conc#0\n", false, true),
            ("GC Thread#1\n", false, true),
            ("http-nio-8080-e\n", false, false),
            ("otelrs\n", false, false),
            ("VM Thread\n", false, false),
        ] {
            assert_eq!(is_one_of(name, &COMPILE_THREADS), compiles, "{name}");
            assert_eq!(is_one_of(name, &ELASTIC_THREADS), is_elastic, "{name}");
        }
    }

    #[test]
    fn this_process_uses_time_and_memory() {
        let own = Process::new(process::id());
        let before = own.cpu_time().unwrap();
        let mut sum = 0_u64;
        while own.cpu_time().unwrap().since(before).total < Duration::from_millis(2) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(own.resident_mebibytes().unwrap() > 0.5);
        assert_eq!(before.compile, Duration::ZERO);
        assert_eq!(own.thread_time("no such thread").unwrap(), Duration::ZERO);
        assert!(own.thread_ids().unwrap().contains(&i32::try_from(process::id()).unwrap()));
    }

    #[test]
    fn children_are_known_and_their_time_is_counted_when_they_have_ended() {
        let mut child = process::Command::new("sh")
            .args(["-c", "read line"])
            .stdin(process::Stdio::piped())
            .spawn()
            .unwrap();
        assert!(Process::new(process::id()).children().contains(&child.id()));
        let before = ended_children_cpu_time().unwrap();
        child.wait().unwrap();
        assert!(ended_children_cpu_time().unwrap() > before);
        assert!(!Process::new(process::id()).children().contains(&child.id()));
    }
}
