//! Sampled stacks, as async-profiler writes them with `collapsed,threads,lib`, and whose each sample is.

use std::collections::BTreeMap;

/// Ours in a native frame, which begins with its library; where it has a symbol, a backquote and that follow.
const LIBRARY: &str = "libotelrs.so";
/// Ours in a Java frame: the classes of bridge and glue.
const CLASS: &str = "/Otelrs";
/// Methods of the bridge in which a task of the application runs: what is below such a frame is the application's.
const RUNS_TASKS: [&str; 2] = ["run", "call"];

/// What a frame is, which is what colour it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Rust.
    OursNative,
    /// The bridge or a glue class.
    OursJava,
    /// The application, its libraries and the JDK.
    Java,
    /// The JVM and the C library.
    Native,
    /// The kernel, and what has no name.
    Other,
}

impl Kind {
    /// Of a frame by its name.
    pub(super) fn of(frame: &str) -> Self {
        match frame {
            ours if ours.starts_with(LIBRARY) => Self::OursNative,
            ours if ours.contains(CLASS) => Self::OursJava,
            library if library.contains('`') => Self::Native,
            java if java.contains('/') && java.contains('.') => Self::Java,
            _ => Self::Other,
        }
    }
}

/// Samples by stack, outermost frame first.
#[derive(Debug, Default)]
pub(super) struct Stacks(Vec<(Vec<String>, u64)>);

/// Samples in which our code was at work, by the innermost of our frames.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    /// Of all threads.
    pub(super) total: u64,
    /// Rust functions.
    pub(super) native: BTreeMap<String, u64>,
    /// Java methods.
    pub(super) java: BTreeMap<String, u64>,
}

impl Stacks {
    /// Reads `frame;frame;frame count` lines; another line is left out. Threads of one pool become one.
    pub(super) fn parse(text: &str) -> Self {
        let stack = |line: &str| {
            let (frames, count) = line.rsplit_once(' ')?;
            let mut frames: Vec<String> = frames.split(';').map(name).collect();
            if let Some(thread) = frames.first_mut() {
                *thread = thread_name(thread);
            }
            Some((frames, count.parse().ok()?))
        };
        Self(text.lines().filter_map(stack).collect())
    }

    /// Each stack with its samples.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[String], u64)> {
        self.0.iter().map(|(frames, count)| (frames.as_slice(), *count))
    }

    /// Whose the samples are. What our code calls is ours, and what a task of the application does is not.
    pub(super) fn shares(&self) -> Shares {
        let mut shares = Shares::default();
        for (frames, count) in self.iter() {
            shares.total += count;
            let ours = frames.iter().enumerate().rev().find_map(|(place, frame)| {
                let kind = Kind::of(frame);
                matches!(kind, Kind::OursNative | Kind::OursJava).then_some((place, frame, kind))
            });
            match ours {
                Some((_, frame, Kind::OursNative)) => {
                    let function = frame.trim_start_matches(LIBRARY).trim_start_matches('`');
                    let function = if function.is_empty() { "(no symbol)" } else { function }.to_owned();
                    *shares.native.entry(function).or_default() += count;
                }
                Some((place, frame, _)) if place + 1 == frames.len() || !runs_tasks(frame) => {
                    *shares.java.entry(frame.clone()).or_default() += count;
                }
                _ => {}
            }
        }
        shares
    }
}

fn runs_tasks(frame: &str) -> bool {
    let method = frame.rsplit('.').next().unwrap_or_default();
    RUNS_TASKS.iter().any(|beginning| method.starts_with(beginning))
}

/// Without the path of the library, and without what makes one lambda's name differ from the next.
fn name(frame: &str) -> String {
    let (path, symbol) = frame.find('`').map_or((frame, ""), |at| frame.split_at(at));
    // A library without a symbol is its path alone; Java's names have slashes too, but none at their beginning.
    let is_path = path.starts_with('/');
    let file = if is_path { path.rsplit('/').next().unwrap_or(path) } else { path };
    let frame = file.to_owned() + symbol;
    match frame.split_once("0x") {
        Some((before, after)) => {
            before.to_owned() + after.trim_start_matches(|letter: char| letter.is_ascii_hexdigit())
        }
        None => frame,
    }
}

/// `[http-nio-auto-1-exec-2 tid=8289]`: a thread of `http-nio-auto-1-exec`.
fn thread_name(frame: &str) -> String {
    let name = frame.trim_start_matches('[').split(" tid=").next().unwrap_or(frame);
    let pool = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || "-#]".contains(letter));
    format!("[{}]", if pool.is_empty() { name } else { pool })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_known_by_their_names() {
        for (frame, kind) in [
            ("libotelrs.so`otelrs_sdk::ring::Ring::push", Kind::OursNative),
            ("java/lang/OtelrsBridge.open", Kind::OursJava),
            ("org/apache/catalina/connector/OtelrsGlue.enter", Kind::OursJava),
            ("org/h2/Driver.connect", Kind::Java),
            ("libjvm.so`ClassFileParser::parse", Kind::Native),
            ("[http-nio]", Kind::Other),
        ] {
            assert_eq!(Kind::of(frame), kind, "{frame}");
        }
    }

    #[test]
    fn a_sample_is_ours_by_the_innermost_of_our_frames() {
        let stacks = Stacks::parse(
            "[exec-1 tid=7];java/lang/OtelrsTasks.runSubmitted;a/B.run 5\n\
             [exec-2 tid=8];java/lang/OtelrsTasks.runSubmitted 2\n\
             [exec-2 tid=8];a/B.run;java/lang/OtelrsBridge.open;java/lang/ThreadLocal.get 3\n\
             [main tid=1];libjvm.so`load;/x/libotelrs.so`hook;/x/libotelrs.so`skim;libc.so.6`memcpy 4\n\
             [main tid=1];libjvm.so`load;/x/libotelrs.so 1\n\
             no stack\n",
        );
        let shares = stacks.shares();
        assert_eq!(shares.total, 15);
        assert_eq!(shares.native, [("(no symbol)".to_owned(), 1), ("skim".to_owned(), 4)].into());
        let java = [("java/lang/OtelrsTasks.runSubmitted", 2), ("java/lang/OtelrsBridge.open", 3)];
        assert_eq!(shares.java, java.map(|(frame, count)| (frame.to_owned(), count)).into());
        let threads: Vec<&str> = stacks.iter().map(|(frames, _)| frames[0].as_str()).collect();
        assert_eq!(threads, ["[exec]", "[exec]", "[exec]", "[main]", "[main]"]);
    }

    #[test]
    fn addresses_do_not_part_what_has_one_name() {
        assert_eq!(name("a/B$$Lambda.0x0000f00d.run"), "a/B$$Lambda..run");
        assert_eq!(name("/lib/x/libc.so.6`read"), "libc.so.6`read");
    }
}
