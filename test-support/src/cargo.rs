//! Cargo, as the library is built that is shipped.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::paths;

/// The cargo that runs us.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// `cargo build` by the profile of the library. A panic's place is named in the result, but not where on this machine its
/// source lay: that is nobody's business, and as long as somebody's home directory is.
pub fn build_as_shipped(package: &str) -> Command {
    let flags: Vec<String> = folders_of_sources()
        .iter()
        .map(|folder| {
            serde_json::Value::from(format!("--remap-path-prefix={}/=", folder.display())).to_string()
        })
        .collect();
    let mut command = Command::new(cargo());
    command
        .current_dir(paths::workspace())
        .args(["build", "--profile=agent", "--package", package, "--config"])
        // A string of TOML is written as one of JSON.
        .arg(format!("build.rustflags=[{}]", flags.join(",")));
    command
}

/// Where sources of ours and of other people's crates are.
fn folders_of_sources() -> Vec<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let mut folders: Vec<PathBuf> =
        registries.into_iter().flatten().flatten().map(|registry| registry.path()).collect();
    folders.sort();
    folders.push(paths::workspace());
    folders
}
