//! Text with stars.

/// Compared with the whole of a text, letter case aside; a star stands for any characters, none included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// In lower case; a star between each two.
    parts: Vec<String>,
}

impl Pattern {
    /// `\*` and `\\` stand for the character itself.
    pub(super) fn new(text: &str) -> Self {
        let mut parts = vec![String::new()];
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '*' => parts.push(String::new()),
                character => {
                    let literal = match characters.peek() {
                        Some(next @ ('*' | '\\')) if character == '\\' => *next,
                        _ => character,
                    };
                    if character == '\\' && matches!(characters.peek(), Some('*' | '\\')) {
                        characters.next();
                    }
                    if let Some(part) = parts.last_mut() {
                        part.extend(literal.to_lowercase());
                    }
                }
            }
        }
        Self { parts }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let Some((first, stars)) = self.parts.split_first() else { return true };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        let Some((last, middle)) = stars.split_last() else { return rest.is_empty() };
        for part in middle {
            let Some((_, after)) = rest.split_once(part.as_str()) else { return false };
            rest = after;
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, expected) in [
            ("GET /orders", "get /ORDERS", true),
            ("GET /orders", "GET /orders/1", false),
            ("GET /a*", "GET /about", true),
            ("*orders*", "GET /orders/1", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "ab", true),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            (r"2 \* 3", "2 * 3", true),
            (r"2 \* 3", "2 x 3", false),
            (r"a\\*", r"a\b", true),
            (r"C:\new", r"c:\NEW", true),
            ("É*", "été", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }
}
