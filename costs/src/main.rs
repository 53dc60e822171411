//! `otelrs-costs PART TIMES`: does one part that often, for an instruction counter to look at.
#![forbid(unsafe_code)]

use std::env;

use anyhow::{Context, Result};
use otelrs_costs::Part;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, times] = arguments.as_slice() else { anyhow::bail!("usage: otelrs-costs PART TIMES") };
    let times: u64 = times.parse().with_context(|| format!("TIMES is {times}, not a number"))?;
    let mut part = Part::named(name)?;
    for _ in 0..times {
        part.run();
    }
    Ok(())
}
