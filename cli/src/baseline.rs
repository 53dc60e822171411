//! Figures of earlier runs: one small file of the user's, read at the start and written at the end.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use otelrs_viewer::query::Statistics;
use otelrs_viewer::query::baseline::Baseline;
use otelrs_viewer::store::TraceStore;

use crate::output::say;

/// What earlier runs left. A file that cannot be read is said and counts as none.
pub(crate) fn load() -> Baseline {
    let Some(path) = path(|name| std::env::var_os(name)) else { return Baseline::default() };
    match fs::read_to_string(&path) {
        Ok(text) => Baseline::from_json(&text).unwrap_or_else(|error| {
            say(&format!("{}: {error}. It is written anew when this ends", path.display()));
            Baseline::default()
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Baseline::default(),
        Err(error) => {
            say(&format!("{}: {error}. Runs are not compared with earlier ones", path.display()));
            Baseline::default()
        }
    }
}

/// Keeps the figures of what the store holds, beside those of services that it does not hold.
pub(crate) fn save(baseline: &mut Baseline, store: &TraceStore) {
    let statistics = Statistics::of(&store.traces(), &Baseline::default(), false);
    let Some(path) = path(|name| std::env::var_os(name)) else { return };
    if statistics.routes.is_empty() && statistics.queries.is_empty() {
        return;
    }
    baseline.take_over(&statistics);
    let written = baseline.to_json().map_err(io::Error::other).and_then(|text| replace(&path, &text));
    if let Err(error) = written {
        say(&format!("{}: {error}. The next run is not compared with this one", path.display()));
    }
}

/// Never half a file, whoever reads meanwhile.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    fs::write(&partial, text)?;
    fs::rename(&partial, path).inspect_err(|_| {
        // What cannot be put in place is of no use; the error that matters is the one before.
        let _ = fs::remove_file(&partial);
    })
}

/// `$XDG_STATE_HOME/otelrs/runs.json`; `None` where there is no home.
fn path(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The XDG specification has relative paths ignored.
    let folder = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("otelrs/runs.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_below_the_state_directory() {
        for (environment, expected) in [
            (&[("XDG_STATE_HOME", "/state"), ("HOME", "/home/a")][..], Some("/state/otelrs/runs.json")),
            (&[("XDG_STATE_HOME", ""), ("HOME", "/home/a")], Some("/home/a/.local/state/otelrs/runs.json")),
            (&[("XDG_STATE_HOME", "state")], None),
            (&[], None),
        ] {
            let path =
                path(|name| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()));
            assert_eq!(path.as_deref(), expected.map(Path::new), "{environment:?}");
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("otelrs/runs.json");
        replace(&path, "one").unwrap();
        replace(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }
}
