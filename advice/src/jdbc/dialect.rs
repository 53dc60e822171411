//! Where SQL dialects differ in what is a literal.

/// How a database writes literals, identifiers and comments.
///
/// `db.system.name` decides; an unknown database gets the reading under which the least can leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// `"..."` quotes an identifier; elsewhere it is taken for a string.
    pub double_quoted_identifiers: bool,
    /// What a backslash inside a string does.
    pub backslash: Backslash,
    /// `[...]` quotes an identifier.
    pub bracketed_identifiers: bool,
    /// `q'[...]'` is a string.
    pub quote_operator: bool,
    /// `@` and `#` can stand inside a plain identifier.
    pub national_characters: bool,
    /// `#` starts a comment.
    pub hash_comments: bool,
    /// `--` starts a comment only where a blank follows.
    pub spaced_dash_comments: bool,
    /// `/* /* */ */` is one comment.
    pub nested_comments: bool,
}

/// What a backslash before a quote means inside a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backslash {
    /// Itself.
    Plain,
    /// It escapes the quote.
    Escape,
    /// Not known: the rest of the statement is masked.
    Unknown,
}

impl Dialect {
    /// A database about which nothing is known.
    pub const UNKNOWN: Dialect = Dialect {
        double_quoted_identifiers: false,
        backslash: Backslash::Unknown,
        bracketed_identifiers: false,
        quote_operator: false,
        national_characters: false,
        hash_comments: false,
        spaced_dash_comments: false,
        nested_comments: true,
    };

    /// The SQL standard's reading.
    const STANDARD: Dialect =
        Dialect { double_quoted_identifiers: true, backslash: Backslash::Plain, ..Dialect::UNKNOWN };

    /// The dialect of a `db.system.name`.
    pub fn of(system: &str) -> Dialect {
        let flat = Dialect { nested_comments: false, ..Dialect::STANDARD };
        match system {
            "postgresql" | "aws.redshift" | "cockroachdb" | "h2database" | "derby" => Dialect::STANDARD,
            "ibm.db2" => Dialect { national_characters: true, ..Dialect::STANDARD },
            "hsqldb" | "sap.hana" => flat,
            "oracle.db" => Dialect { quote_operator: true, national_characters: true, ..flat },
            "clickhouse" => Dialect { backslash: Backslash::Escape, hash_comments: true, ..flat },
            "mysql" | "mariadb" => Dialect {
                backslash: Backslash::Escape,
                hash_comments: true,
                spaced_dash_comments: true,
                nested_comments: false,
                ..Dialect::UNKNOWN
            },
            "microsoft.sql_server" | "sybase" => Dialect {
                backslash: Backslash::Plain,
                bracketed_identifiers: true,
                national_characters: true,
                ..Dialect::UNKNOWN
            },
            "sqlite" => Dialect {
                backslash: Backslash::Plain,
                bracketed_identifiers: true,
                nested_comments: false,
                ..Dialect::UNKNOWN
            },
            _ => Dialect::UNKNOWN,
        }
    }
}
