//! OTLP/JSON against the `opentelemetry-proto` crate's own JSON, and against text that nobody should send.

mod oracle;

use opentelemetry_proto::tonic::collector::trace::v1 as collector;
use otelrs_otlp::json::{decode_trace_request_json, to_json_line};
use otelrs_otlp::model::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_written_is_read_back(request in oracle::any_request()) {
        let line = to_json_line(&request);
        prop_assert!(!line.contains(char::is_control), "{line:?}");
        prop_assert_eq!(decode_trace_request_json(line.as_bytes()).unwrap(), request);
    }

    #[test]
    fn damaged_text_never_panics(
        request in oracle::any_request(),
        position in any::<prop::sample::Index>(),
        byte in 0x20..0x7fu8,
    ) {
        let mut line = to_json_line(&request).into_bytes();
        let position = position.index(line.len());
        line[position] = byte;
        let _ = decode_trace_request_json(&line);
    }
}

fn request_of(span: Span<'static>) -> ExportTraceServiceRequest<'static> {
    let scope_spans = ScopeSpans { scope_name: "s".into(), spans: vec![span], ..ScopeSpans::default() };
    let resource_attributes =
        vec![KeyValue { key: "service.name".into(), value: AnyValue::String("shop".into()) }];
    let resource_spans =
        ResourceSpans { resource_attributes, scope_spans: vec![scope_spans], ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

fn full_span() -> Span<'static> {
    Span {
        trace_id: [0xab; 16],
        span_id: [0xcd; 8],
        parent_span_id: [0x01; 8],
        flags: 0x301,
        name: "GET /orders/{id}".into(),
        kind: 2,
        start_time_unix_nano: 1_700_000_000_123_456_789,
        end_time_unix_nano: 1_700_000_000_223_456_789,
        attributes: vec![
            KeyValue { key: "http.response.status_code".into(), value: AnyValue::Int(200) },
            KeyValue { key: "ratio".into(), value: AnyValue::Double(0.5) },
            KeyValue { key: "ok".into(), value: AnyValue::Bool(false) },
            KeyValue { key: "raw".into(), value: AnyValue::Bytes(vec![1, 2, 255].into()) },
            KeyValue { key: "tags".into(), value: AnyValue::Array(vec![AnyValue::String("".into())]) },
        ],
        events: vec![Event { time_unix_nano: 5, name: "exception".into(), ..Event::default() }],
        links: vec![Link { trace_id: [2; 16], span_id: [3; 8], ..Link::default() }],
        status_message: "boom".into(),
        status_code: 2,
        ..Span::default()
    }
}

#[test]
fn a_span_is_written_as_the_specification_shows() {
    let expected = concat!(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"#,
        r#""scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"abababababababababababababababab","#,
        r#""spanId":"cdcdcdcdcdcdcdcd","parentSpanId":"0101010101010101","flags":769,"name":"GET /orders/{id}","#,
        r#""kind":2,"startTimeUnixNano":"1700000000123456789","endTimeUnixNano":"1700000000223456789","#,
        r#""attributes":[{"key":"http.response.status_code","value":{"intValue":"200"}},"#,
        r#"{"key":"ratio","value":{"doubleValue":0.5}},{"key":"ok","value":{"boolValue":false}},"#,
        r#"{"key":"raw","value":{"bytesValue":"AQL/"}},"#,
        r#"{"key":"tags","value":{"arrayValue":{"values":[{"stringValue":""}]}}}],"#,
        r#""events":[{"timeUnixNano":"5","name":"exception"}],"#,
        r#""links":[{"traceId":"02020202020202020202020202020202","spanId":"0303030303030303"}],"#,
        r#""status":{"message":"boom","code":2}}]}]}]}"#,
    );
    assert_eq!(to_json_line(&request_of(full_span())), expected);
}

#[test]
fn the_proto_crate_reads_what_is_written_and_is_read_itself() {
    // Bytes values are left out: the crate writes them as an array of numbers, against the mapping.
    let mut span = full_span();
    span.attributes.retain(|attribute| attribute.key != "raw");
    let request = request_of(span);
    let theirs = oracle::to_proto(&request);
    let read: collector::ExportTraceServiceRequest = serde_json::from_str(&to_json_line(&request)).unwrap();
    assert_eq!(read, theirs);
    assert_eq!(decode_trace_request_json(&serde_json::to_vec(&theirs).unwrap()).unwrap(), request);
}

#[test]
fn numbers_that_json_lacks_are_names() {
    for (double, name) in
        [(f64::INFINITY, "\"Infinity\""), (f64::NEG_INFINITY, "\"-Infinity\""), (f64::NAN, "\"NaN\"")]
    {
        let value = AnyValue::Double(double);
        let span = Span { attributes: vec![KeyValue { key: "d".into(), value }], ..Span::default() };
        let line = to_json_line(&request_of(span));
        assert!(line.contains(&format!("{{\"doubleValue\":{name}}}")), "{line}");
        let read = decode_trace_request_json(line.as_bytes()).unwrap();
        let AnyValue::Double(read) = read.resource_spans[0].scope_spans[0].spans[0].attributes[0].value
        else {
            panic!()
        };
        assert_eq!(read.to_string(), double.to_string());
    }
}

#[test]
fn senders_may_be_lax_where_the_mapping_allows_it() {
    let text = r#"{"resourceSpans":[{"resource":null,"unknown":[1],"scopeSpans":[{"spans":[{
        "traceId":"ABABABABABABABABABABABABABABABAB","kind":"3","startTimeUnixNano":5,"events":null,
        "attributes":[{"key":"a","value":{"intValue":7}},{"key":"b","value":{"doubleValue":"1.5"}},{"key":"c"}]}]}]}]}"#;
    let request = decode_trace_request_json(text.as_bytes()).unwrap();
    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!((span.trace_id, span.kind, span.start_time_unix_nano), ([0xab; 16], 3, 5));
    let values: Vec<_> = span.attributes.iter().map(|attribute| &attribute.value).collect();
    assert_eq!(values, [&AnyValue::Int(7), &AnyValue::Double(1.5), &AnyValue::Empty]);
}

#[test]
fn faults_are_named_with_their_path() {
    let span =
        |members: &str| format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{members}}}]}}]}}]}}"#);
    let deep = (0..34)
        .fold(r#"{"intValue":"1"}"#.to_owned(), |v, _| format!(r#"{{"arrayValue":{{"values":[{v}]}}}}"#));
    let spans =
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(100_000));
    let cases = [
        ("[]".to_owned(), "request: expected an object"),
        ("{".to_owned(), "not JSON: EOF"),
        (r#"{"resourceSpans":3}"#.to_owned(), "resourceSpans: expected an array"),
        (
            span(r#""traceId":"abc""#),
            "resourceSpans[0].scopeSpans[0].spans[0].traceId: expected 32 hexadecimal digits",
        ),
        (span(r#""spanId":"zzzzzzzzzzzzzzzz""#), ".spans[0].spanId: expected 16 hexadecimal digits"),
        (span(r#""name":5"#), ".spans[0].name: expected a string"),
        (span(r#""kind":99999999999"#), ".spans[0].kind: expected an integer in range"),
        (span(r#""startTimeUnixNano":"-1""#), ".startTimeUnixNano: expected an integer in range"),
        (
            span(r#""attributes":[{"key":"k","value":{"bytesValue":"*"}}]"#),
            ".attributes[0].value.bytesValue: expected base64",
        ),
        (span(&format!(r#""attributes":[{{"value":{deep}}}]"#)), "values nested at most 32 levels deep"),
        (spans, "more elements than a request"),
        ("[".repeat(100_000), "not JSON: recursion limit"),
    ];
    for (text, expected) in cases {
        let error = decode_trace_request_json(text.as_bytes()).map(drop).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} lacks {expected}");
    }
}
