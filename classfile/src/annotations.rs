//! Which annotations stand on a class or a method (JVMS 4.7.16).

use crate::constants::ConstantPool;
use crate::reader::{ParseError, Problem, Reader};

/// The attribute of annotations that are kept at run time. Others are not asked for: a JVM need not give them back when a
/// class is retransformed.
pub(crate) const VISIBLE: &[u8] = b"RuntimeVisibleAnnotations";

/// Deeper than any compiler nests annotations; the walk is recursive.
const MAX_DEPTH: u8 = 16;

/// Whether an annotation of this type stands in the attribute whose contents `reader` begins. What cannot be read
/// is not there.
pub(crate) fn contains(pool: &ConstantPool<'_>, mut reader: Reader<'_>, descriptor: &[u8]) -> bool {
    let Ok(count) = reader.u2() else { return false };
    for _ in 0..count {
        match annotation(&mut reader, MAX_DEPTH) {
            Ok(index) if pool.utf8(index) == Some(descriptor) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}

/// Walks over one annotation; the index of its type's descriptor.
fn annotation(reader: &mut Reader<'_>, depth: u8) -> Result<u16, ParseError> {
    let depth = depth.checked_sub(1).ok_or(reader.error(Problem::Truncated))?;
    let index = reader.u2()?;
    for _ in 0..reader.u2()? {
        reader.skip(2)?;
        element_value(reader, depth)?;
    }
    Ok(index)
}

fn element_value(reader: &mut Reader<'_>, depth: u8) -> Result<(), ParseError> {
    match reader.u1()? {
        b'e' => reader.skip(4),
        b'@' => annotation(reader, depth).map(drop),
        b'[' => {
            let depth = depth.checked_sub(1).ok_or(reader.error(Problem::Truncated))?;
            (0..reader.u2()?).try_for_each(|_| element_value(reader, depth))
        }
        _ => reader.skip(2),
    }
}
