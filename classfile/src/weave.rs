//! From splices to code: what runs at entry, before each return, and behind the last instruction.
//!
//! None of this code jumps. Where advice may throw and must not be heard, its range ends in `aconst_null` and its
//! handler is the very next instruction, a `pop`: both ways arrive there with one Throwable (or null) on the stack,
//! so that one frame and no branch are needed. Before a return even that is not possible, because the operand stack
//! may hold leftovers that nothing but a data flow analysis would know; there the handler lies behind the method and
//! goes on to the next step, and to the return, by itself.

use crate::additions::{Additions, name_bytes};
use crate::assembler::{Assembled, Assembler};
use crate::descriptor::{OBJECT, Signature, THROWABLE, Type};
use crate::edit::{Call, FieldRef, Splice, Value};
use crate::frames::{Locals, VerificationType};
use crate::inference::{forget, joins_results};
use crate::method::{Method, verification_type};
use crate::opcodes;
use crate::outcome::Cause;
use crate::values::{Phase, Site};

/// The three places where code is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Entry,
    /// Repeated before each return.
    Exit,
    Tail,
}

/// A row of the exception table that catches anything out of inserted code. Offsets within sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) section: Section,
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Where the handler is. Handlers of [`Section::Exit`] are in the tail, others in the same section.
    pub(crate) handler: u32,
}

/// A frame within inserted code, where the exception table leads: one Throwable is on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandlerFrame {
    pub(crate) section: Section,
    pub(crate) at: u32,
    pub(crate) locals: Locals,
    /// Throwable.
    pub(crate) stack: VerificationType,
}

/// A local of ours that lives from entry to exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    Value(VerificationType),
    /// A copy of `this`, with the index of its class: uninitialised as long as `this` is.
    This(u16),
}

/// What to put into a method.
#[derive(Debug, Default)]
pub(crate) struct Woven {
    pub(crate) entry: Assembled,
    pub(crate) exit: Assembled,
    pub(crate) tail: Assembled,
    pub(crate) guards: Vec<Guard>,
    pub(crate) frames: Vec<HandlerFrame>,
    /// The locals from the method's own `max_locals` on.
    pub(crate) kept: Vec<Kept>,
    /// Where in the tail the handler of everything begins.
    pub(crate) catch_any: Option<u32>,
    /// A run of entry code that the handler of everything covers too ([`forget`]).
    pub(crate) forgets: Option<(u32, u32)>,
    /// The bytes from one return's handlers in the tail to the next one's; 0 where all returns share them.
    pub(crate) stride: u32,
    pub(crate) max_locals: u32,
}

/// The local that a splice's token is kept in, and the token's class.
pub(crate) type Token<'s> = Option<(u16, &'s [u8])>;

/// What happens at an exit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'s, 'e> {
    Assign(&'s FieldRef<'e>, &'s Call<'e>),
    Exit(&'s Call<'e>, Token<'s>),
}

/// Writes the code of all splices but [`Splice::ReplaceCall`]. `may_throw`: there is code that an exit by exception
/// is to be caught from.
pub(crate) fn weave<'a>(
    method: &Method<'_, 'a>,
    splices: &[&Splice<'_>],
    may_throw: bool,
    additions: &mut Additions<'_, 'a>,
) -> Result<Woven, Cause> {
    let next = u32::from(method.code.max_locals);
    let mut weaver =
        Weaver { method, additions, woven: Woven::default(), next, this: Ok(0), arguments: vec![] };
    weaver.this = if method.is_static { Err(Cause::NoThis) } else { Ok(0) };
    weaver.arguments.clone_from(&method.arguments);
    let tokens = weaver.allot_tokens(splices)?;
    let steps = steps(splices, &tokens);
    let saves = weaver.allot_saves(&steps)?;
    let forgotten = weaver.allot_forgotten(&steps, may_throw, &saves)?;
    weaver.write_entry(splices, &tokens, &saves, &forgotten)?;
    weaver.write_exits(&steps, may_throw)?;
    weaver.woven.separate_returns(method);
    weaver.woven.max_locals = weaver.next;
    Ok(weaver.woven)
}

/// Assignments in the order given, as part of the body; then exits, the last opened first.
fn steps<'s, 'e>(splices: &[&'s Splice<'e>], tokens: &[Token<'s>]) -> Vec<Step<'s, 'e>> {
    let assignments = splices.iter().filter_map(|splice| match splice {
        Splice::AssignFieldAtExit { field, call } => Some(Step::Assign(field, call)),
        _ => None,
    });
    let exits = splices.iter().zip(tokens).rev().filter_map(|(splice, token)| match splice {
        Splice::Around { exit: Some(call), .. } => Some(Step::Exit(call, *token)),
        _ => None,
    });
    assignments.chain(exits).collect()
}

struct Weaver<'w, 'm, 'p, 'a> {
    method: &'w Method<'m, 'a>,
    additions: &'w mut Additions<'p, 'a>,
    woven: Woven,
    /// The next free local.
    next: u32,
    /// Where `this` and the arguments are at exits.
    this: Result<u16, Cause>,
    arguments: Vec<u16>,
}

/// A copy to make at the end of the entry code: of what, from, to.
pub(crate) type Save<'a> = (Type<'a>, u16, u16);

impl<'a> Weaver<'_, '_, '_, 'a> {
    fn allot(&mut self, words: u16) -> Result<u16, Cause> {
        let slot = u16::try_from(self.next).map_err(|_| Cause::CodeTooLarge)?;
        self.next += u32::from(words);
        if self.next > 65_535 { Err(Cause::CodeTooLarge) } else { Ok(slot) }
    }

    /// A local for each token that an exit asks for.
    fn allot_tokens<'s>(&mut self, splices: &[&'s Splice<'_>]) -> Result<Vec<Token<'s>>, Cause> {
        let mut tokens = Vec::with_capacity(splices.len());
        for splice in splices {
            let Splice::Around { entry: Some(entry), exit } = splice else {
                tokens.push(None);
                continue;
            };
            let class = match Signature::parse(name_bytes(entry.target.descriptor)?)?.result {
                None => None,
                Some(Type::Reference(class)) => Some(class),
                Some(_) => return Err(Cause::DescriptorMismatch),
            };
            let is_used =
                exit.as_ref().is_some_and(|exit| any(&exit.values, &|value| *value == Value::Token));
            tokens.push(match class.filter(|_| is_used) {
                Some(class) => {
                    let slot = self.allot(1)?;
                    let class_index = self.additions.class(class)?;
                    self.woven.kept.push(Kept::Value(VerificationType::Object(class_index)));
                    Some((slot, class))
                }
                None => None,
            });
        }
        Ok(tokens)
    }

    /// A local for `this` and each argument that exits ask for and the body does not leave where it was.
    fn allot_saves(&mut self, steps: &[Step<'_, '_>]) -> Result<Vec<Save<'a>>, Cause> {
        let mut saves = Vec::new();
        let this = Type::Reference(self.method.class.name());
        if self.this.is_ok() && asks(steps, &needs_this) && !self.method.is_stable(0, this) {
            let slot = self.allot(1)?;
            self.this = Ok(slot);
            self.woven.kept.push(Kept::This(self.method.class.this_class()));
            saves.push((this, 0, slot));
        }
        for (index, parameter) in self.method.signature.parameters.iter().enumerate() {
            let from = self.method.arguments[index];
            let is_it =
                |value: &Value<'_>| matches!(value, Value::Argument(asked) if usize::from(*asked) == index);
            if asks(steps, &is_it) && !self.method.is_stable(from, *parameter) {
                let slot = self.allot(parameter.size())?;
                self.arguments[index] = slot;
                self.woven.kept.push(Kept::Value(self.method.argument_type(index)?));
                saves.push((*parameter, from, slot));
            }
        }
        Ok(saves)
    }

    /// The arguments that a verifier which infers must forget where the handler of everything begins, because it would
    /// join their types with those of what is stored over them, and load classes to do so; with a local for each to
    /// come back from.
    fn allot_forgotten(
        &mut self,
        steps: &[Step<'_, '_>],
        may_throw: bool,
        saves: &[Save<'a>],
    ) -> Result<Vec<Save<'a>>, Cause> {
        let catches = may_throw && steps.iter().any(|step| matches!(step, Step::Exit(..)));
        if !catches || !self.method.may_be_inferred() {
            return Ok(Vec::new());
        }
        let mut forgotten = Vec::new();
        for (slot, what) in self.method.reassigned_references() {
            if self.method.is_constructor {
                // Before `super()` nothing may be caught.
                return Err(Cause::InferenceMayLoad);
            }
            let saved = saves.iter().find(|(_, from, _)| *from == slot);
            let copy = match saved {
                Some((_, _, to)) => *to,
                None => {
                    let kind = verification_type(what, self.additions)?;
                    self.woven.kept.push(Kept::Value(kind));
                    self.allot(1)?
                }
            };
            forgotten.push((what, slot, copy));
        }
        Ok(forgotten)
    }

    fn write_entry(
        &mut self,
        splices: &[&Splice<'_>],
        tokens: &[Token<'_>],
        saves: &[Save<'a>],
        forgotten: &[Save<'a>],
    ) -> Result<(), Cause> {
        let method = self.method;
        let this = match self.this {
            Ok(_) if method.is_constructor => Err(Cause::ValueNotAvailable),
            Ok(_) => Ok(0),
            refused => refused,
        };
        let site = Site {
            class: method.class,
            signature: &method.signature,
            phase: Phase::Entry,
            this,
            is_constructor: method.is_constructor,
            arguments: &method.arguments,
            token: None,
        };
        let mut asm = Assembler::new(self.additions, 0);
        let mut kept_so_far = 0;
        for (splice, token) in splices.iter().zip(tokens) {
            let from = match splice {
                Splice::Around { entry: Some(call), .. } => {
                    if let Some((slot, class)) = *token {
                        asm.null();
                        asm.store(Type::Reference(class), slot);
                        kept_so_far += 1;
                    }
                    let from = asm.at();
                    let result = site.call(&mut asm, call)?;
                    match (result, *token) {
                        (Some(result), Some((slot, _))) => asm.store(result, slot),
                        (Some(result), None) => asm.discard(result),
                        (None, _) => {}
                    }
                    from
                }
                Splice::AssignArgumentAtEntry { index, call } => {
                    if method.is_constructor {
                        return Err(Cause::ArgumentOfConstructor);
                    }
                    let index = usize::from(*index);
                    let slot = *method.arguments.get(index).ok_or(Cause::NoSuchArgument)?;
                    let want = *method.signature.parameters.get(index).ok_or(Cause::NoSuchArgument)?;
                    let from = asm.at();
                    let result = site.call(&mut asm, call)?.ok_or(Cause::DescriptorMismatch)?;
                    site.convert(&mut asm, result, want)?;
                    asm.store(want, slot);
                    from
                }
                _ => continue,
            };
            let mut locals = method.initial.clone();
            extend(&mut locals, method.code.max_locals, self.woven.kept.iter().take(kept_so_far));
            drop_throwable(&mut asm, &mut self.woven.guards, Section::Entry, from);
            let at = asm.at() - 1;
            let stack = verification_type(Type::Reference(THROWABLE), asm.pool)?;
            self.woven.frames.push(HandlerFrame { section: Section::Entry, at, locals, stack });
        }
        for (what, from, to) in saves {
            asm.load(*what, *from);
            asm.store(*what, *to);
        }
        self.woven.forgets = forget(&mut asm, forgotten)?;
        self.woven.entry = asm.finish();
        Ok(())
    }

    fn write_exits(&mut self, steps: &[Step<'_, '_>], may_throw: bool) -> Result<(), Cause> {
        if steps.is_empty() {
            return Ok(());
        }
        let method = self.method;
        if method.may_be_inferred() && joins_results(method, steps)? {
            return Err(Cause::InferenceMayLoad);
        }
        let result = method.signature.result;
        let throwable = Type::Reference(THROWABLE);
        let catches = may_throw && steps.iter().any(|step| matches!(step, Step::Exit(..)));
        // What is returned and what is thrown are never there together.
        let words = result.map_or(0, Type::size).max(u16::from(catches));
        let held = self.allot(words)?;
        let base = self.base_locals(steps)?;
        let with = |what: Option<VerificationType>| base.iter().copied().chain(what).collect::<Locals>();
        let held_result = match result {
            Some(result) => Some(verification_type(result, self.additions)?),
            None => None,
        };
        let held_throwable = verification_type(throwable, self.additions)?;
        let (guards, frames) = (&mut self.woven.guards, &mut self.woven.frames);
        let mut site = Site {
            class: method.class,
            signature: &method.signature,
            phase: Phase::Return(result.map(|_| held)),
            this: self.this,
            is_constructor: method.is_constructor,
            arguments: &self.arguments,
            token: None,
        };

        let mut tail = Assembler::new(self.additions, 0);
        let mut handlers = vec![0; steps.len()];
        let return_opcode = opcodes::IRETURN + result.map_or(5, Type::family);
        if method.code.returns().next().is_some() {
            // The last first: a handler goes on to the steps behind it.
            for failed in (0..steps.len()).rev() {
                handlers[failed] = tail.at();
                frames.push(HandlerFrame {
                    section: Section::Tail,
                    at: tail.at(),
                    locals: with(held_result),
                    stack: held_throwable,
                });
                tail.arrive(1);
                tail.plain(opcodes::POP, 1, 0);
                write_steps(
                    &mut tail,
                    &mut site,
                    steps,
                    failed + 1,
                    &handlers,
                    (Section::Tail, guards),
                    held,
                )?;
                if let Some(result) = result {
                    tail.load(result, held);
                }
                tail.plain(return_opcode, result.map_or(0, Type::size), 0);
            }
        }
        self.woven.stride = tail.at();
        if catches {
            self.woven.catch_any = Some(tail.at());
            frames.push(HandlerFrame {
                section: Section::Tail,
                at: tail.at(),
                locals: with(None),
                stack: held_throwable,
            });
            tail.arrive(1);
            tail.store(throwable, held);
            site.phase = Phase::Throw(held);
            for step in steps {
                let Step::Exit(call, token) = step else { continue };
                let from = tail.at();
                site.token = *token;
                if let Some(result) = site.call(&mut tail, call)? {
                    tail.discard(result);
                }
                drop_throwable(&mut tail, guards, Section::Tail, from);
                let at = tail.at() - 1;
                frames.push(HandlerFrame {
                    section: Section::Tail,
                    at,
                    locals: with(Some(held_throwable)),
                    stack: held_throwable,
                });
            }
            tail.load(throwable, held);
            tail.plain(opcodes::ATHROW, 1, 0);
        }
        self.woven.tail = tail.finish();

        let mut exit = Assembler::new(self.additions, result.map_or(0, Type::size));
        site.phase = Phase::Return(result.map(|_| held));
        if let Some(result) = result {
            exit.store(result, held);
        }
        write_steps(&mut exit, &mut site, steps, 0, &handlers, (Section::Exit, guards), held)?;
        if let Some(result) = result {
            exit.load(result, held);
        }
        self.woven.exit = exit.finish();
        Ok(())
    }

    /// What handlers of exits can rely on: the stable locals that their values come from, and the kept ones.
    fn base_locals(&mut self, steps: &[Step<'_, '_>]) -> Result<Locals, Cause> {
        let mut locals = Locals::new();
        let mut words = 0;
        let mut put = |slot: u16, kind: VerificationType| {
            while words < slot {
                locals.push(VerificationType::Top);
                words += 1;
            }
            locals.push(kind);
            words += kind.size() as u16;
        };
        if self.this == Ok(0) && asks(steps, &needs_this) {
            put(0, VerificationType::Object(self.method.class.this_class()));
        }
        for (index, slot) in self.arguments.iter().copied().enumerate() {
            let is_it =
                |value: &Value<'_>| matches!(value, Value::Argument(asked) if usize::from(*asked) == index);
            if slot == self.method.arguments[index] && asks(steps, &is_it) {
                put(slot, self.method.argument_type(index)?);
            }
        }
        // The result's local follows the kept ones, or stands where they would.
        pad(&mut locals, self.method.code.max_locals);
        extend(&mut locals, self.method.code.max_locals, self.woven.kept.iter());
        Ok(locals)
    }
}

/// Pads locals to the method's own number of words and appends ours; leaves them alone when there are none of ours.
pub(crate) fn extend<'k>(
    locals: &mut Locals,
    max_locals: u16,
    kept: impl ExactSizeIterator<Item = &'k Kept>,
) {
    if kept.len() == 0 {
        return;
    }
    let is_uninitialised = locals.contains(&VerificationType::UninitializedThis);
    pad(locals, max_locals);
    locals.extend(kept.map(|kept| match kept {
        Kept::Value(kind) => *kind,
        Kept::This(_) if is_uninitialised => VerificationType::UninitializedThis,
        Kept::This(class) => VerificationType::Object(*class),
    }));
}

/// Adds as many words that hold nothing as are missing.
fn pad(locals: &mut Locals, words: u16) {
    let missing = usize::from(words).saturating_sub(crate::frames::words(locals));
    locals.extend(std::iter::repeat_n(VerificationType::Top, missing));
}

/// Ends a guarded range so that what is thrown in it is dropped; the frame belongs to the `pop` written last.
fn drop_throwable(asm: &mut Assembler<'_, '_, '_>, guards: &mut Vec<Guard>, section: Section, from: u32) {
    asm.null();
    let to = asm.at();
    guards.push(Guard { section, from, to, handler: to });
    asm.plain(opcodes::POP, 1, 0);
}

/// Writes the steps of a normal return from number `first` on.
fn write_steps<'s>(
    asm: &mut Assembler<'_, '_, '_>,
    site: &mut Site<'s, '_>,
    steps: &[Step<'s, '_>],
    first: usize,
    handlers: &[u32],
    (section, guards): (Section, &mut Vec<Guard>),
    held: u16,
) -> Result<(), Cause> {
    for (step, handler) in steps.iter().zip(handlers).skip(first) {
        let from = asm.at();
        let mut replaced = None;
        match step {
            Step::Assign(field, call) => {
                site.token = None;
                write_assignment(asm, site, field, call)?;
            }
            Step::Exit(call, token) => {
                site.token = *token;
                let result = site.call(asm, call)?;
                match (result, site.signature.result) {
                    (Some(found @ Type::Reference(_)), Some(want @ Type::Reference(_))) => {
                        site.convert(asm, found, want)?;
                        replaced = Some(want);
                    }
                    (Some(found), _) => asm.discard(found),
                    (None, _) => {}
                }
            }
        }
        guards.push(Guard { section, from, to: asm.at(), handler: *handler });
        // Behind the range, so that the handler knows one result only.
        if let Some(result) = replaced {
            asm.store(result, held);
        }
    }
    Ok(())
}

fn write_assignment(
    asm: &mut Assembler<'_, '_, '_>,
    site: &Site<'_, '_>,
    field: &FieldRef<'_>,
    call: &Call<'_>,
) -> Result<(), Cause> {
    let want = site.assigned_field(field)?;
    asm.load(Type::Reference(OBJECT), site.this?);
    let found = site.call(asm, call)?.ok_or(Cause::DescriptorMismatch)?;
    site.convert(asm, found, want)?;
    asm.put_field(field, want)
}

fn needs_this(value: &Value<'_>) -> bool {
    matches!(value, Value::This | Value::Field(_))
}

/// Whether a value of these steps, at any depth, is one that `wanted` picks; an assignment needs `this` itself.
fn asks(steps: &[Step<'_, '_>], wanted: &dyn Fn(&Value<'_>) -> bool) -> bool {
    steps.iter().any(|step| match step {
        Step::Assign(_, call) => wanted(&Value::This) || any(&call.values, wanted),
        Step::Exit(call, _) => any(&call.values, wanted),
    })
}

fn any(values: &[Value<'_>], wanted: &dyn Fn(&Value<'_>) -> bool) -> bool {
    values.iter().any(|value| {
        wanted(value)
            || match value {
                Value::Getter { of, arguments, .. } => {
                    any(std::slice::from_ref(&**of), wanted) || any(arguments, wanted)
                }
                _ => false,
            }
    })
}
