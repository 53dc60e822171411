//! The Code attribute, taken apart as far as an edit needs it (JVMS 4.7.3): where instructions start, and which of them
//! are more than bytes to copy.
//!
//! Everything is an offset into the original code. Most instructions of a method stay as they are and where they are among
//! their neighbours, so none of them is kept; [`Code::instructions`] walks over them for whoever asks.

use crate::bits::BitSet;
use crate::constants::ConstantPool;
use crate::opcodes::{self, *};
use crate::outcome::Cause;
use crate::reader::Reader;

/// One method's code. The offset of its end counts as the start of an instruction.
#[derive(Debug, Clone)]
pub(crate) struct Code<'a> {
    pub(crate) max_stack: u16,
    pub(crate) max_locals: u16,
    pub(crate) bytes: &'a [u8],
    /// What jumps or returns, in order.
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// The count of the class's constant pool.
    constants: u16,
    /// Where instructions start, the end included.
    starts: BitSet,
    /// The words of locals that an instruction writes.
    written: BitSet,
}

/// An instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instruction {
    /// Its offset in the original code.
    pub(crate) at: u32,
    pub(crate) length: u32,
    pub(crate) opcode: u8,
}

impl Instruction {
    /// The offset of the next one.
    pub(crate) fn end(&self) -> u32 {
        self.at + self.length
    }
}

/// An instruction that an edit does more to than copy it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) instruction: Instruction,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Leaves the method normally.
    Return,
    /// Jumps to this offset.
    Branch(u32),
    /// Jumps as [`Code::switch`] says.
    Switch,
}

/// A `tableswitch` or `lookupswitch`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switch<'a> {
    at: u32,
    default: i32,
    /// What stands between the default and the rows: low and high, or how many rows there are.
    pub(crate) head: &'a [u8],
    rows: &'a [u8],
    /// The bytes of a row: its key, if there is one, and its offset.
    row: usize,
}

impl<'a> Switch<'a> {
    /// The offset in the code that it jumps to when no key fits.
    pub(crate) fn default(&self) -> Option<u32> {
        self.at.checked_add_signed(self.default)
    }

    /// Each row's key, empty in a `tableswitch`, and the offset in the code that it leads to.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'a [u8], Option<u32>)> {
        let at = self.at;
        self.rows.chunks_exact(self.row).filter_map(move |row| {
            let (key, offset) = row.split_last_chunk()?;
            Some((key, at.checked_add_signed(i32::from_be_bytes(*offset))))
        })
    }

    /// Where it leads, the default first.
    pub(crate) fn targets(&self) -> impl Iterator<Item = Option<u32>> {
        std::iter::once(self.default()).chain(self.rows().map(|(_, target)| target))
    }
}

/// A row of the exception table: offsets, `to` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handler {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) handler: u32,
    pub(crate) catch_type: u16,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    pub(crate) name_index: u16,
    pub(crate) name: &'a [u8],
    pub(crate) payload: &'a [u8],
}

impl<'a> Code<'a> {
    /// Decodes the payload of a Code attribute.
    pub(crate) fn decode(pool: &ConstantPool<'a>, payload: &'a [u8]) -> Result<Code<'a>, Cause> {
        let mut reader = Reader::new(payload, 0);
        let (max_stack, max_locals) = (reader.u2()?, reader.u2()?);
        let length = reader.u4()?;
        if length == 0 || length > 65_535 {
            return Err(Cause::MalformedCode);
        }
        let bytes = reader.take(length as usize)?;
        let mut code = Code {
            max_stack,
            max_locals,
            bytes,
            transfers: Vec::with_capacity(bytes.len() / 16 + 1),
            handlers: Vec::new(),
            attributes: Vec::new(),
            constants: pool.count(),
            starts: BitSet::below(bytes.len() + 1),
            // What is written beyond the locals is for the verifier to refuse.
            written: BitSet::below(usize::from(max_locals)),
        };
        code.find_instructions()?;
        code.check_targets()?;
        code.read_handlers(&mut reader)?;
        let count = reader.u2()?;
        code.attributes.reserve_exact(usize::from(count.min(8)));
        for _ in 0..count {
            let name_index = reader.u2()?;
            let length = reader.u4()?;
            let payload = reader.take(length as usize)?;
            let name = pool.utf8(name_index).ok_or(Cause::MalformedCode)?;
            code.attributes.push(Attribute { name_index, name, payload });
        }
        if reader.is_at_end() { Ok(code) } else { Err(Cause::MalformedCode) }
    }

    /// The offset of the end.
    pub(crate) fn end(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Whether the class has a constant of this index: what it does not have must not come to name what an edit adds.
    pub(crate) fn has_constant(&self, index: u16) -> bool {
        index < self.constants
    }

    /// Whether an instruction starts at `offset`; the end counts.
    pub(crate) fn is_start(&self, offset: u32) -> bool {
        self.starts.contains(offset)
    }

    /// The start of the instruction that `offset` lies in; the end counts.
    pub(crate) fn containing(&self, offset: u32) -> Option<u32> {
        if offset > self.end() { None } else { self.starts.last_up_to(offset) }
    }

    /// Every instruction, in order.
    pub(crate) fn instructions(&self) -> impl Iterator<Item = Instruction> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let found = instruction(self.bytes, at).ok()?;
            at = found.end();
            Some(found)
        })
    }

    /// The instruction that starts at `offset`; none at the end.
    pub(crate) fn instruction_at(&self, offset: u32) -> Option<Instruction> {
        if self.is_start(offset) { instruction(self.bytes, offset).ok() } else { None }
    }

    /// How an instruction jumps or returns; none when it does neither.
    pub(crate) fn transfer(&self, instruction: &Instruction) -> Option<Kind> {
        let found = self.transfers.binary_search_by_key(&instruction.at, |each| each.instruction.at).ok()?;
        self.transfers.get(found).map(|transfer| transfer.kind)
    }

    /// The instructions that leave the method normally.
    pub(crate) fn returns(&self) -> impl Iterator<Item = Instruction> + '_ {
        let returns = self.transfers.iter().filter(|transfer| transfer.kind == Kind::Return);
        returns.map(|transfer| transfer.instruction)
    }

    /// The rows of a switch.
    pub(crate) fn switch(&self, instruction: &Instruction) -> Result<Switch<'a>, Cause> {
        let at = instruction.at;
        let mut reader = Reader::new(self.bytes, (at + 1 + padding(at)) as usize);
        let default = reader.i4()?;
        let (head, row) = if instruction.opcode == TABLESWITCH { (8, 4) } else { (4, 8) };
        let head = reader.take(head)?;
        let rows = self.bytes.get(reader.at()..instruction.end() as usize).ok_or(Cause::MalformedCode)?;
        Ok(Switch { at, default, head, rows, row })
    }

    /// The bytes of an instruction.
    pub(crate) fn bytes_of(&self, instruction: &Instruction) -> &'a [u8] {
        self.bytes.get(instruction.at as usize..instruction.end() as usize).unwrap_or_default()
    }

    /// A 16-bit operand, `skip` bytes behind the opcode. The instruction's length has been checked.
    pub(crate) fn operand(&self, instruction: &Instruction, skip: usize) -> u16 {
        operand(self.bytes, instruction.at, skip)
    }

    /// Whether an instruction writes one of these words of the locals.
    pub(crate) fn writes(&self, slot: u16, words: u16) -> bool {
        let slot = u32::from(slot);
        (slot..slot + u32::from(words)).any(|word| self.written.contains(word))
    }

    /// The payload of the first attribute of this name.
    pub(crate) fn attribute(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.payload)
    }

    /// Whether control ever goes elsewhere than to the next instruction: only then does a method need frames.
    pub(crate) fn has_jumps(&self) -> bool {
        !self.handlers.is_empty() || self.transfers.iter().any(|each| each.kind != Kind::Return)
    }

    /// Whether a branch, a switch or the exception table leads to the instruction at `offset`.
    pub(crate) fn is_jumped_to(&self, offset: u32) -> bool {
        let leads = |transfer: &Transfer| match transfer.kind {
            Kind::Return => false,
            Kind::Branch(target) => target == offset,
            Kind::Switch => self
                .switch(&transfer.instruction)
                .is_ok_and(|switch| switch.targets().any(|target| target == Some(offset))),
        };
        self.transfers.iter().any(leads) || self.handlers.iter().any(|each| each.handler == offset)
    }

    fn find_instructions(&mut self) -> Result<(), Cause> {
        let mut at = 0;
        while let Some(&opcode) = self.bytes.get(at as usize) {
            self.starts.insert(at);
            let form = opcodes::form(opcode);
            // Most are one of these: what is behind the end shows there.
            match form {
                Form::Plain(length) => {
                    at += u32::from(length);
                    continue;
                }
                Form::Naming(length) => {
                    if !self.has_constant(constant_named(self.bytes, at, opcode)) {
                        return Err(Cause::MalformedCode);
                    }
                    at += u32::from(length);
                    continue;
                }
                _ => {}
            }
            let found = instruction(self.bytes, at)?;
            let kind = match form {
                Form::Return => Some(Kind::Return),
                Form::Branch => {
                    let offset = i32::from(self.operand(&found, 0).cast_signed());
                    Some(Kind::Branch(at.checked_add_signed(offset).ok_or(Cause::MalformedCode)?))
                }
                Form::BranchWide => {
                    let offset = Reader::new(self.bytes, at as usize + 1).i4()?;
                    Some(Kind::Branch(at.checked_add_signed(offset).ok_or(Cause::MalformedCode)?))
                }
                Form::TableSwitch | Form::LookupSwitch => Some(Kind::Switch),
                Form::Writing(_) | Form::Wide => {
                    if let Some((slot, words)) = written(self.bytes, &found) {
                        (0..words).for_each(|word| self.written.insert(u32::from(slot) + word));
                    }
                    None
                }
                Form::Plain(_) | Form::Naming(_) | Form::Unknown => None,
            };
            if let Some(kind) = kind {
                self.transfers.push(Transfer { instruction: found, kind });
            }
            at = found.end();
        }
        self.starts.insert(self.end());
        if at == self.end() { Ok(()) } else { Err(Cause::MalformedCode) }
    }

    /// Jumps lead to instructions, not to the end.
    fn check_targets(&self) -> Result<(), Cause> {
        let is_instruction = |target: u32| self.is_start(target) && target < self.end();
        for transfer in &self.transfers {
            let leads_well = match transfer.kind {
                Kind::Return => true,
                Kind::Branch(target) => is_instruction(target),
                Kind::Switch => {
                    let switch = self.switch(&transfer.instruction)?;
                    switch.targets().all(|target| target.is_some_and(is_instruction))
                }
            };
            if !leads_well {
                return Err(Cause::MalformedCode);
            }
        }
        Ok(())
    }

    fn read_handlers(&mut self, reader: &mut Reader<'a>) -> Result<(), Cause> {
        let count = reader.u2()?;
        for _ in 0..count {
            let [from, to, handler] = [reader.u2()?, reader.u2()?, reader.u2()?].map(u32::from);
            let catch_type = reader.u2()?;
            let are_starts = [from, to, handler].iter().all(|&offset| self.is_start(offset));
            if !are_starts || from >= to || handler >= self.end() || !self.has_constant(catch_type) {
                return Err(Cause::MalformedCode);
            }
            self.handlers.push(Handler { from, to, handler, catch_type });
        }
        Ok(())
    }
}

/// The instruction at `at`, all of which is there.
fn instruction(code: &[u8], at: u32) -> Result<Instruction, Cause> {
    let start = at as usize;
    let opcode = *code.get(start).ok_or(Cause::MalformedCode)?;
    let length = match opcodes::form(opcode) {
        Form::Plain(length) | Form::Writing(length) | Form::Naming(length) => usize::from(length),
        Form::Return => 1,
        Form::Branch => 3,
        Form::BranchWide => 5,
        Form::Wide => match code.get(start + 1) {
            Some(&IINC) => 6,
            Some(21..=25 | 54..=58 | &RET) => 4,
            _ => return Err(Cause::MalformedCode),
        },
        Form::TableSwitch => {
            let mut reader = switch_reader(code, at)?;
            let (low, high) = (i64::from(reader.i4()?), i64::from(reader.i4()?));
            let rows = usize::try_from(high - low + 1).map_err(|_| Cause::MalformedCode)?;
            reader.at() - start + rows * 4
        }
        Form::LookupSwitch => {
            let mut reader = switch_reader(code, at)?;
            let rows = usize::try_from(reader.i4()?).map_err(|_| Cause::MalformedCode)?;
            reader.at() - start + rows * 8
        }
        Form::Unknown => return Err(Cause::UnknownOpcode),
    };
    if length > code.len() - start {
        return Err(Cause::MalformedCode);
    }
    Ok(Instruction { at, length: length as u32, opcode })
}

/// The local that an instruction writes, and its words.
pub(crate) fn written(code: &[u8], instruction: &Instruction) -> Option<(u16, u32)> {
    let second = || code.get(instruction.at as usize + 1).copied();
    // Stores come in runs of int, long, float, double, reference.
    let words = |family: u8| if matches!(family, 1 | 3) { 2 } else { 1 };
    match instruction.opcode {
        opcode @ ISTORE..=ASTORE => Some((u16::from(second()?), words(opcode - ISTORE))),
        opcode @ ISTORE_0..=ASTORE_3 => {
            Some((u16::from((opcode - ISTORE_0) % 4), words((opcode - ISTORE_0) / 4)))
        }
        IINC => Some((u16::from(second()?), 1)),
        WIDE => match second()? {
            opcode @ ISTORE..=ASTORE => Some((operand(code, instruction.at, 1), words(opcode - ISTORE))),
            IINC => Some((operand(code, instruction.at, 1), 1)),
            _ => None,
        },
        _ => None,
    }
}

/// The index of the constant that an instruction of [`Form::Naming`] names.
fn constant_named(code: &[u8], at: u32, opcode: u8) -> u16 {
    match opcode {
        LDC => code.get(at as usize + 1).copied().unwrap_or_default().into(),
        _ => operand(code, at, 0),
    }
}

fn operand(code: &[u8], at: u32, skip: usize) -> u16 {
    Reader::new(code, at as usize + 1 + skip).u2().unwrap_or(0)
}

/// A reader behind the padding and the default offset of the switch at `at`.
fn switch_reader(code: &[u8], at: u32) -> Result<Reader<'_>, Cause> {
    let mut reader = Reader::new(code, (at + 1 + padding(at)) as usize);
    reader.i4()?;
    Ok(reader)
}

/// Bytes between the opcode of a switch at `at` and its operands, which are aligned to the code's start.
pub(crate) fn padding(at: u32) -> u32 {
    3 - at % 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::ints;

    /// Code of these instructions, with one handler of this catch type, of a class of two constants.
    fn decode(instructions: &[u8], catch_type: u8) -> Result<(), Cause> {
        let pool = ints(3);
        let pool = ConstantPool::parse(&pool, &mut Reader::new(&pool, 0)).unwrap();
        let length = (instructions.len() as u32).to_be_bytes();
        let handler = [0, 1, 0, 0, 0, 1, 0, 0, 0, catch_type, 0, 0];
        let payload = [&[0, 1, 0, 1], &length[..], instructions, &handler].concat();
        Code::decode(&pool, &payload).map(drop)
    }

    #[test]
    fn what_names_a_constant_that_the_class_does_not_have_is_refused() {
        for (instruction, index_at) in [
            (&[LDC, 2][..], 1),
            (&[LDC_W, 0, 2], 2),
            (&[GETSTATIC, 0, 2], 2),
            (&[INVOKEINTERFACE, 0, 2, 1, 0], 2),
            (&[INVOKEDYNAMIC, 0, 2, 0, 0], 2),
            (&[MULTIANEWARRAY, 0, 2, 1], 2),
            (&[CHECKCAST, 0, 2], 2),
        ] {
            let mut instructions = [&[NOP], instruction].concat();
            assert_eq!(decode(&instructions, 2), Ok(()), "{instruction:?}");
            instructions[1 + index_at] = 3;
            assert_eq!(decode(&instructions, 2), Err(Cause::MalformedCode), "{instruction:?}");
        }
        assert_eq!(decode(&[NOP, SIPUSH, 0, 3], 2), Ok(()), "which names none");
        assert_eq!(decode(&[NOP], 3), Err(Cause::MalformedCode));
    }

    #[test]
    fn an_instruction_that_ends_behind_the_code_is_refused() {
        for cut in
            [&[NOP, SIPUSH, 0][..], &[NOP, LDC], &[NOP, GOTO, 0], &[NOP, ISTORE], &[NOP, WIDE, IINC, 0, 1]]
        {
            assert_eq!(decode(cut, 0), Err(Cause::MalformedCode), "{cut:?}");
        }
    }
}
