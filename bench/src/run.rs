//! A run: which JVM, what was measured with it. What is written down is read again by `--report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clap::ValueEnum;
use otelrs_test_support::{Jdk, paths};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::samples::Samples;

/// A garbage collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Collector {
    /// The JVM's default on servers.
    G1,
    /// One thread.
    Serial,
    /// Throughput.
    Parallel,
    /// Short pauses.
    Z,
    /// Short pauses.
    Shenandoah,
}

impl Collector {
    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::G1 => "G1",
            Self::Serial => "Serial",
            Self::Parallel => "Parallel",
            Self::Z => "ZGC",
            Self::Shenandoah => "Shenandoah",
        }
    }

    /// The JVM argument that chooses it. Always given: a JVM that sees few processors chooses another than a server does.
    pub(crate) fn argument(self) -> &'static str {
        match self {
            Self::G1 => "-XX:+UseG1GC",
            Self::Serial => "-XX:+UseSerialGC",
            Self::Parallel => "-XX:+UseParallelGC",
            Self::Z => "-XX:+UseZGC",
            Self::Shenandoah => "-XX:+UseShenandoahGC",
        }
    }

    /// Whether the JDK was built with it: some vendors leave one out.
    ///
    /// # Errors
    /// When the JVM cannot be run at all.
    pub(crate) fn is_in(self, jdk: &Jdk) -> Result<bool> {
        let mut java = Command::new(&jdk.java);
        java.args([self.argument(), "-version"]).stdout(Stdio::null()).stderr(Stdio::null());
        let status = java.status().with_context(|| format!("cannot run {}", jdk.java.display()))?;
        Ok(status.success())
    }
}

/// Where classes come from that the JVM need not read and verify again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Archive {
    /// The JDK's own classes from its own archive.
    Default,
    /// The application's classes too (JDK 13 and later).
    AppCds,
    /// Loaded and linked classes, profiles (JDK 25 and later).
    AotCache,
}

impl Archive {
    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Default => "default CDS",
            Self::AppCds => "AppCDS",
            Self::AotCache => "AOT cache",
        }
    }

    /// Whether that feature release can write and use one.
    pub(crate) fn is_possible(self, feature: u16) -> bool {
        match self {
            Self::Default => true,
            Self::AppCds => feature >= 13,
            Self::AotCache => feature >= 25,
        }
    }
}

/// What is the same for all samples of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// The feature release.
    pub(crate) feature: u16,
    /// The JDK's own name.
    pub(crate) jdk: String,
    /// Its collector.
    pub(crate) collector: Collector,
    /// Its archive.
    pub(crate) archive: Archive,
    /// Seconds of load before measuring; none where nothing was measured under load.
    pub(crate) warm_up_seconds: f64,
    /// Seconds that each endpoint was measured at each pace.
    pub(crate) load_seconds: f64,
    /// Whether the server had one core alone; not on a machine with one.
    pub(crate) pinned: bool,
}

impl Setting {
    /// One line that tells it from others.
    pub(crate) fn label(&self) -> String {
        format!("{}, {}, {}", self.jdk, self.collector.label(), self.archive.label())
    }
}

/// One setting and what was measured with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The JVM.
    pub(crate) setting: Setting,
    /// The numbers.
    pub(crate) samples: Samples,
}

/// All that `samples.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The machine.
    pub(crate) environment: Environment,
    /// What was run on it, the most important first.
    pub(crate) runs: Vec<Run>,
}

const FILE: &str = "samples.json";

/// Where the results of that name are kept.
pub(crate) fn results_folder(name: &str) -> PathBuf {
    paths::workspace().join("bench/results").join(name)
}

impl Results {
    /// Writes them into `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(FILE), serde_json::to_string_pretty(self)? + "\n")
            .with_context(|| format!("cannot write {}", folder.join(FILE).display()))
    }

    /// Reads what [`Results::write`] wrote.
    ///
    /// # Errors
    /// When there are none, or not of this version.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        let text = fs::read_to_string(&file).with_context(|| format!("no results at {}", file.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{}: not of this version of ./x bench", file.display()))
    }
}
