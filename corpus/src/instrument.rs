//! What must hold of every class, and the class with advice in every method.

use std::collections::BTreeMap;

use otelrs_classfile::{ClassFile, MethodEdit, NEWEST_KNOWN_VERSION, Outcome, Reason, patch};

use crate::collection::{Collection, NamedClass};
use crate::probe;

/// What was seen of some classes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Class files.
    pub classes: u32,
    /// Methods with code.
    pub methods: u32,
    /// Methods that advice went into.
    pub patched: u32,
    /// Methods that were declined, by the name of the reason.
    pub declined: BTreeMap<&'static str, u32>,
    /// What must never be, one line each.
    pub failures: Vec<String>,
}

impl Tally {
    /// Methods declined for whatever reason.
    pub fn declined_in_all(&self) -> u32 {
        self.declined.values().sum()
    }

    /// Adds what was seen of others.
    pub fn add(&mut self, other: &Tally) {
        self.classes += other.classes;
        self.methods += other.methods;
        self.patched += other.patched;
        for (reason, count) in &other.declined {
            *self.declined.entry(reason).or_default() += count;
        }
        self.failures.extend(other.failures.iter().cloned());
    }
}

/// Checks every class and puts advice into every method that takes it; classes without any stay as they are.
pub fn instrument(collection: &Collection) -> (Collection, Tally) {
    let mut tally = Tally::default();
    let advised = collection.classes.iter().map(|class| {
        let advised = instrument_class(class, &mut tally);
        NamedClass { name: class.name.clone(), bytes: advised.unwrap_or_else(|| class.bytes.clone()) }
    });
    (Collection { name: collection.name.clone(), classes: advised.collect() }, tally)
}

/// Checks one class and puts advice into every method that takes it; none where there is no such method.
pub fn instrument_class(named: &NamedClass, tally: &mut Tally) -> Option<Vec<u8>> {
    tally.classes += 1;
    let class = match ClassFile::parse(&named.bytes) {
        Ok(class) => class,
        Err(error) => {
            tally.failures.push(format!("{}: not read: {error}", named.name));
            return None;
        }
    };
    tally.methods += class.methods().filter(|method| method.code_length.is_some()).count() as u32;
    if patch(&class, &[]) != Outcome::Unchanged {
        tally.failures.push(format!("{}: changed by no edit", named.name));
    }
    let mut edits = probe::edits(&class);
    loop {
        match patch(&class, &edits) {
            Outcome::Unchanged => return None,
            Outcome::Patched(patched) => {
                tally.patched += edits.len() as u32;
                if let Some(failure) = differs_when_newer(&named.bytes, &edits, &patched.bytes) {
                    tally.failures.push(format!("{}: {failure}", named.name));
                }
                return Some(patched.bytes);
            }
            Outcome::Declined(reason) => {
                *tally.declined.entry(reason.name()).or_default() += 1;
                if !give_up(&mut edits, &reason) {
                    tally.failures.push(format!("{}: declined as a whole: {reason}", named.name));
                    return None;
                }
            }
        }
    }
}

/// Drops the edit of the method that was declined; whether there was one.
pub(crate) fn give_up(edits: &mut Vec<MethodEdit<'_>>, reason: &Reason) -> bool {
    let before = edits.len();
    edits.retain(|edit| format!("{}{}", edit.name, edit.descriptor) != reason.method());
    edits.len() < before
}

/// The first class version whose methods cannot do without frames: what is older is no class of a newer version.
const FRAMES_REQUIRED: u16 = 51;

/// What a class of a version that nobody knows yet, with nothing new in it, is not patched as.
fn differs_when_newer(bytes: &[u8], edits: &[MethodEdit<'_>], patched: &[u8]) -> Option<String> {
    // Magic (4 bytes), minor_version (2), major_version (2).
    const MAJOR_VERSION: std::ops::Range<usize> = 6..8;
    if ClassFile::parse(bytes).ok()?.major_version() < FRAMES_REQUIRED {
        return None;
    }
    let newer = (NEWEST_KNOWN_VERSION + 1).to_be_bytes();
    let mut bytes = bytes.to_vec();
    bytes.get_mut(MAJOR_VERSION)?.copy_from_slice(&newer);
    match patch(&ClassFile::parse(&bytes).ok()?, edits) {
        Outcome::Patched(raised) => {
            let mut expected = patched.to_vec();
            expected.get_mut(MAJOR_VERSION)?.copy_from_slice(&newer);
            (raised.bytes != expected).then(|| "patched in another way under a newer version".to_owned())
        }
        // It has an attribute of somebody's own, which may hold offsets and is declined under a newer version.
        Outcome::Declined(Reason::UnknownAttribute(_)) => None,
        other => Some(format!("under a newer version: {other:?}")),
    }
}
