//! Splitting and quoting options as HotSpot and the `java` launcher do.

/// Words of `JAVA_TOOL_OPTIONS` and the like: blanks separate, either quote groups, nothing escapes.
///
/// Source: HotSpot, `Arguments::parse_options_buffer`.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The text as one word for [`split`].
pub(crate) fn quote(text: &str) -> String {
    if !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '\'') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// Words of an `@argfile`: as [`split`], with `#` comments, and backslash escapes inside quotes.
///
/// Source: the `java` command's documentation, "java Command-Line Argument Files".
pub(crate) fn split_argument_file(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), '\\') => {
                // A backslash at the end of a line joins it with the next; leading blanks there do not matter here.
                match characters.next() {
                    Some('\n') | None => {}
                    Some(escaped) => word.get_or_insert_default().push(escaped),
                }
            }
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => {
                characters.by_ref().find(|c| *c == '\n');
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_hotspot_sees() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            (" -Xmx1g\t-ea ", &["-Xmx1g", "-ea"]),
            ("'-Da=b c' \"-Dd=e'f\"", &["-Da=b c", "-Dd=e'f"]),
            ("-Da='b c'd", &["-Da=b cd"]),
            ("-Da=b\\c", &["-Da=b\\c"]),
            ("''", &[""]),
        ];
        for (text, words) in cases {
            assert_eq!(split(text), *words, "{text}");
        }
    }

    #[test]
    fn what_is_quoted_is_one_word_again() {
        for text in ["-Xmx1g", "a b", "it's", "\"both\" it's", "", "tab\tnew\nline"] {
            assert_eq!(split(&format!("-ea {}", quote(text))), ["-ea", text]);
        }
    }

    #[test]
    fn argument_files_have_comments_and_escapes() {
        let text = "# options\n-Xmx1g  \"-Da=b \\\"c\\\"\" # more\n-XX:+UseZGC\n\"two \\\nlines\"";
        assert_eq!(split_argument_file(text), ["-Xmx1g", "-Da=b \"c\"", "-XX:+UseZGC", "two lines"]);
    }
}
