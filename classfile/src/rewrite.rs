//! One method's Code attribute, rewritten: woven, laid out, its tables relocated.

use crate::additions::{Additions, name_bytes};
use crate::class::{ClassFile, Member};
use crate::code::Instruction;
use crate::constructor;
use crate::edit::{MethodRef, Splice};
use crate::frames::{FrameWriter, Frames, Locals, Names};
use crate::layout::{Inserted, Layout, Replacement};
use crate::method::Method;
use crate::opcodes::*;
use crate::outcome::Cause;
use crate::tables::Relocation;
use crate::weave::{HandlerFrame, Section, Woven, extend, weave};

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
    let method = Method::read(class, member)?;
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
    let mut attribute = Vec::with_capacity(2 * code.len() + 512);
    attribute.extend_from_slice(name_index);
    let new_length = put_sized(&mut attribute, |out| rewriting.write(out, additions))?;
    Ok(Some(Rewritten { attribute, old_length: method.code.end(), new_length }))
}

/// The calls to replace, in order; a splice that requires one must find it.
fn replace_calls(
    method: &Method<'_, '_>,
    splices: &[&Splice<'_>],
    additions: &mut Additions<'_, '_>,
) -> Result<Vec<Replacement>, Cause> {
    let mut replacements: Vec<Replacement> = Vec::new();
    for splice in splices {
        let Splice::ReplaceCall { owner, name, descriptor, target, required } = splice else { continue };
        if target.interface && method.class.major_version() < 52 {
            return Err(Cause::InterfaceCallTooNew);
        }
        let before = replacements.len();
        for call in method.code.instructions() {
            if !matches!(call.opcode, INVOKEVIRTUAL..=INVOKEINTERFACE) {
                continue;
            }
            let called = method.class.pool().member(method.code.operand(&call, 0));
            let called = called.ok_or(Cause::MalformedCode)?;
            let is_it = called.owner == owner.as_bytes()
                && called.name == name.as_bytes()
                && called.descriptor == descriptor.as_bytes();
            if is_it && called.name != b"<init>" && replacements.iter().all(|taken| taken.call != call) {
                check_replacement(&call, owner, descriptor, target)?;
                let [high, low] = additions.method(target)?.to_be_bytes();
                replacements.push(Replacement { call, by: [INVOKESTATIC, high, low] });
            }
        }
        if *required && replacements.len() == before {
            return Err(Cause::NoSuchCall);
        }
    }
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

/// The runs of code that an exit by exception is caught from: all but returns (their own exit has run by then), and in a
/// constructor only what follows `super()`.
fn protected(method: &Method<'_, '_>, splices: &[&Splice<'_>]) -> Result<Vec<(u32, u32)>, Cause> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    if !splices.iter().any(|splice| matches!(splice, Splice::Around { exit: Some(_), .. })) {
        return Ok(runs);
    }
    if !method.is_constructor {
        let mut from = 0;
        for leaving in method.code.returns() {
            if from < leaving.at {
                runs.push((from, leaving.at));
            }
            from = leaving.end();
        }
        if from < method.code.end() {
            runs.push((from, method.code.end()));
        }
        return Ok(runs);
    }
    let initialised = constructor::initialised(&method.code, method.class.pool())?;
    for instruction in method.code.instructions() {
        if !initialised.contains(instruction.at) || is_return(instruction.opcode) {
            continue;
        }
        match runs.last_mut() {
            Some((_, to)) if *to == instruction.at => *to = instruction.end(),
            _ => runs.push((instruction.at, instruction.end())),
        }
    }
    Ok(runs)
}

struct Rewriting<'m, 'c, 'a> {
    method: &'m Method<'c, 'a>,
    woven: Woven,
    replacements: Vec<Replacement>,
    protected: Vec<(u32, u32)>,
}

impl<'a> Rewriting<'_, '_, 'a> {
    /// Writes the payload of the attribute; the new length of the code.
    fn write(&self, out: &mut Vec<u8>, additions: &mut Additions<'_, 'a>) -> Result<u32, Cause> {
        let (code, woven) = (&self.method.code, &self.woven);
        let inserted =
            Inserted { entry: &woven.entry.bytes, exit: &woven.exit.bytes, tail: &woven.tail.bytes };
        let layout = Layout::plan(code, &inserted, |offset| self.method.may_be_jumped_to(offset))?;
        if layout.length > 65_535 {
            return Err(Cause::CodeTooLarge);
        }
        if code.end() <= JIT_LIMIT && layout.length > JIT_LIMIT {
            return Err(Cause::CodeTooLargeForJit);
        }
        put(out, self.max_stack())?;
        put(out, woven.max_locals)?;
        out.extend_from_slice(&layout.length.to_be_bytes());
        layout.emit(out, code, &inserted, &self.replacements)?;
        let handlers_before = self.put_handlers(out, &layout)?;
        self.put_attributes(out, &layout, handlers_before, additions)?;
        Ok(layout.length)
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

    /// Writes the exception table: ours around inserted code first, so that nobody else's handler sees it; the
    /// method's own; last the one that catches what leaves the method. The number of those in front.
    fn put_handlers(&self, out: &mut Vec<u8>, layout: &Layout) -> Result<u16, Cause> {
        let code = &self.method.code;
        let tail = layout.target(code.end());
        let count_at = out.len();
        put(out, 0)?;
        let rows_at = out.len();
        let mut put_row = |row: [u32; 4]| {
            row.into_iter().try_for_each(|value| put(out, value))?;
            u16::try_from((out.len() - rows_at) / ROW).map_err(|_| Cause::CodeTooLarge)
        };
        let mut count = 0;
        for guard in &self.woven.guards {
            let row = |start: u32, handler: u32| [start + guard.from, start + guard.to, handler, 0];
            match guard.section {
                Section::Entry => count = put_row(row(0, guard.handler))?,
                Section::Tail => count = put_row(row(tail, tail + guard.handler))?,
                Section::Exit => {
                    for (copy, leaving) in (0..).zip(code.returns()) {
                        let handler = tail + copy * self.woven.stride + guard.handler;
                        count = put_row(row(layout.target(leaving.at), handler))?;
                    }
                }
            }
        }
        let before = count;
        for row in &code.handlers {
            let [from, to, handler] = [row.from, row.to, row.handler].map(|at| layout.target(at));
            count = put_row([from, to, handler, u32::from(row.catch_type)])?;
        }
        if let Some(handler) = self.woven.catch_any {
            if let Some((from, to)) = self.woven.forgets {
                count = put_row([from, to, tail + handler, 0])?;
            }
            for (from, to) in &self.protected {
                count = put_row([layout.target(*from), layout.target(*to), tail + handler, 0])?;
            }
        }
        if let Some(place) = out.get_mut(count_at..).and_then(<[u8]>::first_chunk_mut) {
            *place = count.to_be_bytes();
        }
        Ok(before)
    }

    fn put_attributes(
        &self,
        out: &mut Vec<u8>,
        layout: &Layout,
        handlers_before: u16,
        additions: &mut Additions<'_, 'a>,
    ) -> Result<(), Cause> {
        let code = &self.method.code;
        let woven = &self.woven;
        let moves = [&woven.entry, &woven.exit, &woven.tail].iter().any(|each| !each.bytes.is_empty());
        let relocation = Relocation { code, layout, handlers_before };
        let mut frames = if moves { self.method.frames().transpose()? } else { None };
        let is_first = code.attribute(STACK_MAP_TABLE).is_none() && frames.is_some();
        put(out, code.attributes.len() as u32 + u32::from(is_first))?;
        for attribute in &code.attributes {
            put(out, u32::from(attribute.name_index))?;
            put_sized(out, |out| match attribute.name {
                _ if !moves => {
                    out.extend_from_slice(attribute.payload);
                    Ok(())
                }
                // Only one may be there (JVMS 4.7.4).
                STACK_MAP_TABLE => {
                    let frames = frames.take().ok_or(Cause::MalformedFrames)?;
                    self.put_frames(out, frames, layout, additions)
                }
                name => relocation.relocate(name, attribute.payload, out),
            })?;
        }
        if let Some(frames) = frames {
            put(out, u32::from(additions.utf8(STACK_MAP_TABLE)?))?;
            put_sized(out, |out| self.put_frames(out, frames, layout, additions))?;
        }
        Ok(())
    }

    fn put_frames(
        &self,
        out: &mut Vec<u8>,
        mut own: Frames<'_, 'a>,
        layout: &Layout,
        additions: &mut Additions<'_, 'a>,
    ) -> Result<(), Cause> {
        let method = self.method;
        let tail = layout.target(method.code.end());
        let names = Names { additions, parameters: &method.signature.parameters, layout };
        let mut writer = FrameWriter::new(out, &method.initial, names);
        let inserted = |is_entry: bool| {
            let of_section = move |frame: &&HandlerFrame| (frame.section == Section::Entry) == is_entry;
            self.woven.frames.iter().filter(of_section)
        };
        for frame in inserted(true) {
            writer.put(frame.at, &frame.locals, &[frame.stack])?;
        }
        let mut extended = Locals::with_capacity(if self.woven.kept.is_empty() { 0 } else { 32 });
        while let Some(at) = own.advance()? {
            let locals = if self.woven.kept.is_empty() {
                &own.locals
            } else {
                extended.clear();
                extended.extend_from_slice(&own.locals);
                extend(&mut extended, method.code.max_locals, self.woven.kept.iter());
                &extended
            };
            writer.put(layout.target(at), locals, &own.stack)?;
        }
        for frame in inserted(false) {
            writer.put(tail + frame.at, &frame.locals, &[frame.stack])?;
        }
        writer.finish();
        Ok(())
    }
}

/// The bytes of a row of the exception table.
const ROW: usize = 8;

fn put(out: &mut Vec<u8>, value: u32) -> Result<(), Cause> {
    out.extend_from_slice(&u16::try_from(value).map_err(|_| Cause::CodeTooLarge)?.to_be_bytes());
    Ok(())
}

/// Writes a length of four bytes, and behind it what is that long.
fn put_sized<T>(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<T, Cause>) -> Result<T, Cause> {
    let length_at = out.len();
    out.extend_from_slice(&[0; 4]);
    let start = out.len();
    let written = write(out)?;
    let length = u32::try_from(out.len() - start).map_err(|_| Cause::CodeTooLarge)?;
    if let Some(place) = out.get_mut(length_at..).and_then(<[u8]>::first_chunk_mut) {
        *place = length.to_be_bytes();
    }
    Ok(written)
}
