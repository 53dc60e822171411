//! One method's Code attribute, rewritten: woven, laid out, its tables relocated.

use crate::additions::{Additions, name_bytes};
use crate::class::{ClassFile, Member};
use crate::code::Instruction;
use crate::constructor;
use crate::edit::{MethodRef, Splice};
use crate::frames::{self, Frame, VerificationType};
use crate::layout::{Inserted, Layout, Replacements};
use crate::method::Method;
use crate::opcodes::*;
use crate::outcome::Cause;
use crate::tables::Relocation;
use crate::weave::{Section, Woven, extend, weave};

/// HotSpot's HugeMethodLimit, in bytes: longer methods are only ever interpreted (-XX:-DontCompileHugeMethods).
const JIT_LIMIT: u32 = 8_000;

/// The newest class version whose specification this was written against: Java 26. Of a newer one, methods with
/// attributes that are not known are declined.
pub const NEWEST_KNOWN_VERSION: u16 = 70;

/// Attributes of a Code attribute that are known to hold offsets, and how to relocate them (JVMS table 4.7-C).
const RELOCATED: [&[u8]; 5] = [
    b"LineNumberTable",
    b"LocalVariableTable",
    b"LocalVariableTypeTable",
    b"RuntimeVisibleTypeAnnotations",
    b"RuntimeInvisibleTypeAnnotations",
];
const STACK_MAP_TABLE: &[u8] = b"StackMapTable";

/// A Code attribute, from its name index on, and lengths of code in bytes.
pub(crate) struct Rewritten {
    pub(crate) attribute: Vec<u8>,
    pub(crate) old_length: u32,
    pub(crate) new_length: u32,
}

/// Rewrites a method; `None` when it makes none of the calls that were to be replaced and nothing else was asked for.
pub(crate) fn rewrite<'a>(
    class: &ClassFile<'a>,
    member: &Member<'a>,
    splices: &[&Splice<'_>],
    additions: &mut Additions<'_, 'a>,
) -> Result<Option<Rewritten>, Cause> {
    let method = Method::read(class, member, additions)?;
    if class.major_version() > NEWEST_KNOWN_VERSION {
        let is_known = |name: &[u8]| name == STACK_MAP_TABLE || RELOCATED.contains(&name);
        let all = method.code.attributes.iter().all(|attribute| is_known(attribute.name));
        if member.has_unknown_attribute || !all {
            return Err(Cause::UnknownAttribute);
        }
    }
    let replacements = replace_calls(&method, splices, additions)?;
    if replacements.is_empty() && splices.iter().all(|splice| matches!(splice, Splice::ReplaceCall { .. })) {
        return Ok(None);
    }
    let protected = protected(&method, splices)?;
    let woven = weave(&method, splices, !protected.is_empty(), additions)?;
    let rewriting = Rewriting { method: &method, woven, replacements, protected };
    let code = member.code.clone().ok_or(Cause::NoCode)?;
    let name_index = class.bytes().get(code.start..code.start + 2).ok_or(Cause::MalformedCode)?;
    let (new_length, payload) = rewriting.write(additions)?;
    let mut attribute = Vec::with_capacity(payload.len() + 6);
    attribute.extend_from_slice(name_index);
    attribute
        .extend_from_slice(&u32::try_from(payload.len()).map_err(|_| Cause::CodeTooLarge)?.to_be_bytes());
    attribute.extend_from_slice(&payload);
    Ok(Some(Rewritten { attribute, old_length: method.code.bytes.len() as u32, new_length }))
}

/// The calls to replace, in order; a splice that requires one must find it.
fn replace_calls(
    method: &Method<'_, '_>,
    splices: &[&Splice<'_>],
    additions: &mut Additions<'_, '_>,
) -> Result<Replacements, Cause> {
    let mut replacements = Replacements::new();
    for splice in splices {
        let Splice::ReplaceCall { owner, name, descriptor, target, required } = splice else { continue };
        if target.interface && method.class.major_version() < 52 {
            return Err(Cause::InterfaceCallTooNew);
        }
        let before = replacements.len();
        for (number, instruction) in method.code.instructions.iter().enumerate() {
            if !matches!(instruction.opcode, INVOKEVIRTUAL..=INVOKEINTERFACE) {
                continue;
            }
            let called = method.class.pool().member(method.code.operand(instruction, 0));
            let called = called.ok_or(Cause::MalformedCode)?;
            let is_it = called.owner == owner.as_bytes()
                && called.name == name.as_bytes()
                && called.descriptor == descriptor.as_bytes();
            if is_it && called.name != b"<init>" && replacements.iter().all(|(taken, _)| *taken != number) {
                check_replacement(instruction, owner, descriptor, target)?;
                let [high, low] = additions.method(target)?.to_be_bytes();
                let mut bytes = vec![INVOKESTATIC, high, low];
                bytes.resize(instruction.length as usize, NOP);
                replacements.push((number, bytes));
            }
        }
        if *required && replacements.len() == before {
            return Err(Cause::NoSuchCall);
        }
    }
    replacements.sort_unstable_by_key(|(number, _)| *number);
    Ok(replacements)
}

/// The target takes what the call finds on the stack and gives what the call gives.
fn check_replacement(
    instruction: &Instruction,
    owner: &str,
    descriptor: &str,
    target: &MethodRef<'_>,
) -> Result<(), Cause> {
    name_bytes(target.descriptor)?;
    if instruction.opcode == INVOKESTATIC {
        return if target.descriptor == descriptor { Ok(()) } else { Err(Cause::DescriptorMismatch) };
    }
    let own = if owner.starts_with('[') { owner.to_owned() } else { format!("L{owner};") };
    let rest = descriptor.strip_prefix('(').ok_or(Cause::BadDescriptor)?;
    let fits = |receiver: &str| {
        let after = target.descriptor.strip_prefix('(').and_then(|text| text.strip_prefix(receiver));
        after == Some(rest)
    };
    if fits(&own) || fits("Ljava/lang/Object;") { Ok(()) } else { Err(Cause::DescriptorMismatch) }
}

/// The runs of instructions that an exit by exception is caught from: all but returns (their own exit has run by
/// then), and in a constructor only what follows `super()`.
fn protected(method: &Method<'_, '_>, splices: &[&Splice<'_>]) -> Result<Vec<(usize, usize)>, Cause> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    if !splices.iter().any(|splice| matches!(splice, Splice::Around { exit: Some(_), .. })) {
        return Ok(runs);
    }
    let initialised = match method.is_constructor {
        true => Some(constructor::initialised(&method.code, method.class.pool())?),
        false => None,
    };
    for (number, instruction) in method.code.instructions.iter().enumerate() {
        let is_ready = initialised.as_ref().is_none_or(|initialised| initialised[number]);
        if !is_ready || is_return(instruction.opcode) {
            continue;
        }
        match runs.last_mut() {
            Some((_, to)) if *to == number => *to += 1,
            _ => runs.push((number, number + 1)),
        }
    }
    Ok(runs)
}

struct Rewriting<'m, 'c, 'a> {
    method: &'m Method<'c, 'a>,
    woven: Woven,
    replacements: Replacements,
    protected: Vec<(usize, usize)>,
}

impl Rewriting<'_, '_, '_> {
    /// The new length of the code, and the payload of the attribute.
    fn write(&self, additions: &mut Additions<'_, '_>) -> Result<(u32, Vec<u8>), Cause> {
        let (code, woven) = (&self.method.code, &self.woven);
        let inserted =
            Inserted { entry: &woven.entry.bytes, exit: &woven.exit.bytes, tail: &woven.tail.bytes };
        let layout = Layout::plan(code, &inserted, |number| self.method.may_be_jumped_to(number))?;
        let old_length = code.bytes.len() as u32;
        if layout.length > 65_535 {
            return Err(Cause::CodeTooLarge);
        }
        if old_length <= JIT_LIMIT && layout.length > JIT_LIMIT {
            return Err(Cause::CodeTooLargeForJit);
        }
        let mut out = Vec::with_capacity(layout.length as usize * 2);
        put(&mut out, self.max_stack())?;
        put(&mut out, woven.max_locals)?;
        out.extend_from_slice(&layout.length.to_be_bytes());
        out.extend(layout.emit(code, &inserted, &self.replacements));
        let handlers_before = self.put_handlers(&mut out, &layout)?;
        self.put_attributes(&mut out, &layout, handlers_before, additions)?;
        Ok((layout.length, out))
    }

    fn max_stack(&self) -> u32 {
        let woven = &self.woven;
        let own = u32::from(self.method.code.max_stack);
        // The exit code starts with the result, which the method's own count includes.
        let result = self.method.signature.result.map_or(0, |result| u32::from(result.size()));
        let at_exit = own.saturating_sub(result) + woven.exit.max_depth;
        let at_exit = if woven.exit.max_depth == 0 { 0 } else { at_exit };
        own.max(woven.entry.max_depth).max(at_exit).max(woven.tail.max_depth)
    }

    /// Where a section's copies begin.
    fn starts(&self, section: Section, layout: &Layout) -> Vec<u32> {
        match section {
            Section::Entry => vec![0],
            Section::Tail => vec![layout.target[self.method.code.instructions.len()]],
            Section::Exit => {
                let numbered = self.method.code.instructions.iter().enumerate();
                let returns = numbered.filter(|(_, instruction)| is_return(instruction.opcode));
                returns.map(|(number, _)| layout.target[number]).collect()
            }
        }
    }

    /// Writes the exception table: ours around inserted code first, so that nobody else's handler sees it; the
    /// method's own; last the one that catches what leaves the method. The number of those in front.
    fn put_handlers(&self, out: &mut Vec<u8>, layout: &Layout) -> Result<u16, Cause> {
        let code = &self.method.code;
        let tail = layout.target[code.instructions.len()];
        let mut rows: Vec<[u32; 4]> = Vec::new();
        for guard in &self.woven.guards {
            for (copy, start) in (0..).zip(self.starts(guard.section, layout)) {
                let handler = match guard.section {
                    Section::Entry => guard.handler,
                    Section::Exit => tail + copy * self.woven.stride + guard.handler,
                    Section::Tail => tail + guard.handler,
                };
                rows.push([start + guard.from, start + guard.to, handler, 0]);
            }
        }
        let before = u16::try_from(rows.len()).map_err(|_| Cause::CodeTooLarge)?;
        for row in &code.handlers {
            let target = |number: usize| layout.target[number];
            rows.push([target(row.from), target(row.to), target(row.handler), u32::from(row.catch_type)]);
        }
        if let Some(handler) = self.woven.catch_any {
            if let Some((from, to)) = self.woven.forgets {
                rows.push([from, to, tail + handler, 0]);
            }
            for (from, to) in &self.protected {
                rows.push([layout.target[*from], layout.target[*to], tail + handler, 0]);
            }
        }
        put(out, rows.len() as u32)?;
        rows.iter().flatten().try_for_each(|&value| put(out, value))?;
        Ok(before)
    }

    fn put_attributes(
        &self,
        out: &mut Vec<u8>,
        layout: &Layout,
        handlers_before: u16,
        additions: &mut Additions<'_, '_>,
    ) -> Result<(), Cause> {
        let code = &self.method.code;
        let woven = &self.woven;
        let moves = [&woven.entry, &woven.exit, &woven.tail].iter().any(|each| !each.bytes.is_empty());
        let relocation = Relocation { code, layout, handlers_before };
        let mut table = match &self.method.frames {
            Some(frames) if moves => Some(self.frames(frames, layout)?),
            _ => None,
        };
        let is_first = code.attribute(STACK_MAP_TABLE).is_none() && table.is_some();
        put(out, code.attributes.len() as u32 + u32::from(is_first))?;
        for attribute in &code.attributes {
            let payload = match attribute.name {
                _ if !moves => attribute.payload.to_vec(),
                // Only one may be there (JVMS 4.7.4).
                STACK_MAP_TABLE => table.take().ok_or(Cause::MalformedFrames)?,
                name => relocation.relocate(name, attribute.payload)?,
            };
            put_attribute(out, attribute.name_index, &payload)?;
        }
        if let Some(table) = table {
            put_attribute(out, additions.utf8(STACK_MAP_TABLE)?, &table)?;
        }
        Ok(())
    }

    fn frames(&self, own: &[Frame], layout: &Layout) -> Result<Vec<u8>, Cause> {
        let now = |kind: &mut VerificationType| {
            if let VerificationType::Uninitialized(number) = kind {
                *number = layout.now[*number as usize];
            }
        };
        let tail = layout.target[self.method.code.instructions.len()];
        let inserted = self.woven.frames.iter().map(|frame| {
            let start = if frame.section == Section::Entry { 0 } else { tail };
            let thrown = frame.stack;
            Frame { at: start + frame.at, locals: frame.locals.clone(), stack: vec![thrown] }
        });
        let (mut frames, behind): (Vec<_>, Vec<_>) = inserted.partition(|frame| frame.at < tail);
        for frame in own {
            let mut frame = frame.clone();
            frame.at = layout.target[frame.at as usize];
            extend(&mut frame.locals, self.method.code.max_locals, self.woven.kept.iter());
            frame.locals.iter_mut().chain(&mut frame.stack).for_each(now);
            frames.push(frame);
        }
        frames.extend(behind);
        frames::encode(&frames, &self.method.initial)
    }
}

fn put(out: &mut Vec<u8>, value: u32) -> Result<(), Cause> {
    out.extend_from_slice(&u16::try_from(value).map_err(|_| Cause::CodeTooLarge)?.to_be_bytes());
    Ok(())
}

fn put_attribute(out: &mut Vec<u8>, name_index: u16, payload: &[u8]) -> Result<(), Cause> {
    out.extend_from_slice(&name_index.to_be_bytes());
    out.extend_from_slice(&u32::try_from(payload.len()).map_err(|_| Cause::CodeTooLarge)?.to_be_bytes());
    out.extend_from_slice(payload);
    Ok(())
}
