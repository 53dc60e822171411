//! The line that is typed: a filter, or what to find in a trace.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Effect;
use super::find::find_match;
use crate::query::{Direction, Filter};
use crate::terminal::state::{Prompt, State};

/// A filter is refined; what to find in a trace is typed anew.
pub(super) fn text_to_refine(state: &State) -> String {
    let filter = &state.list.criteria.filter;
    if state.trace.is_some() { String::new() } else { filter.text().to_owned() }
}

pub(super) fn type_in_prompt(state: &mut State, key: KeyEvent) -> Effect {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let Some(prompt) = &mut state.prompt else { return Effect::None };
    match key.code {
        KeyCode::Esc => state.prompt = None,
        KeyCode::Char('c') if control => state.prompt = None,
        KeyCode::Char('u') if control => *prompt = Prompt::default(),
        KeyCode::Char(_) if control => {}
        KeyCode::Enter => accept_prompt(state),
        KeyCode::Backspace => {
            prompt.text.pop();
            prompt.error = None;
        }
        KeyCode::Char(letter) => {
            prompt.text.push(letter);
            prompt.error = None;
        }
        _ => {}
    }
    Effect::None
}

fn accept_prompt(state: &mut State) {
    let Some(prompt) = &mut state.prompt else { return };
    let filter = match Filter::parse(&prompt.text) {
        Ok(filter) => filter,
        Err(error) => {
            prompt.error = Some(error);
            return;
        }
    };
    state.prompt = None;
    match &mut state.trace {
        Some(view) => {
            view.search = filter;
            if !view.search.is_empty() {
                find_match(state, Direction::Forward);
            }
        }
        None => {
            state.list.criteria.filter = filter;
            state.list.refresh(state.now_unix_nano);
        }
    }
}
