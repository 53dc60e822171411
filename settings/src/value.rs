//! From an option's text to its value.

use std::time::Duration;

use crate::endpoint;
use crate::option::Kind;

/// A parsed value; which variant follows from the [`Kind`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Bool(bool),
    Integer(u64),
    Ratio(f64),
    Duration(Duration),
    List(Vec<String>),
    Map(Vec<(String, String)>),
    Choice(&'static str),
    Choices(Vec<&'static str>),
}

/// `None` when `text` is not of the form that `kind` asks for.
pub(crate) fn parse(kind: Kind, text: &str) -> Option<Value> {
    let text = text.trim();
    match kind {
        Kind::Text | Kind::Path => Some(Value::Text(text.to_owned())),
        Kind::Bool => parse_bool(text).map(Value::Bool),
        Kind::Integer(min, max) => {
            text.parse().ok().filter(|number| (min..=max).contains(number)).map(Value::Integer)
        }
        Kind::Ratio => text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio)).map(Value::Ratio),
        Kind::Duration => parse_duration(text).map(Value::Duration),
        Kind::List => Some(Value::List(items(text).map(str::to_owned).collect())),
        Kind::Map | Kind::SecretMap => items(text).map(parse_pair).collect::<Option<_>>().map(Value::Map),
        Kind::Url => endpoint::is_valid(text).then(|| Value::Text(text.to_owned())),
        Kind::Choice(names) => names.iter().find(|name| **name == text).map(|name| Value::Choice(name)),
        Kind::Choices(names) => {
            let find = |item| names.iter().find(|name| **name == item).copied();
            let chosen = items(text).map(find).collect::<Option<Vec<_>>>()?;
            let valid = !chosen.is_empty() && (chosen.len() == 1 || !chosen.contains(&"none"));
            valid.then_some(Value::Choices(chosen))
        }
    }
}

/// The parts of a list; empty ones are left out, as the Java agent does.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// `true` or `false` in any case.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    let is = |word| text.eq_ignore_ascii_case(word);
    if is("true") { Some(true) } else { is("false").then_some(false) }
}

/// Without a unit: milliseconds.
fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let millis: u64 = match unit.trim_start() {
        "" | "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let millis = number.parse::<u64>().ok()?.checked_mul(millis)?;
    (millis > 0).then(|| Duration::from_millis(millis))
}

fn parse_pair(item: &str) -> Option<(String, String)> {
    let (key, value) = item.split_once('=')?;
    let (key, value) = (percent_decoded(key.trim())?, percent_decoded(value.trim())?);
    (!key.is_empty()).then_some((key, value))
}

/// `None` when an escape is cut short or the result is no UTF-8. A plus sign stays one (W3C Baggage).
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut decoded = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let digit = |char: char| char.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let mut digits = digits.chars().map(digit);
        decoded.push(digits.next()?? << 4 | digits.next()??);
        decoded.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_milliseconds_or_carry_their_unit() {
        for (text, millis) in [
            ("5000", Some(5_000)),
            ("5000ms", Some(5_000)),
            ("5s", Some(5_000)),
            (" 5 s ", Some(5_000)),
            ("1m", Some(60_000)),
            ("2h", Some(7_200_000)),
            ("1d", Some(86_400_000)),
            ("0", None),
            ("-1", None),
            ("1.5s", None),
            ("5 sec", None),
            ("s", None),
            ("99999999999999999999", None),
            ("18446744073709551615d", None),
        ] {
            let expected = millis.map(|millis| Value::Duration(Duration::from_millis(millis)));
            assert_eq!(parse(Kind::Duration, text), expected, "{text:?}");
        }
    }

    #[test]
    fn truth_is_spelt_in_any_case_and_in_one_word() {
        for (text, expected) in
            [("true", Some(true)), ("TRUE", Some(true)), ("False", Some(false)), ("yes", None), ("1", None)]
        {
            assert_eq!(parse(Kind::Bool, text), expected.map(Value::Bool), "{text:?}");
        }
    }

    #[test]
    fn numbers_stay_in_their_range() {
        for (text, expected) in
            [("1", Some(1)), ("10", Some(10)), ("0", None), ("11", None), ("x", None), ("-1", None)]
        {
            assert_eq!(parse(Kind::Integer(1, 10), text), expected.map(Value::Integer), "{text:?}");
        }
        for (text, expected) in
            [("0", Some(0.0)), ("0.25", Some(0.25)), ("1.0", Some(1.0)), ("1.1", None), ("nan", None)]
        {
            assert_eq!(parse(Kind::Ratio, text), expected.map(Value::Ratio), "{text:?}");
        }
    }

    #[test]
    fn pairs_are_percent_decoded_and_all_or_none() {
        let map = |pairs: &[(&str, &str)]| {
            Some(Value::Map(pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()))
        };
        for (text, expected) in [
            ("a=1,b=2", map(&[("a", "1"), ("b", "2")])),
            (" a = x y , ,b=,", map(&[("a", "x y"), ("b", "")])),
            ("a=1%2C2%3D3,b=%C3%BC+", map(&[("a", "1,2=3"), ("b", "ü+")])),
            ("authorization=Basic dGVzdA==", map(&[("authorization", "Basic dGVzdA==")])),
            ("a", None),
            ("=1", None),
            ("a=1,b", None),
            ("a=%2", None),
            ("a=%", None),
            ("a=%zz", None),
            ("a=%+1", None),
            ("a=%ff", None),
            ("a=%é1", None),
        ] {
            assert_eq!(parse(Kind::Map, text), expected, "{text:?}");
        }
    }

    #[test]
    fn choices_are_known_names_and_none_stands_alone() {
        const NAMES: &[&str] = &["otlp", "console", "none"];
        for (text, expected) in [
            ("otlp", Some(vec!["otlp"])),
            ("console, otlp", Some(vec!["console", "otlp"])),
            ("none", Some(vec!["none"])),
            ("none,otlp", None),
            ("zipkin", None),
            (",", None),
        ] {
            assert_eq!(parse(Kind::Choices(NAMES), text), expected.map(Value::Choices), "{text:?}");
        }
        assert_eq!(parse(Kind::Choice(NAMES), "none"), Some(Value::Choice("none")));
        assert_eq!(parse(Kind::Choice(NAMES), "None"), None);
    }

    #[test]
    fn every_default_in_the_table_is_valid() {
        for option in crate::table::OPTIONS {
            let valid = option.default.is_empty() || parse(option.kind, option.default).is_some();
            assert!(valid, "{}", option.name);
        }
    }
}
