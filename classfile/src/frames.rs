//! The StackMapTable: expanded to absolute frames, and encoded again in the shortest form (JVMS 4.7.4).

use crate::code::Code;
use crate::outcome::Cause;
use crate::reader::Reader;

/// A verification type. Long and double stand for two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VerificationType {
    Top,
    Integer,
    Float,
    Double,
    Long,
    Null,
    UninitializedThis,
    /// By the index of a Class constant.
    Object(u16),
    /// Made by the `new` instruction of this number (decoded) or at this offset (to be encoded).
    Uninitialized(u32),
}

use VerificationType::*;

impl VerificationType {
    pub(crate) fn size(self) -> usize {
        if matches!(self, Double | Long) { 2 } else { 1 }
    }
}

/// What is known where a jump arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The number of an instruction (decoded) or an offset (to be encoded).
    pub(crate) at: u32,
    pub(crate) locals: Vec<VerificationType>,
    pub(crate) stack: Vec<VerificationType>,
}

/// The type in local variable `slot`; none when the frame says nothing of it, or it is the second half of another.
pub(crate) fn local_at(locals: &[VerificationType], slot: u16) -> Option<VerificationType> {
    let mut at = 0;
    for local in locals {
        if at == usize::from(slot) {
            return Some(*local);
        }
        at += local.size();
    }
    None
}

/// Words that these locals take.
pub(crate) fn words(locals: &[VerificationType]) -> usize {
    locals.iter().map(|local| local.size()).sum()
}

/// Reads a StackMapTable's payload; `initial` are the locals when the method starts.
pub(crate) fn decode(
    payload: &[u8],
    initial: &[VerificationType],
    code: &Code<'_>,
) -> Result<Vec<Frame>, Cause> {
    read_frames(payload, initial, code).ok_or(Cause::MalformedFrames)
}

fn read_frames(payload: &[u8], initial: &[VerificationType], code: &Code<'_>) -> Option<Vec<Frame>> {
    let mut reader = Reader::new(payload, 0);
    let count = reader.u2().ok()?;
    let mut frames = Vec::with_capacity(usize::from(count));
    let mut locals = initial.to_vec();
    let mut previous: Option<u32> = None;
    for _ in 0..count {
        let kind = reader.u1().ok()?;
        let delta = match kind {
            0..=127 => u16::from(kind % 64),
            128..=246 => return None,
            _ => reader.u2().ok()?,
        };
        let mut stack = Vec::new();
        match kind {
            64..=127 | 247 => stack.push(read_type(&mut reader, code)?),
            248..=250 => {
                let kept = locals.len().checked_sub(usize::from(251 - kind))?;
                locals.truncate(kept);
            }
            252..=254 => {
                for _ in 251..kind {
                    locals.push(read_type(&mut reader, code)?);
                }
            }
            255 => {
                locals = read_types(&mut reader, code)?;
                stack = read_types(&mut reader, code)?;
            }
            _ => {}
        }
        if words(&locals) > usize::from(code.max_locals) {
            return None;
        }
        let offset = previous.map_or(0, |previous| previous + 1) + u32::from(delta);
        previous = Some(offset);
        let at = code.number(offset).filter(|&number| number < code.instructions.len())?;
        frames.push(Frame { at: u32::try_from(at).ok()?, locals: locals.clone(), stack });
    }
    reader.is_at_end().then_some(frames)
}

fn read_types(reader: &mut Reader<'_>, code: &Code<'_>) -> Option<Vec<VerificationType>> {
    (0..reader.u2().ok()?).map(|_| read_type(reader, code)).collect()
}

fn read_type(reader: &mut Reader<'_>, code: &Code<'_>) -> Option<VerificationType> {
    Some(match reader.u1().ok()? {
        0 => Top,
        1 => Integer,
        2 => Float,
        3 => Double,
        4 => Long,
        5 => Null,
        6 => UninitializedThis,
        7 => Object(reader.u2().ok()?),
        8 => Uninitialized(u32::try_from(code.number(u32::from(reader.u2().ok()?))?).ok()?),
        _ => return None,
    })
}

/// Writes a StackMapTable's payload. The frames are in order of their offsets, no two at the same.
pub(crate) fn encode(frames: &[Frame], initial: &[VerificationType]) -> Result<Vec<u8>, Cause> {
    let mut bytes = Vec::with_capacity(frames.len() * 4 + 2);
    put_u2(&mut bytes, frames.len())?;
    let mut locals = initial;
    let mut next = 0;
    for frame in frames {
        let delta = frame.at.checked_sub(next).ok_or(Cause::MalformedFrames)?;
        next = frame.at + 1;
        put_frame(&mut bytes, frame, locals, delta)?;
        locals = &frame.locals;
    }
    Ok(bytes)
}

fn put_frame(
    bytes: &mut Vec<u8>,
    frame: &Frame,
    previous: &[VerificationType],
    delta: u32,
) -> Result<(), Cause> {
    let small = u8::try_from(delta).ok().filter(|&delta| delta < 64);
    let same = common(&frame.locals, previous);
    let (added, dropped) = (frame.locals.len() - same, previous.len() - same);
    match (&frame.stack[..], added, dropped) {
        ([], 0, 0) => match small {
            Some(delta) => bytes.push(delta),
            None => put_kind(bytes, 251, delta)?,
        },
        ([only], 0, 0) => {
            match small {
                Some(delta) => bytes.push(64 + delta),
                None => put_kind(bytes, 247, delta)?,
            }
            put_type(bytes, *only)?;
        }
        ([], 0, 1..=3) => put_kind(bytes, 251 - dropped as u8, delta)?,
        ([], 1..=3, 0) => {
            put_kind(bytes, 251 + added as u8, delta)?;
            put_types(bytes, &frame.locals[same..])?;
        }
        _ => {
            put_kind(bytes, 255, delta)?;
            put_u2(bytes, frame.locals.len())?;
            put_types(bytes, &frame.locals)?;
            put_u2(bytes, frame.stack.len())?;
            put_types(bytes, &frame.stack)?;
        }
    }
    Ok(())
}

fn common(one: &[VerificationType], other: &[VerificationType]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

fn put_kind(bytes: &mut Vec<u8>, kind: u8, delta: u32) -> Result<(), Cause> {
    bytes.push(kind);
    put_u2(bytes, delta as usize)
}

fn put_u2(bytes: &mut Vec<u8>, value: usize) -> Result<(), Cause> {
    let value = u16::try_from(value).map_err(|_| Cause::MalformedFrames)?;
    bytes.extend_from_slice(&value.to_be_bytes());
    Ok(())
}

fn put_types(bytes: &mut Vec<u8>, types: &[VerificationType]) -> Result<(), Cause> {
    types.iter().try_for_each(|each| put_type(bytes, *each))
}

fn put_type(bytes: &mut Vec<u8>, each: VerificationType) -> Result<(), Cause> {
    match each {
        Top => bytes.push(0),
        Integer => bytes.push(1),
        Float => bytes.push(2),
        Double => bytes.push(3),
        Long => bytes.push(4),
        Null => bytes.push(5),
        UninitializedThis => bytes.push(6),
        Object(class) => {
            bytes.push(7);
            put_u2(bytes, usize::from(class))?;
        }
        Uninitialized(offset) => {
            bytes.push(8);
            put_u2(bytes, offset as usize)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::ConstantPool;

    /// Code of 300 `nop`s and a return, with `max_locals` 9.
    fn payload() -> Vec<u8> {
        let mut payload = vec![0, 9, 0, 9, 0, 0, 1, 45];
        payload.extend([0; 300]);
        payload.extend([177, 0, 0, 0, 0]);
        payload
    }

    fn check(initial: &[VerificationType], frames: &[Frame], expected: &[u8]) {
        let encoded = encode(frames, initial).unwrap();
        assert_eq!(encoded, expected);
        let (payload, pool) = (payload(), [0, 1]);
        let pool = ConstantPool::parse(&pool, &mut Reader::new(&pool, 0)).unwrap();
        let code = Code::decode(&pool, &payload).unwrap();
        // Each instruction is one byte, so that numbers and offsets are the same.
        assert_eq!(decode(&encoded, initial, &code).unwrap(), frames);
    }

    fn frame(at: u32, locals: &[VerificationType], stack: &[VerificationType]) -> Frame {
        Frame { at, locals: locals.to_vec(), stack: stack.to_vec() }
    }

    #[test]
    fn each_frame_takes_its_shortest_form() {
        let this = Object(7);
        for (first, expected) in [
            (frame(5, &[this], &[]), vec![5]),
            (frame(70, &[this], &[]), vec![251, 0, 70]),
            (frame(5, &[this], &[Integer]), vec![69, 1]),
            (frame(70, &[this], &[Null]), vec![247, 0, 70, 5]),
            (frame(5, &[], &[]), vec![250, 0, 5]),
            (frame(5, &[this, Long], &[]), vec![252, 0, 5, 4]),
            (frame(5, &[this, Top, Float, Double], &[]), vec![254, 0, 5, 0, 2, 3]),
            (frame(5, &[Integer], &[]), vec![255, 0, 5, 0, 1, 1, 0, 0]),
            (frame(5, &[this], &[this, this]), vec![255, 0, 5, 0, 1, 7, 0, 7, 0, 2, 7, 0, 7, 7, 0, 7]),
            (frame(5, &[], &[Uninitialized(258)]), vec![255, 0, 5, 0, 0, 0, 1, 8, 1, 2]),
        ] {
            check(&[this], &[first], &[&[0, 1], &expected[..]].concat());
        }
    }

    #[test]
    fn later_frames_count_from_the_one_before() {
        let initial = [UninitializedThis];
        let frames = [frame(0, &initial, &[]), frame(1, &initial, &[]), frame(100, &[Object(1)], &[])];
        check(&initial, &frames, &[0, 3, 0, 0, 255, 0, 98, 0, 1, 7, 0, 1, 0, 0]);
    }

    #[test]
    fn frames_out_of_order_are_refused() {
        let frames = [frame(4, &[], &[]), frame(4, &[], &[])];
        assert_eq!(encode(&frames, &[]), Err(Cause::MalformedFrames));
    }

    #[test]
    fn local_variables_are_found_by_slot() {
        let locals = [Integer, Long, Float];
        let found: Vec<_> = (0..5).map(|slot| local_at(&locals, slot)).collect();
        assert_eq!(found, [Some(Integer), Some(Long), None, Some(Float), None]);
    }
}
