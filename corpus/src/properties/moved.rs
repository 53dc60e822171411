//! Where the places went that a method's tables and jumps name, as an independent reader sees them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use cafebabe::MethodInfo;
use cafebabe::attributes::{AttributeData, CodeData, StackMapEntry};
use cafebabe::bytecode::Opcode;

/// Old and new offsets of one place after another.
type Moves = BTreeMap<usize, usize>;

/// Checks a method against itself with splices in it.
pub(super) fn check(old: &MethodInfo<'_>, new: &MethodInfo<'_>) -> Result<()> {
    let (Some(old), Some(new)) = (code(old), code(new)) else { return Ok(()) };
    let (old_jumps, new_jumps) = (jumps(old), jumps(new));
    let mut moves = Moves::new();
    note_named(&mut moves, old, new)?;
    // A condition that was widened is two jumps, which cannot be paired.
    if old_jumps.len() == new_jumps.len() {
        for ((from, targets), (new_from, new_targets)) in old_jumps.iter().zip(&new_jumps) {
            ensure!(new_from >= from, "the jump at {from} has moved backwards to {new_from}");
            note(&mut moves, targets, new_targets)?;
        }
        let is_sorted =
            new_jumps.windows(2).all(|pair| matches!(pair, [first, second] if first.0 < second.0));
        ensure!(is_sorted, "jumps have changed places");
    }
    // Rows and frames of our own stand around those of the method: by how much these are shifted is not known.
    for places in [rows, frames] {
        let (old, new) = (places(old), places(new));
        let room = new.len().checked_sub(old.len());
        let room = room.ok_or_else(|| anyhow::anyhow!("{} of {} entries are left", new.len(), old.len()))?;
        let fits = |shift: usize| {
            let mut moves = moves.clone();
            let shifted = new.iter().skip(shift);
            let all = old.iter().zip(shifted).try_for_each(|(old, new)| note(&mut moves, old, new));
            all.and_then(|()| in_order(&moves)).ok().map(|()| moves)
        };
        match (0..=room).find_map(fits) {
            Some(with_these) => moves = with_these,
            None => anyhow::bail!("{old:?} is not within {new:?} beside {moves:?}"),
        }
    }
    in_order(&moves)
}

fn code<'m, 'a>(method: &'m MethodInfo<'a>) -> Option<&'m CodeData<'a>> {
    method.attributes.iter().find_map(|attribute| match &attribute.data {
        AttributeData::Code(code) => Some(code),
        _ => None,
    })
}

/// Lines and variables: of those at the start of the code, which to them stays in front of what is put there while a jump
/// goes behind it, nothing is noted, nor of those that damage lets begin within an instruction.
fn note_named(moves: &mut Moves, old: &CodeData<'_>, new: &CodeData<'_>) -> Result<()> {
    let instructions = old.bytecode.iter().flat_map(|bytecode| &bytecode.opcodes);
    let boundaries: BTreeSet<usize> = instructions.map(|(at, _)| *at).chain([old.code.len()]).collect();
    let (old, new) = (named_places(old), named_places(new));
    ensure!(old.len() == new.len(), "{} lines and ends of variables became {}", old.len(), new.len());
    let pairs = old.into_iter().zip(new).filter(|(old, _)| *old > 0 && boundaries.contains(old));
    let (old, new): (Vec<usize>, Vec<usize>) = pairs.unzip();
    note(moves, &old, &new)
}

fn note(moves: &mut Moves, old: &[usize], new: &[usize]) -> Result<()> {
    ensure!(old.len() == new.len(), "{} places became {}", old.len(), new.len());
    for (old, new) in old.iter().zip(new) {
        let known = *moves.entry(*old).or_insert(*new);
        ensure!(known == *new, "{old} became {known} and {new}");
    }
    Ok(())
}

fn in_order(moves: &Moves) -> Result<()> {
    let moves: Vec<_> = moves.iter().collect();
    for pair in moves.windows(2) {
        let is_sorted = matches!(pair, [(_, first), (_, second)] if first < second);
        ensure!(is_sorted, "places have changed their order: {pair:?}");
    }
    for (old, new) in moves {
        ensure!(new >= old, "{old} has moved backwards to {new}");
    }
    Ok(())
}

/// What the tables of lines and variables name: where each begins, and where a variable ends.
fn named_places(code: &CodeData<'_>) -> Vec<usize> {
    let mut places = Vec::new();
    let range = |start: u16, length: u16| [usize::from(start), usize::from(start) + usize::from(length)];
    for attribute in &code.attributes {
        match &attribute.data {
            AttributeData::LineNumberTable(lines) => {
                places.extend(lines.iter().map(|line| usize::from(line.start_pc)));
            }
            AttributeData::LocalVariableTable(variables) => {
                places.extend(variables.iter().flat_map(|each| range(each.start_pc, each.length)));
            }
            AttributeData::LocalVariableTypeTable(variables) => {
                places.extend(variables.iter().flat_map(|each| range(each.start_pc, each.length)));
            }
            _ => {}
        }
    }
    places
}

/// The exception table.
fn rows(code: &CodeData<'_>) -> Vec<Vec<usize>> {
    let row = code.exception_table.iter();
    row.map(|row| [row.start_pc, row.end_pc, row.handler_pc].map(usize::from).to_vec()).collect()
}

/// Where each frame of the StackMapTable applies.
fn frames(code: &CodeData<'_>) -> Vec<Vec<usize>> {
    let mut places = Vec::new();
    let mut next = 0;
    for attribute in &code.attributes {
        let AttributeData::StackMapTable(entries) = &attribute.data else { continue };
        for entry in entries {
            let (StackMapEntry::Same { offset_delta }
            | StackMapEntry::SameLocals1StackItem { offset_delta, .. }
            | StackMapEntry::Chop { offset_delta, .. }
            | StackMapEntry::Append { offset_delta, .. }
            | StackMapEntry::FullFrame { offset_delta, .. }) = entry;
            let at = next + usize::from(*offset_delta);
            places.push(vec![at]);
            next = at + 1;
        }
    }
    places
}

/// Each jump and switch: where it is, and where it goes.
fn jumps(code: &CodeData<'_>) -> Vec<(usize, Vec<usize>)> {
    let instructions = code.bytecode.iter().flat_map(|bytecode| &bytecode.opcodes);
    let jumps = instructions.filter_map(|(at, instruction)| {
        let distances = distances(instruction)?;
        let targets = distances.iter().filter_map(|distance| at.checked_add_signed(*distance as isize));
        Some((*at, targets.collect()))
    });
    jumps.collect()
}

fn distances(instruction: &Opcode<'_>) -> Option<Vec<i32>> {
    Some(match instruction {
        Opcode::Goto(distance)
        | Opcode::Jsr(distance)
        | Opcode::IfAcmpeq(distance)
        | Opcode::IfAcmpne(distance)
        | Opcode::IfIcmpeq(distance)
        | Opcode::IfIcmpge(distance)
        | Opcode::IfIcmpgt(distance)
        | Opcode::IfIcmple(distance)
        | Opcode::IfIcmplt(distance)
        | Opcode::IfIcmpne(distance)
        | Opcode::Ifeq(distance)
        | Opcode::Ifge(distance)
        | Opcode::Ifgt(distance)
        | Opcode::Ifle(distance)
        | Opcode::Iflt(distance)
        | Opcode::Ifne(distance)
        | Opcode::Ifnonnull(distance)
        | Opcode::Ifnull(distance) => vec![*distance],
        Opcode::Lookupswitch(table) => {
            let matches = table.match_offsets.iter().map(|(_, distance)| *distance);
            std::iter::once(table.default).chain(matches).collect()
        }
        Opcode::Tableswitch(table) => std::iter::once(table.default).chain(table.jumps.clone()).collect(),
        _ => return None,
    })
}
