//! The crate cafebabe, which decodes instructions, frames and annotations too, and refuses a class for any of them.

use cafebabe::attributes::{AttributeData, AttributeInfo};
use cafebabe::{ClassAccessFlags, FieldAccessFlags, FieldInfo, MethodAccessFlags, MethodInfo};

use crate::reading::{Known, MemberReading, Reading};

pub(crate) const KNOWN: Known = Known {
    class: ClassAccessFlags::all().bits(),
    field: FieldAccessFlags::all().bits(),
    method: MethodAccessFlags::all().bits(),
};

pub(crate) fn read(bytes: &[u8]) -> Result<Reading, String> {
    let class = cafebabe::parse_class(bytes).map_err(|error| error.to_string())?;
    Ok(Reading {
        version: (class.major_version, class.minor_version),
        access: class.access_flags.bits(),
        name: class.this_class.to_string(),
        super_name: class.super_class.map(|name| name.to_string()),
        interfaces: class.interfaces.iter().map(ToString::to_string).collect(),
        fields: class.fields.iter().map(field).collect(),
        methods: class.methods.iter().map(method).collect(),
    })
}

fn field(field: &FieldInfo<'_>) -> MemberReading {
    MemberReading {
        access: field.access_flags.bits(),
        name: field.name.to_string(),
        descriptor: field.descriptor.to_string(),
        code_length: None,
    }
}

fn method(method: &MethodInfo<'_>) -> MemberReading {
    MemberReading {
        access: method.access_flags.bits(),
        name: method.name.to_string(),
        descriptor: method.descriptor.to_string(),
        code_length: code_length(&method.attributes),
    }
}

fn code_length(attributes: &[AttributeInfo<'_>]) -> Option<usize> {
    attributes.iter().find_map(|attribute| match &attribute.data {
        AttributeData::Code(code) => Some(code.code.len()),
        _ => None,
    })
}
