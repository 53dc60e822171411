//! The terminal view: live list of traces, waterfall, routes and queries, findings.
//!
//! [`State`] is all that the screen shows, [`update`] changes it by an event and says what is to be done outside, [`draw`]
//! puts it on a frame: values in, values out, as tests have it. [`show`] alone speaks to the terminal.

mod draw;
pub mod keys;
mod screen;
mod source;
mod state;
mod theme;
mod update;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossterm::event::{self, KeyEventKind};

use crate::query::baseline::Baseline;
use crate::receiver::Receiver;
pub use draw::draw;
pub use screen::Screen;
use source::Source;
pub use state::{News, OUTPUT_LINES, State};
pub use theme::Theme;
pub use update::{Effect, Event, update};

/// Longest wait for a key: a stop is noticed within this time.
const TICK: Duration = Duration::from_millis(50);
/// Between two looks at the store: as fast as figures can be read.
const LOOK: Duration = Duration::from_millis(200);

/// The command of `otelrs run --tui`, seen from the screen.
pub struct CommandHandle<'c> {
    /// [`Event::Output`] and [`Event::CommandEnded`], as they happen.
    pub events: mpsc::Receiver<Event>,
    /// Asks the command to end.
    pub stop: &'c dyn Fn(),
}

/// Shows what the receiver holds until a person quits or `stop` is set, then gives the terminal back as it was.
///
/// # Errors
/// When standard output is no terminal or cannot be written.
pub fn show(
    receiver: &Receiver,
    web_url: &str,
    baseline: Baseline,
    theme: Theme,
    command: Option<&CommandHandle<'_>>,
    stop: &AtomicBool,
) -> io::Result<State> {
    let (http, grpc) = (receiver.http_endpoint(), receiver.grpc_endpoint());
    let endpoints = [format!("{http} (http)  {grpc} (grpc)"), format!("and look at {web_url} in a browser")];
    let mut state = State::new(endpoints, baseline, command.is_some());
    let mut source = Source::new(receiver);
    let mut screen = Screen::open()?;
    let size = screen.size()?;
    update(&mut state, Event::Resize(size.width, size.height));
    let (mut looked, mut changed, mut quit) = (None::<Instant>, true, false);
    while !stop.load(Ordering::SeqCst) {
        update(&mut state, Event::Time(unix_nanos()));
        let mut events = Vec::new();
        if !state.is_paused() && looked.is_none_or(|looked| looked.elapsed() >= LOOK) {
            looked = Some(Instant::now());
            events.extend(source.news().map(Event::News));
        }
        events.extend(command.iter().flat_map(|command| command.events.try_iter()));
        events.extend(typed()?);
        for event in events {
            changed = true;
            match update(&mut state, event) {
                Effect::None => {}
                Effect::ClearStore => source.clear(),
                Effect::StopCommand => command.iter().for_each(|command| (command.stop)()),
                // What came with it is still taken in: the command's last lines.
                Effect::Quit => quit = true,
            }
        }
        if quit {
            break;
        }
        if std::mem::take(&mut changed) {
            screen.draw(|frame| draw(&state, theme, frame))?;
        }
    }
    Ok(state)
}

/// What was typed, and changes of size; waits for the first for a tick.
fn typed() -> io::Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut patience = TICK;
    while event::poll(patience)? {
        patience = Duration::ZERO;
        match event::read()? {
            event::Event::Key(key) if key.kind != KeyEventKind::Release => events.push(Event::Key(key)),
            event::Event::Resize(columns, lines) => events.push(Event::Resize(columns, lines)),
            _ => {}
        }
    }
    Ok(events)
}

fn unix_nanos() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}
