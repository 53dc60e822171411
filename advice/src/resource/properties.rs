//! Java's `.properties` format, as `java.util.Properties.load` reads it.

/// The value of `name`, the last one where it is repeated.
pub(super) fn property(text: &str, name: &str) -> Option<String> {
    logical_lines(text)
        .filter_map(|line| entry(&line))
        .filter(|(key, _)| key == name)
        .last()
        .map(|(_, value)| value)
}

/// Lines without comments, those that end with a backslash joined with the next.
fn logical_lines(text: &str) -> impl Iterator<Item = String> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        let mut line = lines
            .by_ref()
            .map(str::trim_start)
            .find(|line| !line.is_empty() && !line.starts_with(['#', '!']))?
            .to_owned();
        while ends_with_escape(&line) {
            line.pop();
            let Some(next) = lines.next() else { break };
            line.push_str(next.trim_start());
        }
        Some(line)
    })
}

/// Whether a line ends with an odd number of backslashes.
fn ends_with_escape(line: &str) -> bool {
    line.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

/// Key and value: parted by `=`, `:` or a blank.
fn entry(line: &str) -> Option<(String, String)> {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let parts = !escaped && (matches!(c, '=' | ':') || c.is_whitespace());
        escaped = c == '\\' && !escaped;
        parts
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
    Some((unescaped(key)?, unescaped(value)?))
}

/// Text with its escapes resolved; `None` when a `\uXXXX` is none.
fn unescaped(text: &str) -> Option<String> {
    let mut units = Vec::with_capacity(text.len());
    let mut characters = text.chars();
    let mut buffer = [0; 2];
    while let Some(character) = characters.next() {
        let plain = match character {
            '\\' => match characters.next()? {
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4)?);
                    continue;
                }
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'f' => '\u{c}',
                other => other,
            },
            other => other,
        };
        units.extend_from_slice(plain.encode_utf16(&mut buffer));
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::property;

    #[test]
    fn properties_are_read_as_java_reads_them() {
        for (text, expected) in [
            ("name=shop", Some("shop")),
            ("name = shop", Some("shop")),
            ("name: shop", Some("shop")),
            ("name shop", Some("shop")),
            ("  name=shop one", Some("shop one")),
            ("# name=no\n! name=no\n\nname=shop", Some("shop")),
            ("name=a\nname=b", Some("b")),
            ("name=a\\\n   b", Some("ab")),
            ("name=a\\\\\nx=b", Some("a\\")),
            ("name=gr\\u00f6\\u00dfe\\ttab", Some("größe\ttab")),
            ("na\\u006de=shop", Some("shop")),
            ("na\\=me=x", None),
            ("name=\\u00zz", None),
            ("name=x\\", Some("x")),
            ("names=x", None),
            ("name", Some("")),
            ("name=a=b", Some("a=b")),
            ("", None),
        ] {
            assert_eq!(property(text, "name").as_deref(), expected, "{text:?}");
        }
    }
}
