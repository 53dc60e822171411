//! Java's properties format, as `java.util.Properties.load(Reader)` reads it.
//!
//! Own code, because the crates for it bring regular expressions and character sets along.

/// The keys and values of a file, in its order.
pub(crate) fn parse(text: &str) -> Vec<(String, String)> {
    logical_lines(text).iter().map(|line| split(line)).collect()
}

/// Lines without blanks before them, comments left out, continued lines joined.
fn logical_lines(text: &str) -> Vec<String> {
    let mut logical = Vec::new();
    let mut continued: Option<String> = None;
    for line in text.split(['\n', '\r']) {
        let line = line.trim_start_matches(is_blank);
        if continued.is_none() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let mut joined = continued.take().unwrap_or_default();
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        if backslashes % 2 == 1 {
            joined.push_str(line.strip_suffix('\\').unwrap_or(line));
            continued = Some(joined);
        } else {
            joined.push_str(line);
            logical.push(joined);
        }
    }
    logical.extend(continued);
    logical
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\u{c}')
}

/// A key ends at the first `=`, `:` or blank that is not escaped.
fn split(line: &str) -> (String, String) {
    let mut escaped = false;
    let end = line.find(|char: char| {
        let ends = !escaped && (is_blank(char) || matches!(char, '=' | ':'));
        escaped = char == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(is_blank);
    (unescaped(key), unescaped(value))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\u{c}'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_java_reads_them() {
        let text = "# a comment\n! another\n\n  otel.service.name = shop \r\nb:2\nc 3\nd\n\
                    e = one,\\\n    two\nf\\=g = \\u00fc\\t\\q\nh = a\\\\\n#i = 1\nlast=x\\";
        let expected = [
            ("otel.service.name", "shop "),
            ("b", "2"),
            ("c", "3"),
            ("d", ""),
            ("e", "one,two"),
            ("f=g", "ü\tq"),
            ("h", "a\\"),
            ("last", "x"),
        ];
        let expected: Vec<_> = expected.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn damaged_escapes_do_no_harm() {
        assert_eq!(parse("a=\\u12"), [("a".into(), "\u{12}".into())]);
        assert_eq!(parse("a=\\uD800"), [("a".into(), "\u{fffd}".into())]);
        assert_eq!(parse("a=\\uxyz!"), [("a".into(), "\u{fffd}".into())]);
    }
}
