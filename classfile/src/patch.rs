//! The driver: which methods, in which order, and the class put together again.

use crate::additions::Additions;
use crate::class::{ClassFile, Member};
use crate::edit::{MethodEdit, Splice};
use crate::outcome::{Cause, Outcome, Patched, Reason};
use crate::rewrite::rewrite;
use std::ops::Range;

/// Makes all edits of a class, or none.
///
/// Nothing to do is [`Outcome::Unchanged`]; anything that cannot be done, to the letter, is [`Outcome::Declined`].
/// What is not edited is copied byte for byte. The new class is not verified here: that it passes is what the tests
/// show over whole class libraries.
pub fn patch(class: &ClassFile<'_>, edits: &[MethodEdit<'_>]) -> Outcome {
    let made = match patch_methods(class, edits, Additions::new(class.pool())) {
        Err(Reason::PoolFull(_)) => patch_methods(class, edits, Additions::sparing(class.pool())),
        made => made,
    };
    match made {
        Ok(Some(patched)) => Outcome::Patched(patched),
        Ok(None) => Outcome::Unchanged,
        Err(reason) => Outcome::Declined(reason),
    }
}

/// A Code attribute in the making.
struct Replaced {
    at: Range<usize>,
    bytes: Vec<u8>,
}

fn patch_methods<'a>(
    class: &ClassFile<'a>,
    edits: &[MethodEdit<'_>],
    mut additions: Additions<'_, 'a>,
) -> Result<Option<Patched>, Reason> {
    let mut replaced = Vec::new();
    let (mut crossed_35, mut crossed_325) = (0, 0);
    for (edit, splices) in by_method(edits) {
        let reason = |cause: Cause| cause.of(format!("{}{}", edit.name, edit.descriptor));
        let member = find(class, edit).ok_or_else(|| reason(Cause::NoSuchMethod))?;
        let at = member.code.clone().ok_or_else(|| reason(Cause::NoCode))?;
        let Some(rewritten) = rewrite(class, &member, &splices, &mut additions).map_err(reason)? else {
            continue;
        };
        let crossed = |limit| u32::from(rewritten.old_length <= limit && rewritten.new_length > limit);
        crossed_35 += crossed(35);
        crossed_325 += crossed(325);
        replaced.push(Replaced { at, bytes: rewritten.attribute });
    }
    if replaced.is_empty() {
        return Ok(None);
    }
    replaced.sort_unstable_by_key(|each| each.at.start);
    Ok(Some(Patched { bytes: assemble(class, additions, &replaced), crossed_35, crossed_325 }))
}

/// The edits that do something, joined where they name the same method.
fn by_method<'s, 'e>(edits: &'s [MethodEdit<'e>]) -> Vec<(&'s MethodEdit<'e>, Vec<&'s Splice<'e>>)> {
    let mut methods: Vec<(&MethodEdit<'_>, Vec<&Splice<'_>>)> = Vec::with_capacity(edits.len());
    for edit in edits {
        let splices = edit.splices.iter().filter(|splice| !is_nothing(splice));
        let known = methods
            .iter_mut()
            .find(|(known, _)| known.name == edit.name && known.descriptor == edit.descriptor);
        match known {
            Some((_, known)) => known.extend(splices),
            None => methods.push((edit, splices.collect())),
        }
    }
    methods.retain(|(_, splices)| !splices.is_empty());
    methods
}

fn is_nothing(splice: &Splice<'_>) -> bool {
    matches!(splice, Splice::Around { entry: None, exit: None })
}

fn find<'a>(class: &ClassFile<'a>, edit: &MethodEdit<'_>) -> Option<Member<'a>> {
    let is_it = |member: &Member<'_>| {
        member.name == edit.name.as_bytes() && member.descriptor == edit.descriptor.as_bytes()
    };
    class.methods().find(is_it)
}

fn assemble(class: &ClassFile<'_>, additions: Additions<'_, '_>, replaced: &[Replaced]) -> Vec<u8> {
    let old = class.bytes();
    let (count, constants) = additions.finish();
    let grown: usize = replaced.iter().map(|each| each.bytes.len()).sum();
    let mut bytes = Vec::with_capacity(old.len() + constants.len() + grown);
    // Magic and versions (8 bytes), constant_pool_count (2), the pool, everything else.
    let copy = |range: Range<usize>| old.get(range).unwrap_or_default();
    bytes.extend_from_slice(copy(0..8));
    bytes.extend_from_slice(&count.to_be_bytes());
    bytes.extend_from_slice(copy(10..class.pool().end()));
    bytes.extend_from_slice(&constants);
    let mut at = class.pool().end();
    for each in replaced {
        bytes.extend_from_slice(copy(at..each.at.start));
        bytes.extend_from_slice(&each.bytes);
        at = each.at.end;
    }
    bytes.extend_from_slice(copy(at..old.len()));
    bytes
}
