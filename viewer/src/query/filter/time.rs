//! Durations with a unit, and moments.

use super::Moment;

const SECOND: u64 = 1_000_000_000;
/// The longest first: `ms` before `m` and `s`.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
];

/// `1.5s`, `50ms`, in nanoseconds.
pub(super) fn duration(text: &str) -> Option<u64> {
    let text = text.to_lowercase();
    let (number, nanos) = UNITS.iter().find_map(|(unit, nanos)| Some((text.strip_suffix(unit)?, *nanos)))?;
    let digits_only = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: f64 = number.parse().ok().filter(|_| digits_only)?;
    #[allow(clippy::cast_precision_loss, reason = "durations that a person types")]
    let nanos = number * nanos as f64;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is not negative"
    )]
    Some(nanos.round() as u64)
}

/// `5m` (ago) or `2026-11-21T12:03:04Z` (RFC 3339 in UTC, with or without a fraction of the second).
pub(super) fn moment(text: &str) -> Option<Moment> {
    duration(text).map(Moment::Ago).or_else(|| timestamp(text).map(Moment::At))
}

fn timestamp(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix(['Z', 'z'])?.split_once(['T', 't'])?;
    let [year, month, day] = numbers(date, '-')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hour, minute, second] = numbers(time, ':')?;
    let fraction = if fraction.is_empty() { 0 } else { nanos_of_fraction(fraction)? };
    let valid = year <= 9999
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !valid {
        return None;
    }
    let days = days_since_epoch(year, month, day)?;
    let seconds = days.checked_mul(86_400)?.checked_add(hour * 3600 + minute * 60 + second)?;
    seconds.checked_mul(SECOND)?.checked_add(fraction)
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let parts: Option<Vec<u64>> = text.split(separator).map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

fn nanos_of_fraction(fraction: &str) -> Option<u64> {
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    digits.parse().ok()
}

/// Days from 1970-01-01 in the Gregorian calendar; years count from March, so that the leap day is the last one.
fn days_since_epoch(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let days = 365u64.checked_mul(year)? + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    // Of 1 March of year 0 to 1 January 1970, and the first of a month is day 1.
    days.checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, expected) in [
            ("50ms", Some(50_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("200us", Some(200_000)),
            ("200µs", Some(200_000)),
            ("7ns", Some(7)),
            ("2M", Some(120_000_000_000)),
            ("1h", Some(3_600_000_000_000)),
            ("50", None),
            ("ms", None),
            ("-1s", None),
            ("1e3s", None),
            ("nans", None),
            ("", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn moments_are_ago_or_timestamps_in_utc() {
        for (text, expected) in [
            ("5m", Some(Moment::Ago(300_000_000_000))),
            ("1970-01-01T00:00:00Z", Some(Moment::At(0))),
            ("2026-11-21T12:03:04Z", Some(Moment::At(1_795_262_584_000_000_000))),
            ("2024-02-29T23:59:59.25Z", Some(Moment::At(1_709_251_199_250_000_000))),
            ("2026-13-01T00:00:00Z", None),
            ("2026-11-21", None),
            ("2026-11-21T12:03:04+01:00", None),
            ("1969-12-31T23:59:59Z", None),
            ("99999999999999-01-01T00:00:00Z", None),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
    }
}
