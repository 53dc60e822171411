//! Field and method descriptors (JVMS 4.3).

use smallvec::SmallVec;

use crate::outcome::Cause;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type<'t> {
    Boolean,
    Byte,
    Char,
    Short,
    Int,
    Float,
    Long,
    Double,
    /// A class or interface by its internal name, or an array by its descriptor: what a Class constant holds.
    Reference(&'t [u8]),
}

pub(crate) const OBJECT: &[u8] = b"java/lang/Object";
pub(crate) const THROWABLE: &[u8] = b"java/lang/Throwable";

impl<'t> Type<'t> {
    /// Words that it takes among locals and on the stack.
    pub(crate) fn size(self) -> u16 {
        match self {
            Type::Long | Type::Double => 2,
            _ => 1,
        }
    }

    /// What `ireturn`, `lload` and their like count from: int, long, float, double, reference.
    pub(crate) fn family(self) -> u8 {
        match self {
            Type::Boolean | Type::Byte | Type::Char | Type::Short | Type::Int => 0,
            Type::Long => 1,
            Type::Float => 2,
            Type::Double => 3,
            Type::Reference(_) => 4,
        }
    }

    /// A field descriptor.
    pub(crate) fn of_field(descriptor: &'t [u8]) -> Result<Type<'t>, Cause> {
        match next(descriptor)? {
            (found, []) => Ok(found),
            _ => Err(Cause::BadDescriptor),
        }
    }
}

/// A method descriptor; a result of none is `void`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature<'t> {
    pub(crate) parameters: SmallVec<[Type<'t>; 6]>,
    pub(crate) result: Option<Type<'t>>,
}

impl<'t> Signature<'t> {
    pub(crate) fn parse(descriptor: &'t [u8]) -> Result<Signature<'t>, Cause> {
        let mut rest = descriptor.strip_prefix(b"(").ok_or(Cause::BadDescriptor)?;
        let mut parameters = SmallVec::new();
        let mut words = 0;
        while !rest.starts_with(b")") {
            let (parameter, after) = next(rest)?;
            words += parameter.size();
            // JVMS 4.3.3; checked as they come, so that no descriptor can grow the list without bound.
            if words > 255 {
                return Err(Cause::BadDescriptor);
            }
            parameters.push(parameter);
            rest = after;
        }
        let result = match rest.get(1..) {
            Some(b"V") => None,
            Some(result) => Some(Type::of_field(result)?),
            None => return Err(Cause::BadDescriptor),
        };
        Ok(Signature { parameters, result })
    }

    /// Words of all parameters, the receiver not counted.
    pub(crate) fn words(&self) -> u16 {
        self.parameters.iter().map(|parameter| parameter.size()).sum()
    }
}

/// A method descriptor taken apart, each type as a field descriptor (JVMS 4.3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodShape<'t> {
    /// The declared parameters.
    pub parameters: Vec<&'t [u8]>,
    /// What is returned; none for `void`.
    pub result: Option<&'t [u8]>,
}

impl<'t> MethodShape<'t> {
    /// Takes a method descriptor apart; `None` when it is none.
    pub fn parse(descriptor: &'t [u8]) -> Option<MethodShape<'t>> {
        let count = Signature::parse(descriptor).ok()?.parameters.len();
        let mut rest = descriptor.strip_prefix(b"(")?;
        let mut parameters = Vec::with_capacity(count);
        for _ in 0..count {
            let (_, after) = next(rest).ok()?;
            let (parameter, after) = rest.split_at(rest.len() - after.len());
            parameters.push(parameter);
            rest = after;
        }
        let result = rest.strip_prefix(b")")?;
        Some(MethodShape { parameters, result: (result != b"V").then_some(result) })
    }
}

/// The first type of `text` and what follows it.
fn next(text: &[u8]) -> Result<(Type<'_>, &[u8]), Cause> {
    let (&first, rest) = text.split_first().ok_or(Cause::BadDescriptor)?;
    let found = match first {
        b'Z' => Type::Boolean,
        b'B' => Type::Byte,
        b'C' => Type::Char,
        b'S' => Type::Short,
        b'I' => Type::Int,
        b'F' => Type::Float,
        b'J' => Type::Long,
        b'D' => Type::Double,
        b'L' => {
            let end = rest.iter().position(|&byte| byte == b';').ok_or(Cause::BadDescriptor)?;
            let (name, after) = rest.split_at(end);
            if name.is_empty() {
                return Err(Cause::BadDescriptor);
            }
            return Ok((Type::Reference(name), after.get(1..).unwrap_or_default()));
        }
        b'[' => {
            let dimensions = text.iter().take_while(|&&byte| byte == b'[').count();
            if dimensions > 255 {
                return Err(Cause::BadDescriptor);
            }
            let (_, after) = next(text.get(dimensions..).unwrap_or_default())?;
            let (array, after) = text.split_at(text.len() - after.len());
            return Ok((Type::Reference(array), after));
        }
        _ => return Err(Cause::BadDescriptor),
    };
    Ok((found, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_kind_of_type() {
        let signature = Signature::parse(b"(ZBCSIFJDLa/B;[[I[Lc;)V").unwrap();
        use Type::*;
        let expected = [
            Boolean,
            Byte,
            Char,
            Short,
            Int,
            Float,
            Long,
            Double,
            Reference(b"a/B"),
            Reference(b"[[I"),
            Reference(b"[Lc;"),
        ];
        assert_eq!(signature.parameters[..], expected);
        assert_eq!(signature.result, None);
        assert_eq!(signature.words(), 13);
    }

    #[test]
    fn refuses_what_is_no_descriptor() {
        let too_long = format!("({})V", "J".repeat(128));
        for bad in
            ["", "I", "(", "()", "()VV", "(V)V", "(L;)V", "(La)V", "([)V", "()Q", "(I", "()[", &too_long]
        {
            assert_eq!(Signature::parse(bad.as_bytes()), Err(Cause::BadDescriptor), "{bad}");
        }
    }
}
