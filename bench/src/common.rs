//! What the commands beside the main one are told alike.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use otelrs_test_support::Jdk;
use otelrs_test_support::jdk;

use crate::run::results_folder;

/// Where the results go, and the JDK.
#[derive(Clone, Debug, Args)]
pub(crate) struct CommonOptions {
    /// Results go to bench/results/NAME
    #[arg(long, default_value = "latest")]
    name: String,
    /// Feature release of the JDK
    #[arg(long, default_value_t = 25)]
    jdk: u16,
}

impl CommonOptions {
    /// The JDK.
    ///
    /// # Errors
    /// When this machine has none of that release.
    pub(crate) fn jdk(&self) -> Result<Jdk> {
        jdk::feature(self.jdk).with_context(|| format!("no JDK {}: run ./x jdks", self.jdk))
    }

    /// Where the results go.
    pub(crate) fn folder(&self) -> PathBuf {
        results_folder(&self.name)
    }
}

/// For tests: the options that a command line gives.
#[cfg(test)]
pub(crate) fn parsed<Options: Args>(line: &[&str]) -> Options {
    let command = Options::augment_args(clap::Command::new("otelrs-bench").no_binary_name(true));
    Options::from_arg_matches(&command.get_matches_from(line)).unwrap()
}
