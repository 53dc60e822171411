//! Where classes are found: directories, jars, and jars within jars.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zip::ZipArchive;

use crate::collection::{Collection, NamedClass};

/// What a multi-release jar keeps for JDKs from a release on.
const VERSIONS: &str = "META-INF/versions/";

/// The collections of a jar or directory: its classes, those of each release of a multi-release jar, and those of each
/// jar within it.
///
/// # Errors
/// When there is no such file, or it is neither a directory nor a zip file.
pub fn collections(path: &Path) -> Result<Vec<Collection>> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut found = Found::default();
    if path.is_dir() {
        found.directory(&name, path, path)?;
    } else {
        let file = fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        found.jar(&name, file).with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(found.0.into_iter().map(|(name, classes)| Collection::new(name, classes)).collect())
}

/// Classes by the name of their collection.
#[derive(Default)]
struct Found(BTreeMap<String, Vec<NamedClass>>);

impl Found {
    fn directory(&mut self, name: &str, root: &Path, folder: &Path) -> Result<()> {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        entries.sort();
        for path in entries {
            let inner = path.strip_prefix(root)?.to_string_lossy().into_owned();
            if path.is_dir() {
                self.directory(name, root, &path)?;
            } else if inner.ends_with(".class") || inner.ends_with(".jar") {
                self.file(name, &inner, fs::read(&path)?)?;
            }
        }
        Ok(())
    }

    fn jar(&mut self, name: &str, file: impl Read + Seek) -> Result<()> {
        let mut archive = ZipArchive::new(file)?;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let inner = entry.name()?.into_owned();
            if inner.ends_with(".class") || inner.ends_with(".jar") {
                let mut bytes = Vec::with_capacity(entry.size() as usize);
                entry.read_to_end(&mut bytes)?;
                self.file(name, &inner, bytes)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, name: &str, inner: &str, bytes: Vec<u8>) -> Result<()> {
        if inner.ends_with(".jar") {
            let nested = inner.rsplit('/').next().unwrap_or(inner);
            return self.jar(&format!("{name} {nested}"), Cursor::new(bytes));
        }
        let release = inner.strip_prefix(VERSIONS).and_then(|rest| rest.split('/').next());
        let collection = match release {
            Some(release) => format!("{name} Java {release}"),
            None => name.to_owned(),
        };
        self.0.entry(collection).or_default().push(NamedClass::found(inner, bytes));
        Ok(())
    }
}
