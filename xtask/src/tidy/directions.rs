//! Dependencies between our crates point the way that the code map of docs/architecture.md says: its third column is the
//! rule. What a crate's tests use is their own affair.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Tree, cells, code_words};

pub(super) const ARCHITECTURE: &str = "docs/architecture.md";

type Arrows = BTreeMap<String, BTreeSet<String>>;

pub(super) fn check(tree: &Tree) -> Result<Vec<String>> {
    let Some(document) = tree.text(ARCHITECTURE) else { return Ok(vec![format!("no {ARCHITECTURE}")]) };
    Ok(compare(&allowed(document), &arrows(&metadata(&tree.root)?)?))
}

/// The folders of the workspace's members.
pub(super) fn members(root: &Path) -> Result<Vec<String>> {
    Ok(arrows(&metadata(root)?)?.into_keys().collect())
}

fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(otelrs_test_support::cargo::cargo())
        .current_dir(root)
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Each member's folder, and the folders of the members that it depends on, tests aside.
fn arrows(metadata: &Value) -> Result<Arrows> {
    fn array<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
        of.get(name).and_then(Value::as_array).into_iter().flatten()
    }
    let folder_of = |path: &str| Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
    let mut arrows = Arrows::new();
    for package in array(metadata, "packages") {
        let manifest = package.get("manifest_path").and_then(Value::as_str).context("no manifest_path")?;
        let folder = Path::new(manifest).parent().and_then(|folder| folder.to_str()).context("no folder")?;
        let known = array(package, "dependencies")
            .filter(|dependency| dependency.get("kind").and_then(Value::as_str) != Some("dev"))
            .filter_map(|dependency| dependency.get("path").and_then(Value::as_str))
            .filter_map(folder_of)
            .collect();
        arrows.insert(folder_of(folder).context("no folder name")?, known);
    }
    Ok(arrows)
}

/// The code map's rows: `| `exporter/` | ... | `sdk`, `otlp` |`, and "all of the above".
fn allowed(document: &str) -> Arrows {
    let mut allowed = Arrows::new();
    for row in document.lines().filter_map(cells) {
        let &[path, _, may_know] = row.as_slice() else { continue };
        let Some(folder) = path.strip_prefix('`').and_then(|path| path.strip_suffix("/`")) else { continue };
        let known = if may_know.starts_with("all of the above") {
            allowed.keys().cloned().collect()
        } else {
            code_words(may_know).into_iter().map(str::to_owned).collect()
        };
        allowed.insert(folder.to_owned(), known);
    }
    allowed
}

fn compare(allowed: &Arrows, found: &Arrows) -> Vec<String> {
    let mut complaints = Vec::new();
    for (folder, known) in found {
        match allowed.get(folder) {
            None => complaints.push(format!("{ARCHITECTURE}: the code map has no row for {folder}/")),
            Some(may_know) => complaints.extend(known.difference(may_know).map(|other| {
                format!("{folder}/Cargo.toml: {folder} may not know {other} ({ARCHITECTURE}, code map)")
            })),
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "| path | what it is | may know |\n|---|---|---|\n\
        | `otlp/` | the model | nothing |\n| `sdk/` | spans | nothing |\n\
        | `exporter/` | sends | `sdk`, `otlp` |\n| `agent/` | all | all of the above |\n";

    fn found(from: &str, to: &[&str]) -> Arrows {
        Arrows::from([(from.to_owned(), to.iter().map(|name| (*name).to_owned()).collect())])
    }

    #[test]
    fn the_code_map_is_the_rule() {
        for (from, to, complaints) in [
            ("exporter", &["sdk", "otlp"][..], 0),
            ("agent", &["exporter", "otlp"], 0),
            ("sdk", &["otlp"], 1),
            ("otlp", &["agent", "sdk"], 2),
            ("stranger", &[], 1),
        ] {
            assert_eq!(compare(&allowed(MAP), &found(from, to)).len(), complaints, "{from} -> {to:?}");
        }
    }

    #[test]
    fn arrows_are_the_dependencies_by_path_that_are_not_for_tests() {
        let metadata = serde_json::json!({"packages": [{
            "manifest_path": "/w/exporter/Cargo.toml",
            "dependencies": [
                {"path": "/w/sdk", "kind": null}, {"path": "/w/viewer", "kind": "dev"}, {"kind": null},
            ],
        }]});
        assert_eq!(arrows(&metadata).unwrap(), found("exporter", &["sdk"]));
    }
}
