//! The attributes of a Code attribute that hold code offsets, relocated.

use crate::code::Code;
use crate::layout::Layout;
use crate::outcome::Cause;
use crate::reader::{ParseError, Reader};

/// What the offsets of one method's tables are relocated by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relocation<'m, 'a> {
    pub(crate) code: &'m Code<'a>,
    pub(crate) layout: &'m Layout,
    /// Rows put in front of the exception table.
    pub(crate) handlers_before: u16,
}

/// A table cannot be followed to its end.
struct Malformed;

impl From<ParseError> for Malformed {
    fn from(_: ParseError) -> Self {
        Malformed
    }
}

impl Relocation<'_, '_> {
    /// The payload of the attribute as it must be now.
    pub(crate) fn relocate(&self, name: &[u8], payload: &[u8]) -> Result<Vec<u8>, Cause> {
        let relocated = match name {
            b"LineNumberTable" => self.line_numbers(payload),
            b"LocalVariableTable" | b"LocalVariableTypeTable" => self.local_variables(payload),
            b"RuntimeVisibleTypeAnnotations" | b"RuntimeInvisibleTypeAnnotations" => {
                self.type_annotations(payload)
            }
            _ => return Err(Cause::UnknownAttribute),
        };
        relocated.map_err(|Malformed| Cause::MalformedAttribute)
    }

    /// Where a line or a variable that starts at `offset` starts now. What starts with the method still does, and so
    /// takes the entry advice in; an offset within an instruction (seen in the wild) stands for that instruction.
    fn start(&self, offset: u32) -> Result<u32, Malformed> {
        match self.code.containing(offset) {
            Some(0) => Ok(0),
            Some(number) => Ok(self.layout.target[number]),
            None => Err(Malformed),
        }
    }

    fn line_numbers(&self, payload: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut reader = Reader::new(payload, 0);
        let mut out = Vec::with_capacity(payload.len());
        let count = reader.u2()?;
        put(&mut out, count);
        for _ in 0..count {
            put_offset(&mut out, self.start(u32::from(reader.u2()?))?)?;
            put(&mut out, reader.u2()?);
        }
        finish(&reader, out)
    }

    fn local_variables(&self, payload: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut reader = Reader::new(payload, 0);
        let mut out = Vec::with_capacity(payload.len());
        let count = reader.u2()?;
        put(&mut out, count);
        for _ in 0..count {
            self.range(&mut reader, &mut out)?;
            // name_index, descriptor_index or signature_index, index
            out.extend_from_slice(reader.take(6)?);
        }
        finish(&reader, out)
    }

    /// Relocates a start and a length.
    fn range(&self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let (start, length) = (u32::from(reader.u2()?), u32::from(reader.u2()?));
        let from = self.start(start)?;
        let end = self.code.containing(start + length).ok_or(Malformed)?;
        put_offset(out, from)?;
        // A variable of length 0 at the start stays so, however much now precedes it.
        let to = if length == 0 { from } else { self.layout.target[end] };
        put_offset(out, to.checked_sub(from).ok_or(Malformed)?)
    }

    fn type_annotations(&self, payload: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut reader = Reader::new(payload, 0);
        let mut out = Vec::with_capacity(payload.len());
        let count = reader.u2()?;
        put(&mut out, count);
        for _ in 0..count {
            self.annotation_target(&mut reader, &mut out)?;
            let rest = reader.at();
            let path = reader.u1()?;
            reader.skip(2 * usize::from(path))?;
            skip_annotation(&mut reader, 0)?;
            out.extend_from_slice(payload.get(rest..reader.at()).ok_or(Malformed)?);
        }
        finish(&reader, out)
    }

    /// `target_type` and `target_info` (JVMS 4.7.20.1).
    fn annotation_target(&self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let target_type = reader.u1()?;
        out.push(target_type);
        match target_type {
            // A local variable or resource.
            0x40 | 0x41 => {
                let rows = reader.u2()?;
                put(out, rows);
                for _ in 0..rows {
                    self.range(reader, out)?;
                    put(out, reader.u2()?);
                }
            }
            // The parameter of a catch clause: a row of the exception table.
            0x42 => {
                let row = reader.u2()?;
                put(out, row.checked_add(self.handlers_before).ok_or(Malformed)?);
            }
            // instanceof, new, constructor and method references: the instruction itself.
            0x43..=0x46 => self.instruction(reader, out)?,
            // A cast or a type argument of a call.
            0x47..=0x4b => {
                self.instruction(reader, out)?;
                out.push(reader.u1()?);
            }
            _ => return Err(Malformed),
        }
        Ok(())
    }

    fn instruction(&self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let offset = reader.u2()?;
        // Compilers have written offsets outside the code; the JVM does not read them, so they stay as they are.
        match self.code.containing(u32::from(offset)) {
            Some(number) => put_offset(out, self.layout.now[number]),
            None => {
                put(out, offset);
                Ok(())
            }
        }
    }
}

/// Skips `type_index` and the element-value pairs of an annotation (JVMS 4.7.16).
fn skip_annotation(reader: &mut Reader<'_>, depth: u8) -> Result<(), Malformed> {
    reader.skip(2)?;
    for _ in 0..reader.u2()? {
        reader.skip(2)?;
        skip_element_value(reader, depth)?;
    }
    Ok(())
}

fn skip_element_value(reader: &mut Reader<'_>, depth: u8) -> Result<(), Malformed> {
    // Nesting is written by hand, in source; deeper than this is meant to exhaust a stack.
    if depth > 32 {
        return Err(Malformed);
    }
    match reader.u1()? {
        b'B' | b'C' | b'D' | b'F' | b'I' | b'J' | b'S' | b'Z' | b's' | b'c' => reader.skip(2)?,
        b'e' => reader.skip(4)?,
        b'@' => skip_annotation(reader, depth + 1)?,
        b'[' => {
            for _ in 0..reader.u2()? {
                skip_element_value(reader, depth + 1)?;
            }
        }
        _ => return Err(Malformed),
    }
    Ok(())
}

fn put(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn put_offset(out: &mut Vec<u8>, offset: u32) -> Result<(), Malformed> {
    put(out, u16::try_from(offset).map_err(|_| Malformed)?);
    Ok(())
}

fn finish(reader: &Reader<'_>, out: Vec<u8>) -> Result<Vec<u8>, Malformed> {
    if reader.is_at_end() { Ok(out) } else { Err(Malformed) }
}
