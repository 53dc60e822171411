//! Next match and next error.

use crate::query::{Direction, is_error};
use crate::terminal::state::State;

pub(super) fn find_error(state: &mut State, direction: Direction) {
    if state.trace.as_mut().is_some_and(|view| !view.find(direction, is_error)) {
        state.message = Some("no span of this trace ended with an error".to_owned());
    }
}

pub(super) fn find_match(state: &mut State, direction: Direction) {
    let now = state.now_unix_nano;
    let Some(view) = &mut state.trace else { return };
    let search = view.search.clone();
    if search.is_empty() {
        state.message = Some("nothing to find yet: / asks for it".to_owned());
    } else if !view.find(direction, |span| search.matches_span(span, now)) {
        state.message = Some(format!("no span matches {}", crate::text::escape(search.text())));
    }
}
