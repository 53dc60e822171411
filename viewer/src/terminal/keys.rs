//! The one table of keys: what they do, the help page and the documentation follow from it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// One row.
    Up,
    /// One row.
    Down,
    /// Half a screen.
    PageUp,
    /// Half a screen.
    PageDown,
    /// The first row; in the list of traces it stays with what comes first.
    Top,
    /// The last row.
    Bottom,
    /// Opens what is selected.
    Open,
    /// Closes help, detail or trace; takes a filter away.
    Back,
    /// Next page.
    NextPage,
    /// The list of traces.
    Traces,
    /// Routes and queries.
    Statistics,
    /// Findings.
    Findings,
    /// Output of the command under `otelrs run --tui`.
    Output,
    /// Asks for a filter, or for what to find in a trace.
    Search,
    /// Next span that the search finds.
    NextMatch,
    /// Previous span that the search finds.
    PreviousMatch,
    /// Next span with an error.
    NextError,
    /// Previous span with an error.
    PreviousError,
    /// Hides or shows what is below a span, or the members of repeats.
    Fold,
    /// Repeats in one row or one by one.
    Repeats,
    /// Log lines below their spans.
    Logs,
    /// Sorts by the next column.
    Sort,
    /// Sorts the other way round.
    Reverse,
    /// Holds the screen still.
    Pause,
    /// Forgets all traces.
    Clear,
    /// Hides what began before.
    SinceNow,
    /// Hides health checks.
    Mute,
    /// The table of keys.
    Help,
    /// Ends the program.
    Quit,
}

/// Where a key means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// On every page.
    Everywhere,
    /// In the list of traces.
    List,
    /// In a trace.
    Trace,
}

impl Scope {
    /// As a heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::List => "Traces",
            Self::Trace => "In a trace",
        }
    }
}

/// A key press, as far as it is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    control: bool,
}

const fn key(code: KeyCode) -> Key {
    Key { code, control: false }
}

const fn letter(letter: char) -> Key {
    key(KeyCode::Char(letter))
}

const fn control(letter: char) -> Key {
    Key { code: KeyCode::Char(letter), control: true }
}

impl Key {
    fn is(self, event: &KeyEvent) -> bool {
        self.code == event.code && self.control == event.modifiers.contains(KeyModifiers::CONTROL)
    }

    /// As a person reads it: `j`, `Down`, `Ctrl-C`.
    #[must_use]
    pub fn name(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(letter) if self.control => letter.to_ascii_uppercase().to_string(),
            KeyCode::Char(letter) => letter.to_string(),
            KeyCode::F(number) => format!("F{number}"),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            code => format!("{code:?}"),
        };
        if self.control { format!("Ctrl-{name}") } else { name }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where it holds.
    pub scope: Scope,
    /// Any of them.
    pub keys: &'static [Key],
    /// What they ask for.
    pub action: Action,
    /// What it does, for people.
    pub text: &'static str,
}

const fn binding(scope: Scope, keys: &'static [Key], action: Action, text: &'static str) -> Binding {
    Binding { scope, keys, action, text }
}

/// Every key.
pub const KEYS: [Binding; 30] = [
    binding(Scope::Everywhere, &[letter('j'), key(KeyCode::Down)], Action::Down, "down"),
    binding(Scope::Everywhere, &[letter('k'), key(KeyCode::Up)], Action::Up, "up"),
    binding(
        Scope::Everywhere,
        &[control('d'), key(KeyCode::PageDown)],
        Action::PageDown,
        "half a screen down",
    ),
    binding(Scope::Everywhere, &[control('u'), key(KeyCode::PageUp)], Action::PageUp, "half a screen up"),
    binding(
        Scope::Everywhere,
        &[letter('g'), key(KeyCode::Home)],
        Action::Top,
        "first; in the list: stay with what is new",
    ),
    binding(Scope::Everywhere, &[letter('G'), key(KeyCode::End)], Action::Bottom, "last"),
    binding(
        Scope::Everywhere,
        &[key(KeyCode::Enter), letter('l'), key(KeyCode::Right)],
        Action::Open,
        "open: trace, span, traces of a route, evidence",
    ),
    binding(
        Scope::Everywhere,
        &[key(KeyCode::Esc), letter('h'), key(KeyCode::Left)],
        Action::Back,
        "back; in the list: take the filter away",
    ),
    binding(Scope::Everywhere, &[key(KeyCode::Tab)], Action::NextPage, "next page"),
    binding(Scope::Everywhere, &[letter('1')], Action::Traces, "traces"),
    binding(Scope::Everywhere, &[letter('2')], Action::Statistics, "routes and queries"),
    binding(Scope::Everywhere, &[letter('3')], Action::Findings, "findings"),
    binding(Scope::Everywhere, &[letter('4')], Action::Output, "output of the command (otelrs run --tui)"),
    binding(Scope::Everywhere, &[letter('p')], Action::Pause, "pause, go on"),
    binding(Scope::Everywhere, &[letter('m')], Action::Mute, "mute health checks, show them"),
    binding(Scope::Everywhere, &[letter('X')], Action::Clear, "clear: forget all traces"),
    binding(Scope::Everywhere, &[letter('?'), key(KeyCode::F(1))], Action::Help, "this help"),
    binding(Scope::Everywhere, &[letter('q'), control('c')], Action::Quit, "quit"),
    binding(Scope::List, &[letter('/'), letter('f')], Action::Search, "filter"),
    binding(Scope::List, &[letter('n')], Action::SinceNow, "since now: only what begins from here on"),
    binding(Scope::List, &[letter('s')], Action::Sort, "sort by the next column"),
    binding(Scope::List, &[letter('r')], Action::Reverse, "reverse the order"),
    binding(Scope::Trace, &[letter('/')], Action::Search, "find, in the language of filters"),
    binding(Scope::Trace, &[letter('n')], Action::NextMatch, "next match"),
    binding(Scope::Trace, &[letter('N')], Action::PreviousMatch, "previous match"),
    binding(Scope::Trace, &[letter('e')], Action::NextError, "next error"),
    binding(Scope::Trace, &[letter('E')], Action::PreviousError, "previous error"),
    binding(Scope::Trace, &[letter(' ')], Action::Fold, "fold, unfold; repeats: show each"),
    binding(Scope::Trace, &[letter('r')], Action::Repeats, "repeats in one row, one by one"),
    binding(Scope::Trace, &[letter('o')], Action::Logs, "log lines below their spans, none"),
];

/// What the key asks for in this place.
#[must_use]
pub fn action(scope: Scope, event: &KeyEvent) -> Option<Action> {
    let mut bindings =
        KEYS.iter().filter(|binding| binding.scope == scope || binding.scope == Scope::Everywhere);
    bindings.find(|binding| binding.keys.iter().any(|key| key.is(event))).map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in [Scope::List, Scope::Trace] {
            let here = |binding: &&Binding| binding.scope == place || binding.scope == Scope::Everywhere;
            let keys: Vec<Key> = KEYS.iter().filter(here).flat_map(|binding| binding.keys).copied().collect();
            for (index, key) in keys.iter().enumerate() {
                assert!(!keys[..index].contains(key), "{} in {place:?}", key.name());
            }
        }
    }

    #[test]
    fn a_key_is_known_by_letter_case_and_control() {
        let action = |code, modifiers| action(Scope::Trace, &KeyEvent::new(code, modifiers));
        assert_eq!(action(KeyCode::Char('n'), KeyModifiers::NONE), Some(Action::NextMatch));
        assert_eq!(action(KeyCode::Char('N'), KeyModifiers::SHIFT), Some(Action::PreviousMatch));
        assert_eq!(action(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(action(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(action(KeyCode::Char('s'), KeyModifiers::NONE), None, "sorts the list only");
    }

    #[test]
    fn the_documentation_names_every_key() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/viewer.md");
        let document = std::fs::read_to_string(path).unwrap();
        for binding in KEYS {
            let keys: Vec<String> = binding.keys.iter().map(|key| format!("`{}`", key.name())).collect();
            let row = format!("| {} | {} | {} |", binding.scope.title(), keys.join(", "), binding.text);
            assert!(document.lines().any(|line| line == row), "docs/viewer.md lacks the row\n{row}");
        }
    }
}
