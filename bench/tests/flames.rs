//! Flame graphs of a short run: looks at what is drawn, never at a time.

#![allow(clippy::unwrap_used)] // helpers of tests, too, end a test by a panic

use std::fs;
use std::process::Command;

use otelrs_test_support::{jdk, paths};

/// What a repository keeps.
const LARGEST: usize = 400_000;

#[test]
#[ignore = "what ./x peers fetches: ./x test --full"]
fn graphs_have_the_frames_of_java_and_of_the_agent() {
    let Some(newest) = jdk::found().pop().filter(|jdk| jdk.feature >= 17) else {
        eprintln!("skipped: no JDK that runs the fixture");
        return;
    };
    let name = format!("flames-{}", std::process::id());
    let output = Command::new(env!("CARGO_BIN_EXE_otelrs-bench"))
        .args(["flames", "--name", &name, "--jdk", &newest.feature.to_string()])
        .args(["--warm-up=2", "--seconds=3", "--library"])
        .arg(paths::agent_library())
        .output()
        .unwrap();
    let results = paths::workspace().join("bench/results").join(name);
    let read = |file: &str| fs::read_to_string(results.join(file)).unwrap_or_default();
    let (start, requests, report) = (read("flames-start.svg"), read("flames-request.svg"), read("flames.md"));
    let _ = fs::remove_dir_all(&results);
    assert!(output.status.success(), "{output:?}");
    for graph in [&start, &requests] {
        assert!(graph.len() < LARGEST, "{}", graph.len());
        assert!(graph.contains("class=\"n\"") || graph.contains("class=\"g\""), "no frame of ours");
        assert!(graph.contains("org/springframework/"), "no frame of the application");
    }
    assert!(requests.contains("java/lang/OtelrsTasks.runSubmitted"), "{requests}");
    assert!(report.contains("OtelrsBridge"), "{report}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), report.trim());
}
