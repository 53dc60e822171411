//! Names with `*` in them.

/// A name in which each `*` stands for any number of characters, none included; without one it is exactly that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern of a name as class files write it: `com/acme/*`.
    pub fn new(text: impl Into<String>) -> Pattern {
        Pattern(text.into())
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name is meant. Linear in the length of the name for each `*`.
    pub fn matches(&self, name: &[u8]) -> bool {
        let mut parts = self.0.as_bytes().split(|byte| *byte == b'*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let found = if part.is_empty() { Some(0) } else { find(rest, part) };
            let Some(after) = found.and_then(|at| rest.get(at + part.len()..)) else { return false };
            rest = after;
        }
        rest.ends_with(last)
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn a_star_is_any_number_of_characters() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("a/B", &["a/B"], &["a/Bc", "a/", "xa/B"]),
            ("a/*", &["a/", "a/B", "a/b/C"], &["b/B", "a"]),
            ("*Service", &["Service", "a/OrderService"], &["a/Services"]),
            ("a/*Service", &["a/Service", "a/b/OrderService"], &["a/Serv", "b/Service"]),
            ("a*b*c", &["abc", "axbxc", "abbc"], &["ab", "acb", "abxcx"]),
            ("ab*ba", &["abba", "ab-ba"], &["aba"]),
            ("*", &["", "anything"], &[]),
        ];
        for (pattern, meant, others) in cases {
            let pattern = Pattern::new(*pattern);
            for name in *meant {
                assert!(pattern.matches(name.as_bytes()), "{pattern:?} {name}");
            }
            for name in *others {
                assert!(!pattern.matches(name.as_bytes()), "{pattern:?} {name}");
            }
        }
    }
}
