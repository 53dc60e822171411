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
    /// Writes the payload of the attribute as it must be now.
    pub(crate) fn relocate(&self, name: &[u8], payload: &[u8], out: &mut Vec<u8>) -> Result<(), Cause> {
        let relocated = match name {
            b"LineNumberTable" => self.line_numbers(payload, out),
            b"LocalVariableTable" | b"LocalVariableTypeTable" => self.local_variables(payload, out),
            b"RuntimeVisibleTypeAnnotations" | b"RuntimeInvisibleTypeAnnotations" => {
                self.type_annotations(payload, out)
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
            Some(at) => Ok(self.layout.target(at)),
            None => Err(Malformed),
        }
    }

    fn line_numbers(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut reader = Reader::new(payload, 0);
        let count = reader.u2()?;
        put(out, count);
        for _ in 0..count {
            put_offset(out, self.start(u32::from(reader.u2()?))?)?;
            put(out, reader.u2()?);
        }
        finish(&reader)
    }

    fn local_variables(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut reader = Reader::new(payload, 0);
        let count = reader.u2()?;
        put(out, count);
        for _ in 0..count {
            self.range(&mut reader, out)?;
            // name_index, descriptor_index or signature_index, index
            let row = reader.array::<6>()?;
            let [n0, n1, d0, d1, ..] = row;
            let names = [[n0, n1], [d0, d1]].map(u16::from_be_bytes);
            if !names.iter().all(|name| self.code.has_constant(*name)) {
                return Err(Malformed);
            }
            out.extend_from_slice(&row);
        }
        finish(&reader)
    }

    /// Relocates a start and a length.
    fn range(&self, reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
        let (start, length) = (u32::from(reader.u2()?), u32::from(reader.u2()?));
        let from = self.start(start)?;
        let end = self.code.containing(start + length).ok_or(Malformed)?;
        put_offset(out, from)?;
        // A variable of length 0 at the start stays so, however much now precedes it.
        let to = if length == 0 { from } else { self.layout.target(end) };
        put_offset(out, to.checked_sub(from).ok_or(Malformed)?)
    }

    fn type_annotations(&self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
        let mut reader = Reader::new(payload, 0);
        let count = reader.u2()?;
        put(out, count);
        for _ in 0..count {
            self.annotation_target(&mut reader, out)?;
            let rest = reader.at();
            let path = reader.u1()?;
            reader.skip(2 * usize::from(path))?;
            skip_annotation(&mut reader, 0)?;
            out.extend_from_slice(payload.get(rest..reader.at()).ok_or(Malformed)?);
        }
        finish(&reader)
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
            Some(at) => put_offset(out, self.layout.now(at)),
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

fn finish(reader: &Reader<'_>) -> Result<(), Malformed> {
    if reader.is_at_end() { Ok(()) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::{ConstantPool, ints};
    use crate::layout::Inserted;

    /// `nop nop return nop return`, with 2 bytes at entry and 3 before each return: instructions come to stand at
    /// 2 3 7 8 12, jumps to them go to 2 3 4 8 9, and the end is at 13.
    fn relocate(name: &[u8], payload: &[u8]) -> Result<Vec<u8>, Cause> {
        let code = [0, 1, 0, 1, 0, 0, 0, 5, 0, 0, 177, 0, 177, 0, 0, 0, 0];
        let pool = ints(13);
        let pool = ConstantPool::parse(&pool, &mut Reader::new(&pool, 0)).unwrap();
        let code = Code::decode(&pool, &code).unwrap();
        let inserted = Inserted { entry: &[0, 0], exit: &[0, 0, 0], tail: &[0] };
        let layout = Layout::plan(&code, &inserted, |_| true).unwrap();
        let maps = [0, 1, 2, 3, 4, 5].map(|at| (layout.now(at), layout.target(at)));
        assert_eq!(maps, [(2, 2), (3, 3), (7, 4), (8, 8), (12, 9), (13, 13)]);
        let mut relocated = Vec::new();
        let relocation = Relocation { code: &code, layout: &layout, handlers_before: 4 };
        relocation.relocate(name, payload, &mut relocated).map(|()| relocated)
    }

    #[test]
    fn lines_and_variables_take_inserted_code_in() {
        let lines = [0, 3, 0, 0, 0, 10, 0, 2, 0, 11, 0, 4, 0, 12];
        let moved = [0, 3, 0, 0, 0, 10, 0, 4, 0, 11, 0, 9, 0, 12];
        assert_eq!(relocate(b"LineNumberTable", &lines).unwrap(), moved);
        // All of the method; from the first return to the second; nothing.
        let variables =
            [[0, 0, 0, 5, 0, 7, 0, 8, 0, 0], [0, 2, 0, 2, 0, 7, 0, 8, 0, 1], [0, 0, 0, 0, 0, 7, 0, 8, 0, 2]];
        let moved =
            [[0, 0, 0, 13, 0, 7, 0, 8, 0, 0], [0, 4, 0, 5, 0, 7, 0, 8, 0, 1], [0, 0, 0, 0, 0, 7, 0, 8, 0, 2]];
        for name in [&b"LocalVariableTable"[..], b"LocalVariableTypeTable"] {
            let payload = [&[0, 3], variables.as_flattened()].concat();
            assert_eq!(relocate(name, &payload).unwrap(), [&[0, 3], moved.as_flattened()].concat());
        }
    }

    #[test]
    fn type_annotations_follow_the_instruction_itself() {
        // An empty path, a type, and one pair whose value is an array of an annotation and an enum constant.
        let annotation = [0, 0, 9, 0, 1, 0, 5, b'[', 0, 2, b'@', 0, 6, 0, 0, b'e', 0, 1, 0, 2];
        for (target, moved) in [
            (vec![0x40, 0, 1, 0, 2, 0, 2, 0, 3], vec![0x40, 0, 1, 0, 4, 0, 5, 0, 3]),
            (vec![0x42, 0, 1], vec![0x42, 0, 5]),
            (vec![0x43, 0, 2], vec![0x43, 0, 7]),
            (vec![0x44, 0, 4], vec![0x44, 0, 12]),
            (vec![0x47, 0, 2, 1], vec![0x47, 0, 7, 1]),
            (vec![0x45, 0xff, 0xff], vec![0x45, 0xff, 0xff]),
        ] {
            let payload = [&[0, 1], &target[..], &annotation].concat();
            let expected = [&[0, 1], &moved[..], &annotation].concat();
            assert_eq!(relocate(b"RuntimeVisibleTypeAnnotations", &payload).unwrap(), expected);
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for (name, payload, cause) in [
            (&b"LineNumberTable"[..], &[0, 1, 0, 0][..], Cause::MalformedAttribute),
            (b"LineNumberTable", &[0, 1, 0, 6, 0, 1], Cause::MalformedAttribute),
            (b"LineNumberTable", &[0, 0, 0], Cause::MalformedAttribute),
            (b"LocalVariableTable", &[0, 1, 0, 1, 0, 5, 0, 7, 0, 8, 0, 0], Cause::MalformedAttribute),
            // No constants of the class: what an edit adds could be there.
            (b"LocalVariableTable", &[0, 1, 0, 0, 0, 5, 0, 13, 0, 8, 0, 0], Cause::MalformedAttribute),
            (b"LocalVariableTable", &[0, 1, 0, 0, 0, 5, 0, 7, 0, 13, 0, 0], Cause::MalformedAttribute),
            (b"RuntimeVisibleTypeAnnotations", &[0, 1, 0x99, 0, 0], Cause::MalformedAttribute),
            (b"SourceDebugExtension", &[], Cause::UnknownAttribute),
        ] {
            assert_eq!(relocate(name, payload), Err(cause));
        }
    }
}
