//! What a figure was measured on and of: a number without it means nothing.

use std::fs;
use std::path::Path;

use otelrs_test_support::{Jdk, machine, paths};
use serde::{Deserialize, Serialize};

use crate::process;

/// A machine on which so many others want to run is not a quiet one.
const BUSY: f64 = 0.5;

/// The machine, and what ran on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Environment {
    /// Processor, cores and the commit of the tree.
    pub(crate) machine: String,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// Physical memory, GiB.
    pub(crate) memory_gibibytes: f64,
    /// The load average before anything was started.
    pub(crate) load_average: Option<f64>,
    /// The OpenTelemetry Java agent, as Maven names it.
    pub(crate) java_agent: String,
    /// The size of `libotelrs.so`, bytes.
    pub(crate) library_bytes: Option<u64>,
    /// The size of the OpenTelemetry Java agent's jar, bytes.
    pub(crate) java_agent_bytes: Option<u64>,
}

impl Environment {
    /// Of this machine, at this moment.
    pub(crate) fn read() -> Self {
        let size = |file: &Path| fs::metadata(file).ok().map(|metadata| metadata.len());
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            machine: machine::description(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            memory_gibibytes: total_gibibytes(&memory).unwrap_or_default(),
            load_average: process::load_average(),
            java_agent: paths::OPENTELEMETRY_JAVA_AGENT.to_owned(),
            library_bytes: size(&paths::agent_library()),
            java_agent_bytes: size(&paths::peer(paths::OPENTELEMETRY_JAVA_AGENT)),
        }
    }

    /// Whether others were using the machine: the figures are theirs as well.
    pub(crate) fn is_busy(&self) -> bool {
        self.load_average.is_some_and(|load| load > BUSY)
    }

    /// The OpenTelemetry Java agent's version.
    pub(crate) fn java_agent_version(&self) -> &str {
        self.java_agent.rsplit(':').next().unwrap_or_default()
    }
}

/// A JDK's own name for itself, such as `Eclipse Adoptium 25.0.3`.
pub(crate) fn jdk_name(jdk: &Jdk) -> String {
    let release = fs::read_to_string(jdk.home.join("release")).unwrap_or_default();
    let value = |name: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.trim_matches('"').to_owned())
    };
    let version = value("JAVA_VERSION").unwrap_or_else(|| jdk.feature.to_string());
    format!("{} {version}", value("IMPLEMENTOR").unwrap_or_else(|| "JDK".to_owned()))
}

fn total_gibibytes(meminfo: &str) -> Option<f64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_meminfo() {
        assert_eq!(total_gibibytes("MemTotal:        8388608 kB\nMemFree: 1 kB\n"), Some(8.0));
        assert_eq!(total_gibibytes(""), None);
    }
}
