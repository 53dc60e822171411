//! `baggage`, W3C Baggage: forwarded as text, never read for its meaning.

/// Members that must be forwarded at least; more are not (W3C Baggage, 3.3.2).
const MAX_MEMBERS: usize = 64;
/// Bytes that must be forwarded at least; more are not.
const MAX_BYTES: usize = 8192;

/// One value of all header lines in their order.
///
/// A malformed member is left out (it could break the request it is forwarded with), and so is every member from the
/// first one on that exceeds a limit: a member is whole or absent.
pub(super) fn merge<T: AsRef<str>>(lines: &[T]) -> String {
    let members = lines.iter().flat_map(|line| line.as_ref().split(','));
    let members = members.map(|member| member.trim_matches([' ', '\t'])).filter(|member| is_member(member));
    let mut merged = String::new();
    for member in members.take(MAX_MEMBERS) {
        let comma = usize::from(!merged.is_empty());
        if merged.len() + comma + member.len() > MAX_BYTES {
            break;
        }
        if comma == 1 {
            merged.push(',');
        }
        merged.push_str(member);
    }
    merged
}

/// `key=value`, perhaps with properties, in characters that every HTTP client lets through.
fn is_member(member: &str) -> bool {
    let Some((key, _)) = member.split_once('=') else { return false };
    let key = key.trim_matches([' ', '\t']);
    !key.is_empty()
        && key.bytes().all(is_token)
        && member.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
