//! What of an exception may leave: its class always, its frames where captured, its message only by option.

use otelrs_sdk::payload::Payload;
use otelrs_sdk::span::Exception;

use crate::keys;
use crate::text::{MAX_NAME, MAX_VALUE, cleaned, cut};

/// The longest stack trace sent, in bytes.
const MAX_STACK_TRACE: usize = 16 * 1024;

/// The exception in `payload`, if one escaped; `messages` says whether its message may leave.
pub(crate) fn exception(payload: &Payload<'_>, time_unix_nano: u64, messages: bool) -> Option<Exception> {
    let class = cleaned(&payload.text(keys::EXCEPTION_TYPE)?, MAX_NAME)?;
    let message = payload.text(keys::EXCEPTION_MESSAGE).filter(|_| messages);
    let message = message.map(|message| cut(&message, MAX_VALUE).to_owned());
    let stack_trace = payload
        .text(keys::EXCEPTION_STACK_TRACE)
        .map(|trace| if messages { whole_lines(&trace).to_owned() } else { without_messages(&trace) });
    Some(Exception {
        time_unix_nano,
        class,
        message,
        stack_trace: stack_trace.filter(|trace| !trace.is_empty()),
    })
}

/// The start of `trace` that fits, ending with a line.
fn whole_lines(trace: &str) -> &str {
    let start = cut(trace, MAX_STACK_TRACE);
    if start.len() == trace.len() {
        return start;
    }
    start.rfind('\n').and_then(|end| start.get(..end)).unwrap_or_default()
}

/// A printed stack trace with the message of each throwable in it left out.
///
/// A message may have several lines, so what is no frame, heading or `... n more` is taken for one.
fn without_messages(trace: &str) -> String {
    let mut kept = String::with_capacity(trace.len().min(MAX_STACK_TRACE));
    for (number, line) in whole_lines(trace).lines().enumerate() {
        let Some(line) = (if number == 0 { Some(class_of(line)) } else { frame(line) }) else { continue };
        if !kept.is_empty() {
            kept.push('\n');
        }
        kept.push_str(line);
    }
    kept
}

/// The part of a line after the first that holds no message.
fn frame(line: &str) -> Option<&str> {
    let text = line.trim_start();
    if text.len() == line.len() && !text.starts_with("Caused by: ") {
        return None;
    }
    if let Some(place) = text.strip_prefix("at ") {
        let (method, file) = place.split_once('(')?;
        let whole = file.ends_with(')') && !method.contains(char::is_whitespace);
        return whole.then_some(line);
    }
    if let Some(count) = text.strip_prefix("... ") {
        let count = count.strip_suffix(" more").or_else(|| count.strip_suffix(" common frames omitted"))?;
        return count.bytes().all(|b| b.is_ascii_digit()).then_some(line);
    }
    for heading in ["Caused by: ", "Suppressed: "] {
        if let Some(rest) = text.strip_prefix(heading) {
            let kept = line.len() - rest.len() + class_of(rest).len();
            return line.get(..kept);
        }
    }
    None
}

/// The class before the first colon of `class: message`; nothing of a text that does not look like a class.
fn class_of(text: &str) -> &str {
    let class = text.split_once(": ").map_or(text, |(class, _)| class).trim_end_matches(':');
    if class.contains(char::is_whitespace) { "" } else { class }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::payload;

    const TRACE: &str = "a.B: card 4111 of\nbob@example.com\n\tat a.B.run(B.java:3)\n\tat app//x.Y.z(Unknown Source)\
        \n\tSuppressed: c.D: pin 99\n\t\tat c.D.<init>(Native Method)\nCaused by: e.F: secret\n\tat e.F.g(F.java:1)\n\t... 12 more";

    #[test]
    fn a_stack_trace_keeps_frames_and_classes_and_no_message() {
        let bytes = payload(&[(keys::EXCEPTION_TYPE, "a.B"), (keys::EXCEPTION_STACK_TRACE, TRACE)], &[]);
        let found = exception(&Payload::new(&bytes), 7, false).unwrap();
        assert_eq!(
            found.stack_trace.as_deref(),
            Some(
                "a.B\n\tat a.B.run(B.java:3)\n\tat app//x.Y.z(Unknown Source)\n\tSuppressed: c.D\n\
                 \t\tat c.D.<init>(Native Method)\nCaused by: e.F\n\tat e.F.g(F.java:1)\n\t... 12 more"
            )
        );
        assert_eq!((found.time_unix_nano, found.class.as_str(), found.message), (7, "a.B", None));
    }

    #[test]
    fn a_message_leaves_only_by_option() {
        let texts = [
            (keys::EXCEPTION_TYPE, "a.B"),
            (keys::EXCEPTION_MESSAGE, "card 4111"),
            (keys::EXCEPTION_STACK_TRACE, TRACE),
        ];
        let bytes = payload(&texts, &[]);
        let silent = exception(&Payload::new(&bytes), 0, false).unwrap();
        assert_eq!(silent.message, None);
        let open = exception(&Payload::new(&bytes), 0, true).unwrap();
        assert_eq!(open.message.as_deref(), Some("card 4111"));
        assert_eq!(open.stack_trace.as_deref(), Some(TRACE));
    }

    #[test]
    fn a_first_line_that_is_no_class_is_dropped() {
        assert_eq!(without_messages("some words: x\n\tat a.B.c(D.java:1)"), "\tat a.B.c(D.java:1)");
    }

    #[test]
    fn an_endless_stack_trace_is_cut_after_a_line() {
        let trace = format!("a.B\n{}", "\tat a.B.c(D.java:1)\n".repeat(5_000));
        let kept = without_messages(&trace);
        assert!(kept.len() <= MAX_STACK_TRACE && kept.ends_with(')'), "{}", kept.len());
    }

    #[test]
    fn no_exception_no_event() {
        assert_eq!(exception(&Payload::new(&[]), 0, true), None);
    }
}
