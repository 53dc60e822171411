//! What must hold of any bytes that come as a class, whole or damaged: fuzz targets and tests ask the same functions.
//!
//! The independent reader is the crate cafebabe. What it refuses before an edit, nothing is asked of after it; and it is
//! only asked of classes all of whose code our reader took, because it reserves memory for as many cases of a switch as
//! damage may announce.

pub mod any_rules;
mod moved;

use anyhow::{Context, Result, bail, ensure};
use otelrs_classfile::{ClassFile, FieldRef, MethodEdit, MethodRef, Outcome, Patched, Splice, Value, patch};

use crate::instrument::give_up;
use crate::probe;

/// A property: an error says how the bytes break it. That nothing panics is part of each.
pub type Property = fn(&[u8]) -> Result<()>;

/// All of them by name.
pub const PROPERTIES: [(&str, Property); 5] = [
    ("noop_is_identity", noop_is_identity),
    ("patched_reparses", patched_reparses),
    ("never_panics", never_panics),
    ("relocation_is_monotonic", relocation_is_monotonic),
    ("any_rules_any_class", any_rules::any_rules_any_class),
];

/// Edits that ask for nothing change nothing, whatever methods they name.
///
/// # Errors
/// When the outcome is another than `Unchanged`.
pub fn noop_is_identity(bytes: &[u8]) -> Result<()> {
    let Ok(class) = ClassFile::parse(bytes) else { return Ok(()) };
    let nothing = Splice::Around { entry: None, exit: None };
    let edits = |splices: &[Splice<'static>]| -> Vec<MethodEdit<'_>> {
        let probes = probe::edits(&class).into_iter();
        probes.map(|edit| MethodEdit { splices: splices.to_vec(), ..edit }).collect()
    };
    for edits in [vec![], edits(&[]), edits(&[nothing.clone(), nothing])] {
        let outcome = patch(&class, &edits);
        ensure!(outcome == Outcome::Unchanged, "{} edits that ask for nothing: {outcome:?}", edits.len());
    }
    Ok(())
}

/// What was patched can be read again, by us and by others, and has the members that it had.
///
/// # Errors
/// When it cannot, or has others, or one's code has shrunk.
pub fn patched_reparses(bytes: &[u8]) -> Result<()> {
    let Ok(class) = ClassFile::parse(bytes) else { return Ok(()) };
    let Some(advised) = advise(&class) else { return Ok(()) };
    check_members(&class, &advised.bytes)?;
    if advised.is_whole && read_by_cafebabe(bytes).is_some() {
        let again = read_by_cafebabe(&advised.bytes);
        ensure!(again.is_some(), "cafebabe reads it before the edits and not after");
    }
    Ok(())
}

/// What was patched can be read again and has the members that it had.
fn check_members(class: &ClassFile<'_>, patched: &[u8]) -> Result<()> {
    let again = ClassFile::parse(patched).context("what was patched is not read again")?;
    ensure!(again.name() == class.name() && again.super_name() == class.super_name(), "another class");
    ensure!(again.interfaces().eq(class.interfaces()), "other interfaces");
    ensure!(again.fields().eq(class.fields()), "other fields");
    ensure!(again.methods().count() == class.methods().count(), "another number of methods");
    for (new, old) in again.methods().zip(class.methods()) {
        let name = String::from_utf8_lossy(old.name);
        let same = (new.access, new.name, new.descriptor) == (old.access, old.name, old.descriptor);
        ensure!(same, "another method in the place of {name}");
        ensure!(new.code_length >= old.code_length, "the code of {name} has shrunk");
    }
    Ok(())
}

/// Whatever comes, all of our reader can be asked and each kind of edit be tried.
///
/// # Errors
/// None: a breach is a panic.
pub fn never_panics(bytes: &[u8]) -> Result<()> {
    let Ok(class) = ClassFile::parse(bytes) else { return Ok(()) };
    let _ = (class.fields().count(), class.interfaces().count(), class.super_name(), class.major_version());
    let around = probe::edits(&class);
    let _ = patch(&class, &around);
    let own = class.fields().find_map(|field| {
        let name = std::str::from_utf8(field.name).ok()?;
        Some((name, std::str::from_utf8(field.descriptor).ok()?))
    });
    let owner = std::str::from_utf8(class.name()).unwrap_or_default();
    for edit in &around {
        let _ = patch(&class, std::slice::from_ref(edit));
        for splice in other_splices(owner, own) {
            let edit = MethodEdit { splices: vec![splice], ..edit.clone() };
            let _ = patch(&class, &[edit]);
        }
    }
    Ok(())
}

/// The kinds of splices that the probe does not have.
fn other_splices<'e>(owner: &'e str, field: Option<(&'e str, &'e str)>) -> Vec<Splice<'e>> {
    let call = |name, descriptor, values| otelrs_classfile::Call {
        target: MethodRef { owner: probe::PROBE, name, descriptor, interface: false },
        values,
    };
    let wrap = || call("wrap", "(Ljava/lang/Object;)Ljava/lang/Object;", vec![Value::Argument(0)]);
    let mut splices = vec![
        Splice::AssignArgumentAtEntry { index: 0, call: wrap() },
        Splice::ReplaceCall {
            owner: "java/lang/Object",
            name: "hashCode",
            descriptor: "()I",
            target: MethodRef {
                owner: probe::PROBE,
                name: "hash",
                descriptor: "(Ljava/lang/Object;)I",
                interface: false,
            },
            required: false,
        },
    ];
    if let Some((name, descriptor)) = field {
        let field = FieldRef { owner, name, descriptor };
        splices.push(Splice::AssignFieldAtExit {
            field,
            call: call("wrap", "(Ljava/lang/Object;)Ljava/lang/Object;", vec![Value::Field(field)]),
        });
    }
    splices
}

/// Splices move code, and what tables and jumps name moves with it: nothing changes places, nothing moves backwards.
///
/// # Errors
/// When two places have changed their order, one place became two, or one moved backwards.
pub fn relocation_is_monotonic(bytes: &[u8]) -> Result<()> {
    let Ok(class) = ClassFile::parse(bytes) else { return Ok(()) };
    let Some(advised) = advise(&class).filter(|advised| advised.is_whole) else { return Ok(()) };
    let (Some(before), Some(after)) = (read_by_cafebabe(bytes), read_by_cafebabe(&advised.bytes)) else {
        return Ok(());
    };
    for (old, new) in before.methods.iter().zip(&after.methods) {
        if let Err(error) = moved::check(old, new) {
            bail!("{}{}: {error:#}", old.name, old.descriptor);
        }
    }
    Ok(())
}

/// A class with the probe in every method that takes it.
struct Advised {
    bytes: Vec<u8>,
    /// Every method with code took it.
    is_whole: bool,
}

fn advise(class: &ClassFile<'_>) -> Option<Advised> {
    let with_code = class.methods().filter(|method| method.code_length.is_some()).count();
    let mut edits = probe::edits(class);
    loop {
        match patch(class, &edits) {
            Outcome::Patched(Patched { bytes, .. }) => {
                return Some(Advised { bytes, is_whole: edits.len() == with_code });
            }
            Outcome::Unchanged => return None,
            Outcome::Declined(reason) => {
                if !give_up(&mut edits, &reason) {
                    return None;
                }
            }
        }
    }
}

/// None when it refuses the class, or panics over damage.
fn read_by_cafebabe(bytes: &[u8]) -> Option<cafebabe::ClassFile<'_>> {
    std::panic::catch_unwind(|| cafebabe::parse_class(bytes)).ok()?.ok()
}
