//! `otelrs view`: the receiver alone, until a signal, a closed output or a person ends it.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use otelrs_otlp::json::to_json_line;
use otelrs_viewer::feed::{Feed, FeedOptions, Stopper};
use otelrs_viewer::receiver::{NoticeHandler, Receiver, ReceiverOptions, Sink};

use crate::args::ViewArguments;
use crate::output::{counted, say, say_what_was_not_written, stdout_options, write_trace};
use crate::web::Web;
use crate::{Error, baseline, os, screen};

pub(crate) fn view(arguments: &ViewArguments) -> Result<ExitCode, Error> {
    let on_screen = !arguments.json && !arguments.plain && screen::is_there();
    let output = Arc::new(JsonOutput::default());
    let receiver = Receiver::start(ReceiverOptions {
        sink: arguments.json.then(|| Arc::clone(&output).sink()),
        // The screen shows them itself.
        on_notice: (!on_screen).then(|| -> NoticeHandler { Arc::new(|line: &str| say(line)) }),
        ..arguments.keeping.receiver_options(&arguments.ports)
    })?;
    let mut baseline = baseline::load();
    let web = Web::start(&receiver, &arguments.ports, baseline.clone(), true)?;
    if on_screen {
        screen::view(&receiver, &web.url(), baseline.clone())?;
    } else {
        print_as_they_complete(arguments, &receiver, &web.url(), &output)?;
    }

    drop(web);
    let counters = receiver.counters();
    let store = receiver.shutdown();
    let spans = store.counters();
    let mut line = format!(
        "{}, {} received",
        counted(store.traces_received(), "trace"),
        counted(spans.spans_received - spans.spans_invalid, "span")
    );
    for (count, what) in [
        (spans.traces_evicted, "left the full store"),
        (counters.refused, "requests refused"),
        (counters.metrics, "metrics requests"),
        (spans.logs_received, "log records"),
    ] {
        if count > 0 {
            line.push_str(&format!("; {count} {what}"));
        }
    }
    say(&line);
    say_what_was_not_written(&store);
    baseline::save(&mut baseline, &store);
    Ok(ExitCode::SUCCESS)
}

fn print_as_they_complete(
    arguments: &ViewArguments,
    receiver: &Receiver,
    web_url: &str,
    output: &JsonOutput,
) -> Result<(), Error> {
    let mut feed = Feed::new(Arc::clone(receiver.store()), FeedOptions::default());
    feed.skip_what_is_there();
    let stopper = feed.stopper();
    output.stop_with(stopper.clone());
    os::on_ending_signal(move || stopper.stop()).map_err(Error::Signals)?;
    say(&format!(
        "receiving OTLP on {} (http/protobuf, http/json) and {} (grpc); web view at {web_url}; Ctrl-C ends",
        receiver.http_endpoint(),
        receiver.grpc_endpoint()
    ));
    while let Some(updates) = feed.next_updates() {
        if arguments.json {
            continue;
        }
        let options = stdout_options();
        let mut stdout = io::stdout().lock();
        let written = updates.iter().try_for_each(|update| {
            write_trace(&mut stdout, &update.trace, &options)?;
            match update.trace.spans.len().saturating_sub(update.shown_before) {
                late if update.shown_before > 0 => {
                    writeln!(stdout, "  (again, with {} that came late)", counted(late as u64, "span"))
                }
                _ => Ok(()),
            }
        });
        if written.is_err() {
            break;
        }
    }
    Ok(())
}

/// Standard output of `--json`: a reader that went away (`| head`) ends the program.
#[derive(Default)]
struct JsonOutput {
    stopper: OnceLock<Stopper>,
    closed: AtomicBool,
}

impl JsonOutput {
    fn stop_with(&self, stopper: Stopper) {
        let stopper = self.stopper.get_or_init(|| stopper);
        // Requests may have come, and failed to be written, before there was anything to stop.
        if self.closed.load(Ordering::SeqCst) {
            stopper.stop();
        }
    }

    fn sink(self: Arc<Self>) -> Sink {
        Arc::new(move |request| {
            let line = to_json_line(request) + "\n";
            let mut stdout = io::stdout().lock();
            if stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).is_err() {
                self.closed.store(true, Ordering::SeqCst);
                if let Some(stopper) = self.stopper.get() {
                    stopper.stop();
                }
            }
        })
    }
}
