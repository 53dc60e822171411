//! The one place of this crate that asks the operating system for something.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest entry that is read, in bytes: application properties and manifests are far smaller.
const MAX_ENTRY: u64 = 256 * 1024;

/// A file of a directory, or an entry of a jar; `None` when there is none, it is too large or cannot be read.
pub fn location_entry(location: &str, entry: &str) -> Option<Vec<u8>> {
    let location = Path::new(location);
    if location.is_dir() {
        return bounded(File::open(location.join(entry)).ok()?);
    }
    let mut archive = zip::ZipArchive::new(File::open(location).ok()?).ok()?;
    bounded(archive.by_name(entry).ok()?)
}

fn bounded(reader: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_ENTRY + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_ENTRY).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn entries_come_from_jars_and_directories() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::write(root.join("a.txt"), "in a directory").unwrap();
        let mut jar = ZipWriter::new(File::create(root.join("app.jar")).unwrap());
        jar.start_file("META-INF/MANIFEST.MF", SimpleFileOptions::default()).unwrap();
        jar.write_all(b"in a jar").unwrap();
        jar.start_file("huge", SimpleFileOptions::default()).unwrap();
        jar.write_all(&vec![0; 300 * 1024]).unwrap();
        jar.finish().unwrap();

        let jar = root.join("app.jar");
        for (location, entry, expected) in [
            (root, "a.txt", Some("in a directory")),
            (root, "none.txt", None),
            (&jar, "META-INF/MANIFEST.MF", Some("in a jar")),
            (&jar, "none", None),
            (&jar, "huge", None),
            (&root.join("a.txt"), "x", None),
            (&root.join("none.jar"), "x", None),
        ] {
            let found = location_entry(location.to_str().unwrap(), entry);
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{location:?} {entry}");
        }
    }
}
