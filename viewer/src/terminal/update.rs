//! What an event does to the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::{Action, Scope, action};
use super::state::{News, OUTPUT_LINES, Page, Prompt, State, TraceView};
use crate::query::{Direction, Filter, SortColumn, is_error};

/// What can happen.
#[derive(Debug)]
pub enum Event {
    /// The time, Unix epoch, nanoseconds; comes before any other event.
    Time(u64),
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has so many columns and lines.
    Resize(u16, u16),
    /// Telemetry came.
    News(News),
    /// The command wrote a line.
    Output(String),
    /// The command has ended, in words.
    CommandEnded(String),
}

/// What is to be done outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Forget all traces.
    ClearStore,
    /// Ask the command to end.
    StopCommand,
    /// Close the screen.
    Quit,
}

/// A second: statistics are counted anew no more often.
const STATISTICS_EVERY: u64 = 1_000_000_000;

/// Takes an event in.
pub fn update(state: &mut State, event: Event) -> Effect {
    match event {
        Event::Time(now_unix_nano) => state.now_unix_nano = now_unix_nano,
        Event::Resize(columns, lines) => state.size = (columns, lines),
        Event::News(news) => take_in(state, news),
        Event::Output(line) => {
            if let Some(command) = &mut state.command {
                command.lines.push_back(line);
                if command.lines.len() > OUTPUT_LINES {
                    command.lines.pop_front();
                    command.dropped += 1;
                }
            }
        }
        Event::CommandEnded(how) => {
            let was_stopping = state.command.as_ref().is_some_and(|command| command.stopping);
            if let Some(command) = &mut state.command {
                command.ended = Some(how);
            }
            if was_stopping {
                return Effect::Quit;
            }
        }
        Event::Key(key) => {
            state.message = None;
            return match &mut state.prompt {
                Some(_) => type_in_prompt(state, key),
                None => press(state, key),
            };
        }
    }
    Effect::None
}

fn take_in(state: &mut State, mut news: News) {
    state.list.take_in(std::mem::take(&mut news.changed), &news.gone);
    state.list.refresh(state.now_unix_nano);
    if let Some(view) = &mut state.trace
        && let Some(trace) = state.list.trace(view.trace.trace_id)
        && (trace.spans.len(), trace.logs.len()) != (view.trace.spans.len(), view.trace.logs.len())
    {
        view.replace(trace.clone());
    }
    if let Some(findings) = news.findings.take() {
        state.findings = findings;
        state.findings_selected = state.findings_selected.min(state.findings.len().saturating_sub(1));
    }
    if state.page == Page::Statistics
        && state.now_unix_nano.saturating_sub(state.statistics_at_unix_nano) >= STATISTICS_EVERY
    {
        state.refresh_statistics();
    }
    state.news = news;
}

fn press(state: &mut State, key: KeyEvent) -> Effect {
    let in_trace = state.page == Page::Traces && state.trace.is_some();
    let scope = match state.page {
        Page::Traces if in_trace => Scope::Trace,
        Page::Traces => Scope::List,
        _ => Scope::Everywhere,
    };
    let Some(action) = action(scope, &key) else { return Effect::None };
    if state.help.is_some() && !matches!(action, Action::Quit) {
        return press_in_help(state, action);
    }
    match action {
        Action::Up => step(state, -1),
        Action::Down => step(state, 1),
        Action::PageUp => step(state, -half_a_screen(state)),
        Action::PageDown => step(state, half_a_screen(state)),
        Action::Top => step(state, isize::MIN),
        Action::Bottom => step(state, isize::MAX),
        Action::Open => open(state),
        Action::Back => back(state),
        Action::NextPage => show_page(state, next_page(state)),
        Action::Traces => show_page(state, Page::Traces),
        Action::Statistics => show_page(state, Page::Statistics),
        Action::Findings => show_page(state, Page::Findings),
        Action::Output => show_page(state, Page::Output),
        Action::Search => state.prompt = Some(Prompt { text: text_to_refine(state), error: None }),
        Action::NextMatch => find_match(state, Direction::Forward),
        Action::PreviousMatch => find_match(state, Direction::Backward),
        Action::NextError => find_error(state, Direction::Forward),
        Action::PreviousError => find_error(state, Direction::Backward),
        Action::Fold => with_view(state, TraceView::toggle_fold),
        Action::Repeats => with_view(state, TraceView::toggle_repeats),
        Action::Logs => with_view(state, |view| view.show_logs = !view.show_logs),
        Action::Sort | Action::Reverse => sort(state, action),
        Action::Pause => state.paused = !state.paused,
        Action::Clear => {
            state.list.clear();
            state.trace = None;
            state.findings.clear();
            state.statistics = crate::query::Statistics::default();
            return Effect::ClearStore;
        }
        Action::SinceNow => {
            state.list.criteria.since_unix_nano = Some(state.now_unix_nano);
            state.list.refresh(state.now_unix_nano);
        }
        Action::Mute => {
            state.list.mute_health_checks = !state.list.mute_health_checks;
            state.list.refresh(state.now_unix_nano);
            state.refresh_statistics();
        }
        Action::Help => state.help = Some(0),
        Action::Quit => return quit(state),
    }
    Effect::None
}

fn press_in_help(state: &mut State, action: Action) -> Effect {
    let first = state.help.unwrap_or(0);
    state.help = match action {
        Action::Up => Some(first.saturating_sub(1)),
        Action::Down => Some(first + 1),
        Action::PageUp => Some(first.saturating_sub(half_a_screen(state).unsigned_abs())),
        Action::PageDown => Some(first + half_a_screen(state).unsigned_abs()),
        Action::Top => Some(0),
        _ => None,
    };
    Effect::None
}

/// A command that runs is asked to end, and the screen waits for it; asked again it closes at once.
fn quit(state: &mut State) -> Effect {
    match &mut state.command {
        Some(command) if command.ended.is_none() && !command.stopping => {
            command.stopping = true;
            state.message = Some("stopping the command; q again kills it".to_owned());
            Effect::StopCommand
        }
        _ => Effect::Quit,
    }
}

fn half_a_screen(state: &State) -> isize {
    isize::from(i16::try_from(state.size.1 / 2).unwrap_or(i16::MAX)).max(1)
}

fn step(state: &mut State, by: isize) {
    let moved =
        |position: usize, count: usize| position.saturating_add_signed(by).min(count.saturating_sub(1));
    let count = state.row_count();
    match (state.page, &mut state.trace) {
        // The drawing knows how many lines there are and shows the last ones at most.
        (Page::Traces, Some(TraceView { detail: Some(first), .. })) => {
            *first = moved(*first, usize::from(u16::MAX))
        }
        (Page::Traces, Some(view)) => view.selected = moved(view.selected, count),
        (Page::Traces, None) => {
            let position = moved(state.list.position(), count);
            state.list.select(position);
        }
        (Page::Statistics, _) => state.statistics_selected = moved(state.statistics_selected, count),
        (Page::Findings, _) => state.findings_selected = moved(state.findings_selected, count),
        (Page::Output, _) => {
            // Counted from the end, so that it stays with what comes.
            let from_top = count.saturating_sub(1).saturating_sub(state.output_scroll);
            state.output_scroll = count.saturating_sub(1).saturating_sub(moved(from_top, count));
        }
    }
}

fn show_page(state: &mut State, page: Page) {
    if page == Page::Output && state.command.is_none() {
        state.message = Some("there is no command here: it is otelrs run --tui that has one".to_owned());
        return;
    }
    // The digit of the page that is open leads from a trace back to the list.
    if page == Page::Traces && state.page == Page::Traces {
        state.trace = None;
    }
    if page == Page::Statistics {
        state.refresh_statistics();
    }
    state.page = page;
}

fn next_page(state: &State) -> Page {
    match state.page {
        Page::Traces => Page::Statistics,
        Page::Statistics => Page::Findings,
        Page::Findings if state.command.is_some() => Page::Output,
        Page::Findings | Page::Output => Page::Traces,
    }
}

fn open(state: &mut State) {
    match (state.page, &mut state.trace) {
        (Page::Traces, Some(view)) => view.detail = Some(view.detail.unwrap_or(0)),
        (Page::Traces, None) => state.trace = state.list.selected().cloned().map(TraceView::new),
        (Page::Statistics, _) => open_operation(state),
        (Page::Findings, _) => open_evidence(state),
        (Page::Output, _) => {}
    }
}

/// The list, filtered down to the traces of the selected route or query.
fn open_operation(state: &mut State) {
    let mut all = state.statistics.routes.iter().chain(&state.statistics.queries);
    let Some(entry) = all.nth(state.statistics_selected) else { return };
    let quoted = |text: &str| {
        let literal = text.replace('\\', "\\\\").replace('*', "\\*").replace('"', "\\\"");
        format!("\"{literal}\"")
    };
    let text = format!("service:{} name:{}", quoted(&entry.operation.service), quoted(&entry.operation.name));
    if let Ok(filter) = Filter::parse(&text) {
        state.list.criteria.filter = filter;
        state.list.refresh(state.now_unix_nano);
        state.trace = None;
        state.page = Page::Traces;
    }
}

fn open_evidence(state: &mut State) {
    let evidence = state.finding().and_then(|finding| {
        finding
            .evidence
            .iter()
            .find_map(|evidence| Some((evidence.span_id, state.list.trace(evidence.trace_id)?)))
    });
    match evidence.map(|(span_id, trace)| (span_id, trace.clone())) {
        Some((span_id, trace)) => {
            let mut view = TraceView::new(trace);
            view.select_span_id(span_id);
            state.trace = Some(view);
            state.page = Page::Traces;
        }
        None if state.finding().is_some() => {
            state.message = Some("no trace with this finding is held any more".to_owned());
        }
        None => {}
    }
}

fn back(state: &mut State) {
    match (state.page, &mut state.trace) {
        (Page::Traces, Some(view)) if view.detail.is_some() => view.detail = None,
        (Page::Traces, Some(_)) => state.trace = None,
        (Page::Traces, None) => {
            state.list.criteria = super::state::Criteria::default();
            state.list.refresh(state.now_unix_nano);
        }
        _ => state.page = Page::Traces,
    }
}

fn sort(state: &mut State, action: Action) {
    let order = &mut state.list.order;
    if action == Action::Reverse {
        order.descending = !order.descending;
    } else {
        let position = SortColumn::ALL.iter().position(|column| *column == order.column).unwrap_or(0);
        order.column = *SortColumn::ALL.iter().cycle().nth(position + 1).unwrap_or(&SortColumn::Start);
        // Text from A, figures from the largest.
        order.descending = !matches!(order.column, SortColumn::Service | SortColumn::Name);
    }
    state.list.refresh(state.now_unix_nano);
}

fn with_view(state: &mut State, change: impl FnOnce(&mut TraceView)) {
    if let Some(view) = &mut state.trace {
        change(view);
    }
}

/// A filter is refined; what to find in a trace is typed anew.
fn text_to_refine(state: &State) -> String {
    let filter = &state.list.criteria.filter;
    if state.trace.is_some() { String::new() } else { filter.text().to_owned() }
}

fn find_error(state: &mut State, direction: Direction) {
    if state.trace.as_mut().is_some_and(|view| !view.find(direction, is_error)) {
        state.message = Some("no span of this trace ended with an error".to_owned());
    }
}

fn find_match(state: &mut State, direction: Direction) {
    let now = state.now_unix_nano;
    let Some(view) = &mut state.trace else { return };
    let search = view.search.clone();
    if search.is_empty() {
        state.message = Some("nothing to find yet: / asks for it".to_owned());
    } else if !view.find(direction, |span| search.matches_span(span, now)) {
        state.message = Some(format!("no span matches {}", crate::text::escape(search.text())));
    }
}

fn type_in_prompt(state: &mut State, key: KeyEvent) -> Effect {
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
