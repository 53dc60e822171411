//! One method's facts, as the passes need them: code, signature, frames, and which locals can be relied on.

use crate::additions::Additions;
use crate::class::{ACC_STATIC, ClassFile, Member};
use crate::code::{Code, Instruction};
use crate::descriptor::{OBJECT, Signature, Type};
use crate::frames::{self, Frame, VerificationType};
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
    pub(crate) initial: Vec<VerificationType>,
    /// Its frames, by instruction number; none when the class is of a format that does without.
    pub(crate) frames: Option<Vec<Frame>>,
}

/// The first class version whose methods are verified by frames or not at all; 50 may fall back (JVMS 4.10).
const FRAMES_REQUIRED: u16 = 51;

impl<'m, 'a> Method<'m, 'a> {
    pub(crate) fn read(
        class: &'m ClassFile<'a>,
        member: &Member<'a>,
        additions: &mut Additions<'_, 'a>,
    ) -> Result<Self, Cause> {
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
        let initial = initial_locals(class, &signature, is_static, is_constructor, additions)?;
        let mut method =
            Method { class, code, signature, is_static, is_constructor, arguments, initial, frames: None };
        method.frames = method.read_frames()?;
        Ok(method)
    }

    fn read_frames(&self) -> Result<Option<Vec<Frame>>, Cause> {
        if let Some(table) = self.code.attribute(b"StackMapTable") {
            return frames::decode(table, &self.initial, &self.code).map(Some);
        }
        let version = self.class.major_version();
        // A version 50 method with jumps but no frames is verified the old way; frames of ours alone would be wrong.
        let wants_frames =
            version >= FRAMES_REQUIRED || version == FRAMES_REQUIRED - 1 && !self.code.has_jumps();
        Ok(wants_frames.then(Vec::new))
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
        let stored = self.code.instructions.iter().enumerate();
        let stores: Vec<(usize, u16)> =
            stored.filter_map(|(number, each)| Some((number, reference_stored(&self.code, each)?))).collect();
        let is_reassigned = |(slot, what): &(u16, Type<'a>)| {
            stores.iter().any(|(number, stored)| stored == slot && self.stored_type(*number) != Some(*what))
        };
        arguments.filter(is_reassigned).collect()
    }

    /// The type of the reference that an instruction stores, where the one before it alone decides that.
    fn stored_type(&self, store: usize) -> Option<Type<'a>> {
        let pushing = self.code.instructions.get(store.checked_sub(1)?)?;
        if self.code.is_jumped_to(store) {
            return None;
        }
        let pool = self.class.pool();
        let operand = self.code.operand(pushing, 0);
        match pushing.opcode {
            INVOKEVIRTUAL..=INVOKEINTERFACE => {
                Signature::parse(pool.member(operand)?.descriptor).ok()?.result
            }
            GETSTATIC | GETFIELD => Type::of_field(pool.member(operand)?.descriptor).ok(),
            CHECKCAST => pool.class(operand).map(Type::Reference),
            _ => None,
        }
    }

    /// Whether a jump may be made to arrive at this instruction.
    pub(crate) fn may_be_jumped_to(&self, number: usize) -> bool {
        self.frames
            .as_ref()
            .is_none_or(|frames| frames.binary_search_by_key(&number, |frame| frame.at as usize).is_ok())
    }

    /// Whether `this` or an argument stays in the local it came in, and known to the verifier, up to every exit:
    /// nothing writes the local, and no frame forgets it. (Some compilers drop what is no longer used.)
    pub(crate) fn is_stable(&self, slot: u16, what: Type<'_>) -> bool {
        let overwrites = |instruction: &Instruction| match written(&self.code, instruction) {
            Some((written, size)) => written < slot + what.size() && slot < written.saturating_add(size),
            None => false,
        };
        let is_kept = |frame: &Frame| match frames::local_at(&frame.locals, slot) {
            Some(VerificationType::UninitializedThis) => slot == 0,
            Some(VerificationType::Object(index)) => {
                matches!(what, Type::Reference(name) if self.class.pool().class(index) == Some(name))
            }
            Some(found) => Some(found) == primitive(what),
            None => false,
        };
        !self.code.instructions.iter().any(overwrites)
            && self.frames.as_ref().is_none_or(|frames| frames.iter().all(is_kept))
    }
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

fn initial_locals(
    class: &ClassFile<'_>,
    signature: &Signature<'_>,
    is_static: bool,
    is_constructor: bool,
    additions: &mut Additions<'_, '_>,
) -> Result<Vec<VerificationType>, Cause> {
    let mut locals = Vec::with_capacity(signature.parameters.len() + 1);
    if is_constructor {
        locals.push(VerificationType::UninitializedThis);
    } else if !is_static {
        locals.push(VerificationType::Object(class.this_class()));
    }
    for parameter in &signature.parameters {
        locals.push(verification_type(*parameter, additions)?);
    }
    Ok(locals)
}

/// The local that an instruction writes a reference to.
fn reference_stored(code: &Code<'_>, instruction: &Instruction) -> Option<u16> {
    let bytes = code.bytes_of(instruction);
    let is_reference = matches!(bytes, [ASTORE | ASTORE_0..=ASTORE_3, ..] | [WIDE, ASTORE, ..]);
    written(code, instruction).filter(|_| is_reference).map(|(slot, _)| slot)
}

/// The local that an instruction writes, and its words.
#[inline]
fn written(code: &Code<'_>, instruction: &Instruction) -> Option<(u16, u16)> {
    // This is asked of every instruction, and most write no local.
    if !matches!(instruction.opcode, ISTORE..=ASTORE_3 | IINC | WIDE) {
        return None;
    }
    let bytes = code.bytes_of(instruction);
    let operand = u16::from(*bytes.get(1).unwrap_or(&0));
    // Stores come in runs of int, long, float, double, reference.
    let words = |family: u8| if matches!(family, 1 | 3) { 2 } else { 1 };
    match instruction.opcode {
        opcode @ ISTORE..=ASTORE => Some((operand, words(opcode - ISTORE))),
        opcode @ ISTORE_0..=ASTORE_3 => {
            Some((u16::from((opcode - ISTORE_0) % 4), words((opcode - ISTORE_0) / 4)))
        }
        IINC => Some((operand, 1)),
        WIDE => match bytes.get(1) {
            Some(opcode @ ISTORE..=ASTORE) => Some((code.operand(instruction, 1), words(opcode - ISTORE))),
            Some(&IINC) => Some((code.operand(instruction, 1), 1)),
            _ => None,
        },
        _ => None,
    }
}
