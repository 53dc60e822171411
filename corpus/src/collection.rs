//! Classes by name: what a jar, a directory or a JDK holds, and the file in which they go to a JVM and come from it.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use otelrs_classfile::ClassFile;

/// The classes of one origin: a row of the report.
#[derive(Debug, Clone)]
pub struct Collection {
    /// The jar's file name, or the JDK.
    pub name: String,
    /// In the order found; no two of one name.
    pub classes: Vec<NamedClass>,
}

/// A class file.
#[derive(Debug, Clone)]
pub struct NamedClass {
    /// The internal name that the class gives itself, or its path where it cannot be read.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl NamedClass {
    /// A class file that was found at `path`.
    pub fn found(path: &str, bytes: Vec<u8>) -> Self {
        let own =
            ClassFile::parse(&bytes).ok().and_then(|class| String::from_utf8(class.name().to_vec()).ok());
        let name = own.unwrap_or_else(|| path.trim_end_matches(".class").to_owned());
        Self { name, bytes }
    }
}

impl Collection {
    /// Of classes with the same name the first stays, as on a class path.
    pub fn new(name: String, classes: impl IntoIterator<Item = NamedClass>) -> Self {
        let mut known = HashSet::new();
        let classes = classes.into_iter().filter(|class| known.insert(class.name.clone())).collect();
        Self { name, classes }
    }

    /// Reads what [`Collection::write`] or `ModuleClasses.java` wrote.
    ///
    /// # Errors
    /// When the file cannot be read or ends early.
    pub fn read(name: String, file: &Path) -> Result<Self> {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut rest = bytes.as_slice();
        let mut classes = Vec::new();
        while !rest.is_empty() {
            let class = take_class(&mut rest).with_context(|| format!("{} ends early", file.display()))?;
            classes.push(class);
        }
        Ok(Self { name, classes })
    }

    /// Writes each class as the length of its name (2 bytes), its name, its length (4 bytes), its bytes.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<()> {
        let write = || -> io::Result<()> {
            let mut out = BufWriter::new(fs::File::create(file)?);
            for class in &self.classes {
                out.write_all(&(class.name.len() as u16).to_be_bytes())?;
                out.write_all(class.name.as_bytes())?;
                out.write_all(&(class.bytes.len() as u32).to_be_bytes())?;
                out.write_all(&class.bytes)?;
            }
            out.flush()
        };
        write().with_context(|| format!("cannot write {}", file.display()))
    }

    /// Writes each class into its place below a directory, for `--patch-module` and class paths.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn unpack(&self, into: &Path) -> Result<()> {
        for class in &self.classes {
            let file = into.join(format!("{}.class", class.name));
            fs::create_dir_all(file.parent().context("a class without a folder")?)?;
            fs::write(&file, &class.bytes).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }
}

fn take_class(rest: &mut &[u8]) -> Option<NamedClass> {
    let length = u16::from_be_bytes(*rest.split_off(..2)?.first_chunk()?);
    let name = String::from_utf8(rest.split_off(..usize::from(length))?.to_vec()).ok()?;
    let length = u32::from_be_bytes(*rest.split_off(..4)?.first_chunk()?);
    Some(NamedClass { name, bytes: rest.split_off(..length as usize)?.to_vec() })
}
