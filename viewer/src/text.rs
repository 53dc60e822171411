//! Text for terminals: nothing from telemetry controls the terminal or reorders a line.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// The text with every control, bidirectional, invisible or separator character replaced by a visible escape.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_hostile(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Columns that escaped text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Escaped text in at most `columns`, cut with the ellipsis given where it does not fit.
pub(crate) fn fit(text: &str, columns: usize, ellipsis: char) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = columns.saturating_sub(1);
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        out.push(character);
    }
    if columns > 0 {
        out.push(ellipsis);
    }
    out
}

/// Escaped text in lines of at most `columns`, broken at spaces where there are any.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let mut word = word;
        loop {
            let Some(line) = lines.last_mut() else { return lines };
            let gap = usize::from(!line.is_empty());
            if width(line) + gap + width(word) <= columns || columns < 2 {
                line.push_str(if gap > 0 { " " } else { "" });
                line.push_str(word);
                break;
            }
            if line.is_empty() {
                // Longer than a line: as much of it as there is room for.
                let heads = word.char_indices().map(|(at, _)| word.split_at(at));
                let cut = heads.into_iter().find(|(head, _)| width(head) >= columns - 1);
                let (head, tail) = cut.unwrap_or((word, ""));
                line.push_str(head);
                word = tail;
            }
            lines.push(String::new());
        }
    }
    lines
}

/// As [`fit`], filled up with spaces on the right to exactly `columns`.
pub(crate) fn pad(text: &str, columns: usize, ellipsis: char) -> String {
    let mut out = fit(text, columns, ellipsis);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&out))));
    out
}

/// A duration in three digits and its unit: `845 ns`, `12.3 µs`, `3.10 ms`, `1.24 s`, `2m 03s`.
#[must_use]
pub fn duration(nanos: u64, micro: char) -> String {
    let scaled = |divisor: u64, unit: &str| {
        // Rounded to three digits first, so that 999.9 µs is 1.00 ms and never 1000 µs.
        #[allow(clippy::cast_precision_loss, reason = "three digits are shown")]
        let value = nanos as f64 / divisor as f64;
        let decimals = if value < 9.995 {
            2
        } else if value < 99.95 {
            1
        } else {
            0
        };
        format!("{value:.decimals$} {unit}")
    };
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..999_500 => scaled(1_000, &format!("{micro}s")),
        999_500..999_500_000 => scaled(1_000_000, "ms"),
        999_500_000..59_950_000_000 => scaled(1_000_000_000, "s"),
        _ => {
            let seconds = nanos.saturating_add(500_000_000) / 1_000_000_000;
            match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
                (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
                (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
            }
        }
    }
}

/// Time of day of a Unix time, UTC, with milliseconds.
#[must_use]
pub fn time_of_day(unix_nanos: u64) -> String {
    let millis = unix_nanos / 1_000_000 % 86_400_000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_telemetry_controls_the_terminal() {
        let cases = [
            ("plain GET /a/{id} é漢😀", "plain GET /a/{id} é漢😀"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "\\u{1b}[2J\\u{1b}]0;title\\u{7}"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("user\u{202e}gpj.exe", "user\\u{202e}gpj.exe"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
        ];
        for (raw, shown) in cases {
            assert_eq!(escape(raw), shown);
        }
    }

    #[test]
    fn durations_have_three_digits_and_never_round_to_the_next_unit() {
        let cases = [
            (0, "0 ns"),
            (845, "845 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (3_100_000, "3.10 ms"),
            (9_999_000, "10.0 ms"),
            (1_240_000_000, "1.24 s"),
            (59_960_000_000, "1m 00s"),
            (123_000_000_000, "2m 03s"),
            (7_260_000_000_000, "2h 01m"),
        ];
        for (nanos, shown) in cases {
            assert_eq!(duration(nanos, 'µ'), shown, "{nanos}");
        }
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_inside() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("abcdefghij k", 5), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("漢字漢字", 5), ["漢字", "漢字"]);
    }

    #[test]
    fn wide_characters_are_cut_and_padded_by_columns() {
        assert_eq!(fit("SELECT orders", 8, '…'), "SELECT …");
        assert_eq!(fit("漢漢漢", 4, '…'), "漢…");
        assert_eq!(pad("漢", 4, '…'), "漢  ");
        assert_eq!(pad("abc", 0, '…'), "");
    }
}
