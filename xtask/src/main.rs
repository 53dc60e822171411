//! Development commands behind `./x`. Knows the product only by its files and its programs.
#![forbid(unsafe_code)]

mod bench;
mod build;
mod collector;
mod corpus;
mod demo;
mod fixtures;
mod gradle;
mod inputs;
mod jdks;
mod peers;
mod readme;
mod record;
mod run;
mod suites;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// What `./x help` prints, which needs no Rust.
const HELP: &str = include_str!("../help.txt");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match command(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("x: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(arguments: &[&str]) -> Result<ExitCode> {
    match arguments {
        ["demo", options @ ..] => demo::run(demo::Database::of(options)?)?,
        ["build"] => build::run()?,
        ["test"] => return test::run(false),
        ["test", "--full"] => return test::run(true),
        ["bench", options @ ..] => bench::run(options)?,
        ["fixtures"] => fixtures::run()?,
        ["jdks"] => jdks::run()?,
        ["peers"] => peers::run()?,
        ["collector"] => collector::run()?,
        ["gradle-test"] => gradle::run()?,
        ["corpus", files @ ..] => corpus::run(files)?,
        ["tidy"] => tidy::run()?,
        ["readme"] => readme::run()?,
        ["record"] => record::run()?,
        [] | ["help" | "--help" | "-h", ..] => print!("{HELP}"),
        other => bail!("no such command: {}\n\n{HELP}", other.join(" ")),
    }
    Ok(ExitCode::SUCCESS)
}
