//! Options that were given and are none of ours.

use crate::instrumentation::{self, Instrumentation, switch, switched_name};
use crate::java_agent;
use crate::layers::{Found, Layers, Origin, normalised, truth};
use crate::option::Kind;
use crate::problem::{Problem, clean};
use crate::table::OPTIONS;

/// A name longer than this is no misspelling, and comparing it would take time.
const MAX_NAME: usize = 128;

/// Names what is not known, and in one line what only the Java agent knows; `not_yet` is added to that line.
pub(crate) fn notices(layers: &Layers, mut not_yet: Vec<String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, found) in layers.all() {
        match judge(key, found) {
            Verdict::Ours => {}
            Verdict::NotYet => not_yet.push(clean(found.name)),
            Verdict::Invalid => problems.push(Problem::Invalid {
                name: clean(found.name),
                origin: found.origin,
                shown: Kind::Bool.shown(found.value),
                expected: Kind::Bool.expected(),
                used: "it is ignored".into(),
            }),
            Verdict::Unknown => problems.extend(unknown(key, found)),
        }
    }
    if !not_yet.is_empty() {
        not_yet.sort();
        not_yet.dedup();
        problems.push(Problem::NotYet { names: not_yet });
    }
    problems
}

enum Verdict {
    Ours,
    NotYet,
    Invalid,
    Unknown,
}

fn judge(key: &str, found: Found<'_>) -> Verdict {
    let ours = |name: &str| normalised(name) == key;
    if OPTIONS.iter().any(|option| ours(option.name) || option.aliases.iter().any(|alias| ours(alias))) {
        return Verdict::Ours;
    }
    if java_agent::has_option(key) {
        return Verdict::NotYet;
    }
    let Some(name) = switched_name(key) else { return Verdict::Unknown };
    let known = Instrumentation::answering_to(name).is_some();
    match truth(Some(found)) {
        None if known && !found.value.trim().is_empty() => Verdict::Invalid,
        _ if known => Verdict::Ours,
        // What asks for an instrumentation to be off is satisfied by its absence.
        Some(false) if java_agent::has_instrumentation(name) => Verdict::Ours,
        _ if java_agent::has_instrumentation(name) => Verdict::NotYet,
        _ => Verdict::Unknown,
    }
}

/// A stranger in the environment may be meant for another program, unless it looks like a slip of ours. A file may
/// hold whatever its owner likes, unless it claims to be OpenTelemetry's.
fn unknown(key: &str, found: Found<'_>) -> Option<Problem> {
    let suggestion = nearest(key, found.origin);
    let ours = match found.origin {
        Origin::AgentOption | Origin::SystemProperty => true,
        Origin::Environment => suggestion.is_some(),
        Origin::ConfigurationFile => key.starts_with("otel."),
    };
    ours.then(|| Problem::Unknown { name: clean(found.name), origin: found.origin, suggestion })
}

/// The option whose name differs from `key` by a slip or two, or only by the missing `otel.`.
fn nearest(key: &str, origin: Origin) -> Option<String> {
    if key.len() > MAX_NAME {
        return None;
    }
    let slips = if origin == Origin::Environment { 2 } else { 3 };
    let options =
        OPTIONS.iter().flat_map(|option| std::iter::once(option.name).chain(option.aliases.iter().copied()));
    let names = options.map(str::to_owned).chain(instrumentation_switches());
    let distance = |name: &str| {
        let name = normalised(name);
        if name.strip_prefix("otel.") == Some(key) { 0 } else { strsim::osa_distance(&name, key) }
    };
    let nearest = names.map(|name| (distance(&name), name)).min()?;
    (nearest.0 <= slips).then(|| origin.spelt(&nearest.1))
}

/// Without the aliases that are names with a version: nobody should be led to those.
fn instrumentation_switches() -> impl Iterator<Item = String> {
    instrumentation::INSTRUMENTATIONS.iter().map(|known| switch(known.name)).chain([switch("servlet")])
}
