//! Which instructions of a constructor run after `this()` or `super()`.
//!
//! Before that call `this` is uninitialised: no exception handler of ours may cover it, because the handler's frame
//! could not say what `this` is. `new A(new A())` means that the call cannot be told by its operand alone, so the
//! constructor is run on a machine that knows one thing of each word: whether it is the uninitialised `this`.

use crate::bits::BitSet;
use crate::code::{Code, Instruction, Kind};
use crate::constants::ConstantPool;
use crate::descriptor::{Signature, Type};
use crate::opcodes::*;
use crate::outcome::Cause;

/// One word of the machine: is it the uninitialised `this`?
type IsThis = bool;

#[derive(Debug, Clone)]
struct State {
    locals: Vec<IsThis>,
    stack: Vec<IsThis>,
}

/// The instructions, by offset, before which `this` is initialised. Unreachable ones are not among them.
pub(crate) fn initialised(code: &Code<'_>, pool: &ConstantPool<'_>) -> Result<BitSet, Cause> {
    let seen = BitSet::below(code.bytes.len());
    let mut walk = Walk { code, pool, seen, pending: Vec::new(), after: Vec::new() };
    let mut locals = vec![false; usize::from(code.max_locals)];
    *locals.first_mut().ok_or(Cause::MalformedCode)? = true;
    walk.visit(0, State { locals, stack: Vec::new() });
    while let Some((at, state)) = walk.pending.pop() {
        walk.step(at, state)?;
    }
    let starts = std::mem::take(&mut walk.after);
    flood(code, starts)
}

/// Everything reachable from `starts`.
fn flood(code: &Code<'_>, mut pending: Vec<u32>) -> Result<BitSet, Cause> {
    let mut reached = BitSet::below(code.bytes.len());
    while let Some(at) = pending.pop() {
        if reached.contains(at) {
            continue;
        }
        // None starts at the end.
        let Some(instruction) = code.instruction_at(at) else { continue };
        reached.insert(at);
        successors(code, &instruction, &mut pending)?;
    }
    Ok(reached)
}

/// Pushes what may run after an instruction, its handlers included.
fn successors(code: &Code<'_>, instruction: &Instruction, out: &mut Vec<u32>) -> Result<(), Cause> {
    match code.transfer(instruction) {
        None | Some(Kind::Return) => {}
        Some(Kind::Branch(target)) => out.push(target),
        Some(Kind::Switch) => out.extend(code.switch(instruction)?.targets().flatten()),
    }
    if !ends_flow(instruction.opcode) {
        out.push(instruction.end());
    }
    out.extend(handlers(code, instruction.at));
    Ok(())
}

fn handlers<'c>(code: &'c Code<'_>, at: u32) -> impl Iterator<Item = u32> + 'c {
    code.handlers.iter().filter(move |row| (row.from..row.to).contains(&at)).map(|row| row.handler)
}

struct Walk<'m, 'a> {
    code: &'m Code<'a>,
    pool: &'m ConstantPool<'a>,
    seen: BitSet,
    pending: Vec<(u32, State)>,
    /// Instructions right behind a call that initialised `this`.
    after: Vec<u32>,
}

impl Walk<'_, '_> {
    fn visit(&mut self, at: u32, state: State) {
        if at < self.code.end() && !self.seen.contains(at) {
            self.seen.insert(at);
            self.pending.push((at, state));
        }
    }

    fn step(&mut self, at: u32, mut state: State) -> Result<(), Cause> {
        let instruction = self.code.instruction_at(at).ok_or(Cause::MalformedCode)?;
        for handler in handlers(self.code, at).collect::<Vec<_>>() {
            self.visit(handler, State { locals: state.locals.clone(), stack: vec![false] });
        }
        if instruction.opcode == INVOKESPECIAL && self.initialises(&instruction, &mut state)? {
            self.after.push(instruction.end());
            return Ok(());
        }
        if matches!(instruction.opcode, JSR | JSR_W | RET) {
            return Err(Cause::SubroutineInConstructor);
        }
        self.run(&instruction, &mut state)?;
        let mut next = Vec::new();
        successors(self.code, &instruction, &mut next)?;
        for at in next {
            self.visit(at, state.clone());
        }
        Ok(())
    }

    /// Whether an invokespecial is made on the uninitialised `this`.
    fn initialises(&self, instruction: &Instruction, state: &mut State) -> Result<bool, Cause> {
        let called = self.pool.member(self.code.operand(instruction, 0)).ok_or(Cause::MalformedCode)?;
        let words = usize::from(Signature::parse(called.descriptor)?.words());
        let receiver = state.stack.len().checked_sub(words + 1).ok_or(Cause::MalformedCode)?;
        Ok(called.name == b"<init>" && state.stack[receiver])
    }

    fn run(&self, instruction: &Instruction, state: &mut State) -> Result<(), Cause> {
        if let Some((popped, pushed)) = stack_effect(instruction.opcode) {
            state.pop(usize::from(popped))?;
            state.push(usize::from(pushed));
            return Ok(());
        }
        let operand = || usize::from(self.code.bytes[instruction.at as usize + 1]);
        match instruction.opcode {
            ALOAD => state.load(operand()),
            opcode @ ALOAD_0..=ALOAD_3 => state.load(usize::from(opcode - ALOAD_0)),
            ASTORE => state.store(operand()),
            opcode @ ASTORE_0..=ASTORE_3 => state.store(usize::from(opcode - ASTORE_0)),
            WIDE => self.run_wide(instruction, state),
            DUP => state.duplicate(1, 0),
            DUP_X1 => state.duplicate(1, 1),
            DUP_X2 => state.duplicate(1, 2),
            DUP2 => state.duplicate(2, 0),
            DUP2_X1 => state.duplicate(2, 1),
            DUP2_X2 => state.duplicate(2, 2),
            SWAP => {
                let under = state.stack.len().checked_sub(2).ok_or(Cause::MalformedCode)?;
                state.stack.swap(under, under + 1);
                Ok(())
            }
            GETSTATIC | PUTSTATIC | GETFIELD | PUTFIELD => self.access_field(instruction, state),
            INVOKEVIRTUAL..=INVOKEDYNAMIC => self.invoke(instruction, state),
            MULTIANEWARRAY => {
                state.pop(usize::from(self.code.bytes[instruction.at as usize + 3]))?;
                state.push(1);
                Ok(())
            }
            // Returns and throws have no successor that sees a stack.
            _ => Ok(()),
        }
    }

    fn run_wide(&self, instruction: &Instruction, state: &mut State) -> Result<(), Cause> {
        let opcode = self.code.bytes[instruction.at as usize + 1];
        let slot = usize::from(self.code.operand(instruction, 1));
        match opcode {
            ALOAD => state.load(slot),
            ASTORE => state.store(slot),
            IINC => Ok(()),
            RET => Err(Cause::SubroutineInConstructor),
            _ => {
                let (popped, pushed) = stack_effect(opcode).ok_or(Cause::MalformedCode)?;
                state.pop(usize::from(popped))?;
                state.push(usize::from(pushed));
                Ok(())
            }
        }
    }

    fn access_field(&self, instruction: &Instruction, state: &mut State) -> Result<(), Cause> {
        let field = self.pool.member(self.code.operand(instruction, 0)).ok_or(Cause::MalformedCode)?;
        let words = usize::from(Type::of_field(field.descriptor)?.size());
        let receiver = usize::from(matches!(instruction.opcode, GETFIELD | PUTFIELD));
        if matches!(instruction.opcode, PUTSTATIC | PUTFIELD) {
            state.pop(words + receiver)
        } else {
            state.pop(receiver)?;
            state.push(words);
            Ok(())
        }
    }

    fn invoke(&self, instruction: &Instruction, state: &mut State) -> Result<(), Cause> {
        let called = self.pool.member(self.code.operand(instruction, 0)).ok_or(Cause::MalformedCode)?;
        let signature = Signature::parse(called.descriptor)?;
        let receiver = usize::from(!matches!(instruction.opcode, INVOKESTATIC | INVOKEDYNAMIC));
        state.pop(usize::from(signature.words()) + receiver)?;
        state.push(signature.result.map_or(0, |result| usize::from(result.size())));
        Ok(())
    }
}

impl State {
    fn pop(&mut self, words: usize) -> Result<(), Cause> {
        let kept = self.stack.len().checked_sub(words).ok_or(Cause::MalformedCode)?;
        self.stack.truncate(kept);
        Ok(())
    }

    fn push(&mut self, words: usize) {
        self.stack.extend(std::iter::repeat_n(false, words));
    }

    fn load(&mut self, slot: usize) -> Result<(), Cause> {
        self.stack.push(*self.locals.get(slot).ok_or(Cause::MalformedCode)?);
        Ok(())
    }

    fn store(&mut self, slot: usize) -> Result<(), Cause> {
        let value = self.stack.pop().ok_or(Cause::MalformedCode)?;
        *self.locals.get_mut(slot).ok_or(Cause::MalformedCode)? = value;
        Ok(())
    }

    /// Puts a copy of the top `words` below the `under` words that they stand on.
    fn duplicate(&mut self, words: usize, under: usize) -> Result<(), Cause> {
        let top = self.stack.len().checked_sub(words).ok_or(Cause::MalformedCode)?;
        let place = top.checked_sub(under).ok_or(Cause::MalformedCode)?;
        let copy = self.stack[top..].to_vec();
        self.stack.splice(place..place, copy);
        Ok(())
    }
}
