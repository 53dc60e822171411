//! What each part costs, counted: the same on a busy machine as on an idle one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use otelrs_costs::{NAMES, Part};
use otelrs_test_support::cargo::build_as_shipped;
use otelrs_test_support::paths;

/// Instructions may differ by so much from the stored figure: the C library picks its copying by the processor.
const MARGIN: f64 = 0.10;

/// How often a part is done, for one that does a single operation and for one that does many. What is counted is the
/// difference, which holds neither the program's start nor what a part does only the first time.
const TIMES: [(u64, u64); 2] = [(20, 60), (1, 3)];

/// Of one operation.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// `None` where nothing counts instructions.
    instructions: Option<f64>,
    allocations: f64,
    bytes: f64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.instructions {
            Some(instructions) => write!(f, "{instructions:.0}")?,
            None => f.write_str("-")?,
        }
        write!(f, " | {:.2} | {:.0}", self.allocations, self.bytes)
    }
}

#[test]
fn no_part_costs_more_than_it_did() -> Result<()> {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected.txt");
    let counter = counter()?;
    let mut measured = BTreeMap::new();
    for name in NAMES {
        let mut part = Part::named(name)?;
        let cost = cost(&mut part, counter.as_deref())?;
        println!("{}: {cost}", part.name);
        measured.insert(part.name, cost);
    }
    let compiler = compiler()?;
    if env::var_os("UPDATE_EXPECT").is_some() {
        ensure!(counter.is_some(), "no valgrind: apt-get install valgrind");
        return fs::write(&document, text(&compiler, &measured)).context("expected.txt");
    }
    let expected = fs::read_to_string(&document).context("costs/expected.txt")?;
    let same_compiler = expected.contains(&compiler);
    if counter.is_none() || !same_compiler {
        println!(
            "instructions are not compared: no valgrind, or another compiler than that of costs/expected.txt"
        );
    }
    let expected = stored(&expected)?;
    ensure!(
        expected.keys().map(String::as_str).eq(measured.keys().copied()),
        "other parts than in costs/expected.txt, which UPDATE_EXPECT=1 writes"
    );
    let mut different = Vec::new();
    for (part, before) in &expected {
        let now = measured[part.as_str()];
        let within = |now: f64, before: f64, margin: f64| (now - before).abs() <= (before * margin).max(0.5);
        let instructions = match (now.instructions, before.instructions) {
            (Some(now), Some(before)) if same_compiler => within(now, before, MARGIN),
            _ => true,
        };
        let allocations =
            (now.allocations - before.allocations).abs() < 0.05 && within(now.bytes, before.bytes, 0.01);
        if !(instructions && allocations) {
            different.push(format!("{part}: {now}, was {before}"));
        }
    }
    ensure!(
        different.is_empty(),
        "instructions | allocations | bytes of an operation (when it is meant, UPDATE_EXPECT=1 writes costs/expected.txt)\n{}",
        different.join("\n")
    );
    Ok(())
}

fn cost(part: &mut Part, counter: Option<&Path>) -> Result<Cost> {
    let each = |count: u64| count as f64 / part.operations as f64;
    let instructions = match counter {
        Some(program) => {
            let (few, many) = TIMES[usize::from(part.operations > 1)];
            let more = instructions(program, part.name, many)? - instructions(program, part.name, few)?;
            Some(each(more) / (many - few) as f64)
        }
        None => None,
    };
    // Once before: what is remembered is remembered, and buffers have their size.
    part.run();
    let allocated = allocation_counter::measure(|| part.run());
    let each = |count: u64| count as f64 / part.operations as f64;
    Ok(Cost { instructions, allocations: each(allocated.count_total), bytes: each(allocated.bytes_total) })
}

/// The program that does a part, built as the library is; `None` without valgrind.
fn counter() -> Result<Option<PathBuf>> {
    let valgrind =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !valgrind.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let output = build_as_shipped("otelrs-costs").arg("--quiet").output().context("cargo build")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(Some(paths::target().join("agent/otelrs-costs")))
}

/// All that the program executes, by callgrind.
fn instructions(program: &Path, part: &str, times: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([part, &times.to_string()])
        .output()
        .context("valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    let counted =
        said.lines().find_map(|line| line.split_once("Collected : ")).context("nothing was counted")?.1;
    Ok(counted.trim().parse()?)
}

fn compiler() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output().context("rustc")?;
    let machine = format!("{}, {}", String::from_utf8_lossy(&output.stdout).trim(), env::consts::ARCH);
    Ok(machine)
}

fn text(compiler: &str, measured: &BTreeMap<&str, Cost>) -> String {
    let mut text = format!(
        "# Of one operation. @generated by UPDATE_EXPECT=1 cargo test -p otelrs-costs\n\
         # {compiler}; valgrind's callgrind; the library's build profile\n\
         # part | instructions | allocations | bytes\n"
    );
    for (part, cost) in measured {
        text.push_str(&format!("{part} | {cost}\n"));
    }
    text
}

fn stored(text: &str) -> Result<BTreeMap<String, Cost>> {
    let mut costs = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [part, instructions, allocations, bytes] = cells[..] else { anyhow::bail!("{line}") };
        let cost = Cost {
            instructions: instructions.parse().ok(),
            allocations: allocations.parse()?,
            bytes: bytes.parse()?,
        };
        costs.insert(part.to_owned(), cost);
    }
    Ok(costs)
}
