//! Viewers that are open: each leaves a small file that only its user can read, with its address, process and token.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::os;
use crate::output::say;

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenViewer {
    /// Of the web view and its API, such as `http://127.0.0.1:4319`.
    pub(crate) endpoint: String,
    pub(crate) token: String,
    pub(crate) pid: u32,
    pub(crate) otlp_http: String,
    pub(crate) otlp_grpc: String,
    /// It stays open until a person ends it: `otelrs view`, not `otelrs run`.
    pub(crate) stays: bool,
    /// Unix epoch, milliseconds.
    pub(crate) started: u64,
}

/// The file of a viewer of ours; removed when dropped.
#[derive(Debug)]
pub(crate) struct Registration(Option<PathBuf>);

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Somebody may have removed it already.
            let _ = fs::remove_file(path);
        }
    }
}

fn folder() -> PathBuf {
    os::runtime_folder(|name| std::env::var_os(name))
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Lets scripts and later runs find the viewer. Where that cannot be, says so and goes on.
pub(crate) fn register(viewer: &OpenViewer) -> Registration {
    let folder = folder();
    let text = serde_json::to_string(viewer).unwrap_or_default();
    match os::write_private(&folder, &format!("viewer-{}.json", viewer.pid), &text) {
        Ok(path) => Registration(Some(path)),
        Err(error) => {
            say(&format!(
                "{}: {error}. otelrs traces, spans and findings need --viewer {}, and later runs do not share this viewer",
                folder.display(),
                viewer.endpoint
            ));
            Registration(None)
        }
    }
}

/// Those that left a file: the ones that stay first, of them the latest. They may have ended without a word.
pub(crate) fn list() -> Vec<OpenViewer> {
    list_in(&folder())
}

fn list_in(folder: &Path) -> Vec<OpenViewer> {
    if !os::is_private(folder) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut viewers: Vec<OpenViewer> =
        files.filter_map(|path| serde_json::from_str(&fs::read_to_string(path).ok()?).ok()).collect();
    viewers.sort_by_key(|viewer| std::cmp::Reverse((viewer.stays, viewer.started)));
    viewers
}

/// Removes the file of a viewer that has ended.
pub(crate) fn forget(viewer: &OpenViewer) {
    // Another process may have done so.
    let _ = fs::remove_file(folder().join(format!("viewer-{}.json", viewer.pid)));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn viewer(pid: u32, stays: bool, started: u64) -> OpenViewer {
        let address = |port| format!("http://127.0.0.1:{port}");
        OpenViewer {
            endpoint: address(4319),
            token: "secret".to_owned(),
            pid,
            otlp_http: address(4318),
            otlp_grpc: address(4317),
            stays,
            started,
        }
    }

    fn write(folder: &Path, viewer: &OpenViewer) -> PathBuf {
        let text = serde_json::to_string(viewer).unwrap();
        os::write_private(folder, &format!("viewer-{}.json", viewer.pid), &text).unwrap()
    }

    #[test]
    fn the_latest_of_those_that_stay_comes_first() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("otelrs");
        let viewers = [viewer(1, false, 30), viewer(2, true, 10), viewer(3, true, 20)];
        for viewer in &viewers {
            let path = write(&folder, viewer);
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(folder.join("viewer-4.json"), "{").unwrap();
        assert_eq!(list_in(&folder), [viewers[2].clone(), viewers[1].clone(), viewers[0].clone()]);
    }

    #[test]
    fn a_folder_that_others_can_reach_into_is_neither_read_nor_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("otelrs");
        write(&folder, &viewer(1, true, 1));
        let link = place.path().join("link");
        symlink(&folder, &link).unwrap();
        assert_eq!(list_in(&link), []);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(list_in(&folder), []);
        assert!(os::write_private(&folder, "viewer-2.json", "{}").is_err());
    }
}
