//! The class hook: what a class costs that no rule is about, and one that is patched.

use std::borrow::Cow;
use std::fs::File;
use std::hint::black_box;
use std::io::{Cursor, Read, Seek};

use anyhow::{Context, Result, ensure};
use otelrs_classfile::ClassFile;
use otelrs_rules::apply::apply;
use otelrs_rules::gate::Gate;
use otelrs_rules::matcher::{Match, Matcher};
use otelrs_rules::supertypes::Loader;
use otelrs_test_support::paths;
use zip::ZipArchive;

use crate::Part;

/// A library of ordinary classes, and the class in it that every request passes: as the fixture's build pins them.
const LIBRARY: &str = "BOOT-INF/lib/tomcat-embed-core-";
const PATCHED: &str = "org/apache/catalina/connector/CoyoteAdapter.class";

/// The application's loader, as the agent numbers it.
const LOADER: Loader = Loader(2);

/// Every class of the library that no rule is about; each counts as one.
pub(crate) fn unmatched() -> Result<Part> {
    let mut matcher = Matcher::new(otelrs_advice::rules());
    let mut classes: Vec<Vec<u8>> = library()?.into_iter().map(|(_, bytes)| bytes).collect();
    let gate = matcher.gate();
    classes.retain(|bytes| is_unmatched(&gate, &mut matcher, bytes));
    Ok(Part::new("class/unmatched", classes.len(), move || {
        for bytes in &classes {
            black_box(is_unmatched(&gate, &mut matcher, black_box(bytes)));
        }
    }))
}

/// A class with long methods, some of which are patched.
pub(crate) fn patched() -> Result<Part> {
    let mut matcher = Matcher::new(otelrs_advice::rules());
    let class = library()?.into_iter().find(|(name, _)| name == PATCHED);
    let (_, bytes) = class.with_context(|| format!("no {PATCHED}"))?;
    ensure!(is_patched(&mut matcher, &bytes), "{PATCHED} is not patched");
    Ok(Part::new("class/patched", 1, move || {
        black_box(is_patched(&mut matcher, black_box(&bytes)));
    }))
}

/// As the hook finds out.
fn is_unmatched(gate: &Gate, matcher: &mut Matcher, bytes: &[u8]) -> bool {
    let Ok(class) = ClassFile::parse(bytes) else { return false };
    !gate.lets_pass(&class) || matches!(matcher.decide(&class, &mut { LOADER }), Match::None)
}

/// From bytes to bytes, as the hook does it.
fn is_patched(matcher: &mut Matcher, bytes: &[u8]) -> bool {
    let Ok(class) = ClassFile::parse(bytes) else { return false };
    let Match::Rules(rules) = matcher.decide(&class, &mut { LOADER }) else { return false };
    apply(&class, &rules, |_| {}).is_some()
}

/// Name and bytes of each class of the library.
fn library() -> Result<Vec<(String, Vec<u8>)>> {
    let jar = paths::fixture_jar("boot35");
    let file = File::open(&jar).with_context(|| format!("{}: run ./x fixtures", jar.display()))?;
    let mut application = ZipArchive::new(file)?;
    let is_library = |name: &Cow<'_, str>| name.starts_with(LIBRARY);
    let name = application.file_names().filter_map(Result::ok).find(is_library).map(Cow::into_owned);
    let name = name.with_context(|| format!("no {LIBRARY}* in {}", jar.display()))?;
    let index = application.index_for_name(&name).context("no such entry")?;
    let library = entry(&mut application, index)?.1;

    let mut library = ZipArchive::new(Cursor::new(library))?;
    let mut classes = Vec::new();
    for index in 0..library.len() {
        let (name, bytes) = entry(&mut library, index)?;
        // module-info has no methods, and what lies under META-INF/versions has the name of another.
        if name.ends_with(".class") && !name.contains('-') {
            classes.push((name, bytes));
        }
    }
    // The order of a jar's entries is its builder's.
    classes.sort();
    Ok(classes)
}

fn entry<R: Read + Seek>(archive: &mut ZipArchive<R>, index: usize) -> Result<(String, Vec<u8>)> {
    let mut entry = archive.by_index(index)?;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok((entry.name()?.into_owned(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_classes_stop_at_the_gate() -> Result<()> {
        let gate = Matcher::new(otelrs_advice::rules()).gate();
        let classes = library()?;
        let passes = |bytes: &[u8]| ClassFile::parse(bytes).is_ok_and(|class| gate.lets_pass(&class));
        let passed = classes.iter().filter(|(_, bytes)| passes(bytes)).count();
        println!("{passed} of {} classes pass the gate", classes.len());
        ensure!(passed * 5 < classes.len(), "{passed} of {}", classes.len());
        Ok(())
    }
}
