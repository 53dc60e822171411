//! Protobuf decoding against what prost encodes, and against what nobody should send.

mod oracle;

use otelrs_otlp::decode::{DecodeErrorKind as Kind, decode_trace_request};
use otelrs_otlp::model::*;
use proptest::prelude::*;
use prost::Message;

proptest! {
    #[test]
    fn what_prost_encodes_is_read_back(request in oracle::any_request()) {
        let bytes = oracle::to_proto(&request).encode_to_vec();
        prop_assert_eq!(decode_trace_request(&bytes).unwrap(), request);
    }

    #[test]
    fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = decode_trace_request(&bytes);
    }

    #[test]
    fn damaged_requests_are_read_or_refused_within_their_length(
        request in oracle::any_request(),
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = oracle::to_proto(&request).encode_to_vec();
        prop_assume!(!bytes.is_empty());
        let position = position.index(bytes.len());
        bytes[position] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Err(error) = decode_trace_request(&bytes) {
            prop_assert!(error.offset <= bytes.len(), "{error} of {}", bytes.len());
        }
    }
}

fn message(field: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    prost::encoding::encode_varint(payload.len() as u64, &mut bytes);
    bytes.extend_from_slice(payload);
    bytes
}

fn request_of_span(span: &[u8]) -> Vec<u8> {
    message(1, &message(2, &message(2, span)))
}

#[test]
fn faults_are_named_with_their_offset() {
    // The three headers around a short span take 6 bytes.
    let cases: &[(&str, &[u8], usize, Kind)] = &[
        ("name longer than its span", &[0x2a, 9, b'a'], 8, Kind::Truncated),
        ("name is not UTF-8", &[0x2a, 2, b'a', 0xff], 9, Kind::Utf8),
        ("trace id of 3 bytes", &[0x0a, 3, 1, 2, 3], 8, Kind::IdLength { found: 3, expected: 16 }),
        ("span id of 1 byte", &[0x12, 1, 1], 8, Kind::IdLength { found: 1, expected: 8 }),
        ("name as a number", &[0x28, 1], 6, Kind::WireType { field: 5, found: 0, expected: 2 }),
        ("kind as a string", &[0x32, 0], 6, Kind::WireType { field: 6, found: 2, expected: 0 }),
        ("start time cut", &[0x39, 1, 2], 7, Kind::Truncated),
        ("field 0", &[0x00, 0], 6, Kind::Tag(0)),
        ("wire type 7", &[0x0f], 6, Kind::Tag(15)),
        ("end of a group that never began", &[0x0c], 6, Kind::Tag(12)),
        ("varint of 11 bytes", &[0x30, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], 7, Kind::Varint),
        ("group that never ends", &[0xa3, 0x06], 8, Kind::Truncated),
    ];
    for (case, span, offset, kind) in cases {
        let error = decode_trace_request(&request_of_span(span)).expect_err(case);
        assert_eq!((error.offset, &error.kind), (*offset, kind), "{case}");
    }
}

#[test]
fn unknown_fields_of_every_wire_type_are_skipped() {
    let mut span = message(5, b"known");
    span.extend([0xa0, 0x06, 7]);
    span.extend([0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]);
    span.extend([0xa2, 0x06, 2, 9, 9]);
    span.extend([0xa3, 0x06, 0x08, 1, 0x0b, 0x0c, 0xa4, 0x06]);
    span.extend([0xa5, 0x06, 1, 2, 3, 4]);
    let bytes = request_of_span(&span);
    let request = decode_trace_request(&bytes).unwrap();
    assert_eq!(
        request.resource_spans[0].scope_spans[0].spans,
        [Span { name: "known".into(), ..Span::default() }]
    );
}

#[test]
fn strings_borrow_from_the_message() {
    let bytes = request_of_span(&message(5, b"GET /orders"));
    let request = decode_trace_request(&bytes).unwrap();
    assert!(matches!(request.resource_spans[0].scope_spans[0].spans[0].name, std::borrow::Cow::Borrowed(_)));
}

fn value_nested(levels: usize) -> Vec<u8> {
    let value = (1..levels).fold(message(1, b"x"), |value, _| message(5, &message(1, &value)));
    request_of_span(&message(9, &message(2, &value)))
}

#[test]
fn values_nest_up_to_the_limit_and_no_deeper() {
    assert!(decode_trace_request(&value_nested(32)).is_ok());
    assert_eq!(decode_trace_request(&value_nested(33)).unwrap_err().kind, Kind::Depth);
    assert_eq!(decode_trace_request(&value_nested(10_000)).unwrap_err().kind, Kind::Depth);
    let groups = [0xa3, 0x06].repeat(10_000);
    assert_eq!(decode_trace_request(&request_of_span(&groups)).unwrap_err().kind, Kind::Depth);
}

#[test]
fn a_message_of_empty_spans_cannot_take_a_hundred_times_its_length() {
    let empty_spans = |count: usize| message(1, &message(2, &[0x12, 0].repeat(count)));
    assert!(decode_trace_request(&empty_spans(100)).is_ok());
    assert_eq!(decode_trace_request(&empty_spans(100_000)).unwrap_err().kind, Kind::Expansion);
}
