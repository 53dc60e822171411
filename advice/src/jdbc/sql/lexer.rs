//! SQL as a sequence of tokens, just exact enough to tell what is a literal.

use memchr::{memchr, memchr2, memmem};

use super::keywords::key;
use crate::jdbc::dialect::{Backslash, Dialect};

/// A stretch of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// What it is.
    pub(super) kind: Kind,
    /// As written; of a literal never to be shown.
    pub(super) text: &'a str,
    /// A word's [`key`], 0 for everything else.
    pub(super) key: u128,
    /// White space or a comment stands before it.
    pub(super) spaced: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a plain identifier.
    Word,
    /// An identifier in quotes, which are part of its text.
    Quoted,
    /// A number or a string, also one that never ends.
    Literal,
    /// `?` or `$1`.
    Placeholder,
    /// Any other single character.
    Symbol,
}

/// Reads tokens; white space and comments are none.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of `text`.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Lexer<'a> {
        Lexer { text, at: 0, dialect }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The length of the word at the start of `bytes`, together with the `@` and `#` before it.
    fn word_length(&self, bytes: &[u8]) -> usize {
        let national = |b: u8| matches!(b, b'@' | b'#');
        let marks = bytes.iter().take_while(|b| national(**b)).count();
        let mut length = marks;
        while let Some(byte) = bytes.get(length) {
            let inside = is_word(*byte) || (self.dialect.national_characters && national(*byte));
            if !inside {
                break;
            }
            length += 1;
        }
        length
    }

    /// Steps over `length` bytes, or over everything for `None`.
    fn step(&mut self, length: Option<usize>) {
        self.at = length.map_or(self.text.len(), |length| (self.at + length).min(self.text.len()));
    }

    /// Steps over white space and comments; whether there were any.
    fn skip_blanks(&mut self) -> bool {
        let start = self.at;
        // The usual case: one blank or none, then a word.
        if self.byte(0) == b' ' {
            self.at += 1;
        }
        if is_word(self.byte(0)) {
            return self.at > start;
        }
        loop {
            let blanks = self.rest().iter().take_while(|b| **b <= b' ' || **b == 0x7f).count();
            self.at += blanks;
            match (self.byte(0), self.byte(1)) {
                (b'-', b'-') if !self.dialect.spaced_dash_comments || self.byte(2) <= b' ' => {
                    self.step(memchr(b'\n', self.rest()));
                }
                (b'#', _) if self.dialect.hash_comments => self.step(memchr(b'\n', self.rest())),
                (b'/', b'*') => {
                    let end = self.block_comment_end();
                    self.step(end);
                }
                _ => return self.at > start,
            }
        }
    }

    /// The length of the comment that starts here.
    fn block_comment_end(&self) -> Option<usize> {
        let bytes = self.rest();
        let mut depth = 1;
        let mut at = 2;
        while let Some(next) = bytes.get(at..).and_then(|rest| memchr2(b'*', b'/', rest)) {
            at += next;
            match bytes.get(at..at + 2) {
                Some(b"*/") if depth == 1 => return Some(at + 2),
                Some(b"*/") => {
                    depth -= 1;
                    at += 2;
                }
                Some(b"/*") if self.dialect.nested_comments => {
                    depth += 1;
                    at += 2;
                }
                _ => at += 1,
            }
        }
        None
    }

    /// The length of the quotation that starts `ahead` bytes on, to the closing quote, which doubled is none.
    fn quotation(&self, ahead: usize, backslash: Backslash) -> Option<usize> {
        let bytes = self.rest();
        let quote = *bytes.get(ahead)?;
        let mut at = ahead + 1;
        loop {
            let rest = bytes.get(at..)?;
            at += match backslash {
                Backslash::Plain => memchr(quote, rest)?,
                _ => memchr2(quote, b'\\', rest)?,
            };
            let next = bytes.get(at + 1).copied();
            if bytes.get(at) == Some(&b'\\') {
                if backslash == Backslash::Unknown && next == Some(quote) {
                    return None;
                }
                // Where the meaning is not known, a doubled backslash reads the same either way.
                at += if backslash == Backslash::Escape || next == Some(b'\\') { 2 } else { 1 };
            } else if next == Some(quote) {
                at += 2;
            } else {
                return Some(at + 1);
            }
        }
    }

    /// The length of an Oracle `q'[...]'` whose quote stands `ahead` bytes on.
    fn quote_operator(&self, ahead: usize) -> Option<usize> {
        let bytes = self.rest();
        let close = match *bytes.get(ahead + 1)? {
            b'[' => b']',
            b'(' => b')',
            b'{' => b'}',
            b'<' => b'>',
            other => other,
        };
        let body = bytes.get(ahead + 2..)?;
        memmem::find(body, &[close, b'\'']).map(|end| ahead + 2 + end + 2)
    }

    /// The length of a `$tag$...$tag$` string; `None` when none starts here, `Some(None)` when it never ends.
    fn dollar_quoted(&self) -> Option<Option<usize>> {
        let bytes = self.rest();
        let tag = 2 + memchr(b'$', bytes.get(1..)?)?;
        let marker = bytes.get(..tag)?;
        let name = marker.get(1..tag - 1)?;
        let is_tag =
            name.iter().all(|b| is_word(*b) && *b != b'$') && !name.first().is_some_and(u8::is_ascii_digit);
        if !is_tag {
            return None;
        }
        let body = bytes.get(tag..)?;
        Some(memmem::find(body, marker).map(|end| tag + end + tag))
    }

    /// The length of a number, together with the word it may run into.
    fn number(&self) -> usize {
        let bytes = self.rest();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let exponent = at > 0 && bytes.get(at - 1).is_some_and(|b| b.eq_ignore_ascii_case(&b'e'));
            let hexadecimal = bytes.get(1).is_some_and(|b| b.eq_ignore_ascii_case(&b'x'));
            let sign = matches!(byte, b'+' | b'-') && exponent && !hexadecimal;
            let digit_follows = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
            if !(is_word(*byte) || *byte == b'.' || (sign && digit_follows)) {
                break;
            }
            at += 1;
        }
        at
    }

    /// The kind and length of what starts with a word's first byte: a string's prefix belongs to the string.
    fn word(&self) -> (Kind, Option<usize>) {
        let bytes = self.rest();
        let length = self.word_length(bytes);
        let word = bytes.get(..length).unwrap_or_default();
        let escaped =
            if word.eq_ignore_ascii_case(b"e") { Backslash::Escape } else { self.dialect.backslash };
        match bytes.get(length) {
            Some(b'\'') if self.dialect.quote_operator && is_one_of(word, &[b"q", b"nq"]) => {
                (Kind::Literal, self.quote_operator(length))
            }
            Some(b'\'') if is_one_of(word, &[b"n", b"e", b"b", b"x"]) || word.first() == Some(&b'_') => {
                (Kind::Literal, self.quotation(length, escaped))
            }
            Some(b'&') if word.eq_ignore_ascii_case(b"u") && bytes.get(length + 1) == Some(&b'\'') => {
                (Kind::Literal, self.quotation(length + 1, self.dialect.backslash))
            }
            _ => (Kind::Word, Some(length)),
        }
    }

    /// The kind and length of the token that starts here.
    fn token(&self) -> (Kind, Option<usize>) {
        let (first, second) = (self.byte(0), self.byte(1));
        match first {
            b'\'' => (Kind::Literal, self.quotation(0, self.dialect.backslash)),
            b'"' if self.dialect.double_quoted_identifiers => self.identifier(Backslash::Plain),
            b'"' => (Kind::Literal, self.quotation(0, self.dialect.backslash)),
            b'`' => self.identifier(Backslash::Plain),
            b'[' if self.dialect.bracketed_identifiers => match memchr(b']', self.rest()) {
                Some(end) => (Kind::Quoted, Some(end + 1)),
                None => (Kind::Literal, None),
            },
            b'$' if second.is_ascii_digit() => {
                let digits = self.rest().iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
                match is_word(self.byte(1 + digits)) {
                    true => (Kind::Literal, Some(self.number().max(1))),
                    false => (Kind::Placeholder, Some(1 + digits)),
                }
            }
            b'$' => match self.dollar_quoted() {
                Some(length) => (Kind::Literal, length),
                None => self.word(),
            },
            b'?' => {
                let digits = self.rest().iter().skip(1).take_while(|b| b.is_ascii_digit()).count();
                (Kind::Placeholder, Some(1 + digits))
            }
            b'0'..=b'9' => (Kind::Literal, Some(self.number())),
            b'.' if second.is_ascii_digit() => (Kind::Literal, Some(self.number())),
            b'@' | b'#' if is_word(second) && !second.is_ascii_digit() => self.word(),
            b'@' if second == b'@' && self.byte(2).is_ascii_alphabetic() => self.word(),
            b'#' if second == b'#' && self.byte(2).is_ascii_alphabetic() => self.word(),
            byte if is_word(byte) => self.word(),
            _ => (Kind::Symbol, Some(1)),
        }
    }

    /// An identifier in quotes; one that never ends may be anything.
    fn identifier(&self, backslash: Backslash) -> (Kind, Option<usize>) {
        match self.quotation(0, backslash) {
            Some(length) => (Kind::Quoted, Some(length)),
            None => (Kind::Literal, None),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let spaced = self.skip_blanks();
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        let (kind, length) = self.token();
        self.step(length.map(|length| length.max(1)));
        let text = self.text.get(start..self.at).unwrap_or_default();
        let key = if kind == Kind::Word { key(text) } else { 0 };
        Some(Token { kind, text, key, spaced })
    }
}

/// Whether a byte can be part of a plain identifier in every dialect; every byte beyond ASCII can.
fn is_word(byte: u8) -> bool {
    WORD_BYTES[usize::from(byte)]
}

/// [`is_word`] of each byte: most of a statement's bytes are asked about, so one load each.
static WORD_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80;
        at += 1;
    }
    table
};

fn is_one_of(word: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|name| word.eq_ignore_ascii_case(name))
}
