//! What a figure was measured on.

use std::fs;
use std::process::Command;
use std::thread;

/// Processor, cores, and the commit that was measured.
#[must_use]
pub fn description() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = thread::available_parallelism().map_or(0, |cores| cores.get());
    let commit = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    let commit = commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!("{}, {cores} cores; commit {}", model.unwrap_or("unknown processor"), commit.unwrap_or_default())
}
