//! The StackMapTable: walked over as absolute frames, and written again in the shortest form (JVMS 4.7.4).

use crate::additions::Additions;
use crate::code::Code;
use crate::descriptor::Type;
use crate::layout::Layout;
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
    /// The class of this parameter: a constant is only asked for where this is written.
    Parameter(u16),
    /// Made by the `new` instruction at this offset of the original code.
    Uninitialized(u32),
}

use VerificationType::*;

impl VerificationType {
    pub(crate) fn size(self) -> usize {
        if matches!(self, Double | Long) { 2 } else { 1 }
    }
}

/// What is in the locals, in order.
pub(crate) type Locals = Vec<VerificationType>;

/// Words that these locals take.
pub(crate) fn words(locals: &[VerificationType]) -> usize {
    locals.iter().map(|local| local.size()).sum()
}

/// The frames of a method, one after the other: what is known where a jump arrives.
#[derive(Debug)]
pub(crate) struct Frames<'c, 'a> {
    code: &'c Code<'a>,
    reader: Reader<'a>,
    remaining: u16,
    /// The offset in the original code.
    at: Option<u32>,
    pub(crate) locals: Locals,
    pub(crate) stack: Locals,
}

impl<'c, 'a> Frames<'c, 'a> {
    /// Starts in front of the first frame of a StackMapTable's payload; `initial` are the locals when the method starts.
    pub(crate) fn new(
        payload: &'a [u8],
        initial: &[VerificationType],
        code: &'c Code<'a>,
    ) -> Result<Self, Cause> {
        let mut reader = Reader::new(payload, 0);
        let remaining = reader.u2().map_err(|_| Cause::MalformedFrames)?;
        let mut locals = Locals::with_capacity(usize::from(code.max_locals).max(initial.len()));
        locals.extend_from_slice(initial);
        Ok(Frames { code, reader, remaining, at: None, locals, stack: Locals::new() })
    }

    /// Goes on to the next frame; its offset, or none behind the last.
    pub(crate) fn advance(&mut self) -> Result<Option<u32>, Cause> {
        if self.remaining == 0 {
            return if self.reader.is_at_end() { Ok(None) } else { Err(Cause::MalformedFrames) };
        }
        self.remaining -= 1;
        self.at = Some(self.read().ok_or(Cause::MalformedFrames)?);
        Ok(self.at)
    }

    fn read(&mut self) -> Option<u32> {
        let kind = self.reader.u1().ok()?;
        let delta = match kind {
            0..=127 => u16::from(kind % 64),
            128..=246 => return None,
            _ => self.reader.u2().ok()?,
        };
        self.stack.clear();
        match kind {
            64..=127 | 247 => {
                let only = self.read_type()?;
                self.stack.push(only);
            }
            248..=250 => {
                let kept = self.locals.len().checked_sub(usize::from(251 - kind))?;
                self.locals.truncate(kept);
            }
            252..=254 => {
                for _ in 251..kind {
                    let added = self.read_type()?;
                    self.locals.push(added);
                }
            }
            255 => {
                self.locals.clear();
                for _ in 0..self.reader.u2().ok()? {
                    let local = self.read_type()?;
                    self.locals.push(local);
                }
                for _ in 0..self.reader.u2().ok()? {
                    let operand = self.read_type()?;
                    self.stack.push(operand);
                }
            }
            _ => {}
        }
        if words(&self.locals) > usize::from(self.code.max_locals) {
            return None;
        }
        let offset = self.at.map_or(0, |previous| previous + 1) + u32::from(delta);
        (self.code.is_start(offset) && offset < self.code.end()).then_some(offset)
    }

    fn read_type(&mut self) -> Option<VerificationType> {
        Some(match self.reader.u1().ok()? {
            0 => Top,
            1 => Integer,
            2 => Float,
            3 => Double,
            4 => Long,
            5 => Null,
            6 => UninitializedThis,
            7 => Object(self.reader.u2().ok().filter(|class| self.code.has_constant(*class))?),
            8 => {
                let made = u32::from(self.reader.u2().ok()?);
                if !self.code.is_start(made) {
                    return None;
                }
                Uninitialized(made)
            }
            _ => return None,
        })
    }
}

/// What types become when they are written.
#[derive(Debug)]
pub(crate) struct Names<'w, 'p, 'a> {
    pub(crate) additions: &'w mut Additions<'p, 'a>,
    pub(crate) parameters: &'w [Type<'a>],
    pub(crate) layout: &'w Layout,
}

/// Writes a StackMapTable's payload behind what is there. The frames come in order of their offsets, no two at the same.
#[derive(Debug)]
pub(crate) struct FrameWriter<'w, 'p, 'a> {
    bytes: &'w mut Vec<u8>,
    names: Names<'w, 'p, 'a>,
    /// Where the number of frames stands.
    count_at: usize,
    count: u16,
    /// The offset that a difference of 0 stands for.
    next: u32,
    /// The locals of the frame before.
    previous: Locals,
}

impl<'w, 'p, 'a> FrameWriter<'w, 'p, 'a> {
    pub(crate) fn new(
        bytes: &'w mut Vec<u8>,
        initial: &[VerificationType],
        names: Names<'w, 'p, 'a>,
    ) -> Self {
        let count_at = bytes.len();
        bytes.extend_from_slice(&[0, 0]);
        let mut previous = Locals::with_capacity(32);
        previous.extend_from_slice(initial);
        FrameWriter { bytes, names, count_at, count: 0, next: 0, previous }
    }

    /// Writes a frame at this offset of the new code.
    pub(crate) fn put(
        &mut self,
        at: u32,
        locals: &[VerificationType],
        stack: &[VerificationType],
    ) -> Result<(), Cause> {
        let delta = at.checked_sub(self.next).ok_or(Cause::MalformedFrames)?;
        self.next = at + 1;
        self.count = self.count.checked_add(1).ok_or(Cause::MalformedFrames)?;
        let small = u8::try_from(delta).ok().filter(|&delta| delta < 64);
        let same = common(locals, &self.previous);
        let (added, dropped) = (locals.len() - same, self.previous.len() - same);
        match (stack, added, dropped) {
            ([], 0, 0) => match small {
                Some(delta) => self.bytes.push(delta),
                None => self.put_kind(251, delta)?,
            },
            ([only], 0, 0) => {
                match small {
                    Some(delta) => self.bytes.push(64 + delta),
                    None => self.put_kind(247, delta)?,
                }
                self.put_type(*only)?;
            }
            ([], 0, 1..=3) => self.put_kind(251 - dropped as u8, delta)?,
            ([], 1..=3, 0) => {
                self.put_kind(251 + added as u8, delta)?;
                self.put_types(locals.get(same..).unwrap_or_default())?;
            }
            _ => {
                self.bytes.reserve(3 * (locals.len() + stack.len()) + 7);
                self.put_kind(255, delta)?;
                self.put_u2(locals.len())?;
                self.put_types(locals)?;
                self.put_u2(stack.len())?;
                self.put_types(stack)?;
            }
        }
        self.previous.truncate(same);
        self.previous.extend_from_slice(locals.get(same..).unwrap_or_default());
        Ok(())
    }

    /// Writes how many frames there are, which is the last thing known.
    pub(crate) fn finish(self) {
        let count = self.bytes.get_mut(self.count_at..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = count {
            *place = self.count.to_be_bytes();
        }
    }

    fn put_kind(&mut self, kind: u8, delta: u32) -> Result<(), Cause> {
        self.bytes.push(kind);
        self.put_u2(delta as usize)
    }

    fn put_u2(&mut self, value: usize) -> Result<(), Cause> {
        let value = u16::try_from(value).map_err(|_| Cause::MalformedFrames)?;
        self.bytes.extend_from_slice(&value.to_be_bytes());
        Ok(())
    }

    fn put_types(&mut self, types: &[VerificationType]) -> Result<(), Cause> {
        let mut rest = types;
        while let Some((first, behind)) = rest.split_first() {
            // What advice keeps lies behind all locals of the method, most of which hold nothing at most places.
            if *first == Top {
                let run = rest.iter().take_while(|each| **each == Top).count();
                self.bytes.resize(self.bytes.len() + run, item(Top));
                rest = rest.get(run..).unwrap_or_default();
            } else {
                self.put_type(*first)?;
                rest = behind;
            }
        }
        Ok(())
    }

    #[inline]
    fn put_type(&mut self, each: VerificationType) -> Result<(), Cause> {
        match each {
            Object(class) => self.put_item(7, class),
            Parameter(_) | Uninitialized(_) => return self.put_resolved(each),
            Top | Integer | Float | Double | Long | Null | UninitializedThis => self.bytes.push(item(each)),
        }
        Ok(())
    }

    #[inline]
    fn put_item(&mut self, item: u8, operand: u16) {
        let [high, low] = operand.to_be_bytes();
        self.bytes.extend_from_slice(&[item, high, low]);
    }

    /// Writes a type whose operand is only known now.
    fn put_resolved(&mut self, each: VerificationType) -> Result<(), Cause> {
        match each {
            Parameter(index) => {
                let Some(Type::Reference(class)) = self.names.parameters.get(usize::from(index)) else {
                    return Err(Cause::BadDescriptor);
                };
                let class = self.names.additions.class(class)?;
                self.put_item(7, class);
            }
            Uninitialized(made) => {
                let now = self.names.layout.now(made);
                self.put_item(8, u16::try_from(now).map_err(|_| Cause::MalformedFrames)?);
            }
            _ => {}
        }
        Ok(())
    }
}

/// What stands for a type without operand (JVMS 4.7.4).
fn item(each: VerificationType) -> u8 {
    match each {
        Integer => 1,
        Float => 2,
        Double => 3,
        Long => 4,
        Null => 5,
        UninitializedThis => 6,
        Top | Object(_) | Parameter(_) | Uninitialized(_) => 0,
    }
}

fn common(one: &[VerificationType], other: &[VerificationType]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::{ConstantPool, ints};
    use crate::layout::Inserted;

    /// The offset of a frame, its locals and its stack.
    type Frame = (u32, Vec<VerificationType>, Vec<VerificationType>);

    /// Code of 300 `nop`s and a return, with `max_locals` 9.
    fn payload() -> Vec<u8> {
        let mut payload = vec![0, 9, 0, 9, 0, 0, 1, 45];
        payload.extend([0; 300]);
        payload.extend([177, 0, 0, 0, 0]);
        payload
    }

    /// Writes frames, with nothing inserted into the code, and reads them again; gives what was written.
    fn encode(initial: &[VerificationType], frames: &[Frame]) -> Result<Vec<u8>, Cause> {
        let (payload, pool) = (payload(), ints(8));
        let pool = ConstantPool::parse(&pool, &mut Reader::new(&pool, 0)).unwrap();
        let code = Code::decode(&pool, &payload).unwrap();
        let layout = Layout::plan(&code, &Inserted { entry: &[], exit: &[], tail: &[] }, |_| true)?;
        let mut additions = Additions::new(&pool);
        let names = Names {
            additions: &mut additions,
            parameters: &[Type::Int, Type::Reference(b"a/B")],
            layout: &layout,
        };
        let mut encoded = vec![0xff];
        let mut writer = FrameWriter::new(&mut encoded, initial, names);
        for (at, locals, stack) in frames {
            writer.put(*at, locals, stack)?;
        }
        writer.finish();
        let encoded = encoded[1..].to_vec();
        if !frames.iter().any(|(_, locals, _)| locals.contains(&Parameter(1))) {
            // Of bytes that live as long as the code does.
            let again = [&payload[..], &encoded].concat();
            let (payload, table) = again.split_at(payload.len());
            let code = Code::decode(&pool, payload).unwrap();
            let mut read = Frames::new(table, initial, &code).unwrap();
            let mut found = Vec::new();
            while let Some(at) = read.advance()? {
                found.push((at, read.locals.to_vec(), read.stack.to_vec()));
            }
            assert_eq!(found, frames);
        }
        Ok(encoded)
    }

    fn frame(at: u32, locals: &[VerificationType], stack: &[VerificationType]) -> Frame {
        (at, locals.to_vec(), stack.to_vec())
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
            assert_eq!(encode(&[this], &[first]).unwrap(), [&[0, 1], &expected[..]].concat());
        }
    }

    #[test]
    fn a_parameters_class_is_named_where_it_is_written_and_only_there() {
        let initial = [Object(7), Parameter(1)];
        assert_eq!(encode(&initial, &[frame(5, &initial, &[])]).unwrap(), [0, 1, 5]);
        // The pool has seven constants: the name is the eighth and the class the ninth.
        let forgotten = frame(5, &[Top, Parameter(1)], &[]);
        assert_eq!(encode(&initial, &[forgotten]).unwrap(), [0, 1, 255, 0, 5, 0, 2, 0, 7, 0, 9, 0, 0]);
    }

    #[test]
    fn later_frames_count_from_the_one_before() {
        let initial = [UninitializedThis];
        let frames = [frame(0, &initial, &[]), frame(1, &initial, &[]), frame(100, &[Object(1)], &[])];
        assert_eq!(encode(&initial, &frames).unwrap(), [0, 3, 0, 0, 255, 0, 98, 0, 1, 7, 0, 1, 0, 0]);
    }

    #[test]
    fn a_constant_that_the_class_does_not_have_is_refused() {
        assert!(encode(&[], &[frame(5, &[Object(7)], &[])]).is_ok());
        assert_eq!(encode(&[], &[frame(5, &[Object(8)], &[])]), Err(Cause::MalformedFrames));
    }

    #[test]
    fn frames_out_of_order_are_refused() {
        let frames = [frame(4, &[], &[]), frame(4, &[], &[])];
        assert_eq!(encode(&[], &frames), Err(Cause::MalformedFrames));
    }
}
