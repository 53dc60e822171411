//! What the three signals share: resources, scopes, attributes and values.

use std::borrow::Cow;

use super::wire::{Budget, Field, Message};
use super::{DecodeError, DecodeErrorKind, MAX_VALUE_DEPTH};
use crate::model::{AnyValue, KeyValue};

/// `Resource.attributes`.
pub(super) fn read_resource<'a>(
    field: &Field<'a>,
    attributes: &mut Vec<KeyValue<'a>>,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    let mut resource = field.message()?;
    while let Some(field) = resource.next_field()? {
        if field.number == 1 {
            read_attribute(&field, attributes, 0, budget)?;
        }
    }
    Ok(())
}

/// Name and version of an `InstrumentationScope`.
pub(super) fn read_scope<'a>(
    field: &Field<'a>,
    name: &mut Cow<'a, str>,
    version: &mut Cow<'a, str>,
) -> Result<(), DecodeError> {
    let mut scope = field.message()?;
    while let Some(field) = scope.next_field()? {
        match field.number {
            1 => *name = field.string()?,
            2 => *version = field.string()?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn read_attribute<'a>(
    field: &Field<'a>,
    into: &mut Vec<KeyValue<'a>>,
    depth: usize,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    let mut message = field.message()?;
    let mut attribute = KeyValue::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => attribute.key = field.string()?,
            2 => attribute.value = read_value(field.message()?, depth, budget)?,
            _ => {}
        }
    }
    budget.push(into, attribute, field.offset)
}

pub(super) fn read_value<'a>(
    mut message: Message<'a>,
    depth: usize,
    budget: &mut Budget,
) -> Result<AnyValue<'a>, DecodeError> {
    if depth >= MAX_VALUE_DEPTH {
        return Err(DecodeError { offset: message.base, kind: DecodeErrorKind::Depth });
    }
    let mut value = AnyValue::Empty;
    // A oneof: the last field on the wire wins.
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => value = AnyValue::String(field.string()?),
            2 => value = AnyValue::Bool(field.varint()? != 0),
            3 => value = AnyValue::Int(field.varint()?.cast_signed()),
            4 => value = AnyValue::Double(f64::from_bits(field.fixed64()?)),
            5 => {
                let mut array = field.message()?;
                let mut values = Vec::new();
                while let Some(field) = array.next_field()? {
                    if field.number == 1 {
                        let element = read_value(field.message()?, depth + 1, budget)?;
                        budget.push(&mut values, element, field.offset)?;
                    }
                }
                value = AnyValue::Array(values);
            }
            6 => {
                let mut list = field.message()?;
                let mut entries = Vec::new();
                while let Some(field) = list.next_field()? {
                    if field.number == 1 {
                        read_attribute(&field, &mut entries, depth + 1, budget)?;
                    }
                }
                value = AnyValue::KeyValueList(entries);
            }
            7 => value = AnyValue::Bytes(Cow::Borrowed(field.bytes()?)),
            _ => {}
        }
    }
    Ok(value)
}
