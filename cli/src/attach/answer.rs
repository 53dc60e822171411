//! What a JVM answers to `load`: a line with its own status, then what it says of the agent.

use otelrs_settings::load::LoadAnswer;

use super::AttachError;

/// HotSpot's word for what `Agent_OnAttach` returned.
const RETURNED: &str = "return code:";
const DYNAMIC_LOADING_OFF: &str = "Dynamic agent loading is not enabled";

/// Success, or whose refusal it is.
pub(super) fn read(pid: i32, reply: &str) -> Result<(), AttachError> {
    let (status, text) = reply.split_once('\n').unwrap_or((reply, ""));
    if status.is_empty() {
        return Err(AttachError::NoAnswer);
    }
    if text.contains(DYNAMIC_LOADING_OFF) {
        return Err(AttachError::DynamicLoadingOff(pid));
    }
    let status: i32 = status.trim().parse().map_err(|_| AttachError::BadAnswer(reply.trim().to_owned()))?;
    let returned = text.lines().find_map(|line| line.trim().strip_prefix(RETURNED)?.trim().parse().ok());
    match (status, returned.map(|code| (code, LoadAnswer::of(code)))) {
        (0, Some((_, Some(LoadAnswer::Done)))) => Ok(()),
        (_, Some((_, Some(answer)))) if answer != LoadAnswer::Done => Err(AttachError::Agent { pid, answer }),
        (_, Some((code, None))) => Err(AttachError::Jvm(format!("its agent answered {code}"))),
        _ => Err(AttachError::Jvm(text.split_whitespace().collect::<Vec<_>>().join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_success_the_agents_refusal_or_the_jvms() {
        for (reply, expected) in [
            ("0\nreturn code: 0\n", ""),
            ("0\nreturn code: 201\n", "process 7: otelrs is attached already"),
            ("-1\nreturn code: 203\n", "another build or copy of otelrs"),
            ("0\nreturn code: 77\n", "did not load the agent: its agent answered 77"),
            (
                "-1\nDynamic agent loading is not enabled. Use -XX:+EnableDynamicAgentLoading to launch target VM.\n",
                "process 7 runs with -XX:-EnableDynamicAgentLoading",
            ),
            (
                "0\n/x.so was not loaded.\ncannot open\n",
                "the JVM did not load the agent: /x.so was not loaded. cannot open",
            ),
            ("", "closed the connection without an answer"),
            ("HTTP/1.1 400", "an answer that is none: HTTP/1.1 400"),
        ] {
            match read(7, reply) {
                Ok(()) => assert_eq!(expected, "", "{reply}"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(!expected.is_empty() && error.contains(expected), "{reply}: {error}");
                }
            }
        }
    }
}
