//! One method's facts, as the passes need them: code, signature, frames, and which locals can be relied on.

use std::cell::OnceCell;

use crate::additions::Additions;
use crate::bits::BitSet;
use crate::class::{ACC_STATIC, ClassFile, Member};
use crate::code::{Code, Instruction, written};
use crate::descriptor::{OBJECT, Signature, Type};
use crate::frames::{Frames, Locals, VerificationType};
use crate::opcodes::*;
use crate::outcome::Cause;

/// A method that is about to be edited.
#[derive(Debug)]
pub(crate) struct Method<'m, 'a> {
    pub(crate) class: &'m ClassFile<'a>,
    pub(crate) code: Code<'a>,
    pub(crate) signature: Signature<'a>,
    pub(crate) is_static: bool,
    /// A constructor in which `this` starts uninitialised: any but Object's.
    pub(crate) is_constructor: bool,
    /// The local that each argument arrives in.
    pub(crate) arguments: Vec<u16>,
    /// The locals when the method starts.
    pub(crate) initial: Locals,
    /// The payload of its StackMapTable; none when the class is of a format that does without.
    frames: Option<&'a [u8]>,
    /// The first words of `this` and of arguments that no frame forgets, once somebody asks.
    remembered: OnceCell<BitSet>,
}

/// The first class version whose methods are verified by frames or not at all; 50 may fall back (JVMS 4.10).
const FRAMES_REQUIRED: u16 = 51;

/// A StackMapTable of no frames.
const NO_FRAMES: &[u8] = &[0, 0];

impl<'m, 'a> Method<'m, 'a> {
    pub(crate) fn read(class: &'m ClassFile<'a>, member: &Member<'a>) -> Result<Self, Cause> {
        // Behind the attribute's name index and length.
        let code = member.code.clone().ok_or(Cause::NoCode)?;
        let payload = class.bytes().get(code.start + 6..code.end).ok_or(Cause::MalformedCode)?;
        let code = Code::decode(class.pool(), payload)?;
        let signature = Signature::parse(member.descriptor)?;
        let is_static = member.access & ACC_STATIC != 0;
        let is_constructor = member.name == b"<init>" && class.name() != OBJECT;
        let mut slot = u16::from(!is_static);
        let mut arguments = Vec::with_capacity(signature.parameters.len());
        for parameter in &signature.parameters {
            arguments.push(slot);
            slot += parameter.size();
        }
        if slot > code.max_locals {
            return Err(Cause::MalformedCode);
        }
        let initial = initial_locals(class, &signature, is_static, is_constructor);
        let mut method = Method {
            class,
            code,
            signature,
            is_static,
            is_constructor,
            arguments,
            initial,
            frames: None,
            remembered: OnceCell::new(),
        };
        method.frames = method.find_frames();
        Ok(method)
    }

    fn find_frames(&self) -> Option<&'a [u8]> {
        if let Some(table) = self.code.attribute(b"StackMapTable") {
            return Some(table);
        }
        let version = self.class.major_version();
        // A version 50 method with jumps but no frames is verified the old way; frames of ours alone would be wrong.
        let wants_frames =
            version >= FRAMES_REQUIRED || version == FRAMES_REQUIRED - 1 && !self.code.has_jumps();
        wants_frames.then_some(NO_FRAMES)
    }

    /// A walk over its frames; none when the class is of a format that does without.
    pub(crate) fn frames(&self) -> Option<Result<Frames<'_, 'a>, Cause>> {
        self.frames.map(|payload| Frames::new(payload, &self.initial, &self.code))
    }

    /// Looks through the frames for what they forget. Frames that cannot be read are found when they are written.
    fn find_remembered(&self) -> Result<BitSet, Cause> {
        let mut remembered = BitSet::below(crate::frames::words(&self.initial));
        self.slots().for_each(|(slot, _)| remembered.insert(slot));
        let Some(frames) = self.frames() else { return Ok(remembered) };
        let mut frames = frames?;
        while frames.advance()?.is_some() {
            // Mostly nothing is forgotten.
            if frames.locals.starts_with(&self.initial) {
                continue;
            }
            for (slot, local) in self.slots() {
                let found = local_at(&frames.locals, slot);
                if !found.is_some_and(|found| self.is_still(local, slot, found)) {
                    remembered.remove(slot);
                }
            }
        }
        Ok(remembered)
    }

    /// The locals when the method starts, with the first word of each.
    fn slots(&self) -> impl Iterator<Item = (u32, VerificationType)> + '_ {
        let next = |slot: &mut u32, local: &VerificationType| {
            let at = *slot;
            *slot += local.size() as u32;
            Some((at, *local))
        };
        self.initial.iter().scan(0, next)
    }

    /// Whether what a frame says of a local is what the method started with, `this` initialised or not.
    fn is_still(&self, local: VerificationType, slot: u32, found: VerificationType) -> bool {
        let class = match local {
            VerificationType::Parameter(index) => self.signature.parameters.get(usize::from(index)).copied(),
            VerificationType::Object(_) | VerificationType::UninitializedThis => {
                Some(Type::Reference(self.class.name()))
            }
            _ => None,
        };
        match found {
            VerificationType::UninitializedThis => slot == 0 && !self.is_static,
            VerificationType::Object(index) => {
                class.is_some() && self.class.pool().class(index).map(Type::Reference) == class
            }
            found => found == local,
        }
    }

    /// Whether the verifier may infer types: always before version 50, and in 50 where frames of any method are wrong
    /// or absent (JVMS 4.10).
    pub(crate) fn may_be_inferred(&self) -> bool {
        self.class.major_version() < FRAMES_REQUIRED
    }

    /// The arguments (`this` too) whose local gets a reference of another type later on: their slots and types. A
    /// handler over the whole method joins the two.
    pub(crate) fn reassigned_references(&self) -> Vec<(u16, Type<'a>)> {
        let this = (!self.is_static).then_some((0, Type::Reference(self.class.name())));
        let parameters = self.arguments.iter().copied().zip(self.signature.parameters.iter().copied());
        let arguments = this.into_iter().chain(parameters).filter(|(_, what)| primitive(*what).is_none());
        let mut stores = Vec::new();
        let mut before = None;
        for instruction in self.code.instructions() {
            if let Some(slot) = reference_stored(&self.code, &instruction) {
                stores.push((slot, self.stored_type(before, instruction)));
            }
            before = Some(instruction);
        }
        let is_reassigned = |(slot, what): &(u16, Type<'a>)| {
            stores.iter().any(|(stored, found)| stored == slot && *found != Some(*what))
        };
        arguments.filter(is_reassigned).collect()
    }

    /// The type of the reference that an instruction stores, where the one before it alone decides that.
    fn stored_type(&self, before: Option<Instruction>, store: Instruction) -> Option<Type<'a>> {
        let pushing = before?;
        if self.code.is_jumped_to(store.at) {
            return None;
        }
        let pool = self.class.pool();
        let operand = self.code.operand(&pushing, 0);
        match pushing.opcode {
            INVOKEVIRTUAL..=INVOKEINTERFACE => {
                Signature::parse(pool.member(operand)?.descriptor).ok()?.result
            }
            GETSTATIC | GETFIELD => Type::of_field(pool.member(operand)?.descriptor).ok(),
            CHECKCAST => pool.class(operand).map(Type::Reference),
            _ => None,
        }
    }

    /// Whether a jump may be made to arrive at the instruction at `offset`. Few methods have a branch so long that it is
    /// asked.
    pub(crate) fn may_be_jumped_to(&self, offset: u32) -> bool {
        match self.frames() {
            None => true,
            Some(Err(_)) => false,
            Some(Ok(mut frames)) => {
                std::iter::from_fn(|| frames.advance().ok().flatten()).any(|framed| framed == offset)
            }
        }
    }

    /// Whether `this` or an argument stays in the local it came in, and known to the verifier, up to every exit:
    /// nothing writes the local, and no frame forgets it. (Some compilers drop what is no longer used.)
    pub(crate) fn is_stable(&self, slot: u16, what: Type<'_>) -> bool {
        let remembered = self.remembered.get_or_init(|| self.find_remembered().unwrap_or_default());
        remembered.contains(u32::from(slot)) && !self.code.writes(slot, what.size())
    }

    /// The verification type of an argument.
    pub(crate) fn argument_type(&self, index: usize) -> Result<VerificationType, Cause> {
        let parameter = self.signature.parameters.get(index).ok_or(Cause::NoSuchArgument)?;
        Ok(parameter_type(index, *parameter))
    }
}

/// The type in local variable `slot`; none when the frame says nothing of it, or it is the second half of another.
fn local_at(locals: &[VerificationType], slot: u32) -> Option<VerificationType> {
    let mut at = 0;
    for local in locals {
        if at >= slot {
            return (at == slot).then_some(*local);
        }
        at += local.size() as u32;
    }
    None
}

/// The verification type of a primitive.
pub(crate) fn primitive(what: Type<'_>) -> Option<VerificationType> {
    match what.family() {
        0 => Some(VerificationType::Integer),
        1 => Some(VerificationType::Long),
        2 => Some(VerificationType::Float),
        3 => Some(VerificationType::Double),
        _ => None,
    }
}

/// The verification type of any value.
pub(crate) fn verification_type(
    what: Type<'_>,
    additions: &mut Additions<'_, '_>,
) -> Result<VerificationType, Cause> {
    match (primitive(what), what) {
        (Some(found), _) => Ok(found),
        (None, Type::Reference(name)) => Ok(VerificationType::Object(additions.class(name)?)),
        (None, _) => Err(Cause::BadDescriptor),
    }
}

/// That of a parameter. There are at most 255 (JVMS 4.3.3).
fn parameter_type(index: usize, what: Type<'_>) -> VerificationType {
    primitive(what).unwrap_or(VerificationType::Parameter(index as u16))
}

fn initial_locals(
    class: &ClassFile<'_>,
    signature: &Signature<'_>,
    is_static: bool,
    is_constructor: bool,
) -> Locals {
    let mut locals = Locals::with_capacity(signature.parameters.len() + 1);
    if is_constructor {
        locals.push(VerificationType::UninitializedThis);
    } else if !is_static {
        locals.push(VerificationType::Object(class.this_class()));
    }
    let parameters = signature.parameters.iter().enumerate();
    locals.extend(parameters.map(|(index, parameter)| parameter_type(index, *parameter)));
    locals
}

/// The local that an instruction writes a reference to.
fn reference_stored(code: &Code<'_>, instruction: &Instruction) -> Option<u16> {
    let is_reference =
        matches!(code.bytes_of(instruction), [ASTORE | ASTORE_0..=ASTORE_3, ..] | [WIDE, ASTORE, ..]);
    if is_reference { written(code.bytes, instruction).map(|(slot, _)| slot) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use VerificationType::{Double, Float, Integer, Long};

    #[test]
    fn local_variables_are_found_by_slot() {
        let locals = [Integer, Long, Float, Double];
        let found: Vec<_> = (0..6).map(|slot| local_at(&locals, slot)).collect();
        assert_eq!(found, [Some(Integer), Some(Long), None, Some(Float), Some(Double), None]);
    }
}
