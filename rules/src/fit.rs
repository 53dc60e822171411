//! Whether a rule of a file fits a method: it was written without the compiler's help, and a splice that cannot be made
//! would take the whole class with it.

use otelrs_classfile::{ACC_STATIC, ClassFile, Member, MethodShape};

use crate::model::{Call, Rule, Splice, Value};

/// Why a rule leaves a method alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A static method has no object.
    #[error("it asks for this, and the method is static")]
    NoThis,
    /// There are fewer arguments.
    #[error("it asks for argument[{0}], and the method has fewer")]
    NoArgument(u16),
    /// The class declares no such instance field.
    #[error("it asks for this.{0}, and the class declares no such instance field")]
    NoField(&'static str),
    /// The method is void.
    #[error("it asks for what the method returns, and that is nothing")]
    NoResult,
    /// The descriptor cannot be read.
    #[error("the method's descriptor cannot be read")]
    BadDescriptor,
}

/// What a rule asks for and the method does not have, if anything.
pub(crate) fn unfit(class: &ClassFile<'_>, method: &Member<'_>, rule: &Rule) -> Option<Unfit> {
    let Some(shape) = MethodShape::parse(method.descriptor) else { return Some(Unfit::BadDescriptor) };
    let splices = rule.methods.iter().flat_map(|rule| rule.splices);
    splices.flat_map(calls).flat_map(|call| call.values).find_map(|value| lacks(class, method, &shape, value))
}

fn calls(splice: &'static Splice) -> impl Iterator<Item = &'static Call> {
    let both = match splice {
        Splice::Around { entry, exit } => [entry.as_ref(), exit.as_ref()],
        Splice::AssignFieldAtExit { call, .. } | Splice::AssignArgumentAtEntry { call, .. } => {
            [Some(call), None]
        }
        Splice::ReplaceCall { .. } => [None, None],
    };
    both.into_iter().flatten()
}

fn lacks(
    class: &ClassFile<'_>,
    method: &Member<'_>,
    shape: &MethodShape<'_>,
    value: &'static Value,
) -> Option<Unfit> {
    let is_static = method.access & ACC_STATIC != 0;
    match value {
        Value::This | Value::NamedField(_) if is_static => Some(Unfit::NoThis),
        Value::NamedField(name) if instance_field(class, name).is_none() => Some(Unfit::NoField(name)),
        Value::Argument(index) if usize::from(*index) >= shape.parameters.len() => {
            Some(Unfit::NoArgument(*index))
        }
        Value::Returned if shape.result.is_none() => Some(Unfit::NoResult),
        _ => None,
    }
}

/// The instance field that a class declares by a name; of several the first.
pub(crate) fn instance_field<'a>(class: &ClassFile<'a>, name: &str) -> Option<Member<'a>> {
    class.fields().find(|field| field.access & ACC_STATIC == 0 && field.name == name.as_bytes())
}
