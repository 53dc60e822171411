//! Text from outside, made fit for one line of the agent's log.

use std::error::Error;
use std::fmt::Write;

/// Longest text, in characters, that another program may put into our log line.
const LONGEST: usize = 240;

/// One printable line of at most [`LONGEST`] characters.
pub(crate) fn one_line(text: &str) -> String {
    let mut line: String = text
        .trim()
        .chars()
        .take(LONGEST)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    if text.trim().chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

/// An error with what caused it, without the repetitions that nested errors are fond of.
pub(crate) fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            // Writing to a String cannot fail.
            let _ = write!(text, ": {said}");
        }
        next = cause.source();
    }
    one_line(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_stays_on_one_short_line() {
        assert_eq!(one_line(" a\r\nb\u{1b}[31m\n"), "a  b [31m");
        let long = one_line(&"é".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }
}
