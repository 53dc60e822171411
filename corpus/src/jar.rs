//! Jars with advice in every method: of their classes, and of those in jars within them.

use std::io::{Cursor, Read, Write};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::collection::NamedClass;
use crate::instrument::{Tally, instrument_class};

/// The jar with every class in it instrumented; all else is as it was. A jar whose classes are signed is of no use then.
///
/// # Errors
/// When it, or a jar within it, cannot be read.
pub fn instrument_jar(jar: &[u8], tally: &mut Tally) -> Result<Vec<u8>> {
    let mut plain = ZipArchive::new(Cursor::new(jar))?;
    let mut advised = ZipWriter::new(Cursor::new(Vec::with_capacity(2 * jar.len())));
    // Spring Boot's loader wants a jar within a jar stored, and a class that is stored is sooner written and read.
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for index in 0..plain.len() {
        let mut entry = plain.by_index(index)?;
        let name = entry.name()?.into_owned();
        if !(name.ends_with(".class") || name.ends_with(".jar")) {
            advised.raw_copy_file(entry)?;
            continue;
        }
        let mut bytes = Vec::with_capacity(entry.size() as usize);
        entry.read_to_end(&mut bytes)?;
        let bytes = if name.ends_with(".jar") {
            instrument_jar(&bytes, tally).with_context(|| format!("cannot read {name}"))?
        } else {
            let class = NamedClass::found(&name, bytes);
            instrument_class(&class, tally).unwrap_or(class.bytes)
        };
        advised.start_file(name, stored)?;
        advised.write_all(&bytes)?;
    }
    Ok(advised.finish()?.into_inner())
}
