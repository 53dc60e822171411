//! A tenfold load while the collector is slow, a load that goes on, and a steady one: looks at answers, spans, memory and
//! what threads are stopped for, never at a time.

#![allow(clippy::unwrap_used)] // helpers of tests, too, end a test by a panic

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use otelrs_test_support::{jdk, paths};
use serde_json::Value;

/// What the agent may hold is half of it; the rest is what two JVMs differ by anyway.
const MOST_MEBIBYTES: f64 = 64.0;

/// What `./x bench <measurement>` writes down; nothing where there is no JDK for it. It fails when an answer is not that of
/// a run without an agent.
fn measured(measurement: &str, arguments: &[&str]) -> Option<Value> {
    let Some(newest) = jdk::found().pop().filter(|jdk| jdk.feature >= 17) else {
        eprintln!("skipped: no JDK that runs the fixture");
        return None;
    };
    let name = format!("{measurement}-{}", std::process::id());
    let output = Command::new(env!("CARGO_BIN_EXE_otelrs-bench"))
        .args([measurement, "--name", &name, "--jdk", &newest.feature.to_string()])
        .args(arguments)
        .output()
        .unwrap();
    let results = paths::workspace().join("bench/results").join(name);
    let samples = fs::read_to_string(results.join(measurement).with_extension("json")).unwrap_or_default();
    let report = fs::read_to_string(results.join(measurement).with_extension("md")).unwrap_or_default();
    let _ = fs::remove_dir_all(&results);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), report.trim());
    println!("{report}");
    Some(serde_json::from_str(&samples).unwrap())
}

#[test]
fn in_a_sudden_tenfold_load_answers_are_those_of_before_and_every_span_is_received_or_counted() {
    let Some(results) = measured(
        "overload",
        &[
            "--rounds=1",
            "--warm-up=1",
            "--seconds=4",
            // 32 spans a second can go: the users' 2,000 do not, unless a machine takes a minute for these.
            "--delay=1000",
            "--jvm-option=-Dotel.bsp.max.queue.size=32",
            "--jvm-option=-XX:TieredStopAtLevel=1",
        ],
    ) else {
        return;
    };
    let samples = results["samples"].as_array().unwrap();
    let of = |variant: &str| samples.iter().find(|sample| sample["variant"] == variant).unwrap();
    let (none, ours) = (of("none"), of("ours"));
    let spans = |name: &str| ours["account"][name].as_u64().unwrap();
    let reported = |name: &str| ours["account"]["reported"][name].as_u64().unwrap();
    assert_eq!(spans("received"), reported("exported"), "{ours}");
    assert_eq!(spans("received") + reported("dropped"), spans("made"), "{ours}");
    assert_eq!(reported("failed"), 0, "{ours}");
    assert!(reported("dropped") > 0, "the collector was not slow enough to show anything: {ours}");
    assert!(ours["requests"].as_u64().unwrap() >= 1_000, "not every user was answered: {ours}");
    let peak = |sample: &Value| sample["peak_mebibytes"].as_f64().unwrap();
    assert!(peak(ours) - peak(none) < MOST_MEBIBYTES, "{none} {ours}");
}

#[test]
fn memory_is_looked_at_as_often_as_asked_while_requests_are_sent() {
    let Some(results) = measured("soak", &["--requests=2000", "--looks=2"]) else { return };
    let looks = results["looks"].as_array().unwrap();
    let seen: Vec<(&str, u64)> = looks
        .iter()
        .map(|look| (look["variant"].as_str().unwrap(), look["requests"].as_u64().unwrap()))
        .collect();
    assert_eq!(seen, [("none", 1000), ("none", 2000), ("ours", 1000), ("ours", 2000)]);
    let account = &results["account"];
    assert_eq!(account["made"], 4000);
    assert!(looks.iter().all(|look| look["mebibytes"].as_f64().unwrap() > 100.0), "{looks:?}");
}

#[test]
fn pauses_are_listened_to_without_us_from_the_start_and_after_an_attachment() {
    let Some(results) = measured(
        "pauses",
        &[
            "--rounds=1",
            "--warm-up=1",
            "--seconds=1",
            "--collectors=serial",
            "--jvm-option=-XX:TieredStopAtLevel=1",
        ],
    ) else {
        return;
    };
    let samples = results["samples"].as_array().unwrap();
    let seen: BTreeSet<&str> = samples.iter().map(|sample| sample["presence"].as_str().unwrap()).collect();
    assert_eq!(seen, BTreeSet::from(["attached", "from-the-start", "never", "never-again"]));
    for sample in samples {
        // 3,300 requests allocate more than the young generation holds; the attachment's own pause came before.
        let operations = sample["operations"].to_string();
        assert!(sample["pauses"].as_u64().unwrap() > 0 && operations.contains("Collect"), "{sample}");
        assert!(!operations.contains("RedefineClasses"), "{sample}");
        assert_eq!(sample["requests"], 3300, "{sample}");
    }
}
