//! `db.query.summary`: a statement's operations and what they work on, as written and in order.
//! <https://opentelemetry.io/docs/specs/semconv/database/database-spans/#generating-a-summary-of-the-query>

use super::keywords::*;
use super::lexer::{Kind, Token};
use crate::text::cleaned;

/// The longest summary, in characters; a longer one ends after the last part that fits.
const MAX_SUMMARY: usize = 255;
/// How deep parentheses are followed.
const MAX_DEPTH: usize = 256;

/// Gathers the summary, token by token.
#[derive(Debug, Default)]
pub(super) struct Summary {
    text: String,
    /// A part did not fit: no later one may follow.
    full: bool,
    procedure: Option<String>,
    /// One frame for each open parenthesis that matters, the innermost last; `frame` is the one in force.
    outer: Vec<Frame>,
    /// Parentheses opened beyond [`MAX_DEPTH`].
    beyond: usize,
    frame: Frame,
    /// A name that may become a target once the token after it is known.
    pending: Option<Pending>,
    /// Names that `WITH` defines, in lower case: they are no tables.
    defined: Vec<String>,
    /// The token before was `DISTINCT`: a FROM that follows compares.
    after_distinct: bool,
    /// The token before was a dot.
    after_dot: bool,
    /// EXPLAIN came first.
    explained: bool,
}

/// What is expected between two parentheses.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Frame {
    expect: Expect,
    operation: Operation,
    /// Inside FROM, where a comma brings the next table.
    in_from: bool,
    /// A JOIN came by: USING names columns.
    joined: bool,
}

/// What the next token can be.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// The first word of a statement.
    #[default]
    Statement,
    /// The first word between parentheses, which may begin a statement.
    Subquery,
    /// INTO, FROM, or a target where the dialect leaves them out.
    Target,
    /// TABLE, VIEW, ... after CREATE, ALTER, DROP.
    ObjectKind,
    /// A table in FROM or after JOIN.
    Table,
    /// A name that WITH defines.
    DefinedName,
    /// AS after such a name.
    DefinedAs,
    /// Its body.
    DefinedBody,
    /// What follows its body: a comma or the statement.
    DefinedEnd,
    /// Nothing that belongs into the summary, except SELECT.
    Nothing,
    /// Nothing at all until the statement ends.
    Mute,
}

/// The operation in force, as far as later words depend on it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Select,
    Insert,
    Update,
    Delete,
    Merge,
    Call,
    Define,
    Truncate,
    #[default]
    Other,
}

/// A name that is being read, perhaps in several parts.
#[derive(Debug)]
struct Pending {
    name: String,
    /// A dot was read last: the name goes on.
    dot: bool,
}

impl Summary {
    /// Takes the next token.
    pub(super) fn push(&mut self, token: &Token<'_>) {
        let after_dot =
            std::mem::replace(&mut self.after_dot, token.text == "." && token.kind == Kind::Symbol);
        if self.goes_on(token) {
            return;
        }
        let opens = token.kind == Kind::Symbol && token.text == "(";
        if token.key == FROM && self.frame.operation == Operation::Delete {
            // `DELETE t FROM t JOIN u`: FROM repeats what stands before it.
            self.pending = None;
        }
        self.settle(opens, token.text == "=");
        match token.kind {
            Kind::Symbol => self.symbol(token.text),
            Kind::Word if !after_dot => self.word(token.text, token.key),
            Kind::Quoted if !after_dot => self.name(token.text),
            Kind::Literal | Kind::Placeholder => self.value(),
            Kind::Word | Kind::Quoted => {}
        }
        self.after_distinct = token.key == DISTINCT;
    }

    /// The summary, and the name of the procedure that was called.
    pub(super) fn finish(mut self) -> (String, Option<String>) {
        self.settle(false, false);
        (self.text, self.procedure)
    }

    /// Whether the token belongs to a name that is being read: `a . "b"`.
    fn goes_on(&mut self, token: &Token<'_>) -> bool {
        let Some(pending) = &mut self.pending else { return false };
        let part = matches!(token.kind, Kind::Word | Kind::Quoted);
        if token.text == "." || (pending.dot && part) {
            pending.dot = !part;
            pending.name.push_str(token.text);
            return true;
        }
        false
    }

    /// Decides what a name that was read is, now that it is known what follows.
    fn settle(&mut self, opens: bool, assigned: bool) {
        let Some(Pending { name, dot }) = self.pending.take() else { return };
        let call = self.frame.operation == Operation::Call;
        // A table function is no table; `EXEC @status = name` names the procedure later.
        if dot || (opens && self.frame.in_from) {
            return;
        }
        if call && assigned {
            self.frame.expect = Expect::Target;
            return;
        }
        if self.defined.iter().any(|defined| defined.eq_ignore_ascii_case(&name)) {
            return;
        }
        if call && self.procedure.is_none() && name.len() <= MAX_SUMMARY {
            self.procedure = cleaned(&name, MAX_SUMMARY);
        }
        self.part(&name);
    }

    /// Appends an operation or a target.
    fn part(&mut self, part: &str) {
        let blank = if self.text.is_empty() { "" } else { " " };
        let length = self.text.chars().count() + blank.len() + part.chars().count();
        self.full |= length > MAX_SUMMARY;
        if self.full {
            return;
        }
        self.text.push_str(blank);
        self.text.extend(part.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }

    fn symbol(&mut self, symbol: &str) {
        match symbol {
            "(" => self.open(),
            ")" => self.close(),
            ";" => {
                self.frame = Frame::default();
                self.outer.clear();
                self.beyond = 0;
            }
            "," => match self.frame.expect {
                Expect::DefinedEnd => self.frame.expect = Expect::DefinedName,
                _ if self.frame.in_from => self.frame.expect = Expect::Table,
                _ => {}
            },
            // `{call f(?)}`, `{? = call f(?)}`
            "{" | "}" | "=" => {}
            _ if matches!(self.frame.expect, Expect::Table | Expect::Target | Expect::ObjectKind) => {
                self.frame.expect = Expect::Nothing;
            }
            _ => {}
        }
    }

    fn open(&mut self) {
        if self.outer.len() >= MAX_DEPTH {
            self.beyond += 1;
            return;
        }
        let mut inner = Frame { expect: Expect::Subquery, ..Frame::default() };
        match self.frame.expect {
            Expect::Statement => inner.expect = Expect::Statement,
            Expect::Mute => inner.expect = Expect::Mute,
            // `FROM (a JOIN b ON ...)`: a parenthesis that holds tables, unless it holds a query.
            Expect::Table => {
                inner = Frame { expect: Expect::Table, in_from: true, ..self.frame };
                self.frame.expect = Expect::Nothing;
            }
            Expect::DefinedBody => self.frame.expect = Expect::DefinedEnd,
            Expect::DefinedName => self.frame.expect = Expect::Nothing,
            // `DELETE TOP (10) FROM t`, but `EXEC ('...')`
            Expect::Target if self.frame.operation != Operation::Call => {}
            Expect::Target | Expect::ObjectKind => self.frame.expect = Expect::Nothing,
            Expect::Subquery | Expect::DefinedAs | Expect::DefinedEnd | Expect::Nothing => {}
        }
        self.outer.push(std::mem::replace(&mut self.frame, inner));
    }

    fn close(&mut self) {
        if self.beyond > 0 {
            self.beyond -= 1;
        } else if let Some(outer) = self.outer.pop() {
            self.frame = outer;
        }
    }

    /// A literal or a placeholder.
    fn value(&mut self) {
        if matches!(self.frame.expect, Expect::Table | Expect::Target | Expect::Subquery) {
            self.frame.expect = Expect::Nothing;
        }
    }

    /// An identifier in quotes.
    fn name(&mut self, name: &str) {
        match self.frame.expect {
            Expect::Table | Expect::Target | Expect::ObjectKind => self.target(name),
            Expect::DefinedName => self.define(name),
            Expect::Subquery => self.frame.expect = Expect::Nothing,
            _ => {}
        }
    }

    fn target(&mut self, name: &str) {
        if self.frame.expect == Expect::Target && self.frame.operation == Operation::Update {
            self.frame.in_from = true;
        }
        self.pending = Some(Pending { name: name.to_owned(), dot: false });
        self.frame.expect = Expect::Nothing;
    }

    fn define(&mut self, name: &str) {
        self.defined.push(name.to_owned());
        self.frame.expect = Expect::DefinedAs;
    }

    fn word(&mut self, word: &str, key: u128) {
        match self.frame.expect {
            Expect::Nothing => self.clause(word, key),
            Expect::Mute => {}
            Expect::Statement => self.statement(word, key),
            Expect::Subquery | Expect::DefinedEnd => self.subquery(word, key),
            Expect::ObjectKind => self.object_kind(word, key),
            Expect::Target if BEFORE_TARGET.contains(&key) => {}
            Expect::Target if key == SELECT => self.query(word),
            Expect::Target => self.target(word),
            Expect::Table if BEFORE_TABLE.contains(&key) => {}
            Expect::Table if matches!(key, SELECT | WITH | VALUES) => self.subquery(word, key),
            Expect::Table => self.target(word),
            Expect::DefinedName if key == RECURSIVE => {}
            Expect::DefinedName => self.define(word),
            Expect::DefinedAs if key == AS => self.frame.expect = Expect::DefinedBody,
            Expect::DefinedAs => {}
            Expect::DefinedBody if matches!(key, NOT | MATERIALIZED) => {}
            Expect::DefinedBody => {
                self.frame.expect = Expect::Nothing;
                self.clause(word, key);
            }
        }
    }

    /// A word behind CREATE, ALTER, DROP, TRUNCATE.
    fn object_kind(&mut self, word: &str, key: u128) {
        if KINDS.contains(&key) {
            self.part(word);
            self.frame.expect = Expect::Target;
        } else if BEFORE_KIND.contains(&key) {
            if key == MATERIALIZED {
                self.part(word);
            }
        } else if self.frame.operation == Operation::Truncate {
            self.target(word);
        } else {
            if KINDS_UNNAMED.contains(&key) {
                self.part(word);
            }
            self.frame.expect = Expect::Mute;
        }
    }

    /// A word between operation and end that may bring a table or a query.
    fn clause(&mut self, word: &str, key: u128) {
        let operation = self.frame.operation;
        let brings_table = match key {
            SELECT => return self.query(word),
            FROM => {
                let reads = matches!(
                    operation,
                    Operation::Select
                        | Operation::Update
                        | Operation::Delete
                        | Operation::Insert
                        | Operation::Merge
                );
                reads && !self.after_distinct
            }
            JOIN | STRAIGHT_JOIN | APPLY => {
                self.frame.joined = true;
                operation != Operation::Other
            }
            USING => matches!(operation, Operation::Delete | Operation::Merge) && !self.frame.joined,
            WITH => {
                if matches!(operation, Operation::Insert | Operation::Define) && !self.frame.in_from {
                    self.frame.expect = Expect::DefinedName;
                }
                false
            }
            // What ends FROM.
            WHERE | GROUP | ORDER | HAVING | LIMIT | OFFSET | FETCH | WINDOW | FOR | UNION | INTERSECT
            | EXCEPT | MINUS | SET | VALUES | RETURNING | CONNECT | QUALIFY | PREWHERE | WHEN | INTO => {
                self.frame.in_from = false;
                false
            }
            _ => false,
        };
        if brings_table {
            self.frame.expect = Expect::Table;
            self.frame.in_from = true;
        }
    }

    /// The first word of a statement.
    fn statement(&mut self, word: &str, key: u128) {
        match key {
            SELECT => self.query(word),
            WITH => self.frame.expect = Expect::DefinedName,
            EXPLAIN => {
                self.part(word);
                self.explained = true;
            }
            INSERT | REPLACE | UPSERT => self.begin(word, Operation::Insert, Expect::Target),
            UPDATE => self.begin(word, Operation::Update, Expect::Target),
            DELETE => self.begin(word, Operation::Delete, Expect::Target),
            MERGE => self.begin(word, Operation::Merge, Expect::Target),
            CALL | EXEC | EXECUTE => self.begin(word, Operation::Call, Expect::Target),
            CREATE | ALTER => self.begin(word, Operation::Define, Expect::ObjectKind),
            DROP | TRUNCATE => {
                let operation = if key == DROP { Operation::Define } else { Operation::Truncate };
                self.begin(word, operation, Expect::ObjectKind);
                self.frame.in_from = true;
            }
            _ if self.explained && AFTER_EXPLAIN.contains(&key) => {}
            _ if !self.text.is_empty() && BETWEEN_STATEMENTS.contains(&key) => {}
            _ if BARE.contains(&key) => self.begin(word, Operation::Other, Expect::Mute),
            _ => self.frame.expect = Expect::Mute,
        }
    }

    fn begin(&mut self, word: &str, operation: Operation, expect: Expect) {
        self.part(word);
        self.frame = Frame { expect, operation, ..Frame::default() };
    }

    /// The first word between parentheses.
    fn subquery(&mut self, word: &str, key: u128) {
        if SUBQUERIES.contains(&key) {
            self.frame = Frame::default();
            self.statement(word, key);
        } else {
            self.frame.expect = Expect::Nothing;
            self.frame.in_from = false;
        }
    }

    fn query(&mut self, word: &str) {
        self.part(word);
        self.frame = Frame { expect: Expect::Nothing, operation: Operation::Select, ..Frame::default() };
    }
}
