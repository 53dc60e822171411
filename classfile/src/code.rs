//! The Code attribute, taken apart into instructions whose targets are instruction numbers (JVMS 4.7.3).

use crate::constants::ConstantPool;
use crate::opcodes::{self, Form};
use crate::outcome::Cause;
use crate::reader::Reader;

/// One method's code. Offsets have become instruction numbers; the number after the last stands for the end.
#[derive(Debug, Clone)]
pub(crate) struct Code<'a> {
    pub(crate) max_stack: u16,
    pub(crate) max_locals: u16,
    pub(crate) bytes: &'a [u8],
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// For each offset, the end included, the number of the instruction that it lies in.
    number_at: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Instruction {
    /// Its offset in the original code.
    pub(crate) at: u32,
    pub(crate) length: u32,
    pub(crate) opcode: u8,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Copied as it is, wherever it comes to stand.
    Plain,
    /// Jumps to this instruction.
    Branch(usize),
    /// Jumps as this member of [`Code::switches`] says.
    Switch(usize),
}

#[derive(Debug, Clone)]
pub(crate) struct Switch {
    pub(crate) default: usize,
    pub(crate) keys: Keys,
    pub(crate) targets: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(crate) enum Keys {
    /// `tableswitch`: low and high.
    Table(i32, i32),
    /// `lookupswitch`: one for each target.
    Lookup(Vec<i32>),
}

/// A row of the exception table: instruction numbers, `to` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handler {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) handler: usize,
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
            instructions: Vec::with_capacity(bytes.len() / 2),
            switches: Vec::new(),
            handlers: Vec::new(),
            attributes: Vec::new(),
            number_at: Vec::with_capacity(bytes.len() + 1),
        };
        code.find_instructions()?;
        code.resolve_targets()?;
        code.read_handlers(&mut reader)?;
        for _ in 0..reader.u2()? {
            let name_index = reader.u2()?;
            let length = reader.u4()?;
            let payload = reader.take(length as usize)?;
            let name = pool.utf8(name_index).ok_or(Cause::MalformedCode)?;
            code.attributes.push(Attribute { name_index, name, payload });
        }
        if reader.is_at_end() { Ok(code) } else { Err(Cause::MalformedCode) }
    }

    /// The number of the instruction that starts at `offset`; the end of the code counts as one.
    pub(crate) fn number(&self, offset: u32) -> Option<usize> {
        let number = self.containing(offset)?;
        let at = self.instructions.get(number).map_or(self.bytes.len() as u32, |found| found.at);
        (at == offset).then_some(number)
    }

    /// The number of the instruction that `offset` lies in; the end of the code counts as one.
    pub(crate) fn containing(&self, offset: u32) -> Option<usize> {
        self.number_at.get(offset as usize).map(|&number| number as usize)
    }

    /// The bytes of an instruction.
    pub(crate) fn bytes_of(&self, instruction: &Instruction) -> &'a [u8] {
        let from = instruction.at as usize;
        self.bytes.get(from..from + instruction.length as usize).unwrap_or_default()
    }

    /// A 16-bit operand, `skip` bytes behind the opcode. The instruction's length has been checked.
    pub(crate) fn operand(&self, instruction: &Instruction, skip: usize) -> u16 {
        Reader::new(self.bytes, instruction.at as usize + 1 + skip).u2().unwrap_or(0)
    }

    /// The payload of the first attribute of this name.
    pub(crate) fn attribute(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.payload)
    }

    /// Whether control ever goes elsewhere than to the next instruction: only then does a method need frames.
    pub(crate) fn has_jumps(&self) -> bool {
        !self.handlers.is_empty() || self.instructions.iter().any(|each| each.kind != Kind::Plain)
    }

    /// Whether a branch, a switch or the exception table leads to this instruction.
    pub(crate) fn is_jumped_to(&self, number: usize) -> bool {
        let in_switch = |switch: &Switch| switch.default == number || switch.targets.contains(&number);
        self.instructions.iter().any(|each| each.kind == Kind::Branch(number))
            || self.switches.iter().any(in_switch)
            || self.handlers.iter().any(|each| each.handler == number)
    }

    fn find_instructions(&mut self) -> Result<(), Cause> {
        let mut at = 0;
        while let Some(&opcode) = self.bytes.get(at) {
            let length = match opcodes::form(opcode) {
                Form::Plain(length) => usize::from(length),
                Form::Branch => 3,
                Form::BranchWide => 5,
                Form::Wide => match self.bytes.get(at + 1) {
                    Some(&opcodes::IINC) => 6,
                    Some(21..=25 | 54..=58 | &opcodes::RET) => 4,
                    _ => return Err(Cause::MalformedCode),
                },
                Form::TableSwitch => {
                    let mut reader = switch_reader(self.bytes, at)?;
                    let (low, high) = (i64::from(reader.i4()?), i64::from(reader.i4()?));
                    let rows = usize::try_from(high - low + 1).map_err(|_| Cause::MalformedCode)?;
                    reader.at() - at + rows * 4
                }
                Form::LookupSwitch => {
                    let mut reader = switch_reader(self.bytes, at)?;
                    let rows = usize::try_from(reader.i4()?).map_err(|_| Cause::MalformedCode)?;
                    reader.at() - at + rows * 8
                }
                Form::Unknown => return Err(Cause::UnknownOpcode),
            };
            if length > self.bytes.len() - at {
                return Err(Cause::MalformedCode);
            }
            let number = self.instructions.len() as u32;
            let kind = Kind::Plain;
            self.instructions.push(Instruction { at: at as u32, length: length as u32, opcode, kind });
            self.number_at.extend(std::iter::repeat_n(number, length));
            at += length;
        }
        self.number_at.push(self.instructions.len() as u32);
        Ok(())
    }

    /// The instruction (not the end) that a jump from `at` over `offset` bytes reaches.
    fn target(&self, at: u32, offset: i32) -> Result<usize, Cause> {
        let target = u32::try_from(i64::from(at) + i64::from(offset)).map_err(|_| Cause::MalformedCode)?;
        let number = self.number(target).ok_or(Cause::MalformedCode)?;
        if number < self.instructions.len() { Ok(number) } else { Err(Cause::MalformedCode) }
    }

    fn resolve_targets(&mut self) -> Result<(), Cause> {
        for number in 0..self.instructions.len() {
            let Instruction { at, opcode, .. } = self.instructions[number];
            let mut reader = Reader::new(self.bytes, at as usize + 1);
            let kind = match opcodes::form(opcode) {
                Form::Branch => Kind::Branch(self.target(at, i32::from(reader.u2()?.cast_signed()))?),
                Form::BranchWide => Kind::Branch(self.target(at, reader.i4()?)?),
                Form::TableSwitch | Form::LookupSwitch => {
                    let switch = self.read_switch(at, opcode)?;
                    self.switches.push(switch);
                    Kind::Switch(self.switches.len() - 1)
                }
                _ => Kind::Plain,
            };
            self.instructions[number].kind = kind;
        }
        Ok(())
    }

    fn read_switch(&self, at: u32, opcode: u8) -> Result<Switch, Cause> {
        let mut reader = switch_reader(self.bytes, at as usize)?;
        let mut default = Reader::new(self.bytes, reader.at() - 4);
        let default = self.target(at, default.i4()?)?;
        let mut targets = Vec::new();
        let keys = if opcode == opcodes::TABLESWITCH {
            let (low, high) = (reader.i4()?, reader.i4()?);
            for _ in i64::from(low)..=i64::from(high) {
                targets.push(self.target(at, reader.i4()?)?);
            }
            Keys::Table(low, high)
        } else {
            let mut keys = Vec::new();
            for _ in 0..reader.i4()? {
                keys.push(reader.i4()?);
                targets.push(self.target(at, reader.i4()?)?);
            }
            Keys::Lookup(keys)
        };
        Ok(Switch { default, keys, targets })
    }

    fn read_handlers(&mut self, reader: &mut Reader<'a>) -> Result<(), Cause> {
        for _ in 0..reader.u2()? {
            let mut number = || self.number(u32::from(reader.u2().ok()?));
            let (from, to, handler) = (number(), number(), number());
            let catch_type = reader.u2()?;
            match (from, to, handler) {
                (Some(from), Some(to), Some(handler)) if from < to && handler < self.instructions.len() => {
                    self.handlers.push(Handler { from, to, handler, catch_type });
                }
                _ => return Err(Cause::MalformedCode),
            }
        }
        Ok(())
    }
}

/// A reader behind the padding and the default offset of the switch at `at`.
fn switch_reader(code: &[u8], at: usize) -> Result<Reader<'_>, Cause> {
    let mut reader = Reader::new(code, at + 1 + padding(at as u32) as usize);
    reader.i4()?;
    Ok(reader)
}

/// Bytes between the opcode of a switch at `at` and its operands, which are aligned to the code's start.
pub(crate) fn padding(at: u32) -> u32 {
    3 - at % 4
}
