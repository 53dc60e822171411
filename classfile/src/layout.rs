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
