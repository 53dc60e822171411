//! The token that opens a viewer to other machines, and by which scripts know that they found the right viewer.

use std::fmt;

use subtle::ConstantTimeEq;

/// 128 random bits in hex. Its `Debug` form does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one, from the system's random source.
    ///
    /// # Errors
    /// The system has no random source.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The text as it goes into an address, a header or a file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text is this token; takes as long for a near miss as for a far one.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_itself_alone_and_is_not_shown() {
        let (token, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert_eq!(token.as_str().len(), 32);
        assert!(token.matches(token.as_str()));
        for text in ["", other.as_str(), &token.as_str()[1..], &format!("{}0", token.as_str())] {
            assert!(!token.matches(text), "{text}");
        }
        assert_eq!(format!("{token:?}"), "Token(..)");
    }
}
