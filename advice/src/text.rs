//! Text from outside, made fit to be sent: no control characters, bounded.

use std::borrow::Cow;

/// The longest value sent as an attribute, in bytes: what servers accept as a request line.
pub(crate) const MAX_VALUE: usize = 8 * 1024;
/// The longest name of a host, class, method or database, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// The longest start of `text` that has at most `limit` bytes and ends between two characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

/// `text` without control characters and surrounding blanks, at most `limit` bytes; `None` when nothing is left.
pub(crate) fn clean(text: &str, limit: usize) -> Option<Cow<'_, str>> {
    let text = cut(text, limit);
    // Nearly all text is, and telling so takes a few instructions for each sixteen bytes.
    let is_plain = text.bytes().fold(true, |plain, byte| plain & (b' '..=b'~').contains(&byte));
    let text = if is_plain {
        text.trim_matches(' ')
    } else {
        text.trim_matches(|c: char| c.is_whitespace() || c.is_control())
    };
    if text.is_empty() {
        None
    } else if !is_plain && text.contains(char::is_control) {
        Some(Cow::Owned(text.chars().filter(|c| !c.is_control()).collect()))
    } else {
        Some(Cow::Borrowed(text))
    }
}

/// [`clean`] as an owned value.
pub(crate) fn cleaned(text: &str, limit: usize) -> Option<String> {
    clean(text, limit).map(Cow::into_owned)
}

/// Whether a name seems to be made by a machine for one run: a UUID, or a long run of digits or hexadecimal.
///
/// Such a name belongs into an attribute, never into a span's name.
pub(crate) fn looks_generated(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let hexadecimal = part.bytes().all(|b| b.is_ascii_hexdigit());
        digits >= 6 || (part.len() >= 8 && hexadecimal && digits >= 1)
    })
}

#[cfg(test)]
mod tests {
    use super::{clean, cut, looks_generated};

    #[test]
    fn a_cut_never_parts_a_character() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(cut("é", 0), "");
    }

    #[test]
    fn control_characters_and_blanks_go() {
        for (text, expected) in [
            ("a", Some("a")),
            (" a b ", Some("a b")),
            ("a\r\nb\0", Some("ab")),
            ("a\u{7f}b", Some("ab")),
            ("\u{a0}ä\u{85} ", Some("ä")),
            ("  ", None),
            ("\t\n", None),
            ("", None),
        ] {
            assert_eq!(clean(text, 100).as_deref(), expected, "{text:?}");
        }
        assert_eq!(clean("abcdef", 3).as_deref(), Some("abc"));
    }

    #[test]
    fn names_made_for_one_run_are_told_from_chosen_ones() {
        for generated in
            ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "test_1700000000", "a3f9c2d17b", "db-2b1e4f7a"]
        {
            assert!(looks_generated(generated), "{generated}");
        }
        for chosen in ["orders", "testdb", "orders_2024", "app1", "facade", "deadbeef", "shop-eu-west-1", ""]
        {
            assert!(!looks_generated(chosen), "{chosen}");
        }
    }
}
