//! From a list to what it lists, and back.

use crate::query::Filter;
use crate::terminal::state::{Criteria, Page, State, TraceView};

pub(super) fn open(state: &mut State) {
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

pub(super) fn back(state: &mut State) {
    match (state.page, &mut state.trace) {
        (Page::Traces, Some(view)) if view.detail.is_some() => view.detail = None,
        (Page::Traces, Some(_)) => state.trace = None,
        (Page::Traces, None) => {
            state.list.criteria = Criteria::default();
            state.list.refresh(state.now_unix_nano);
        }
        _ => state.page = Page::Traces,
    }
}
