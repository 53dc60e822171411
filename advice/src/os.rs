//! The one place of this crate that asks the operating system for something.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rawzip::{CompressionMethod, ZipVerification};

/// The largest entry that is read, in bytes: application properties and manifests are far smaller.
const MAX_ENTRY: u64 = 256 * 1024;

/// A file of a directory, or an entry of a jar; `None` when there is none, it is too large or cannot be read.
pub fn location_entry(location: &str, entry: &str) -> Option<Vec<u8>> {
    let location = Path::new(location);
    if location.is_dir() {
        return bounded(File::open(location.join(entry)).ok()?);
    }
    jar_entry(File::open(location).ok()?, entry).ok()?
}

fn jar_entry(jar: File, name: &str) -> Result<Option<Vec<u8>>, rawzip::Error> {
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let jar = rawzip::ZipArchive::from_file(jar, &mut buffer)?;
    let mut entries = jar.entries(&mut buffer);
    let mut found = None;
    // Of entries of one name, the JVM reads the last.
    while let Some(entry) = entries.next_entry()? {
        if entry.file_path().as_bytes() == name.as_bytes() {
            found = Some((entry.wayfinder(), entry.compression_method()));
        }
    }
    let Some((place, method)) = found else { return Ok(None) };
    let entry = jar.get_entry(place)?;
    let bytes = match method {
        CompressionMethod::STORE => bounded(entry.reader()),
        CompressionMethod::DEFLATE => bounded(flate2::read::DeflateDecoder::new(entry.reader())),
        _ => None,
    };
    // Computed by what is in the library anyway.
    let is_whole = |bytes: &Vec<u8>| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let found = ZipVerification { crc: crc.sum(), uncompressed_size: bytes.len() as u64 };
        entry.reader().claim_verifier().valid(found).is_ok()
    };
    Ok(bytes.filter(is_whole))
}

fn bounded(reader: impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_ENTRY + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX_ENTRY).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::{File, location_entry};

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
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        jar.start_file("stored", stored).unwrap();
        jar.write_all(b"as it is").unwrap();
        jar.finish().unwrap();
        let jar = std::fs::read(root.join("app.jar")).unwrap();
        // Spring Boot can put a script before a jar.
        std::fs::write(root.join("runs.jar"), [b"#!/bin/bash\nexit 0\n", &*jar].concat()).unwrap();
        let mut damaged = jar.clone();
        let at = jar.windows(8).position(|window| window == b"as it is").unwrap();
        damaged[at] = b'w';
        std::fs::write(root.join("damaged.jar"), damaged).unwrap();

        let jar = root.join("app.jar");
        for (location, entry, expected) in [
            (root, "a.txt", Some("in a directory")),
            (root, "none.txt", None),
            (&jar, "META-INF/MANIFEST.MF", Some("in a jar")),
            (&jar, "stored", Some("as it is")),
            (&root.join("runs.jar"), "META-INF/MANIFEST.MF", Some("in a jar")),
            (&root.join("runs.jar"), "stored", Some("as it is")),
            (&root.join("damaged.jar"), "META-INF/MANIFEST.MF", Some("in a jar")),
            (&root.join("damaged.jar"), "stored", None),
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
