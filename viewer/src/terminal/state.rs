//! All that the screen shows, as values: events change it, drawing only reads it.

mod list;
mod trace_view;

use std::collections::VecDeque;

use crate::findings::Finding;
use crate::query::baseline::Baseline;
use crate::query::{Filter, FilterError, Statistics, TraceSummary};
use crate::span::{Trace, TraceId};
use crate::store::Counters;

pub(super) use list::TraceList;
pub(super) use trace_view::TraceView;

/// Lines kept of the command's output under `otelrs run --tui`.
pub const OUTPUT_LINES: usize = 1_000;

/// A page, chosen by a digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Traces,
    Statistics,
    Findings,
    Output,
}

/// What came since the last time.
#[derive(Debug, Default)]
pub struct News {
    /// Traces that are new or have more spans.
    pub changed: Vec<Trace>,
    /// Traces that have left the store.
    pub gone: Vec<TraceId>,
    /// What the store has seen.
    pub counters: Counters,
    /// Estimated bytes that the store holds.
    pub bytes: usize,
    /// At most so many.
    pub max_bytes: usize,
    /// `None`: as before.
    pub findings: Option<Vec<Finding>>,
    /// Lines that a person should read, in order, all of them.
    pub notices: Vec<String>,
    /// Requests refused.
    pub refused: u64,
}

/// A line that is being typed.
#[derive(Debug, Clone, Default)]
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) error: Option<FilterError>,
}

/// The command of `otelrs run --tui`.
#[derive(Debug, Clone, Default)]
pub(super) struct Command {
    /// The last lines of its output.
    pub(super) lines: VecDeque<String>,
    pub(super) dropped: u64,
    /// How it ended, in words.
    pub(super) ended: Option<String>,
    pub(super) stopping: bool,
}

/// The whole screen.
#[derive(Debug)]
pub struct State {
    pub(super) size: (u16, u16),
    pub(super) now_unix_nano: u64,
    pub(super) page: Page,
    pub(super) list: TraceList,
    pub(super) trace: Option<TraceView>,
    pub(super) statistics: Statistics,
    pub(super) statistics_at_unix_nano: u64,
    pub(super) statistics_selected: usize,
    pub(super) baseline: Baseline,
    pub(super) findings: Vec<Finding>,
    pub(super) findings_selected: usize,
    pub(super) command: Option<Command>,
    /// Lines up from the last one.
    pub(super) output_scroll: usize,
    pub(super) prompt: Option<Prompt>,
    /// First line shown of the help, when it is open.
    pub(super) help: Option<usize>,
    pub(super) paused: bool,
    pub(super) news: News,
    /// Where telemetry is received.
    pub(super) endpoints: [String; 2],
    /// What the last key led to, until the next one.
    pub(super) message: Option<String>,
}

impl State {
    /// An empty screen. `endpoints` is what a person gives to a sender, then where a browser looks; `has_command` makes the page of its output.
    #[must_use]
    pub fn new(endpoints: [String; 2], baseline: Baseline, has_command: bool) -> Self {
        Self {
            size: (80, 24),
            now_unix_nano: 0,
            page: Page::Traces,
            list: TraceList::default(),
            trace: None,
            statistics: Statistics::default(),
            statistics_at_unix_nano: 0,
            statistics_selected: 0,
            baseline,
            findings: Vec::new(),
            findings_selected: 0,
            command: has_command.then(Command::default),
            output_scroll: 0,
            prompt: None,
            help: None,
            paused: false,
            news: News::default(),
            endpoints,
            message: None,
        }
    }

    /// Whether news are wanted: not while the screen is held still.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// The last lines of the command's output, and how many came before them.
    pub fn output(&self) -> (impl Iterator<Item = &str>, u64) {
        let lines = self.command.iter().flat_map(|command| &command.lines).map(String::as_str);
        (lines, self.command.as_ref().map_or(0, |command| command.dropped))
    }

    /// Whether [`super::Event::CommandEnded`] came.
    #[must_use]
    pub fn command_has_ended(&self) -> bool {
        self.command.as_ref().is_some_and(|command| command.ended.is_some())
    }

    /// Rows of the page that can be selected.
    pub(super) fn row_count(&self) -> usize {
        match (self.page, &self.trace) {
            (Page::Traces, Some(view)) => view.row_count(),
            (Page::Traces, None) => self.list.shown.len(),
            (Page::Statistics, _) => self.statistics.routes.len() + self.statistics.queries.len(),
            (Page::Findings, _) => self.findings.len(),
            (Page::Output, _) => self.command.as_ref().map_or(0, |command| command.lines.len()),
        }
    }

    /// The selected finding.
    pub(super) fn finding(&self) -> Option<&Finding> {
        self.findings.get(self.findings_selected)
    }

    /// Figures over what the list knows; the page is opened, or a second has passed.
    pub(super) fn refresh_statistics(&mut self) {
        self.statistics_at_unix_nano = self.now_unix_nano;
        self.statistics = Statistics::of(&self.list.traces(), &self.baseline, self.list.mute_health_checks);
    }
}

/// A trace of the list, with its summary.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) trace: Trace,
    pub(super) summary: TraceSummary,
}

/// What the list shows of what is there.
#[derive(Debug, Clone, Default)]
pub(super) struct Criteria {
    pub(super) filter: Filter,
    /// Unix epoch, nanoseconds; traces that began before are hidden.
    pub(super) since_unix_nano: Option<u64>,
}
