//! Text to filter. An error points at the column and names the form that is accepted.

use std::iter::Peekable;
use std::str::Chars;

use super::{Comparison, Condition, FIELDS, Field, Filter, Kind, Pattern, StatusTest, Term, ValueTest, time};

/// Why a text is no filter. Columns count characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct FilterError {
    /// Where the part begins that is wrong.
    pub column: usize,
    /// How many characters it has.
    pub width: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a part of a filter, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A word before a colon that is neither field nor attribute.
    #[error(
        "no field is called {0:?}; fields are {fields}. An attribute is {0}=VALUE, text with a colon goes in quotes",
        fields = field_names()
    )]
    UnknownField(String),
    /// Nothing after the operator.
    #[error("{name} needs a value, such as {example}")]
    NoValue {
        /// Field or attribute.
        name: String,
        /// Of the field.
        example: String,
    },
    /// A field that is not compared so.
    #[error("{name} is not compared with {operator:?}; write {example}")]
    Operator {
        /// Field.
        name: &'static str,
        /// As written.
        operator: &'static str,
        /// Of the field.
        example: &'static str,
    },
    /// A value that the field does not have.
    #[error("{value:?} is no {name}: {meaning}, such as {example}")]
    Value {
        /// Field.
        name: &'static str,
        /// As written.
        value: String,
        /// Of the field.
        meaning: &'static str,
        /// Of the field.
        example: &'static str,
    },
    /// An attribute compared by size with something else.
    #[error("{0:?} is no number; >, >=, < and <= compare numbers, such as http.response.status_code>=500")]
    Number(String),
    /// A quote without its other half.
    #[error("this quote has no end; close it with another \"")]
    OpenQuote,
    /// `-` alone.
    #[error("{0:?} takes a term after it, such as {0}service:orders; alone it goes in quotes")]
    Nothing(char),
}

fn field_names() -> String {
    FIELDS.map(|field| field.name).join(", ")
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl Filter {
    /// Reads a filter; text of white space alone is the empty one.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut reader = Reader { characters: text.chars().peekable(), column: 1 };
        let mut terms = Vec::new();
        loop {
            while reader.characters.peek().is_some_and(|c| c.is_whitespace()) {
                reader.next();
            }
            if reader.characters.peek().is_none() {
                return Ok(Self { text: text.trim().to_owned(), terms });
            }
            terms.push(reader.term()?);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal(&'static str),
    NotEqual,
    Compare(Comparison),
}

impl Operator {
    fn text(self) -> &'static str {
        match self {
            Self::Equal(text) => text,
            Self::NotEqual => "!=",
            Self::Compare(Comparison::Greater) => ">",
            Self::Compare(Comparison::GreaterOrEqual) => ">=",
            Self::Compare(Comparison::Less) => "<",
            Self::Compare(Comparison::LessOrEqual) => "<=",
        }
    }
}

struct Reader<'t> {
    characters: Peekable<Chars<'t>>,
    /// Of the next character.
    column: usize,
}

/// A value and where it stands.
struct Word {
    text: String,
    column: usize,
    width: usize,
}

impl Word {
    fn is(&self, problem: Problem) -> FilterError {
        FilterError { column: self.column, width: self.width.max(1), problem }
    }
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        self.column += 1;
        self.characters.next()
    }

    fn next_is(&mut self, wanted: char) -> bool {
        let is = self.characters.peek() == Some(&wanted);
        if is {
            self.next();
        }
        is
    }

    fn term(&mut self) -> Result<Term, FilterError> {
        let mut negated = false;
        if let Some(sign) = self.characters.peek().copied().filter(|c| matches!(c, '-' | '!')) {
            let column = self.column;
            self.next();
            negated = true;
            if self.characters.peek().is_none_or(|c| c.is_whitespace()) {
                return Err(FilterError { column, width: 1, problem: Problem::Nothing(sign) });
            }
        }
        if self.characters.peek() == Some(&'"') {
            let text = self.value()?.text;
            return Ok(Term { negated, condition: Condition::Text(text.to_lowercase()) });
        }
        let key = self.word(|c, next| matches!(c, ':' | '=' | '>' | '<') || c == '!' && next == Some('='));
        let Some(operator) = self.operator() else {
            return Ok(Term { negated, condition: Condition::Text(key.text.to_lowercase()) });
        };
        let value = self.value()?;
        let negated = negated != (operator == Operator::NotEqual);
        Ok(Term { negated, condition: condition(&key, operator, value)? })
    }

    /// Characters up to white space, or up to one of `ends`, which is given the character after as well.
    fn word(&mut self, ends: impl Fn(char, Option<char>) -> bool) -> Word {
        let column = self.column;
        let mut text = String::new();
        while let Some(character) = self.characters.peek().copied() {
            let after = self.characters.clone().nth(1);
            if character.is_whitespace() || ends(character, after) {
                break;
            }
            text.push(character);
            self.next();
        }
        Word { text, column, width: self.column - column }
    }

    fn operator(&mut self) -> Option<Operator> {
        let first = self.characters.peek().copied().filter(|c| !c.is_whitespace())?;
        self.next();
        Some(match first {
            ':' => Operator::Equal(":"),
            '=' => Operator::Equal("="),
            '!' => {
                self.next_is('=');
                Operator::NotEqual
            }
            '>' if self.next_is('=') => Operator::Compare(Comparison::GreaterOrEqual),
            '>' => Operator::Compare(Comparison::Greater),
            _ if self.next_is('=') => Operator::Compare(Comparison::LessOrEqual),
            _ => Operator::Compare(Comparison::Less),
        })
    }

    /// A quoted text, or everything up to white space. The empty word where there is none; `""` is quoted.
    fn value(&mut self) -> Result<Word, FilterError> {
        let column = self.column;
        if !self.next_is('"') {
            return Ok(self.word(|_, _| false));
        }
        let mut text = String::new();
        loop {
            match self.next() {
                None => {
                    return Err(FilterError { column, width: 1, problem: Problem::OpenQuote });
                }
                Some('"') => break,
                Some('\\') if self.next_is('"') => text.push('"'),
                Some(character) => text.push(character),
            }
        }
        Ok(Word { text, column, width: self.column - column })
    }
}

fn condition(key: &Word, operator: Operator, value: Word) -> Result<Condition, FilterError> {
    let field = FIELDS.iter().find(|field| field.name.eq_ignore_ascii_case(&key.text));
    if value.width == 0 {
        let example = field.map_or_else(|| format!("{}=VALUE", key.text), |field| field.example.to_owned());
        let name = if key.text.is_empty() { operator.text().to_owned() } else { key.text.clone() };
        let problem = Problem::NoValue { name, example };
        return Err(FilterError { column: value.column, width: 1, problem });
    }
    match field {
        Some(field) => of_field(field, operator, &value),
        None => of_attribute(key, operator, value),
    }
}

fn of_attribute(key: &Word, operator: Operator, value: Word) -> Result<Condition, FilterError> {
    // `http://` is more often a mistake than an attribute called `http`.
    if key.text.is_empty() || operator == Operator::Equal(":") && !key.text.contains('.') {
        return Err(key.is(Problem::UnknownField(key.text.clone())));
    }
    let test = match operator {
        Operator::Equal(_) | Operator::NotEqual => ValueTest::Like(Pattern::new(&value.text)),
        Operator::Compare(comparison) => match value.text.parse() {
            Ok(number) => ValueTest::Number(comparison, number),
            Err(_) => return Err(value.is(Problem::Number(value.text.clone()))),
        },
    };
    Ok(Condition::Attribute(key.text.clone(), test))
}

fn of_field(field: &'static Field, operator: Operator, value: &Word) -> Result<Condition, FilterError> {
    let Field { name, example, meaning } = *field;
    let wrong_value = || value.is(Problem::Value { name, value: value.text.clone(), meaning, example });
    let compares_size = name == "duration";
    let comparison = match operator {
        Operator::Compare(comparison) if compares_size => Some(comparison),
        Operator::Equal(_) | Operator::NotEqual if !compares_size => None,
        other => {
            let operator = other.text();
            let column = value.column.saturating_sub(operator.len());
            let problem = Problem::Operator { name, operator, example };
            return Err(FilterError { column, width: operator.len(), problem });
        }
    };
    let pattern = || Pattern::new(&value.text);
    Ok(match name {
        "service" => Condition::Service(pattern()),
        "name" => Condition::Name(pattern()),
        "root" => Condition::Root(pattern()),
        "trace" => Condition::TraceId(pattern()),
        "span" => Condition::SpanId(pattern()),
        "scope" => Condition::Scope(pattern()),
        "kind" => Condition::Kind(kind(&value.text).ok_or_else(wrong_value)?),
        "status" => Condition::Status(status(&value.text).ok_or_else(wrong_value)?),
        "since" => Condition::Since(time::moment(&value.text).ok_or_else(wrong_value)?),
        "until" => Condition::Until(time::moment(&value.text).ok_or_else(wrong_value)?),
        _ => {
            let nanos = time::duration(&value.text).ok_or_else(wrong_value)?;
            Condition::Duration(comparison.unwrap_or(Comparison::GreaterOrEqual), nanos)
        }
    })
}

fn kind(text: &str) -> Option<Kind> {
    let kinds = [Kind::Internal, Kind::Server, Kind::Client, Kind::Producer, Kind::Consumer];
    kinds.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text))
}

fn status(text: &str) -> Option<StatusTest> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "error" => Some(StatusTest::Error),
        "ok" => Some(StatusTest::Ok),
        _ if text.len() == 3 && text.ends_with("xx") => {
            text.chars().next().filter(|digit| matches!(digit, '1'..='5')).map(StatusTest::Class)
        }
        _ => text.parse::<u16>().is_ok().then_some(StatusTest::Code(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_stand_side_by_side() {
        let filter = Filter::parse(
            "  service:orders -status:error duration>50ms name:\"GET /a*\" http.route=/orders/{id} since:5m a!=b \"x:y\" text ",
        )
        .unwrap();
        assert_eq!(filter.terms.len(), 9);
        let negated: Vec<bool> = filter.terms.iter().map(|term| term.negated).collect();
        assert_eq!(negated, [false, true, false, false, false, false, true, false, false]);
        assert_eq!(filter.terms[7].condition, Condition::Text("x:y".to_owned()));
        assert!(filter.text().starts_with("service:orders"));
        assert!(Filter::parse("  ").unwrap().is_empty());
    }

    #[test]
    fn every_field_takes_its_own_example() {
        for field in FIELDS {
            let filter = Filter::parse(field.example).unwrap();
            assert_eq!(filter.terms.len(), 1, "{}", field.name);
            assert!(
                !matches!(filter.terms[0].condition, Condition::Text(_) | Condition::Attribute(..)),
                "{}",
                field.name
            );
        }
    }

    #[test]
    fn the_documentation_names_every_field() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/viewer.md");
        let document = std::fs::read_to_string(path).unwrap();
        for Field { name, example, meaning } in FIELDS {
            let row = format!("| `{name}` | `{example}` | {meaning} |");
            assert!(document.lines().any(|line| line == row), "docs/viewer.md lacks the row\n{row}");
        }
    }

    #[test]
    fn quotes_hold_spaces_quotes_and_backslashes() {
        let text = |filter: &str| match Filter::parse(filter).unwrap().terms.remove(0).condition {
            Condition::Text(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(text(r#""a \"b\" c""#), r#"a "b" c"#);
        assert_eq!(text(r#""C:\dir""#), r"c:\dir");
        assert_eq!(text("a\"b"), "a\"b");
    }

    #[test]
    fn errors_point_at_the_column_and_name_the_accepted_form() {
        for (text, column, width, message) in [
            ("servcie:orders", 1, 7, "no field is called \"servcie\"; fields are service, name,"),
            ("a http://x", 3, 4, "text with a colon goes in quotes"),
            ("status:", 8, 1, "status needs a value, such as status:error"),
            ("a=", 3, 1, "a needs a value, such as a=VALUE"),
            ("status:bad", 8, 3, "\"bad\" is no status: `error`, `ok`"),
            ("status:6xx", 8, 3, "such as status:error"),
            ("duration>50", 10, 2, "\"50\" is no duration: with `>`"),
            ("x duration:50ms", 11, 1, "duration is not compared with \":\"; write duration>50ms"),
            ("service>=a", 8, 2, "service is not compared with \">=\"; write service:orders"),
            ("kind:webserver", 6, 9, "`internal`, `server`"),
            ("since:yesterday", 7, 9, "such as since:5m"),
            ("http.status>=many", 14, 4, "\"many\" is no number"),
            ("List<String>", 6, 7, "\"String>\" is no number"),
            ("name:\"GET", 6, 1, "close it with another \""),
            ("é \"open", 3, 1, "this quote has no end"),
            ("a - b", 3, 1, "alone it goes in quotes"),
            ("=x", 1, 1, "no field is called \"\""),
        ] {
            let error = Filter::parse(text).unwrap_err();
            assert_eq!((error.column, error.width), (column, width), "{text}: {error}");
            assert!(error.to_string().contains(message), "{text}: {error}");
            assert!(error.to_string().starts_with(&format!("column {column}: ")), "{error}");
        }
    }

    #[test]
    fn any_text_is_read_without_panic() {
        let pieces = ["-", "!", "\"", "\\", ":", "=", "<", ">", "*", " ", "a", "é", "status", "since", "5m"];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let text = format!("{a}{b}{c}");
                    if let Err(error) = Filter::parse(&text) {
                        assert!(error.column <= text.chars().count() + 1, "{text}: {error}");
                    }
                }
            }
        }
    }
}
