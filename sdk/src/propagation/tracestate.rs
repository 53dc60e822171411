//! `tracestate`, W3C Trace Context section 3.3: we only forward it, but only when all of it is well formed.

/// List members that a trace state may have (3.3.1.1).
const MAX_MEMBERS: usize = 32;
/// Characters in a simple key (3.3.1.3.1).
const MAX_KEY: usize = 256;
/// Characters before the `@` of a multi-tenant key.
const MAX_TENANT: usize = 241;
/// Characters after it.
const MAX_SYSTEM: usize = 14;
/// Characters in a value (3.3.1.3.2).
const MAX_VALUE: usize = 256;

/// One value of all header lines in their order, or `None` when any member is malformed or there are too many.
///
/// Of members with the same key the first is kept: it is the latest, since writers prepend.
pub(super) fn merge<T: AsRef<str>>(lines: &[T]) -> Option<String> {
    let mut members: Vec<(&str, &str)> = Vec::new();
    let mut count = 0;
    for member in lines.iter().flat_map(|line| line.as_ref().split(',')) {
        let member = member.trim_matches([' ', '\t']);
        if member.is_empty() {
            continue;
        }
        count += 1;
        let (key, value) = member.split_once('=')?;
        if count > MAX_MEMBERS || !is_key(key.as_bytes()) || !is_value(value.as_bytes()) {
            return None;
        }
        if members.iter().all(|known| known.0 != key) {
            members.push((key, member));
        }
    }
    let members: Vec<_> = members.into_iter().map(|member| member.1).collect();
    Some(members.join(","))
}

/// A digit may begin a simple key too: level 2 allows it, and level 1 asks only senders not to.
fn is_key(key: &[u8]) -> bool {
    match key.iter().position(|byte| *byte == b'@') {
        None => is_key_part(key, MAX_KEY),
        Some(at) => {
            let (tenant, system) = key.split_at(at);
            let system = system.get(1..).unwrap_or_default();
            is_key_part(tenant, MAX_TENANT)
                && is_key_part(system, MAX_SYSTEM)
                && system.first().is_some_and(u8::is_ascii_lowercase)
        }
    }
}

fn is_key_part(part: &[u8], max: usize) -> bool {
    let inner = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/');
    part.len() <= max
        && part.first().is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit())
        && part.iter().all(inner)
}

fn is_value(value: &[u8]) -> bool {
    let inner = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    value.len() <= MAX_VALUE && value.last().is_some_and(|last| *last != b' ') && value.iter().all(inner)
}
