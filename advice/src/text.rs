//! Text from outside, made fit to be sent: no control characters, bounded.

use std::borrow::Cow;

/// The longest value sent as an attribute, in bytes: what servers accept as a request line.
pub(crate) const MAX_VALUE: usize = 8 * 1024;
/// The longest name of a host, class, method or database, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// The longest start of `text` that has at most `limit` bytes and ends between two characters.
pub(crate) fn cut(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at));
    end.and_then(|end| text.get(..end)).unwrap_or_default()
}

/// `text` without control characters and surrounding blanks, at most `limit` bytes; `None` when nothing is left.
pub(crate) fn clean(text: &str, limit: usize) -> Option<Cow<'_, str>> {
    let text = cut(text, limit);
    if is_plain(text.as_bytes()) {
        let blank = text.starts_with(' ') || text.ends_with(' ');
        let text = if blank { text.trim_matches(' ') } else { text };
        return (!text.is_empty()).then_some(Cow::Borrowed(text));
    }
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if text.is_empty() {
        None
    } else if text.contains(char::is_control) {
        Some(Cow::Owned(text.chars().filter(|c| !c.is_control()).collect()))
    } else {
        Some(Cow::Borrowed(text))
    }
}

/// Whether all of it is printable ASCII, as nearly all text is: told eight bytes at a time.
fn is_plain(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    let word_is_plain = |word: &[u8; 8]| {
        let word = u64::from_ne_bytes(*word);
        // The top bit of a byte: one that is not below 0x20, and one that is not beyond 0x7e, once neither can carry.
        let (from_blank, beyond_tilde) = ((word | TOPS) - ONES * 0x20, (word & !TOPS) + ONES);
        word & TOPS == 0 && from_blank & TOPS == TOPS && beyond_tilde & TOPS == 0
    };
    match bytes.last_chunk() {
        // The last eight overlap the words before them.
        Some(last) => word_is_plain(last) && bytes.as_chunks().0.iter().all(word_is_plain),
        None => bytes.iter().all(|byte| (b' '..=b'~').contains(byte)),
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
    use super::{clean, cut, is_plain, looks_generated};

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
    fn each_byte_that_is_not_printable_is_seen_wherever_it_stands() {
        for length in [1, 7, 8, 9, 16, 23] {
            for (byte, at) in (0..=u8::MAX).flat_map(|byte| (0..length).map(move |at| (byte, at))) {
                let mut bytes = vec![b'~'; length];
                bytes[at] = byte;
                assert_eq!(is_plain(&bytes), matches!(byte, b' '..=b'~'), "{byte:#x} at {at} of {length}");
            }
        }
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
