//! The JDKs of this machine: `JAVA_HOME`, `/usr/lib/jvm/*`, and what `./x jdks` acquired.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::paths;

/// The feature releases that are tested.
pub const FEATURES: [u16; 4] = [11, 17, 21, 25];

/// One Java runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jdk {
    /// 11, 17, 21, 25.
    pub feature: u16,
    /// What `JAVA_HOME` would name.
    pub home: PathBuf,
    /// Its `java` program.
    pub java: PathBuf,
    /// Whether it can compile.
    pub has_javac: bool,
}

impl Jdk {
    /// The runtime at `home`, where there is one that says its version in its `release` file.
    pub fn at(home: &Path) -> Option<Self> {
        let home = home.canonicalize().ok()?;
        let java = home.join("bin/java");
        if !java.is_file() {
            return None;
        }
        let feature = feature_of(&fs::read_to_string(home.join("release")).ok()?)?;
        let has_javac = home.join("bin/javac").is_file();
        Some(Self { feature, home, java, has_javac })
    }
}

/// One runtime for each release of [`FEATURES`] that there is, oldest first; of several the first of `JAVA_HOME`,
/// `/usr/lib/jvm` and the acquired ones.
pub fn found() -> Vec<Jdk> {
    let mut by_feature = BTreeMap::new();
    for home in candidates() {
        if let Some(jdk) = Jdk::at(&home)
            && FEATURES.contains(&jdk.feature)
        {
            by_feature.entry(jdk.feature).or_insert(jdk);
        }
    }
    by_feature.into_values().collect()
}

/// The releases of [`FEATURES`] that this machine lacks. A test names each as skipped.
pub fn missing() -> Vec<u16> {
    let found = found();
    FEATURES.into_iter().filter(|feature| !found.iter().any(|jdk| jdk.feature == *feature)).collect()
}

/// The runtime of one release.
pub fn feature(feature: u16) -> Option<Jdk> {
    found().into_iter().find(|jdk| jdk.feature == feature)
}

/// The oldest runtime with a compiler, which has javap and the like too. A test that gets none is skipped, and says so.
pub fn with_compiler() -> Option<Jdk> {
    let found = found().into_iter().find(|jdk| jdk.has_javac);
    if found.is_none() {
        println!("skipped: no JDK with javac in JAVA_HOME or /usr/lib/jvm");
    }
    found
}

fn candidates() -> Vec<PathBuf> {
    let mut homes: Vec<PathBuf> = env::var_os("JAVA_HOME").map(PathBuf::from).into_iter().collect();
    for parent in [PathBuf::from("/usr/lib/jvm"), paths::jdks()] {
        let mut children: Vec<PathBuf> =
            fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        children.sort();
        homes.extend(children);
    }
    homes
}

/// The feature release in a JDK's `release` file: `JAVA_VERSION="17.0.15"` (before 9: `"1.8.0_412"`).
fn feature_of(release: &str) -> Option<u16> {
    let version = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?.trim_matches('"');
    let version = version.strip_prefix("1.").unwrap_or(version);
    let digits = version.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(version.len());
    version.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_release_is_read_from_the_release_file() {
        for (release, expected) in [
            (
                "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\nJAVA_VERSION_DATE=\"2025-04-15\"\n",
                Some(17),
            ),
            ("JAVA_VERSION=\"25\"\n", Some(25)),
            ("JAVA_VERSION=\"26-ea\"\n", Some(26)),
            ("JAVA_VERSION=\"1.8.0_412\"\n", Some(8)),
            ("MODULES=\"java.base\"\n", None),
            ("JAVA_VERSION=\"\"\n", None),
        ] {
            assert_eq!(feature_of(release), expected, "{release}");
        }
    }

    #[test]
    fn found_and_missing_make_up_the_tested_releases() {
        let mut all: Vec<u16> = found().iter().map(|jdk| jdk.feature).chain(missing()).collect();
        all.sort_unstable();
        assert_eq!(all, FEATURES);
    }
}
