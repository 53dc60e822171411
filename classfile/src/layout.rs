//! Where every instruction comes to stand: plan, relax to a fixpoint, and only then emit.
//!
//! Between two places where something is inserted or becomes longer, code moves as one: the plan is a short list of those
//! places, and positions are found by it.

use std::ops::Range;

use crate::bits::BitSet;
use crate::code::{Code, Instruction, Kind, padding};
use crate::opcodes::{self, GOTO, GOTO_W, JSR, JSR_W};
use crate::outcome::Cause;

/// The code put into a method. None of it jumps, so its size is known before anything is placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inserted<'b> {
    /// Runs once, before the first instruction; a jump to the first instruction does not run it again.
    pub(crate) entry: &'b [u8],
    /// Runs before each return; a jump to the return goes here.
    pub(crate) exit: &'b [u8],
    /// Follows the last instruction; reached by the exception table only.
    pub(crate) tail: &'b [u8],
}

/// The two position maps, and the branches that had to be widened. Positions are asked for by the offset of an
/// instruction in the original code; the offset of its end counts as one.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The length of what runs at entry, which all else moves by.
    entry: u32,
    /// In order.
    shifts: Vec<Shift>,
    /// The branches that are widened, by their number among [`Code::transfers`].
    wide: BitSet,
    /// The length of all code, the tail included.
    pub(crate) length: u32,
}

/// An instruction behind which code moves by another distance than before it.
#[derive(Debug, Clone, Copy)]
struct Shift {
    /// Its offset in the original code, and that of the next one.
    at: u32,
    end: u32,
    /// Where a jump to it must go.
    target: u32,
    /// Where it now is.
    now: u32,
    /// Where the next one is jumped to.
    behind: u32,
}

/// The most that a 16-bit branch offset spans, in bytes of code.
const SPANNED: u32 = 1 << 15;

/// A call that another one takes the place of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replacement {
    pub(crate) call: Instruction,
    /// As long as the original, which may be longer than this: `nop`s follow.
    pub(crate) by: [u8; 3],
}

impl Layout {
    /// Places everything. `has_frame(offset)` says whether a jump may be made to arrive at that instruction.
    pub(crate) fn plan(
        code: &Code<'_>,
        inserted: &Inserted<'_>,
        has_frame: impl Fn(u32) -> bool,
    ) -> Result<Layout, Cause> {
        let mut layout = Layout { entry: inserted.entry.len() as u32, ..Layout::default() };
        layout.place(code, inserted);
        // Branches only ever become wider, so this ends.
        while layout.length > SPANNED && layout.widen(code) {
            layout.place(code, inserted);
        }
        for (number, transfer) in (0..).zip(&code.transfers) {
            let instruction = transfer.instruction;
            let inverts = layout.wide.contains(number) && opcodes::negated(instruction.opcode).is_some();
            if inverts && !has_frame(instruction.end()) {
                return Err(Cause::BranchTooFar);
            }
        }
        Ok(layout)
    }

    fn place(&mut self, code: &Code<'_>, inserted: &Inserted<'_>) {
        self.shifts.clear();
        let exit = inserted.exit.len() as u32;
        let (mut end, mut behind) = (0, self.entry);
        for (number, transfer) in (0..).zip(&code.transfers) {
            let instruction = transfer.instruction;
            let target = behind + (instruction.at - end);
            let (now, length) = match transfer.kind {
                Kind::Return => (target + exit, instruction.length),
                Kind::Branch(_) if self.wide.contains(number) => (target, wide_length(instruction.opcode)),
                Kind::Branch(_) => continue,
                Kind::Switch => (target, instruction.length - padding(instruction.at) + padding(target)),
            };
            if now + length == target + instruction.length {
                continue;
            }
            (end, behind) = (instruction.end(), now + length);
            self.shifts.push(Shift { at: instruction.at, end, target, now, behind });
        }
        self.length = behind + (code.end() - end) + inserted.tail.len() as u32;
    }

    /// Widens each branch that cannot reach its target; whether there was one.
    fn widen(&mut self, code: &Code<'_>) -> bool {
        let mut any = false;
        if self.wide.is_of_none() {
            self.wide = BitSet::below(code.transfers.len());
        }
        for (number, transfer) in (0..).zip(&code.transfers) {
            let Kind::Branch(target) = transfer.kind else { continue };
            let is_short = !self.wide.contains(number) && transfer.instruction.length == 3;
            let distance = distance(self.now(transfer.instruction.at), self.target(target));
            if is_short && i16::try_from(distance).is_err() {
                self.wide.insert(number);
                any = true;
            }
        }
        any
    }

    /// Where the instruction at this offset now is.
    pub(crate) fn now(&self, at: u32) -> u32 {
        match self.shift(at) {
            Some(shift) if shift.at == at => shift.now,
            shift => self.moved(at, shift),
        }
    }

    /// Where a jump to the instruction at this offset must go.
    pub(crate) fn target(&self, at: u32) -> u32 {
        match self.shift(at) {
            Some(shift) if shift.at == at => shift.target,
            shift => self.moved(at, shift),
        }
    }

    /// The last shift that is not behind this offset.
    fn shift(&self, at: u32) -> Option<&Shift> {
        let count = self.shifts.partition_point(|shift| shift.at <= at);
        self.shifts.get(count.checked_sub(1)?)
    }

    fn moved(&self, at: u32, shift: Option<&Shift>) -> u32 {
        match shift {
            Some(shift) => shift.behind + at.saturating_sub(shift.end),
            None => self.entry + at,
        }
    }

    /// Writes the code.
    pub(crate) fn emit(
        &self,
        bytes: &mut Vec<u8>,
        code: &Code<'_>,
        inserted: &Inserted<'_>,
        replacements: &[Replacement],
    ) -> Result<(), Cause> {
        let start = bytes.len();
        let copy =
            |range: Range<u32>| code.bytes.get(range.start as usize..range.end as usize).unwrap_or_default();
        bytes.extend_from_slice(inserted.entry);
        let mut copied = 0;
        for (number, transfer) in (0..).zip(&code.transfers) {
            let instruction = transfer.instruction;
            bytes.extend_from_slice(copy(copied..instruction.at));
            copied = instruction.end();
            let now = (bytes.len() - start) as u32;
            match transfer.kind {
                Kind::Return => {
                    bytes.extend_from_slice(inserted.exit);
                    bytes.push(instruction.opcode);
                }
                Kind::Branch(target) => {
                    let distance = distance(now, self.target(target));
                    put_branch(bytes, &instruction, distance, self.wide.contains(number));
                }
                Kind::Switch => self.put_switch(bytes, code, &instruction, now)?,
            }
        }
        bytes.extend_from_slice(copy(copied..code.end()));
        bytes.extend_from_slice(inserted.tail);
        for Replacement { call, by } in replacements {
            let now = start + self.now(call.at) as usize;
            let place = bytes.get_mut(now..now + call.length as usize).ok_or(Cause::MalformedCode)?;
            place.fill(opcodes::NOP);
            place.iter_mut().zip(by).for_each(|(place, byte)| *place = *byte);
        }
        Ok(())
    }

    fn put_switch(
        &self,
        bytes: &mut Vec<u8>,
        code: &Code<'_>,
        instruction: &Instruction,
        now: u32,
    ) -> Result<(), Cause> {
        let switch = code.switch(instruction)?;
        let distance = |target: Option<u32>| {
            let target = target.ok_or(Cause::MalformedCode)?;
            Ok::<_, Cause>(distance(now, self.target(target)).to_be_bytes())
        };
        bytes.push(instruction.opcode);
        bytes.extend(std::iter::repeat_n(0, padding(now) as usize));
        bytes.extend_from_slice(&distance(switch.default())?);
        bytes.extend_from_slice(switch.head);
        for (key, target) in switch.rows() {
            bytes.extend_from_slice(key);
            bytes.extend_from_slice(&distance(target)?);
        }
        Ok(())
    }
}

fn distance(from: u32, to: u32) -> i32 {
    to.cast_signed() - from.cast_signed()
}

/// The length of a branch that is widened.
fn wide_length(opcode: u8) -> u32 {
    match opcode {
        GOTO | JSR | GOTO_W | JSR_W => 5,
        _ => 8,
    }
}

fn put_branch(bytes: &mut Vec<u8>, instruction: &Instruction, distance: i32, is_wide: bool) {
    let opcode = instruction.opcode;
    if !is_wide {
        bytes.push(opcode);
        if instruction.length == 5 {
            bytes.extend_from_slice(&distance.to_be_bytes());
        } else {
            bytes.extend_from_slice(&(distance as i16).to_be_bytes());
        }
    } else if let Some(negated) = opcodes::negated(opcode) {
        // Over the goto_w when the condition does not hold: 3 + 5 bytes.
        bytes.extend_from_slice(&[negated, 0, 8, GOTO_W]);
        bytes.extend_from_slice(&(distance - 3).to_be_bytes());
    } else {
        bytes.push(if opcode == GOTO { GOTO_W } else { JSR_W });
        bytes.extend_from_slice(&distance.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Transfer;
    use crate::constants::ConstantPool;
    use crate::opcodes::{ICONST_0, IFNULL, IRETURN, JSR, LOOKUPSWITCH, NOP, RETURN};
    use crate::reader::Reader;

    /// Decodes code without exception table and attributes.
    fn decode(payload: &[u8]) -> Code<'_> {
        let pool = ConstantPool::parse(&[0, 1], &mut Reader::new(&[0, 1], 0)).unwrap();
        Code::decode(&pool, payload).unwrap()
    }

    fn payload(code: &[u8]) -> Vec<u8> {
        let length = (code.len() as u32).to_be_bytes();
        [&[0, 9, 0, 9], &length[..], code, &[0, 0, 0, 0]].concat()
    }

    /// Lays code out with these bytes inserted, and decodes the result.
    fn relay(code: &[u8], inserted: &Inserted<'_>, has_frame: bool) -> Result<Vec<u8>, Cause> {
        let payload = payload(code);
        let code = decode(&payload);
        let layout = Layout::plan(&code, inserted, |_| has_frame)?;
        let mut bytes = Vec::new();
        layout.emit(&mut bytes, &code, inserted, &[])?;
        assert_eq!(bytes.len(), layout.length as usize);
        Ok(bytes)
    }

    const NONE: Inserted<'static> = Inserted { entry: &[], exit: &[], tail: &[] };

    #[test]
    fn a_jump_to_a_return_runs_the_exit_and_a_jump_to_the_start_does_not_run_the_entry() {
        let code = [ICONST_0, IFNULL, 0, 6, GOTO, 0xff, 0xfc, RETURN];
        let inserted = Inserted { entry: &[NOP, NOP], exit: &[NOP], tail: &[] };
        let expected = [NOP, NOP, ICONST_0, IFNULL, 0, 6, GOTO, 0xff, 0xfc, NOP, RETURN];
        assert_eq!(relay(&code, &inserted, true).unwrap(), expected);
    }

    #[test]
    fn switches_are_padded_for_where_they_come_to_stand() {
        // The switch is at 1: 2 bytes of padding; its targets are the returns at 20 and 21.
        let mut code = vec![NOP, LOOKUPSWITCH, 0, 0];
        code.extend([0, 0, 0, 19, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 20, RETURN, RETURN]);
        assert_eq!(relay(&code, &NONE, true).unwrap(), code, "nothing inserted, nothing moved");
        for shift in 1..=4_usize {
            let entry = vec![NOP; shift];
            let inserted = Inserted { entry: &entry, exit: &[], tail: &[] };
            let moved = relay(&code, &inserted, true).unwrap();
            let again = payload(&moved);
            let again = decode(&again);
            let switch = again.switch(&again.transfers[0].instruction).unwrap();
            let targets: Vec<_> = switch.targets().map(Option::unwrap).collect();
            assert_eq!(targets, [again.end() - 2, again.end() - 1]);
        }
    }

    /// A branch over `between` bytes to a second return, and a return in between that the exit goes before.
    fn far(opcode: u8, between: usize) -> Vec<u8> {
        let distance = (between as i16 + 4).to_be_bytes();
        let mut code = vec![opcode, distance[0], distance[1]];
        code.extend(std::iter::repeat_n(NOP, between));
        code.extend([IRETURN, IRETURN]);
        code
    }

    #[test]
    #[cfg_attr(miri, ignore = "32 KiB of code take the interpreter half an hour")]
    fn branches_that_no_longer_reach_are_widened() {
        let between = 32_760;
        let inserted = Inserted { entry: &[], exit: &[NOP; 8], tail: &[] };
        for (opcode, widened) in [
            (GOTO, vec![GOTO_W, 0, 0, 0x80, 6]),
            (JSR, vec![JSR_W, 0, 0, 0x80, 6]),
            (IFNULL, vec![opcodes::IFNONNULL, 0, 8, GOTO_W, 0, 0, 0x80, 6]),
        ] {
            let code = far(opcode, between);
            let moved = relay(&code, &inserted, true).unwrap();
            assert_eq!(moved[..widened.len()], widened, "{opcode}");
            let again = payload(&moved);
            let again = decode(&again);
            let is_far = |each: &&Transfer| matches!(each.instruction.opcode, GOTO_W | JSR_W);
            let branch = again.transfers.iter().find(is_far).unwrap();
            // In front of the exit code that precedes the second return.
            assert_eq!(branch.kind, Kind::Branch(again.end() - 9));
        }
        let short = relay(&far(GOTO, 100), &inserted, false).unwrap();
        assert_eq!(short[..3], [GOTO, 0, 112]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "32 KiB of code take the interpreter half an hour")]
    fn a_condition_is_not_widened_where_the_skip_over_it_would_need_a_frame() {
        let inserted = Inserted { entry: &[], exit: &[NOP; 8], tail: &[] };
        assert_eq!(relay(&far(IFNULL, 32_760), &inserted, false), Err(Cause::BranchTooFar));
        assert!(relay(&far(GOTO, 32_760), &inserted, false).is_ok());
    }
}
