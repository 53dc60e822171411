//! What a reader says of a class, in words that all of them have.

use otelrs_classfile::{ClassFile, Member};

/// A class file as far as our reader looks into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Major and minor.
    pub(crate) version: (u16, u16),
    pub(crate) access: u16,
    pub(crate) name: String,
    pub(crate) super_name: Option<String>,
    pub(crate) interfaces: Vec<String>,
    pub(crate) fields: Vec<MemberReading>,
    pub(crate) methods: Vec<MemberReading>,
}

/// A field or a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MemberReading {
    pub(crate) access: u16,
    pub(crate) name: String,
    pub(crate) descriptor: String,
    pub(crate) code_length: Option<usize>,
}

/// The access flags that a reader has a name for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) class: u16,
    pub(crate) field: u16,
    pub(crate) method: u16,
}

impl Reading {
    /// What our reader says.
    pub(crate) fn ours(class: &ClassFile<'_>) -> Self {
        Self {
            version: (class.major_version(), class.minor_version()),
            access: class.access_flags(),
            name: text(class.name()),
            super_name: class.super_name().map(text),
            interfaces: class.interfaces().map(text).collect(),
            fields: class.fields().map(MemberReading::ours).collect(),
            methods: class.methods().map(MemberReading::ours).collect(),
        }
    }

    /// The same without the flags that the other reader does not know.
    pub(crate) fn only(mut self, known: Known) -> Self {
        self.access &= known.class;
        self.fields.iter_mut().for_each(|field| field.access &= known.field);
        self.methods.iter_mut().for_each(|method| method.access &= known.method);
        self
    }
}

impl MemberReading {
    fn ours(member: Member<'_>) -> Self {
        Self {
            access: member.access,
            name: text(member.name),
            descriptor: text(member.descriptor),
            code_length: member.code_length.map(|length| length as usize),
        }
    }
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
