//! Opcodes and the shapes of their instructions (JVMS 6.5).

pub(crate) const NOP: u8 = 0;
pub(crate) const ACONST_NULL: u8 = 1;
pub(crate) const ICONST_0: u8 = 3;
pub(crate) const LCONST_0: u8 = 9;
pub(crate) const FCONST_0: u8 = 11;
pub(crate) const DCONST_0: u8 = 14;
pub(crate) const BIPUSH: u8 = 16;
pub(crate) const SIPUSH: u8 = 17;
pub(crate) const LDC: u8 = 18;
pub(crate) const LDC_W: u8 = 19;
pub(crate) const LDC2_W: u8 = 20;
pub(crate) const ILOAD: u8 = 21;
pub(crate) const ALOAD: u8 = 25;
pub(crate) const ILOAD_0: u8 = 26;
pub(crate) const ALOAD_0: u8 = 42;
pub(crate) const ALOAD_3: u8 = 45;
pub(crate) const ISTORE: u8 = 54;
pub(crate) const ASTORE: u8 = 58;
pub(crate) const ISTORE_0: u8 = 59;
pub(crate) const ASTORE_0: u8 = 75;
pub(crate) const ASTORE_3: u8 = 78;
pub(crate) const POP: u8 = 87;
pub(crate) const POP2: u8 = 88;
pub(crate) const DUP: u8 = 89;
pub(crate) const DUP_X1: u8 = 90;
pub(crate) const DUP_X2: u8 = 91;
pub(crate) const DUP2: u8 = 92;
pub(crate) const DUP2_X1: u8 = 93;
pub(crate) const DUP2_X2: u8 = 94;
pub(crate) const SWAP: u8 = 95;
pub(crate) const IINC: u8 = 132;
pub(crate) const IFEQ: u8 = 153;
pub(crate) const IF_ACMPNE: u8 = 166;
pub(crate) const GOTO: u8 = 167;
pub(crate) const JSR: u8 = 168;
pub(crate) const RET: u8 = 169;
pub(crate) const TABLESWITCH: u8 = 170;
pub(crate) const LOOKUPSWITCH: u8 = 171;
pub(crate) const IRETURN: u8 = 172;
pub(crate) const RETURN: u8 = 177;
pub(crate) const GETSTATIC: u8 = 178;
pub(crate) const PUTSTATIC: u8 = 179;
pub(crate) const GETFIELD: u8 = 180;
pub(crate) const PUTFIELD: u8 = 181;
pub(crate) const INVOKEVIRTUAL: u8 = 182;
pub(crate) const INVOKESPECIAL: u8 = 183;
pub(crate) const INVOKESTATIC: u8 = 184;
pub(crate) const INVOKEINTERFACE: u8 = 185;
pub(crate) const INVOKEDYNAMIC: u8 = 186;
pub(crate) const ATHROW: u8 = 191;
pub(crate) const CHECKCAST: u8 = 192;
pub(crate) const WIDE: u8 = 196;
pub(crate) const MULTIANEWARRAY: u8 = 197;
pub(crate) const IFNULL: u8 = 198;
pub(crate) const IFNONNULL: u8 = 199;
pub(crate) const GOTO_W: u8 = 200;
pub(crate) const JSR_W: u8 = 201;

/// How the operands of an instruction are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// This many bytes, opcode included, none of them a code offset.
    Plain(u8),
    /// The same of one that writes a local.
    Writing(u8),
    /// The same of one whose first operand is the index of a constant, in two bytes; in one it is [`LDC`]'s.
    Naming(u8),
    /// One byte that leaves the method normally.
    Return,
    /// A 16-bit branch offset.
    Branch,
    /// A 32-bit branch offset.
    BranchWide,
    TableSwitch,
    LookupSwitch,
    /// The `wide` prefix: 6 bytes with `iinc`, 4 otherwise.
    Wide,
    /// In no specification up to Java 26.
    Unknown,
}

/// The form of an opcode.
#[inline]
pub(crate) fn form(opcode: u8) -> Form {
    FORMS[usize::from(opcode)]
}

/// By opcode; of every byte there is, so that the table is read without a check.
const FORMS: [Form; 256] = {
    let mut forms = [Form::Unknown; 256];
    let mut opcode = 0;
    while opcode < forms.len() {
        forms[opcode] = form_of(opcode as u8);
        opcode += 1;
    }
    forms
};

const fn form_of(opcode: u8) -> Form {
    match opcode {
        LDC => Form::Naming(2),
        16 | 21..=25 | RET | 188 => Form::Plain(2),
        ISTORE..=ASTORE => Form::Writing(2),
        ISTORE_0..=ASTORE_3 => Form::Writing(1),
        IINC => Form::Writing(3),
        IRETURN..=RETURN => Form::Return,
        SIPUSH => Form::Plain(3),
        19 | 20 | 178..=184 | 187 | 189 | 192 | 193 => Form::Naming(3),
        MULTIANEWARRAY => Form::Naming(4),
        INVOKEINTERFACE | INVOKEDYNAMIC => Form::Naming(5),
        IFEQ..=JSR | IFNULL | IFNONNULL => Form::Branch,
        GOTO_W | JSR_W => Form::BranchWide,
        TABLESWITCH => Form::TableSwitch,
        LOOKUPSWITCH => Form::LookupSwitch,
        WIDE => Form::Wide,
        0..=195 => Form::Plain(1),
        _ => Form::Unknown,
    }
}

/// Whether this leaves the method normally.
pub(crate) fn is_return(opcode: u8) -> bool {
    (IRETURN..=RETURN).contains(&opcode)
}

/// Whether the next instruction is not reached from this one. (`jsr` comes back, by way of `ret`.)
pub(crate) fn ends_flow(opcode: u8) -> bool {
    matches!(opcode, GOTO | GOTO_W | RET | TABLESWITCH | LOOKUPSWITCH | ATHROW) || is_return(opcode)
}

/// The condition that holds exactly when this one does not.
pub(crate) fn negated(opcode: u8) -> Option<u8> {
    match opcode {
        // The pairs start at an odd opcode: ifeq 153 / ifne 154.
        IFEQ..=IF_ACMPNE => Some(((opcode + 1) ^ 1) - 1),
        IFNULL => Some(IFNONNULL),
        IFNONNULL => Some(IFNULL),
        _ => None,
    }
}

/// Stack words popped and pushed by an instruction that only its opcode decides; none for the others.
pub(crate) fn stack_effect(opcode: u8) -> Option<(u8, u8)> {
    // Arithmetic comes in runs of int, long, float, double.
    let is_long_or_double = opcode % 2 == 1;
    Some(match opcode {
        NOP | IINC | GOTO | GOTO_W => (0, 0),
        9 | 10 | 14 | 15 | LDC2_W | 22 | 24 | 30..=33 | 38..=41 => (0, 2),
        1..=19 | 21 | 23 | 26..=29 | 34..=37 | 187 => (0, 1),
        47 | 49 => (2, 2),
        46..=53 => (2, 1),
        55 | 57 | 63..=66 | 71..=74 => (2, 0),
        54 | 56 | 59..=62 | 67..=70 => (1, 0),
        80 | 82 => (4, 0),
        79..=86 => (3, 0),
        POP => (1, 0),
        POP2 => (2, 0),
        96..=115 if is_long_or_double => (4, 2),
        96..=115 => (2, 1),
        116..=119 if is_long_or_double => (2, 2),
        116..=119 => (1, 1),
        121 | 123 | 125 => (3, 2),
        127 | 129 | 131 => (4, 2),
        120 | 122 | 124 | 126 | 128 | 130 => (2, 1),
        133 | 135 | 140 | 141 => (1, 2),
        136 | 137 | 142 | 144 => (2, 1),
        138 | 143 => (2, 2),
        134 | 139 | 145..=147 => (1, 1),
        148 | 151 | 152 => (4, 1),
        149 | 150 => (2, 1),
        153..=158 | IFNULL | IFNONNULL | TABLESWITCH | LOOKUPSWITCH => (1, 0),
        159..=166 => (2, 0),
        188..=190 | CHECKCAST | 193 => (1, 1),
        194 | 195 => (1, 0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negation_pairs_conditions() {
        for opcode in (IFEQ..=IF_ACMPNE).chain(IFNULL..=IFNONNULL) {
            let other = negated(opcode).unwrap();
            assert_eq!(negated(other), Some(opcode));
            assert_eq!(opcode.abs_diff(other), 1);
        }
        assert_eq!(negated(153), Some(154));
        assert_eq!(negated(165), Some(166));
        assert_eq!(negated(GOTO), None);
    }

    #[test]
    fn every_opcode_up_to_jsr_w_has_a_form() {
        assert!((0..=JSR_W).all(|opcode| form(opcode) != Form::Unknown));
        assert!((202..=255).all(|opcode| form(opcode) == Form::Unknown));
    }
}
