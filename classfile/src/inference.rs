//! What a verifier that infers types needs of woven code (JVMS 4.10.2): it joins the types that a local has wherever a
//! handler is reached from, and may load classes to do so. Where a class is missing on purpose, the whole class that
//! names it would no longer link. So no handler of ours may be reached with two references in one local.

use crate::additions::name_bytes;
use crate::assembler::Assembler;
use crate::descriptor::{Signature, Type};
use crate::method::Method;
use crate::opcodes;
use crate::outcome::Cause;
use crate::weave::{Guard, HandlerFrame, Save, Section, Step, Woven};

impl Woven {
    /// Gives each return handlers of its own where a verifier that infers would join what is in the locals at one return
    /// with what is there at another.
    pub(crate) fn separate_returns(&mut self, method: &Method<'_, '_>) {
        let returns = method.code.returns().count();
        let copies = u32::try_from(returns).unwrap_or(u32::MAX);
        let stride = std::mem::take(&mut self.stride);
        if !method.may_be_inferred() || copies < 2 || stride == 0 {
            return;
        }
        self.stride = stride;
        let rest = self.tail.bytes.split_off(stride as usize);
        self.tail.bytes = self.tail.bytes.repeat(copies as usize);
        self.tail.bytes.extend(rest);
        // What lies behind the handlers moves; what lies in them is there once for each return.
        let shifts = |at: u32| {
            let copied = (0..copies).map(move |copy| copy * stride);
            let (first, count) = if at < stride { (0, copies) } else { (copies - 1, 1) };
            copied.skip(first as usize).take(count as usize)
        };
        let guards = std::mem::take(&mut self.guards);
        for guard in guards {
            if guard.section != Section::Tail {
                self.guards.push(guard);
                continue;
            }
            self.guards.extend(shifts(guard.from).map(|shift| Guard {
                from: guard.from + shift,
                to: guard.to + shift,
                handler: guard.handler + shift,
                ..guard
            }));
        }
        let frames = std::mem::take(&mut self.frames);
        let in_tail = |frame: &HandlerFrame| frame.section == Section::Tail;
        let (tail, others): (Vec<_>, Vec<_>) = frames.into_iter().partition(in_tail);
        self.frames = others;
        for frame in tail {
            let copied = shifts(frame.at).map(|shift| HandlerFrame { at: frame.at + shift, ..frame.clone() });
            self.frames.extend(copied);
        }
        self.frames.sort_by_key(|frame| (frame.section == Section::Tail, frame.at));
        self.catch_any = self.catch_any.map(|at| at + (copies - 1) * stride);
    }
}

/// Covers a `nop` while no argument of these is in its local. The verifier comes there first, and what it then knows
/// of these locals in the handler, nothing, no later reference can be joined with.
pub(crate) fn forget(
    asm: &mut Assembler<'_, '_, '_>,
    arguments: &[Save<'_>],
) -> Result<Option<(u32, u32)>, Cause> {
    if arguments.is_empty() {
        return Ok(None);
    }
    for (what, slot, copy) in arguments {
        asm.load(*what, *slot);
        asm.store(*what, *copy);
        asm.int(0)?;
        asm.store(Type::Int, *slot);
    }
    let from = asm.at();
    asm.plain(opcodes::NOP, 0, 0);
    let to = asm.at();
    for (what, slot, copy) in arguments {
        asm.load(*what, *copy);
        asm.store(*what, *slot);
    }
    Ok(Some((from, to)))
}

/// Whether one handler of an exit would be reached with the method's own result and with one that an exit before it has
/// put in its place.
pub(crate) fn joins_results(method: &Method<'_, '_>, steps: &[Step<'_, '_>]) -> Result<bool, Cause> {
    let returns_reference = matches!(method.signature.result, Some(Type::Reference(_)));
    let (_, followed) = steps.split_last().ok_or(Cause::MalformedCode)?;
    for step in followed {
        let Step::Exit(call, _) = step else { continue };
        let result = Signature::parse(name_bytes(call.target.descriptor)?)?.result;
        if returns_reference && matches!(result, Some(Type::Reference(_))) {
            return Ok(true);
        }
    }
    Ok(false)
}
