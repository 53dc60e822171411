//! A statement with every literal replaced by `?`.

use super::keywords::{BY, DATA_STATEMENTS, IDENTIFIED, IN, INDEX, PASSWORD, TABLE, VIEW};
use super::lexer::{Kind, Token};

/// Writes the masked text, token by token.
#[derive(Debug)]
pub(super) struct Mask {
    text: String,
    /// Where the `(` of an `IN (` list ends, while the list holds nothing but literals.
    list: Option<usize>,
    /// The key of the token before, where it was a word.
    before: u128,
    /// The statement may set a password: it neither reads nor writes rows, nor defines a table.
    sets_password: bool,
    /// The next token begins a statement.
    at_start: bool,
    /// A secret follows: nothing more is written.
    stopped: bool,
}

impl Mask {
    /// Room for a statement of `length` bytes.
    pub(super) fn new(length: usize) -> Mask {
        Mask {
            text: String::with_capacity(length),
            list: None,
            before: 0,
            sets_password: false,
            at_start: true,
            stopped: false,
        }
    }

    /// Whether a secret follows, so that no later token may be looked at.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Takes the next token.
    pub(super) fn push(&mut self, token: &Token<'_>) {
        if self.stopped {
            return;
        }
        if token.kind == Kind::Literal {
            self.drop_sign();
        }
        if token.spaced && !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        match token.kind {
            Kind::Literal => self.text.push('?'),
            Kind::Placeholder if token.text.starts_with('?') => self.text.push('?'),
            Kind::Word | Kind::Quoted if holds_control(token.text) => {
                self.text.extend(token.text.chars().filter(|c| !c.is_control()));
            }
            Kind::Word | Kind::Quoted | Kind::Symbol | Kind::Placeholder => self.text.push_str(token.text),
        }
        self.collapse_list(token);
        self.look_for_secrets(token);
    }

    /// The masked text.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// A sign right before a number belongs to it, unless it joins two operands.
    fn drop_sign(&mut self) {
        let Some(unsigned) = self.text.strip_suffix(['-', '+']) else { return };
        let before = unsigned.trim_end();
        if before.ends_with(['(', ',', '=', '<', '>', '*', '/', '|', '%']) {
            self.text.truncate(unsigned.len());
        }
    }

    /// `IN (?, ?, ?)` becomes `IN (?)`.
    fn collapse_list(&mut self, token: &Token<'_>) {
        let literal =
            token.kind == Kind::Literal || (token.kind == Kind::Placeholder && token.text.starts_with('?'));
        match (self.list, token.text) {
            (None, "(") if self.before == IN => self.list = Some(self.text.len()),
            (Some(start), ")") if token.kind == Kind::Symbol => {
                if self.text.get(start..).is_some_and(|list| list.contains('?')) {
                    self.text.truncate(start);
                    self.text.push_str("?)");
                }
                self.list = None;
            }
            (Some(_), "," | "-" | "+") => {}
            (Some(_), _) if !literal => self.list = None,
            _ => {}
        }
    }

    /// Stops behind PASSWORD and IDENTIFIED BY, where some databases write the secret as a bare word.
    fn look_for_secrets(&mut self, token: &Token<'_>) {
        let (key, before) = (token.key, std::mem::replace(&mut self.before, token.key));
        if token.kind != Kind::Word {
            self.at_start |= token.text == ";";
        } else if self.at_start {
            self.at_start = false;
            self.sets_password = !DATA_STATEMENTS.contains(&key);
        } else if self.sets_password && matches!(key, TABLE | VIEW | INDEX) {
            self.sets_password = false;
        }
        self.stopped = (self.sets_password && key == PASSWORD) || (before == IDENTIFIED && key == BY);
    }
}

/// Whether a name holds a control character; most names are plain ASCII words, which cannot.
fn holds_control(name: &str) -> bool {
    let odd = name.bytes().fold(false, |odd, b| odd | !(b' '..0x7f).contains(&b));
    odd && name.contains(char::is_control)
}
