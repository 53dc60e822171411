//! Writes inserted code: instructions without jumps, with the stack they need counted.

use crate::additions::Additions;
use crate::descriptor::{Signature, Type};
use crate::edit::{FieldRef, MethodRef};
use crate::opcodes::*;
use crate::outcome::Cause;

/// Code being written, and the deepest stack seen.
#[derive(Debug)]
pub(crate) struct Assembler<'q, 'p, 'a> {
    pub(crate) pool: &'q mut Additions<'p, 'a>,
    bytes: Vec<u8>,
    depth: u32,
    max_depth: u32,
}

/// Finished code.
#[derive(Debug, Default)]
pub(crate) struct Assembled {
    pub(crate) bytes: Vec<u8>,
    /// Stack words that it needs, those that it starts with included.
    pub(crate) max_depth: u32,
}

impl<'q, 'p, 'a> Assembler<'q, 'p, 'a> {
    /// Starts code that finds this many words on the stack.
    pub(crate) fn new(pool: &'q mut Additions<'p, 'a>, depth: u16) -> Self {
        let depth = u32::from(depth);
        Assembler { pool, bytes: Vec::with_capacity(64), depth, max_depth: depth }
    }

    pub(crate) fn finish(self) -> Assembled {
        Assembled { bytes: self.bytes, max_depth: self.max_depth }
    }

    /// The offset of the next instruction.
    pub(crate) fn at(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Says that control arrives here, by the exception table, with this many words on the stack.
    pub(crate) fn arrive(&mut self, depth: u32) {
        self.depth = depth;
        self.max_depth = self.max_depth.max(depth);
    }

    fn effect(&mut self, popped: u16, pushed: u16) {
        self.depth = self.depth.saturating_sub(u32::from(popped)) + u32::from(pushed);
        self.max_depth = self.max_depth.max(self.depth);
    }

    /// An instruction without operands.
    pub(crate) fn plain(&mut self, opcode: u8, popped: u16, pushed: u16) {
        self.bytes.push(opcode);
        self.effect(popped, pushed);
    }

    fn with_index(&mut self, opcode: u8, index: u16) {
        self.bytes.push(opcode);
        self.bytes.extend_from_slice(&index.to_be_bytes());
    }

    pub(crate) fn load(&mut self, what: Type<'_>, slot: u16) {
        self.local(ILOAD, ILOAD_0, what, slot);
        self.effect(0, what.size());
    }

    pub(crate) fn store(&mut self, what: Type<'_>, slot: u16) {
        self.local(ISTORE, ISTORE_0, what, slot);
        self.effect(what.size(), 0);
    }

    /// The shortest form: `iload_0`, `iload 0` or `wide iload 0`.
    fn local(&mut self, general: u8, first: u8, what: Type<'_>, slot: u16) {
        let opcode = general + what.family();
        match u8::try_from(slot) {
            Ok(slot @ 0..=3) => self.bytes.push(first + 4 * what.family() + slot),
            Ok(slot) => self.bytes.extend_from_slice(&[opcode, slot]),
            Err(_) => {
                self.bytes.push(WIDE);
                self.with_index(opcode, slot);
            }
        }
    }

    /// Pops a value that nobody wants.
    pub(crate) fn discard(&mut self, what: Type<'_>) {
        self.plain(if what.size() == 2 { POP2 } else { POP }, what.size(), 0);
    }

    pub(crate) fn null(&mut self) {
        self.plain(ACONST_NULL, 0, 1);
    }

    /// Null, or zero.
    pub(crate) fn zero(&mut self, what: Type<'_>) {
        let opcode = match what.family() {
            0 => ICONST_0,
            1 => LCONST_0,
            2 => FCONST_0,
            3 => DCONST_0,
            _ => ACONST_NULL,
        };
        self.plain(opcode, 0, what.size());
    }

    pub(crate) fn int(&mut self, value: i32) -> Result<(), Cause> {
        match value {
            -1..=5 => self.bytes.push((i32::from(ICONST_0) + value) as u8),
            -128..=127 => self.bytes.extend_from_slice(&[BIPUSH, value as u8]),
            -32_768..=32_767 => self.with_index(SIPUSH, value as u16),
            _ => {
                let index = self.pool.int(value)?;
                self.constant(index);
            }
        }
        self.effect(0, 1);
        Ok(())
    }

    pub(crate) fn long(&mut self, value: i64) -> Result<(), Cause> {
        match value {
            0..=1 => self.bytes.push(LCONST_0 + value as u8),
            _ => {
                let index = self.pool.long(value)?;
                self.with_index(LDC2_W, index);
            }
        }
        self.effect(0, 2);
        Ok(())
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), Cause> {
        let index = self.pool.string(text)?;
        self.constant(index);
        self.effect(0, 1);
        Ok(())
    }

    fn constant(&mut self, index: u16) {
        match u8::try_from(index) {
            Ok(index) => self.bytes.extend_from_slice(&[LDC, index]),
            Err(_) => self.with_index(LDC_W, index),
        }
    }

    pub(crate) fn cast(&mut self, class: &[u8]) -> Result<(), Cause> {
        let index = self.pool.class(class)?;
        self.with_index(CHECKCAST, index);
        Ok(())
    }

    pub(crate) fn get_field(&mut self, field: &FieldRef<'_>, what: Type<'_>) -> Result<(), Cause> {
        let index = self.pool.field(field)?;
        self.with_index(GETFIELD, index);
        self.effect(1, what.size());
        Ok(())
    }

    pub(crate) fn put_field(&mut self, field: &FieldRef<'_>, what: Type<'_>) -> Result<(), Cause> {
        let index = self.pool.field(field)?;
        self.with_index(PUTFIELD, index);
        self.effect(1 + what.size(), 0);
        Ok(())
    }

    pub(crate) fn invoke_static(
        &mut self,
        method: &MethodRef<'_>,
        signature: &Signature<'_>,
    ) -> Result<(), Cause> {
        let index = self.pool.method(method)?;
        self.with_index(INVOKESTATIC, index);
        self.effect(signature.words(), signature.result.map_or(0, Type::size));
        Ok(())
    }

    /// invokevirtual or invokeinterface.
    pub(crate) fn invoke_instance(
        &mut self,
        method: &MethodRef<'_>,
        signature: &Signature<'_>,
    ) -> Result<(), Cause> {
        let index = self.pool.method(method)?;
        let words = signature.words() + 1;
        if method.interface {
            self.with_index(INVOKEINTERFACE, index);
            self.bytes.push(u8::try_from(words).map_err(|_| Cause::BadDescriptor)?);
            self.bytes.push(0);
        } else {
            self.with_index(INVOKEVIRTUAL, index);
        }
        self.effect(words, signature.result.map_or(0, Type::size));
        Ok(())
    }
}
