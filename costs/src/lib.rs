//! The parts of the agent whose cost must not creep, each as something that can be done again and again.
//!
//! [`NAMES`] lists them. `costs/tests/expected.rs` holds the instructions and allocations of each to the figures in
//! `costs/expected.txt`; `cargo bench -p otelrs-costs` prints their nanoseconds.
#![forbid(unsafe_code)]

mod classes;
mod spans;

pub use spans::server_record;

use anyhow::{Result, bail};

/// One part, ready to be done.
pub struct Part {
    /// `what/case`.
    pub name: &'static str,
    /// How many of what the name says one [`Part::run`] does.
    pub operations: u64,
    run: Box<dyn FnMut()>,
}

/// Every part there is.
pub const NAMES: [&str; 8] = [
    "class/patched",
    "class/unmatched",
    "span/handed over",
    "span/query, seen before",
    "span/query, seen first",
    "span/server",
    "span/server that recurs, to bytes",
    "span/server, to bytes",
];

impl Part {
    /// The part of this name. What it works on is read and made here, outside of any measurement.
    ///
    /// # Errors
    /// When there is none, or the Spring Boot fixture, whose classes are the input of some, has not been built.
    pub fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "class/patched" => classes::patched()?,
            "class/unmatched" => classes::unmatched()?,
            "span/handed over" => spans::handed_over(),
            "span/query, seen before" => spans::query_seen_before(),
            "span/query, seen first" => spans::query_seen_first(),
            "span/server" => spans::server(),
            "span/server that recurs, to bytes" => spans::recurring_server_to_bytes(),
            "span/server, to bytes" => spans::server_to_bytes(),
            _ => bail!("no part {name}; there are {}", NAMES.join(", ")),
        })
    }

    fn new(name: &'static str, operations: usize, run: impl FnMut() + 'static) -> Self {
        Self { name, operations: operations as u64, run: Box::new(run) }
    }

    /// Does it once.
    pub fn run(&mut self) {
        (self.run)();
    }
}
