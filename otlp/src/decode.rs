//! Protobuf bytes to the model. Never panics, allocates in proportion to its input, borrows every string.
//!
//! Unknown fields are skipped, so a newer sender is understood; a known field with the wrong wire type, invalid UTF-8
//! or an id of the wrong length is an error, because guessing would show telemetry that nobody sent.

use std::borrow::Cow;

use crate::model::{
    AnyValue, Event, ExportTraceServiceRequest, KeyValue, Link, ResourceSpans, ScopeSpans, Span,
};

/// `AnyValue`s nested deeper than this are refused (protobuf implementations stop at 100 messages).
pub const MAX_VALUE_DEPTH: usize = 32;

/// Decoded size may be this many times the input: an empty span is 2 bytes on the wire and some 300 in memory.
const EXPANSION: usize = 32;

/// Decoded size that any message may have, whatever its length.
const FREE_BYTES: usize = 64 * 1024;

/// Why a message cannot be decoded, and where (`offset` counts bytes from the start of the whole message).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct DecodeError {
    /// Byte position of the field, or of the value that does not fit.
    pub offset: usize,
    /// What is wrong there.
    pub kind: DecodeErrorKind,
}

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeErrorKind {
    /// A value or its length reaches beyond the message that holds it.
    #[error("truncated message")]
    Truncated,
    /// A varint of more than 10 bytes or 64 bits.
    #[error("overlong varint")]
    Varint,
    /// Field number 0 or beyond 2^29-1, wire type 6 or 7, or an end of group without its start.
    #[error("invalid field tag {0}")]
    Tag(u64),
    /// A known field in another wire type than its definition says.
    #[error("field {field} has wire type {found}, expected {expected}")]
    WireType {
        /// Field number.
        field: u32,
        /// Wire type found.
        found: u8,
        /// Wire type of the definition.
        expected: u8,
    },
    /// A `string` that is not UTF-8.
    #[error("string field is not UTF-8")]
    Utf8,
    /// A trace or span id that is neither empty nor of its length.
    #[error("id of {found} bytes, expected {expected}")]
    IdLength {
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Values or unknown groups nested too deeply.
    #[error("nested deeper than {MAX_VALUE_DEPTH} levels")]
    Depth,
    /// So many empty elements that they would take far more memory than the message.
    #[error("more elements than a message of this length may hold")]
    Expansion,
}

/// Decodes an `ExportTraceServiceRequest` (collector/trace/v1); `TracesData` has the same form.
///
/// # Errors
/// The first fault found, with its offset.
pub fn decode_trace_request(bytes: &[u8]) -> Result<ExportTraceServiceRequest<'_>, DecodeError> {
    let mut budget = Budget { left: bytes.len().saturating_mul(EXPANSION).saturating_add(FREE_BYTES) };
    let mut request = ExportTraceServiceRequest::default();
    let mut message = Message { bytes, base: 0 };
    while let Some(field) = message.next_field()? {
        if field.number == 1 {
            let mut resource_spans = ResourceSpans::default();
            read_resource_spans(field.message()?, &mut resource_spans, &mut budget)?;
            budget.push(&mut request.resource_spans, resource_spans, field.offset)?;
        }
    }
    Ok(request)
}

fn read_resource_spans<'a>(
    mut message: Message<'a>,
    into: &mut ResourceSpans<'a>,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => {
                let mut resource = field.message()?;
                while let Some(field) = resource.next_field()? {
                    if field.number == 1 {
                        read_attribute(&field, &mut into.resource_attributes, 0, budget)?;
                    }
                }
            }
            2 => {
                let mut scope_spans = ScopeSpans::default();
                read_scope_spans(field.message()?, &mut scope_spans, budget)?;
                budget.push(&mut into.scope_spans, scope_spans, field.offset)?;
            }
            3 => into.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(())
}

fn read_scope_spans<'a>(
    mut message: Message<'a>,
    into: &mut ScopeSpans<'a>,
    budget: &mut Budget,
) -> Result<(), DecodeError> {
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => {
                let mut scope = field.message()?;
                while let Some(field) = scope.next_field()? {
                    match field.number {
                        1 => into.scope_name = field.string()?,
                        2 => into.scope_version = field.string()?,
                        _ => {}
                    }
                }
            }
            2 => {
                let span = read_span(field.message()?, budget)?;
                budget.push(&mut into.spans, span, field.offset)?;
            }
            3 => into.schema_url = field.string()?,
            _ => {}
        }
    }
    Ok(())
}

fn read_span<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<Span<'a>, DecodeError> {
    let mut span = Span::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => span.trace_id = field.id()?,
            2 => span.span_id = field.id()?,
            3 => span.trace_state = field.string()?,
            4 => span.parent_span_id = field.id()?,
            5 => span.name = field.string()?,
            6 => span.kind = field.int32()?,
            7 => span.start_time_unix_nano = field.fixed64()?,
            8 => span.end_time_unix_nano = field.fixed64()?,
            9 => read_attribute(&field, &mut span.attributes, 0, budget)?,
            10 => span.dropped_attributes_count = field.uint32()?,
            11 => {
                let event = read_event(field.message()?, budget)?;
                budget.push(&mut span.events, event, field.offset)?;
            }
            12 => span.dropped_events_count = field.uint32()?,
            13 => {
                let link = read_link(field.message()?, budget)?;
                budget.push(&mut span.links, link, field.offset)?;
            }
            14 => span.dropped_links_count = field.uint32()?,
            15 => {
                let mut status = field.message()?;
                while let Some(field) = status.next_field()? {
                    match field.number {
                        2 => span.status_message = field.string()?,
                        3 => span.status_code = field.int32()?,
                        _ => {}
                    }
                }
            }
            16 => span.flags = field.fixed32()?,
            _ => {}
        }
    }
    Ok(span)
}

fn read_event<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<Event<'a>, DecodeError> {
    let mut event = Event::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => event.time_unix_nano = field.fixed64()?,
            2 => event.name = field.string()?,
            3 => read_attribute(&field, &mut event.attributes, 0, budget)?,
            4 => event.dropped_attributes_count = field.uint32()?,
            _ => {}
        }
    }
    Ok(event)
}

fn read_link<'a>(mut message: Message<'a>, budget: &mut Budget) -> Result<Link<'a>, DecodeError> {
    let mut link = Link::default();
    while let Some(field) = message.next_field()? {
        match field.number {
            1 => link.trace_id = field.id()?,
            2 => link.span_id = field.id()?,
            3 => link.trace_state = field.string()?,
            4 => read_attribute(&field, &mut link.attributes, 0, budget)?,
            5 => link.dropped_attributes_count = field.uint32()?,
            6 => link.flags = field.fixed32()?,
            _ => {}
        }
    }
    Ok(link)
}

fn read_attribute<'a>(
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

fn read_value<'a>(
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

/// What the decoded elements may still take in memory.
struct Budget {
    left: usize,
}

impl Budget {
    fn push<T>(&mut self, list: &mut Vec<T>, element: T, offset: usize) -> Result<(), DecodeError> {
        self.left = self
            .left
            .checked_sub(size_of::<T>())
            .ok_or(DecodeError { offset, kind: DecodeErrorKind::Expansion })?;
        list.push(element);
        Ok(())
    }
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;
const START_GROUP: u8 = 3;
const END_GROUP: u8 = 4;
const FIXED32: u8 = 5;

/// A message being read: what is left of it, and where that starts in the whole.
struct Message<'a> {
    bytes: &'a [u8],
    base: usize,
}

/// One field as it is on the wire.
struct Field<'a> {
    offset: usize,
    number: u32,
    wire_type: u8,
    scalar: u64,
    payload: &'a [u8],
    payload_offset: usize,
}

impl<'a> Message<'a> {
    fn error<T>(&self, kind: DecodeErrorKind) -> Result<T, DecodeError> {
        Err(DecodeError { offset: self.base, kind })
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let Some((head, rest)) = self.bytes.split_at_checked(length) else {
            return self.error(DecodeErrorKind::Truncated);
        };
        self.bytes = rest;
        self.base += length;
        Ok(head)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn take_varint(&mut self) -> Result<u64, DecodeError> {
        let start = self.base;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take_array()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds the 64th bit alone.
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError { offset: start, kind: DecodeErrorKind::Varint })
    }

    fn take_tag(&mut self) -> Result<(u32, u8), DecodeError> {
        let start = self.base;
        let tag = self.take_varint()?;
        let wire_type = (tag & 7) as u8;
        match u32::try_from(tag >> 3) {
            Ok(number @ 1..=0x1fff_ffff) if wire_type <= FIXED32 => Ok((number, wire_type)),
            _ => Err(DecodeError { offset: start, kind: DecodeErrorKind::Tag(tag) }),
        }
    }

    fn next_field(&mut self) -> Result<Option<Field<'a>>, DecodeError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let offset = self.base;
        let (number, wire_type) = self.take_tag()?;
        let mut field =
            Field { offset, number, wire_type, scalar: 0, payload: &[], payload_offset: self.base };
        match wire_type {
            VARINT => field.scalar = self.take_varint()?,
            FIXED64 => field.scalar = u64::from_le_bytes(self.take_array()?),
            FIXED32 => field.scalar = u64::from(u32::from_le_bytes(self.take_array()?)),
            LENGTH_DELIMITED => {
                let length = usize::try_from(self.take_varint()?).unwrap_or(usize::MAX);
                field.payload_offset = self.base;
                field.payload = self.take(length)?;
            }
            START_GROUP => self.skip_group(number)?,
            _ => return Err(DecodeError { offset, kind: DecodeErrorKind::Tag(u64::from(number) << 3 | 4) }),
        }
        Ok(Some(field))
    }

    /// Groups are gone from proto3; an old extension may still send one as an unknown field.
    fn skip_group(&mut self, number: u32) -> Result<(), DecodeError> {
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let start = self.base;
            let (number, wire_type) = self.take_tag()?;
            match wire_type {
                VARINT => drop(self.take_varint()?),
                FIXED64 => drop(self.take(8)?),
                FIXED32 => drop(self.take(4)?),
                LENGTH_DELIMITED => {
                    let length = usize::try_from(self.take_varint()?).unwrap_or(usize::MAX);
                    self.take(length)?;
                }
                START_GROUP if open.len() >= MAX_VALUE_DEPTH => {
                    return Err(DecodeError { offset: start, kind: DecodeErrorKind::Depth });
                }
                START_GROUP => open.push(number),
                END_GROUP if number == innermost => drop(open.pop()),
                _ => {
                    let tag = u64::from(number) << 3 | u64::from(wire_type);
                    return Err(DecodeError { offset: start, kind: DecodeErrorKind::Tag(tag) });
                }
            }
        }
        Ok(())
    }
}

impl<'a> Field<'a> {
    fn expect(&self, expected: u8) -> Result<(), DecodeError> {
        if self.wire_type == expected {
            return Ok(());
        }
        let kind = DecodeErrorKind::WireType { field: self.number, found: self.wire_type, expected };
        Err(DecodeError { offset: self.offset, kind })
    }

    fn varint(&self) -> Result<u64, DecodeError> {
        self.expect(VARINT).map(|()| self.scalar)
    }

    /// `int32` and enums: sign-extended to 64 bits on the wire, the upper half is dropped.
    fn int32(&self) -> Result<i32, DecodeError> {
        self.uint32().map(u32::cast_signed)
    }

    fn uint32(&self) -> Result<u32, DecodeError> {
        self.varint().map(|value| (value & 0xffff_ffff) as u32)
    }

    fn fixed64(&self) -> Result<u64, DecodeError> {
        self.expect(FIXED64).map(|()| self.scalar)
    }

    fn fixed32(&self) -> Result<u32, DecodeError> {
        self.expect(FIXED32).map(|()| (self.scalar & 0xffff_ffff) as u32)
    }

    fn bytes(&self) -> Result<&'a [u8], DecodeError> {
        self.expect(LENGTH_DELIMITED).map(|()| self.payload)
    }

    fn string(&self) -> Result<Cow<'a, str>, DecodeError> {
        match std::str::from_utf8(self.bytes()?) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(error) => Err(DecodeError {
                offset: self.payload_offset + error.valid_up_to(),
                kind: DecodeErrorKind::Utf8,
            }),
        }
    }

    fn message(&self) -> Result<Message<'a>, DecodeError> {
        Ok(Message { bytes: self.bytes()?, base: self.payload_offset })
    }

    fn id<const N: usize>(&self) -> Result<[u8; N], DecodeError> {
        let bytes = self.bytes()?;
        if bytes.is_empty() {
            return Ok([0; N]);
        }
        bytes.try_into().map_err(|_| DecodeError {
            offset: self.payload_offset,
            kind: DecodeErrorKind::IdLength { found: bytes.len(), expected: N },
        })
    }
}
