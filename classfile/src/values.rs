//! The values of a call: fetched, converted to what the call takes, and passed.

use crate::additions::name_bytes;
use crate::assembler::Assembler;
use crate::class::{ACC_FINAL, ACC_STATIC, ClassFile, Member};
use crate::descriptor::{OBJECT, Signature, THROWABLE, Type};
use crate::edit::{Call, FieldRef, MethodRef, Value};
use crate::outcome::Cause;

/// Where advice runs, and with it which values there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Entry,
    /// At a return; what is returned is kept in this local, unless it is nothing.
    Return(Option<u16>),
    /// On the way out by an exception, kept in this local.
    Throw(u16),
}

/// What values are made of, at one place.
#[derive(Debug)]
pub(crate) struct Site<'s, 'a> {
    pub(crate) class: &'s ClassFile<'a>,
    pub(crate) signature: &'s Signature<'a>,
    pub(crate) phase: Phase,
    /// The local that holds `this`; none in a static method and before `super()`.
    pub(crate) this: Result<u16, Cause>,
    /// Whether this is a constructor, which may assign final fields.
    pub(crate) is_constructor: bool,
    /// The local that holds each argument.
    pub(crate) arguments: &'s [u16],
    /// The local that holds this splice's token, and its class.
    pub(crate) token: Option<(u16, &'s [u8])>,
}

impl Site<'_, '_> {
    /// Makes the call; what it returns is left on the stack.
    pub(crate) fn call<'t>(
        &self,
        asm: &mut Assembler<'_, '_, '_>,
        call: &Call<'t>,
    ) -> Result<Option<Type<'t>>, Cause> {
        if call.target.interface && self.class.major_version() < 52 {
            return Err(Cause::InterfaceCallTooNew);
        }
        let signature = Signature::parse(name_bytes(call.target.descriptor)?)?;
        self.values(asm, &call.values, &signature)?;
        asm.invoke_static(&call.target, &signature)?;
        Ok(signature.result)
    }

    fn values(
        &self,
        asm: &mut Assembler<'_, '_, '_>,
        values: &[Value<'_>],
        signature: &Signature<'_>,
    ) -> Result<(), Cause> {
        if values.len() != signature.parameters.len() {
            return Err(Cause::DescriptorMismatch);
        }
        values.iter().zip(&signature.parameters).try_for_each(|(value, want)| self.push(asm, value, *want))
    }

    /// Pushes a value as the type wanted.
    fn push(&self, asm: &mut Assembler<'_, '_, '_>, value: &Value<'_>, want: Type<'_>) -> Result<(), Cause> {
        match value {
            Value::This => {
                asm.load(Type::Reference(OBJECT), self.this?);
                self.convert(asm, Type::Reference(self.class.name()), want)
            }
            Value::Argument(index) => {
                let index = usize::from(*index);
                let slot = *self.arguments.get(index).ok_or(Cause::NoSuchArgument)?;
                let found = *self.signature.parameters.get(index).ok_or(Cause::NoSuchArgument)?;
                asm.load(found, slot);
                self.convert(asm, found, want)
            }
            Value::Token => match (self.phase, self.token) {
                (Phase::Entry, _) => Err(Cause::ValueNotAvailable),
                (_, None) => null(asm, want),
                (_, Some((slot, class))) => {
                    asm.load(Type::Reference(class), slot);
                    self.convert(asm, Type::Reference(class), want)
                }
            },
            Value::Returned => self.push_returned(asm, want),
            Value::Thrown => match self.phase {
                Phase::Entry => Err(Cause::ValueNotAvailable),
                Phase::Return(_) => null(asm, want),
                Phase::Throw(slot) => {
                    asm.load(Type::Reference(THROWABLE), slot);
                    self.convert(asm, Type::Reference(THROWABLE), want)
                }
            },
            Value::Null => null(asm, want),
            Value::Int(value) => {
                let fits = match want {
                    Type::Boolean => (0..=1).contains(value),
                    Type::Byte => i8::try_from(*value).is_ok(),
                    Type::Char => u16::try_from(*value).is_ok(),
                    Type::Short => i16::try_from(*value).is_ok(),
                    _ => false,
                };
                asm.int(*value)?;
                if fits { Ok(()) } else { self.convert(asm, Type::Int, want) }
            }
            Value::Long(value) => {
                asm.long(*value)?;
                self.convert(asm, Type::Long, want)
            }
            Value::Text(text) => {
                asm.text(text)?;
                self.convert(asm, Type::Reference(b"java/lang/String"), want)
            }
            Value::Field(field) => {
                let found = self.field(field)?;
                asm.load(Type::Reference(OBJECT), self.this?);
                asm.get_field(field, found)?;
                self.convert(asm, found, want)
            }
            Value::Getter { of, method, arguments } => self.get(asm, of, method, arguments, want),
        }
    }

    fn push_returned(&self, asm: &mut Assembler<'_, '_, '_>, want: Type<'_>) -> Result<(), Cause> {
        match (self.phase, self.signature.result) {
            (Phase::Entry, _) => Err(Cause::ValueNotAvailable),
            (_, None) => null(asm, want),
            (Phase::Return(slot), Some(found)) => {
                asm.load(found, slot.ok_or(Cause::ValueNotAvailable)?);
                self.convert(asm, found, want)
            }
            (Phase::Throw(_), Some(_)) => {
                asm.zero(want);
                Ok(())
            }
        }
    }

    fn get(
        &self,
        asm: &mut Assembler<'_, '_, '_>,
        of: &Value<'_>,
        method: &MethodRef<'_>,
        arguments: &[Value<'_>],
        want: Type<'_>,
    ) -> Result<(), Cause> {
        let signature = Signature::parse(name_bytes(method.descriptor)?)?;
        let found = signature.result.ok_or(Cause::DescriptorMismatch)?;
        // To the verifier every reference is of every interface (JVMS 4.10.1.2).
        let owner = if method.interface { OBJECT } else { name_bytes(method.owner)? };
        if is_primitive_value(of) {
            return Err(Cause::DescriptorMismatch);
        }
        self.push(asm, of, Type::Reference(owner))?;
        self.values(asm, arguments, &signature)?;
        asm.invoke_instance(method, &signature)?;
        self.convert(asm, found, want)
    }

    /// The type of an instance field of `this`.
    pub(crate) fn field<'t>(&self, field: &FieldRef<'t>) -> Result<Type<'t>, Cause> {
        if self.access_of(field).is_some_and(|access| access & ACC_STATIC != 0) {
            return Err(Cause::NoSuchField);
        }
        Type::of_field(name_bytes(field.descriptor)?)
    }

    /// The same of a field that is to be assigned here.
    pub(crate) fn assigned_field<'t>(&self, field: &FieldRef<'t>) -> Result<Type<'t>, Cause> {
        if !self.is_constructor && self.access_of(field).is_some_and(|access| access & ACC_FINAL != 0) {
            return Err(Cause::FinalField);
        }
        self.field(field)
    }

    /// The access flags of a field, those of a static one when it cannot be a field of `this`. One of the direct
    /// superclass is taken on trust: the JVM looks it up. Of any other class the verifier would ask whether `this` is
    /// of that class, which only a hierarchy could answer.
    fn access_of(&self, field: &FieldRef<'_>) -> Option<u16> {
        let owner = field.owner.as_bytes();
        if owner != self.class.name() {
            return if Some(owner) == self.class.super_name() { None } else { Some(ACC_STATIC) };
        }
        let is_it = |member: &Member<'_>| {
            member.name == field.name.as_bytes() && member.descriptor == field.descriptor.as_bytes()
        };
        Some(self.class.fields().find(is_it).map_or(ACC_STATIC, |member| member.access))
    }

    /// Converts what is on the stack; see [`Call`].
    pub(crate) fn convert(
        &self,
        asm: &mut Assembler<'_, '_, '_>,
        found: Type<'_>,
        want: Type<'_>,
    ) -> Result<(), Cause> {
        match (found, want) {
            (Type::Reference(found), Type::Reference(want)) => {
                let is_super = found == self.class.name() && Some(want) == self.class.super_name();
                if want == OBJECT || want == found || is_super { Ok(()) } else { asm.cast(want) }
            }
            (_, Type::Reference(want)) => {
                let (class, value_of) = box_of(found).ok_or(Cause::DescriptorMismatch)?;
                if want != OBJECT && want != class.as_bytes() {
                    return Err(Cause::DescriptorMismatch);
                }
                let method =
                    MethodRef { owner: class, name: "valueOf", descriptor: value_of, interface: false };
                asm.invoke_static(&method, &Signature::parse(value_of.as_bytes())?)
            }
            (found, want) if found == want => Ok(()),
            _ => Err(Cause::DescriptorMismatch),
        }
    }
}

/// Constants that would be boxed before a method is called on them: never what was meant.
fn is_primitive_value(value: &Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Long(_))
}

fn null(asm: &mut Assembler<'_, '_, '_>, want: Type<'_>) -> Result<(), Cause> {
    match want {
        Type::Reference(_) => {
            asm.null();
            Ok(())
        }
        _ => Err(Cause::DescriptorMismatch),
    }
}

/// The class that a primitive is boxed in, and the descriptor of its `valueOf`.
fn box_of(primitive: Type<'_>) -> Option<(&'static str, &'static str)> {
    Some(match primitive {
        Type::Boolean => ("java/lang/Boolean", "(Z)Ljava/lang/Boolean;"),
        Type::Byte => ("java/lang/Byte", "(B)Ljava/lang/Byte;"),
        Type::Char => ("java/lang/Character", "(C)Ljava/lang/Character;"),
        Type::Short => ("java/lang/Short", "(S)Ljava/lang/Short;"),
        Type::Int => ("java/lang/Integer", "(I)Ljava/lang/Integer;"),
        Type::Float => ("java/lang/Float", "(F)Ljava/lang/Float;"),
        Type::Long => ("java/lang/Long", "(J)Ljava/lang/Long;"),
        Type::Double => ("java/lang/Double", "(D)Ljava/lang/Double;"),
        Type::Reference(_) => return None,
    })
}
