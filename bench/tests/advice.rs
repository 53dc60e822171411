//! What advice costs, with tiny numbers: looks at what was run and received, never at a time.

#![allow(clippy::unwrap_used)] // helpers of tests, too, end a test by a panic

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use otelrs_test_support::{jdk, paths};
use serde_json::Value;

const WORKLOADS: [&str; 4] = ["tomcat-request", "jetty-request", "jdbc-query", "nested-query"];

/// Of each workload in its situations, by one JVM each: the share of its spans that was lost, where it makes some.
fn lost(results: &str) -> BTreeMap<[String; 3], Option<f64>> {
    let results: Value = serde_json::from_str(results).unwrap();
    let name = |sample: &Value, key: &str| sample[key].as_str().unwrap().to_owned();
    let names = |sample| ["workload", "situation", "variant"].map(|part| name(sample, part));
    let samples = results["samples"].as_array().unwrap().iter();
    samples
        .map(|sample| {
            // A JVM that did nothing would say so here, one that was not measured has no sample.
            assert!(sample["nanoseconds"].as_f64().unwrap() > 1.0, "{sample}");
            assert_eq!(sample["agent_thread"].is_number(), sample["lost"].is_number(), "{sample}");
            (names(sample), sample["lost"].as_f64())
        })
        .collect()
}

struct Run {
    results: String,
    report: String,
}

/// Measures a few bursts of some cells with otelrs and without.
fn run(name: &str, cells: &[&str]) -> Option<Run> {
    let Some(newest) = jdk::found().pop().filter(|jdk| jdk.feature >= 17 && jdk.has_javac) else {
        eprintln!("skipped: no JDK with javac that runs Jetty 12");
        return None;
    };
    let name = format!("advice-{name}-{}", std::process::id());
    let output = Command::new(env!("CARGO_BIN_EXE_otelrs-bench"))
        .args(["advice", "--name", &name, "--jdk", &newest.feature.to_string()])
        .args(["--rounds=1", "--other-rounds=1", "--warm-up=1", "--bursts=2", "--warm-up-requests=100"])
        // Half the processor time for a start: nothing here depends on how good the code gets.
        .arg("--jvm-option=-XX:TieredStopAtLevel=1")
        .args(cells)
        .output()
        .unwrap();
    let folder = paths::workspace().join("bench/results").join(name);
    let results = fs::read_to_string(folder.join("advice.json")).unwrap_or_default();
    let report = fs::read_to_string(folder.join("advice.md")).unwrap_or_default();
    let _ = fs::remove_dir_all(&folder);
    // It fails when a request fails, and when a variant changed classes that must not, or none that must.
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), report.trim());
    Some(Run { results, report })
}

fn key(workload: &str, situation: &str, variant: &str) -> [String; 3] {
    [workload, situation, variant].map(str::to_owned)
}

#[test]
#[ignore = "what ./x peers fetches: ./x test --full"]
fn every_span_of_each_workload_arrives_and_nothing_is_changed_where_all_is_off() {
    let cells = ["--situations=inlined", "--variants=ours,ours-sampled-out,ours-off"];
    let Some(Run { results, report }) = run("inlined", &cells) else { return };
    let mut expected = BTreeMap::new();
    for workload in WORKLOADS {
        expected.insert(key(workload, "inlined", "none"), None);
        expected.insert(key(workload, "inlined", "ours"), Some(0.0));
    }
    expected.insert(key("tomcat-request", "inlined", "ours-sampled-out"), None);
    expected.insert(key("tomcat-request", "inlined", "ours-off"), None);
    assert_eq!(lost(&results), expected);
    for row in [
        "server span on the request thread, sampled",
        "JDBC span on the request thread, sampled",
        "span on the agent's thread, encode and send",
        "Java heap allocated a request, through Servlet getters",
        "otelrs, instrumentation off",
    ] {
        assert!(report.contains(row), "{report}");
    }
}

#[test]
#[ignore = "what ./x peers fetches: ./x test --full"]
fn calls_of_many_classes_and_interpreted_ones_are_measured() {
    let cells = ["--situations=megamorphic,interpreter", "--workloads=jdbc-query", "--variants=ours"];
    let Some(Run { results, .. }) = run("others", &cells) else { return };
    let mut expected = BTreeMap::new();
    for situation in ["megamorphic", "interpreter"] {
        expected.insert(key("jdbc-query", situation, "none"), None);
        expected.insert(key("jdbc-query", situation, "ours"), Some(0.0));
    }
    assert_eq!(lost(&results), expected);
}
