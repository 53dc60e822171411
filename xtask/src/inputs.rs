//! Whether something was built from what its inputs are now: a stamp file holds a hash of names and contents.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The state of some input files, and where it is written down once the build has succeeded.
#[derive(Debug)]
pub(crate) struct Inputs {
    stamp: PathBuf,
    state: String,
}

impl Inputs {
    /// Every file at or under `roots`.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(crate) fn of(stamp: PathBuf, roots: &[PathBuf]) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        for root in roots {
            for file in files_under(root)? {
                file.hash(&mut hasher);
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
            }
        }
        Ok(Self { stamp, state: format!("{:016x}\n", hasher.finish()) })
    }

    /// Whether the last successful build had the same inputs.
    pub(crate) fn unchanged(&self) -> bool {
        fs::read_to_string(&self.stamp).is_ok_and(|state| state == self.state)
    }

    /// Writes down that a build of these inputs succeeded.
    ///
    /// # Errors
    /// When the stamp cannot be written.
    pub(crate) fn built(&self) -> Result<()> {
        fs::write(&self.stamp, &self.state).with_context(|| format!("cannot write {}", self.stamp.display()))
    }
}

/// Every file at or under `root`, in a fixed order.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn files_under(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))? {
                pending.push(entry?.path());
            }
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_added_or_renamed_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("inputs");
        fs::create_dir_all(root.join("deep")).unwrap();
        fs::write(root.join("deep/one"), "1").unwrap();
        let now = || Inputs::of(folder.path().join("stamp"), std::slice::from_ref(&root)).unwrap();

        assert!(!now().unchanged(), "nothing was built yet");
        now().built().unwrap();
        assert!(now().unchanged());
        for change in [
            (|root| fs::write(root.join("deep/one"), "2").unwrap()) as fn(&Path),
            |root| fs::write(root.join("two"), "").unwrap(),
            |root| fs::rename(root.join("two"), root.join("three")).unwrap(),
        ] {
            change(&root);
            assert!(!now().unchanged());
            now().built().unwrap();
        }
    }
}
