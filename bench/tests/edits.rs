//! The same edit by otelrs, ASM and Byte Buddy, with tiny numbers: looks at the classes and at what comes out, never at a
//! time.

#![allow(clippy::unwrap_used)] // helpers of tests, too, end a test by a panic

use std::fs;
use std::process::Command;

use otelrs_test_support::{jdk, paths};
use serde_json::Value;

/// Edits that a person would call the same call the same methods.
const CALLED: [&str; 2] =
    ["Method Calls.enter:(Ljava/lang/Object;)V", "Method Calls.exit:(Ljava/lang/Throwable;)V"];

#[test]
#[ignore = "what ./x peers fetches: ./x test --full"]
fn three_editors_make_the_same_edit_and_each_is_timed() {
    let Some(jdk) = jdk::with_compiler() else { return };
    let name = format!("edits-{}", std::process::id());
    let output = Command::new(env!("CARGO_BIN_EXE_otelrs-bench"))
        .args(["edits", "--name", &name, "--jdk", &jdk.feature.to_string()])
        .args(["--cold-rounds=2", "--warm-rounds=2", "--edits=3"])
        .output()
        .unwrap();
    let results = paths::workspace().join("bench/results").join(name);
    let samples = fs::read_to_string(results.join("edits.json")).unwrap_or_default();
    let report = fs::read_to_string(results.join("edits.md")).unwrap_or_default();
    let _ = fs::remove_dir_all(&results);
    // It fails when a JVM refuses a class, or when the advice of the small one is not called as it should be.
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), report.trim());

    let samples: Value = serde_json::from_str(&samples).unwrap();
    let samples = samples["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2 * 2 * 2 * 3, "rounds, cold and warm, classes, editors");
    assert!(samples.iter().all(|sample| sample["nanoseconds"].as_f64().unwrap() > 100.0), "{samples:?}");

    let edits = paths::target().join("bench/edits");
    for editor in ["otelrs", "ASM", "Byte Buddy"] {
        for class in ["Subject", "org/apache/catalina/connector/CoyoteAdapter"] {
            let file = edits.join(editor).join(class).with_extension("class");
            let listing =
                Command::new(jdk.home.join("bin/javap")).args(["-c", "-p"]).arg(file).output().unwrap();
            let listing = String::from_utf8(listing.stdout).unwrap();
            for called in CALLED {
                assert!(listing.contains(called), "{editor}, {class}: no {called}");
            }
        }
    }
}
