//! `otelrs traces`, `spans` and `findings`: what the viewer that is open holds, for scripts and builds.

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use otelrs_viewer::findings::FindingKind;
use otelrs_viewer::text::{duration, escape, time_of_day};
use serde_json::Value;

use crate::Error;
use crate::args::{FindingsArguments, Selection, SpansArguments, TracesArguments};
use crate::client::{self, Client, ClientError};
use crate::output::{counted, say};

/// How often a viewer is asked whether it has looked at every trace.
const INTERVAL: Duration = Duration::from_millis(200);
/// Something of the kinds asked for was found.
const FOUND: u8 = 1;

pub(crate) fn traces(arguments: &TracesArguments) -> Result<ExitCode, Error> {
    let answer = select("traces", &arguments.selection, &[("sort", &arguments.sort)])?;
    print_all(&answer, "traces", arguments.selection.source.json, trace_line);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn spans(arguments: &SpansArguments) -> Result<ExitCode, Error> {
    let answer = select("spans", &arguments.selection, &[])?;
    print_all(&answer, "spans", arguments.selection.source.json, span_line);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn findings(arguments: &FindingsArguments) -> Result<ExitCode, Error> {
    let client = client::connect(arguments.source.viewer.as_deref())?;
    let unsettled = wait_until_settled(&client, Duration::from_secs(arguments.wait))?;
    if unsettled > 0 {
        say(&format!("{} still to be looked at: traces keep coming", counted(unsettled, "trace")));
    }
    let answer = client.get("findings", &[])?;
    print_all(&answer, "findings", arguments.source.json, finding_lines);
    let kinds: &[FindingKind] =
        if arguments.fail_on.is_empty() { &FindingKind::ALL } else { &arguments.fail_on };
    let is_asked_for = |finding: &&Value| kinds.iter().any(|kind| finding["kind"] == kind.code());
    let found = items(&answer, "findings").filter(is_asked_for).count() as u64;
    let names: Vec<&str> = arguments.fail_on.iter().map(|kind| kind.code()).collect();
    let of = if names.is_empty() { String::new() } else { format!(" of {}", names.join(", ")) };
    say(&format!("{}{of}", counted(found, "finding")));
    Ok(ExitCode::from(if found > 0 { FOUND } else { 0 }))
}

fn select(path: &str, selection: &Selection, more: &[(&str, &str)]) -> Result<Value, ClientError> {
    let client = client::connect(selection.source.viewer.as_deref())?;
    let limit = selection.limit.to_string();
    let filter = selection.filter.as_ref().map(|filter| filter.text()).unwrap_or_default();
    let mut parameters = vec![("limit", limit.as_str()), ("filter", filter)];
    parameters.extend(more);
    client.get(path, &parameters)
}

/// Traces that are not looked at yet when the time is over.
fn wait_until_settled(client: &Client, patience: Duration) -> Result<u64, ClientError> {
    let started = Instant::now();
    loop {
        let unsettled = client.get("viewer", &[])?["unsettled"].as_u64().unwrap_or(0);
        if unsettled == 0 || started.elapsed() >= patience {
            return Ok(unsettled);
        }
        thread::sleep(INTERVAL);
    }
}

fn items<'a>(answer: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> {
    answer[list].as_array().into_iter().flatten()
}

fn print_all(answer: &Value, list: &str, json: bool, plain: impl Fn(&Value) -> String) {
    let mut stdout = io::stdout().lock();
    for item in items(answer, list) {
        let text = if json { item.to_string() } else { plain(item) };
        // A reader that went away (`| head`) is no reason to fail.
        if writeln!(stdout, "{text}").is_err() {
            return;
        }
    }
}

fn text(item: &Value, field: &str) -> String {
    escape(item[field].as_str().unwrap_or_default())
}

fn took(item: &Value) -> String {
    duration(item["durationNanos"].as_u64().unwrap_or(0), 'µ')
}

fn began(item: &Value) -> String {
    time_of_day(item["startUnixNano"].as_str().and_then(|time| time.parse().ok()).unwrap_or(0))
}

fn trace_line(trace: &Value) -> String {
    let count = |field: &str| trace[field].as_u64().unwrap_or(0);
    let mut parts = vec![
        text(trace, "traceId"),
        began(trace),
        text(trace, "service"),
        text(trace, "name"),
        text(trace, "status"),
        took(trace),
        counted(count("spans"), "span"),
    ];
    if count("errors") > 0 {
        parts.push(counted(count("errors"), "error"));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}

fn span_line(span: &Value) -> String {
    let error = if span["status"] == "error" { "error" } else { "" };
    let parts = [
        text(span, "traceId"),
        text(span, "spanId"),
        began(span),
        text(span, "service"),
        text(span, "kind"),
        text(span, "name"),
        took(span),
        error.to_owned(),
    ];
    parts.join("  ").trim_end().to_owned()
}

fn finding_lines(finding: &Value) -> String {
    let mut lines = format!("{}  {}", text(finding, "kind"), text(finding, "service"));
    for field in ["route", "subject"] {
        let value = text(finding, field);
        if !value.is_empty() {
            lines.push_str(&format!("  {value}"));
        }
    }
    lines.push_str(&format!("\n  {}\n  -> {}", text(finding, "sentence"), text(finding, "remedy")));
    for place in items(finding, "evidence") {
        let (trace, span) = (text(place, "traceId"), text(place, "spanId"));
        lines.push_str(&format!("\n  trace {trace} span {span}: {}", text(place, "note")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_plain_and_escaped() {
        let trace = json!({
            "traceId": "4bf9", "startUnixNano": "3600000000000", "service": "shop", "name": "GET /\u{1b}[2J",
            "status": null, "durationNanos": 3_100_000, "spans": 1, "errors": 2,
        });
        assert_eq!(
            trace_line(&trace),
            "4bf9  01:00:00.000Z  shop  GET /\\u{1b}[2J  3.10 ms  1 span  2 errors"
        );
        let span = json!({
            "traceId": "4bf9", "spanId": "00f0", "startUnixNano": "0", "service": "shop", "kind": "CLIENT",
            "name": "SELECT orders", "durationNanos": 845, "status": "error",
        });
        assert_eq!(span_line(&span), "4bf9  00f0  00:00:00.000Z  shop  CLIENT  SELECT orders  845 ns  error");
        let finding = json!({
            "kind": "repeated-query", "service": "shop", "route": "GET /orders", "subject": "SELECT lines",
            "sentence": "It ran 12 times.", "remedy": "Join.",
            "evidence": [{ "traceId": "4bf9", "spanId": "00f0", "note": "12 times\nin 48 ms" }],
        });
        let expected = "repeated-query  shop  GET /orders  SELECT lines\n  It ran 12 times.\n  -> Join.\n  \
                        trace 4bf9 span 00f0: 12 times\\nin 48 ms";
        assert_eq!(finding_lines(&finding), expected);
    }
}
