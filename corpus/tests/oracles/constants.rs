//! Which kinds of constants a class has: what a reader that refuses it may not know.

/// The tag of a CONSTANT_Dynamic (JVMS 4.4.10).
pub(crate) const DYNAMIC: u8 = 17;

/// Whether the constant pool of a whole class file holds a constant of this kind (JVMS table 4.4-A).
pub(crate) fn has_constant(class: &[u8], tag: u8) -> bool {
    // Behind magic and versions (8 bytes) the number of constants, of which there is none with index 0.
    let u2 = |at: usize| usize::from(u16::from_be_bytes([class[at], class[at + 1]]));
    let (mut at, mut index) = (10, 1);
    while index < u2(8) {
        if class[at] == tag {
            return true;
        }
        let (length, indices) = match class[at] {
            1 => (3 + u2(at + 1), 1),
            5 | 6 => (9, 2),
            7 | 8 | 16 | 19 | 20 => (3, 1),
            15 => (4, 1),
            3 | 4 | 9..=12 | 17 | 18 => (5, 1),
            other => panic!("{other} is no constant's tag"),
        };
        at += length;
        index += indices;
    }
    false
}
