//! What was measured, for people: tables in the terminal and in `report.md`, plots beside it, a part of the README.

mod plot;
pub(crate) mod readme;
mod sections;
mod summary;
mod table;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::environment::Environment;
use crate::run::{Results, Run};

pub(crate) use summary::summary;
pub(crate) use table::Table;

/// Writes `report.md` and its plots into `folder`.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn write(results: &Results, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut text = render(results);
    for (number, run) in results.runs.iter().enumerate() {
        for (name, picture) in plot::plots(&run.samples) {
            let file = if number == 0 { format!("{name}.svg") } else { format!("{name}-{}.svg", number + 1) };
            fs::write(folder.join(&file), picture)?;
            text.push_str(&format!("\n![{}: {name}]({file})\n", run.setting.label()));
        }
    }
    fs::write(folder.join("report.md"), text)?;
    Ok(())
}

/// Writes another measurement as [`write_beside`] does, shows it, and says where it is.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn publish(folder: &Path, name: &str, results: &impl Serialize, text: &str) -> Result<()> {
    write_beside(folder, name, results, text)?;
    println!("{text}");
    eprintln!("bench: report and samples are in {}", folder.display());
    Ok(())
}

/// Writes `<name>.json` and `<name>.md` of another measurement into `folder`.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn write_beside(folder: &Path, name: &str, results: &impl Serialize, text: &str) -> Result<()> {
    let write = |extension: &str, text: &str| {
        let file = folder.join(name).with_extension(extension);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    };
    fs::create_dir_all(folder)?;
    write("json", &(serde_json::to_string_pretty(results)? + "\n"))?;
    write("md", text)
}

/// All tables, as Markdown that a terminal shows as well.
pub(crate) fn render(results: &Results) -> String {
    let mut text = format!("# What otelrs costs\n\n{}\n", environment(&results.environment));
    text.push_str(&sections::targets(results));
    for run in &results.runs {
        text.push_str(&format!("\n# {}\n\n{}\n", run.setting.label(), method(run)));
        text.push_str(&sections::of_run(run, &results.environment));
    }
    text
}

/// What the figures were taken on.
pub(crate) fn machine(environment: &Environment) -> String {
    format!(
        "{}; {:.0} GiB; Linux {}; load average {} before the run",
        environment.machine,
        environment.memory_gibibytes,
        environment.kernel,
        environment.load_average.map_or("unknown".to_owned(), |load| format!("{load:.2}")),
    )
}

/// Where the figures come from, in a few lines.
fn environment(environment: &Environment) -> String {
    format!("{}; compared with {}.{}", machine(environment), environment.java_agent, warning(environment))
}

/// A paragraph for figures from a busy machine, nothing for others.
pub(crate) fn warning(environment: &Environment) -> String {
    if environment.is_busy() { format!("\n\n**{BUSY_MACHINE}**") } else { String::new() }
}

/// Said wherever figures from a busy machine are shown.
const BUSY_MACHINE: &str = "Others were using this machine: read the intervals, not the figures.";

/// How they were taken.
fn method(run: &Run) -> String {
    let setting = &run.setting;
    let mut text =
        "Variants interleaved; figures are medians, in brackets the 95 % confidence interval of what a \
         variant adds to its pair without an agent in the same round, or of how many times that it is. "
            .to_owned();
    if setting.warm_up_seconds > 0.0 {
        text.push_str(&format!(
            "Under load: {:.0} s of warm-up with all processors, then {} s for each endpoint at each pace, {}. CPU is \
             the kernel's, without the JVM's compile threads. Both agents send traces alone, over http/protobuf without \
             compression, and wait at most 200 ms for a batch to fill.",
            setting.warm_up_seconds,
            setting.load_seconds,
            if setting.pinned {
                "the server alone on one processor, load generator and collector on another"
            } else {
                "all on the one processor that there is"
            }
        ));
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::run::{Archive, Collector, Setting};
    use crate::samples::{Figure, Metric, Sample, Samples, Unit};
    use crate::scenario::{Endpoint, Pace};
    use crate::variant::Variant;

    /// Three rounds of three variants, each slower than the one before; the Java agent loses a third of its spans.
    pub(crate) fn results() -> Results {
        let request = |figure| Metric::Request(Endpoint::Hello, Pace::Saturated, figure);
        let mut samples = Samples::default();
        for (metric, values) in [
            (Metric::HelloWall, [50.0, 52.0, 2050.0]),
            (Metric::HelloCpu, [60.0, 61.0, 4060.0]),
            (Metric::FirstAnswerWall, [2000.0, 2020.0, 5000.0]),
            (Metric::FirstAnswerCpu, [4000.0, 4040.0, 10_000.0]),
            (Metric::IdleMemory, [200.0, 205.0, 290.0]),
            (Metric::LoadedMemory, [300.0, 310.0, 404.0]),
            (Metric::Threads, [30.0, 31.0, 40.0]),
            (request(Figure::Cpu), [30.0, 30.5, 41.0]),
            (request(Figure::CompileCpu), [0.0, 0.0, 0.1]),
            (request(Figure::Throughput), [33_000.0, 32_000.0, 24_000.0]),
            (request(Figure::MedianLatency), [240.0, 250.0, 330.0]),
            (request(Figure::TailLatency), [1900.0, 1950.0, 5000.0]),
            (request(Figure::SpansReceived), [0.0, 1.0, 0.66]),
        ] {
            for (variant, value) in [Variant::None, Variant::Ours, Variant::JavaAgent].into_iter().zip(values)
            {
                let slower = if metric.unit() == Unit::Count { 0.0 } else { 0.02 };
                for round in 0..3 {
                    let value = value * (1.0 + slower * f64::from(round));
                    samples.push(Sample { metric, variant, round, value });
                }
            }
        }
        let setting = Setting {
            feature: 25,
            jdk: "Eclipse Adoptium 25.0.3".to_owned(),
            collector: Collector::G1,
            archive: Archive::Default,
            warm_up_seconds: 20.0,
            load_seconds: 2.5,
            pinned: true,
        };
        let environment = Environment {
            machine: "Some Processor, 2 cores; commit 0123abc".to_owned(),
            kernel: "6.1.0".to_owned(),
            memory_gibibytes: 8.0,
            load_average: Some(0.1),
            java_agent: "group:agent:2.33.1".to_owned(),
            library_bytes: Some(4 << 20),
            java_agent_bytes: Some(26 << 20),
        };
        Results { environment, runs: vec![Run { setting, samples }] }
    }

    /// Compares with the file, or writes it when OTELRS_BLESS is set.
    pub(crate) fn golden(name: &str, text: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        if std::env::var_os("OTELRS_BLESS").is_some() {
            fs::write(&file, text).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "OTELRS_BLESS=1 accepts what {name} is to be");
    }

    #[test]
    fn the_report_is_as_expected() {
        golden("report.md", &render(&results()));
        golden("summary.md", &summary(&results(), "0.1.0"));
    }

    #[test]
    fn a_busy_machine_is_named() {
        let mut results = results();
        assert!(!render(&results).contains("read the intervals"));
        results.environment.load_average = Some(3.0);
        assert!(render(&results).contains("read the intervals"));
    }

    #[test]
    fn report_and_plots_are_written_and_results_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let results = results();
        results.write(folder.path()).unwrap();
        write(&results, folder.path()).unwrap();
        assert_eq!(Results::read(folder.path()).unwrap(), results);
        let report = fs::read_to_string(folder.path().join("report.md")).unwrap();
        for name in ["start", "saturated"] {
            assert!(report.contains(&format!("({name}.svg)")), "{report}");
            golden(
                &format!("{name}.svg"),
                &fs::read_to_string(folder.path().join(format!("{name}.svg"))).unwrap(),
            );
        }
    }
}
