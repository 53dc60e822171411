//! The whole benchmark with tiny numbers: looks at what comes out, never at a time.

#![allow(clippy::unwrap_used)] // helpers of tests, too, end a test by a panic

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use otelrs_test_support::child::{Child, Stream};
use otelrs_test_support::{jdk, paths};
use serde_json::Value;

/// Ends up in a folder of its own, which goes when the test ends.
struct ResultsFolder(String);

impl ResultsFolder {
    fn path(&self) -> std::path::PathBuf {
        paths::workspace().join("bench/results").join(&self.0)
    }
}

impl Drop for ResultsFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.path());
    }
}

fn bench(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_otelrs-bench")).args(arguments).output().unwrap()
}

/// Values by metric and variant.
fn samples(folder: &Path) -> BTreeMap<(String, String), Vec<f64>> {
    let results: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("samples.json")).unwrap()).unwrap();
    let mut samples = BTreeMap::<_, Vec<f64>>::new();
    for sample in results["runs"][0]["samples"].as_array().unwrap() {
        let key = (sample["metric"].to_string(), sample["variant"].as_str().unwrap().to_owned());
        samples.entry(key).or_default().push(sample["value"].as_f64().unwrap());
    }
    samples
}

#[test]
fn every_variant_is_measured_and_every_span_arrives() {
    let Some(newest) = jdk::found().pop().filter(|jdk| jdk.feature >= 17) else {
        eprintln!("skipped: no JDK that runs the fixture");
        return;
    };
    let folder = ResultsFolder(format!("smoke-{}", std::process::id()));
    let output = bench(&[
        "--name",
        &folder.0,
        "--jdk",
        &newest.feature.to_string(),
        "--collector=serial",
        // Half the processor time for a start: nothing here depends on how good the code gets.
        "--jvm-option=-XX:TieredStopAtLevel=1",
        "--hello-rounds=1",
        "--start-rounds=0",
        "--rounds=1",
        "--warm-up=0.3",
        "--seconds=0.2",
        "--variants=hook-only,ours,ours-sampled-out",
    ]);
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("Spring Boot, start and load, otelrs, round 1 of 1; about"), "{told}");

    let samples = samples(&folder.path());
    let spans = |variant: &str, endpoint: &str, pace: &str| {
        let metric = format!("{{\"request\":[\"{endpoint}\",\"{pace}\",\"spans-received\"]}}");
        samples[&(metric, variant.to_owned())].clone()
    };
    for pace in ["saturated", "paced"] {
        for (endpoint, made) in [("hello", 1.0), ("order", 2.0), ("fan-out", 4.0)] {
            assert_eq!(spans("none", endpoint, pace), [0.0]);
            assert_eq!(spans("ours", endpoint, pace), [made], "{endpoint}, {pace}");
            assert_eq!(spans("ours-sampled-out", endpoint, pace), [0.0]);
        }
    }
    for variant in ["none", "hook-only", "ours", "ours-sampled-out"] {
        for metric in ["hello-wall", "hello-cpu", "first-answer-wall", "first-answer-cpu", "idle-memory"] {
            let values = &samples[&(format!("{metric:?}"), variant.to_owned())];
            assert!(values.len() == 1 && values[0] > 0.0, "{variant} {metric}: {values:?}");
        }
    }
    assert_eq!(samples[&("\"threads\"".to_owned(), "none".to_owned())].len(), 1);

    let report = fs::read_to_string(folder.path().join("report.md")).unwrap();
    assert_eq!(format!("{report}\n").lines().next(), Some("# What otelrs costs"));
    for plot in ["start", "saturated", "paced", "memory"] {
        assert!(
            report.contains(&format!("({plot}.svg)")) && folder.path().join(format!("{plot}.svg")).is_file()
        );
    }
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(report.starts_with(printed.trim_end()), "what is printed is what is written");
    // Made again of the samples, it is the same.
    assert!(bench(&["--name", &folder.0, "--report"]).status.success());
    assert_eq!(fs::read_to_string(folder.path().join("report.md")).unwrap(), report);
}

#[test]
fn an_interrupt_ends_what_was_started() {
    let Some(newest) = jdk::found().pop().filter(|jdk| jdk.feature >= 17) else {
        eprintln!("skipped: no JDK that runs the fixture");
        return;
    };
    let folder = ResultsFolder(format!("interrupt-{}", std::process::id()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_otelrs-bench"));
    command.args([
        "--quick",
        "--variants=none",
        "--hello-rounds=0",
        "--name",
        &folder.0,
        "--collector=serial",
    ]);
    command.args(["--jdk", &newest.feature.to_string()]);
    let mut bench = Child::start("bench", &mut command).unwrap();
    bench
        .wait_for_line(Stream::Stderr, Duration::from_secs(60), |line| {
            line.contains("start and load").then_some(())
        })
        .unwrap();
    let children = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", bench.id())).unwrap().flatten();
        let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
        lists
            .flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    // The collector and the server.
    let deadline = Instant::now() + Duration::from_secs(60);
    while children().len() < 2 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    let started = children();
    assert!(started.len() >= 2, "{started:?}");
    let ended = bench.stop().unwrap();
    assert_eq!(ended.status.code(), Some(143), "{ended:?}");
    let runs = |id: &String| {
        // A killed process may stay a zombie until init sees it.
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        !status.is_empty() && !status.contains("State:\tZ")
    };
    while started.iter().any(runs) {
        assert!(Instant::now() < deadline, "{started:?} still run");
        std::thread::yield_now();
    }
}
