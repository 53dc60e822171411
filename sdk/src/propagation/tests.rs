//! The cases of W3C's public trace-context suite, and ours. A line of a table is a request's headers and what they mean.

use super::*;

const TRACE: [u64; 2] = [0x1234567890123456, 0x7890123456789012];
const SPAN: u64 = 0x1234567890123456;
const PARENT: &str = "00-12345678901234567890123456789012-1234567890123456-00";

fn from(headers: &[(&str, &str)]) -> Extracted {
    extract(Propagators::default(), headers.iter().copied())
}

/// The trace state of a request with a valid `traceparent` and these `tracestate` lines.
fn state(lines: &[&str]) -> String {
    let headers = lines.iter().map(|line| (TRACESTATE, *line)).chain([(TRACEPARENT, PARENT)]);
    let extracted = extract(Propagators::default(), headers);
    assert!(extracted.parent.is_some(), "tracestate must not affect traceparent: {lines:?}");
    extracted.trace_state
}

#[test]
fn a_valid_traceparent_continues_the_trace() {
    for (value, flags) in [
        (PARENT.to_owned(), 0),
        (PARENT.replace("-00", "-01"), 1),
        (PARENT.replace("-00", "-03"), 3),
        (PARENT.replace("-00", "-ff"), 3), // flags we do not know are not passed on
        (format!(" {PARENT}"), 0),
        (format!("\t{PARENT}"), 0),
        (format!("{PARENT} "), 0),
        (format!("{PARENT}\t"), 0),
        (format!("\t {PARENT} \t"), 0),
        (PARENT.replacen("00", "cc", 1), 0),
        (PARENT.replacen("00", "fe", 1) + "-", 0),
        (PARENT.replacen("00", "cc", 1) + "-what-the-future-will-be-like", 0),
    ] {
        let expected = RemoteParent { trace_id: TRACE, span_id: SPAN, flags };
        assert_eq!(from(&[(TRACEPARENT, &value)]).parent, Some(expected), "{value:?}");
    }
}

#[test]
fn an_invalid_traceparent_starts_a_new_trace() {
    for value in [
        "",
        "00",
        "00-12345678901234567890123456789012-1234567890123456-01.",
        "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
        "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
        "ff-12345678901234567890123456789012-1234567890123456-01",
        ".0-12345678901234567890123456789012-1234567890123456-01",
        "0.-12345678901234567890123456789012-1234567890123456-01",
        "000-12345678901234567890123456789012-1234567890123456-01",
        "0000-12345678901234567890123456789012-1234567890123456-01",
        "0-12345678901234567890123456789012-1234567890123456-01",
        "00-00000000000000000000000000000000-1234567890123456-01",
        "00-.2345678901234567890123456789012-1234567890123456-01",
        "00-1234567890123456789012345678901.-1234567890123456-01",
        "00-123456789012345678901234567890123-1234567890123456-01",
        "00-1234567890123456789012345678901-1234567890123456-01",
        "00-12345678901234567890123456789012-0000000000000000-01",
        "00-12345678901234567890123456789012-.234567890123456-01",
        "00-12345678901234567890123456789012-123456789012345.-01",
        "00-12345678901234567890123456789012-12345678901234567-01",
        "00-12345678901234567890123456789012-123456789012345-01",
        "00-12345678901234567890123456789012-1234567890123456-.0",
        "00-12345678901234567890123456789012-1234567890123456-0.",
        "00-12345678901234567890123456789012-1234567890123456-001",
        "00-12345678901234567890123456789012-1234567890123456-1",
        "00-ABCDEF78901234567890123456789012-1234567890123456-01",
        "00-12345678901234567890123456789012-ABCDEF7890123456-01",
        "00-12345678901234567890123456789012-1234567890123456-0A",
        "0A-12345678901234567890123456789012-1234567890123456-01",
        "00-+2345678901234567890123456789012-1234567890123456-01",
        "00_12345678901234567890123456789012_1234567890123456_01",
        "00-12345678901234567890123456789012-1234567890123456-é",
        "00-12345678901234567890123456789012-1234567890123456-01,00-12345678901234567890123456789012-1234567890123456-01",
    ] {
        assert_eq!(from(&[(TRACEPARENT, value)]).parent, None, "{value:?}");
    }
}

#[test]
fn two_traceparents_start_a_new_trace() {
    for second in [PARENT, "00-12345678901234567890123456789011-1234567890123456-01", ""] {
        let extracted = from(&[(TRACEPARENT, PARENT), (TRACESTATE, "foo=1"), (TRACEPARENT, second)]);
        assert_eq!(extracted, Extracted::default(), "{second:?}");
    }
}

#[test]
fn header_names_are_taken_in_any_case_and_no_other_spelling() {
    for (parent, state, known) in [
        ("traceparent", "tracestate", true),
        ("TraceParent", "TraceState", true),
        ("TrAcEpArEnT", "TrAcEsTaTe", true),
        ("TRACEPARENT", "TRACESTATE", true),
        ("trace-parent", "trace-state", false),
        ("trace.parent", "trace.state", false),
    ] {
        let extracted = from(&[(parent, PARENT), (state, "foo=1")]);
        assert_eq!(extracted.parent.is_some(), known, "{parent}");
        assert_eq!(from(&[(TRACEPARENT, PARENT), (state, "foo=1")]).trace_state == "foo=1", known, "{state}");
    }
}

#[test]
fn a_tracestate_without_a_valid_traceparent_is_discarded() {
    assert_eq!(from(&[(TRACESTATE, "foo=1,bar=2")]), Extracted::default());
    assert_eq!(from(&[(TRACEPARENT, "00-0-0-00"), (TRACESTATE, "foo=1")]), Extracted::default());
}

#[test]
fn a_valid_tracestate_is_forwarded_with_its_lines_joined() {
    let all = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let value: String = (' '..='~').filter(|char| !matches!(char, ',' | '=')).collect();
    let simple = format!("{all}={value}");
    let tenant = format!("{all}@a-z0-9_-*/={value}");
    let value_256 = format!("foo={}", "v".repeat(256));
    for (lines, expected) in [
        (&["foo=1,bar=2"][..], "foo=1,bar=2"),
        (&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"], "foo=1,bar=2,rojo=1,congo=2,baz=3"),
        (&[""], ""),
        (&["foo=1", ""], "foo=1"),
        (&["", "foo=1"], "foo=1"),
        (&["foo=1,,bar=2, ,"], "foo=1,bar=2"),
        (&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        (&["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
        (&[" foo=1"], "foo=1"),
        (&["\tfoo=1"], "foo=1"),
        (&["foo=1 "], "foo=1"),
        (&["foo=1\t"], "foo=1"),
        (&["\t foo=1 \t"], "foo=1"),
        (&["foo= 1"], "foo= 1"),
        (&["1foo=1,2a@foo=2"], "1foo=1,2a@foo=2"),
        (&[&simple], &simple),
        (&[&tenant], &tenant),
        (&[&value_256], &value_256),
    ] {
        assert_eq!(state(lines), expected, "{lines:?}");
    }
}

#[test]
fn of_a_repeated_key_the_first_is_kept() {
    for lines in [&["foo=1,foo=1"][..], &["foo=1,foo=2"], &["foo=1", "foo=1"], &["foo=1", "foo=2"]] {
        assert_eq!(state(lines), "foo=1", "{lines:?}");
    }
    assert_eq!(state(&["foo=1,bar=2", "baz=3,foo=4"]), "foo=1,bar=2,baz=3");
}

#[test]
fn a_tracestate_with_anything_malformed_is_discarded_as_a_whole() {
    let value_257 = format!("foo={}", "v".repeat(257));
    for line in [
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "foo@=1,bar=2",
        "@foo=1,bar=2",
        "foo@@bar=1,bar=2",
        "foo@bar@baz=1,bar=2",
        "foo@1bar=1,bar=2",
        "foo=bar=baz",
        "foo=,bar=3",
        "bar=3,foo",
        "=1",
        "foo=\u{7f}",
        "foo=é",
        &value_257,
    ] {
        assert_eq!(state(&["first=1", line]), "", "{line:?}");
    }
}

#[test]
fn a_tracestate_has_at_most_32_members() {
    let members: Vec<_> = (1..=33).map(|index| format!("bar{index:02}={index:02}")).collect();
    let (first, rest) = members.split_at(20);
    let of = |last: usize| state(&[&first.join(","), &rest[..last - 20].join(",")]);
    assert_eq!(of(32), members[..32].join(","));
    assert_eq!(of(33), "");
}

#[test]
fn keys_are_limited_in_each_of_their_parts() {
    for (key, valid) in [
        ("z".repeat(256), true),
        ("z".repeat(257), false),
        ("t".repeat(241) + "@" + &"v".repeat(14), true),
        ("t".repeat(242) + "@v", false),
        ("t@".to_owned() + &"v".repeat(15), false),
    ] {
        let member = format!("{key}=1");
        let expected = if valid { format!("foo=1,{member}") } else { String::new() };
        assert_eq!(state(&["foo=1", &member]), expected, "{} characters", key.len());
    }
}

#[test]
fn baggage_is_kept_without_a_trace_and_forwarded_as_text() {
    for (lines, expected) in [
        (&["userId=alice,isProduction=false"][..], "userId=alice,isProduction=false"),
        (&["a=1", "b=2;property;key=value"], "a=1,b=2;property;key=value"),
        (&[" a = 1 , b=%20 "], "a = 1,b=%20"),
        (&["a=1,,nonsense,=2,b c=3,d=é,e=\u{1},f="], "a=1,f="),
        (&[""], ""),
    ] {
        let extracted = from(&lines.iter().map(|line| (BAGGAGE, *line)).collect::<Vec<_>>());
        assert_eq!(extracted, Extracted { baggage: expected.into(), ..Extracted::default() }, "{lines:?}");
    }
}

#[test]
fn baggage_beyond_its_limits_loses_whole_members_only() {
    let many = (0..65).map(|index| format!("k{index}=1")).collect::<Vec<_>>();
    assert_eq!(from(&[(BAGGAGE, &many.join(","))]).baggage, many[..64].join(","));
    let long = [format!("a={}", "1".repeat(8000)), format!("b={}", "1".repeat(187)), "c=1".to_owned()];
    assert_eq!(long[..2].join(",").len(), 8192);
    assert_eq!(from(&[(BAGGAGE, &long.join(","))]).baggage, long[..2].join(","));
}

#[test]
fn a_propagator_that_is_off_reads_nothing() {
    let headers = [(TRACEPARENT, PARENT), (TRACESTATE, "foo=1"), (BAGGAGE, "a=1")];
    for (propagators, traced, baggage, names) in [
        (Propagators::default(), true, "a=1", &[TRACEPARENT, TRACESTATE, BAGGAGE][..]),
        (Propagators { baggage: false, ..Propagators::default() }, true, "", &[TRACEPARENT, TRACESTATE]),
        (Propagators { trace_context: false, ..Propagators::default() }, false, "a=1", &[BAGGAGE]),
        (Propagators::NONE, false, "", &[]),
    ] {
        let extracted = extract(propagators, headers);
        assert_eq!(extracted.parent.is_some(), traced);
        assert_eq!(extracted.trace_state.is_empty(), !traced);
        assert_eq!(extracted.baggage, baggage);
        assert_eq!(propagators.headers(), names);
    }
}

#[test]
fn a_written_traceparent_is_read_back() {
    let mut out = [0; 55];
    write_traceparent([0xa, 0xfedc_ba98_7654_3210], 0x00ff_0000_0000_0001, 1, &mut out);
    let text = str::from_utf8(&out).expect("ASCII");
    assert_eq!(text, "00-000000000000000afedcba9876543210-00ff000000000001-01");
    let expected =
        RemoteParent { trace_id: [0xa, 0xfedc_ba98_7654_3210], span_id: 0x00ff_0000_0000_0001, flags: 1 };
    assert_eq!(parse_traceparent(text), Some(expected));
    assert!(expected.sampled());
}
