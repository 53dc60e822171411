//! Where every instruction comes to stand: plan, relax to a fixpoint, and only then emit.

use crate::code::{Code, Instruction, Keys, Kind, padding};
use crate::opcodes::{self, GOTO, GOTO_W, JSR, JSR_W, TABLESWITCH};
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

/// The two position maps, and the branches that had to be widened. Indexed by instruction number; the number after
/// the last stands for the end of the original code.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Where the instruction now is.
    pub(crate) now: Vec<u32>,
    /// Where a jump to it must go.
    pub(crate) target: Vec<u32>,
    is_wide: Vec<bool>,
    /// The length of all code, the tail included.
    pub(crate) length: u32,
}

/// Instructions that take the place of others of the same length, by number.
pub(crate) type Replacements = Vec<(usize, Vec<u8>)>;

impl Layout {
    /// Places everything. `has_frame(number)` says whether a jump may be made to arrive at that instruction.
    pub(crate) fn plan(
        code: &Code<'_>,
        inserted: &Inserted<'_>,
        has_frame: impl Fn(usize) -> bool,
    ) -> Result<Layout, Cause> {
        let count = code.instructions.len();
        let is_wide = vec![false; count];
        let mut layout = Layout { now: vec![0; count + 1], target: vec![0; count + 1], is_wide, length: 0 };
        loop {
            layout.place(code, inserted);
            // Branches only ever become wider, so this ends.
            if !layout.widen(code) {
                break;
            }
        }
        for (number, instruction) in code.instructions.iter().enumerate() {
            let inverts = layout.is_wide[number] && opcodes::negated(instruction.opcode).is_some();
            if inverts && !has_frame(number + 1) {
                return Err(Cause::BranchTooFar);
            }
        }
        Ok(layout)
    }

    fn place(&mut self, code: &Code<'_>, inserted: &Inserted<'_>) {
        let mut at = inserted.entry.len() as u32;
        for (number, instruction) in code.instructions.iter().enumerate() {
            self.target[number] = at;
            if opcodes::is_return(instruction.opcode) {
                at += inserted.exit.len() as u32;
            }
            self.now[number] = at;
            at += self.length_at(instruction, number, at);
        }
        let end = code.instructions.len();
        self.target[end] = at;
        self.now[end] = at;
        self.length = at + inserted.tail.len() as u32;
    }

    fn length_at(&self, instruction: &Instruction, number: usize, at: u32) -> u32 {
        match instruction.kind {
            Kind::Switch(_) => instruction.length - padding(instruction.at) + padding(at),
            Kind::Branch(_) if self.is_wide[number] => match instruction.opcode {
                GOTO | JSR | GOTO_W | JSR_W => 5,
                _ => 8,
            },
            _ => instruction.length,
        }
    }

    /// Widens each branch that cannot reach its target; whether there was one.
    fn widen(&mut self, code: &Code<'_>) -> bool {
        let mut any = false;
        for (number, instruction) in code.instructions.iter().enumerate() {
            let Kind::Branch(target) = instruction.kind else { continue };
            let is_short = !self.is_wide[number] && instruction.length == 3;
            if is_short && i16::try_from(self.distance(number, target)).is_err() {
                self.is_wide[number] = true;
                any = true;
            }
        }
        any
    }

    fn distance(&self, from: usize, to: usize) -> i32 {
        self.target[to] as i32 - self.now[from] as i32
    }

    /// Writes the code.
    pub(crate) fn emit(
        &self,
        code: &Code<'_>,
        inserted: &Inserted<'_>,
        replacements: &Replacements,
    ) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length as usize);
        bytes.extend_from_slice(inserted.entry);
        let mut replacements = replacements.iter().peekable();
        for (number, instruction) in code.instructions.iter().enumerate() {
            if opcodes::is_return(instruction.opcode) {
                bytes.extend_from_slice(inserted.exit);
            }
            if let Some((_, replacement)) = replacements.next_if(|(replaced, _)| *replaced == number) {
                bytes.extend_from_slice(replacement);
                continue;
            }
            match instruction.kind {
                Kind::Plain => bytes.extend_from_slice(code.bytes_of(instruction)),
                Kind::Branch(target) => self.put_branch(&mut bytes, instruction, number, target),
                Kind::Switch(switch) => self.put_switch(&mut bytes, code, number, switch),
            }
        }
        bytes.extend_from_slice(inserted.tail);
        bytes
    }

    fn put_branch(&self, bytes: &mut Vec<u8>, instruction: &Instruction, number: usize, target: usize) {
        let distance = self.distance(number, target);
        let opcode = instruction.opcode;
        if !self.is_wide[number] {
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

    fn put_switch(&self, bytes: &mut Vec<u8>, code: &Code<'_>, number: usize, switch: usize) {
        let opcode = code.instructions[number].opcode;
        let switch = &code.switches[switch];
        bytes.push(opcode);
        bytes.extend(std::iter::repeat_n(0, padding(self.now[number]) as usize));
        let mut put = |value: i32| bytes.extend_from_slice(&value.to_be_bytes());
        put(self.distance(number, switch.default));
        match &switch.keys {
            Keys::Table(low, high) => {
                debug_assert_eq!(opcode, TABLESWITCH);
                put(*low);
                put(*high);
                switch.targets.iter().for_each(|&target| put(self.distance(number, target)));
            }
            Keys::Lookup(keys) => {
                put(keys.len() as i32);
                for (key, target) in keys.iter().zip(&switch.targets) {
                    put(*key);
                    put(self.distance(number, *target));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let bytes = layout.emit(&code, inserted, &Replacements::new());
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
            let switch = &again.switches[0];
            let at = |number: usize| again.instructions[number].at as usize;
            assert_eq!((at(switch.default), at(switch.targets[0])), (moved.len() - 2, moved.len() - 1));
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
            let branch =
                again.instructions.iter().find(|each| matches!(each.opcode, GOTO_W | JSR_W)).unwrap();
            let Kind::Branch(target) = branch.kind else { panic!("{branch:?}") };
            // In front of the exit code that precedes the second return.
            assert_eq!(again.instructions[target].at as usize, moved.len() - 9);
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
