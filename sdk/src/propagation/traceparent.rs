//! `traceparent`, W3C Trace Context section 3.2.

/// The caller's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteParent {
    /// High and low half; never both 0.
    pub trace_id: [u64; 2],
    /// Never 0.
    pub span_id: u64,
    /// Only the flags this version knows: [`RemoteParent::SAMPLED`] and [`RemoteParent::RANDOM`].
    pub flags: u8,
}

impl RemoteParent {
    /// The caller recorded this trace.
    pub const SAMPLED: u8 = 1;
    /// The low 56 bits of the trace id are random (Trace Context level 2).
    pub const RANDOM: u8 = 2;

    /// Whether the caller recorded this trace.
    pub fn sampled(self) -> bool {
        self.flags & Self::SAMPLED != 0
    }
}

/// Length of version 00, and of that part of a later version which we know.
const LEN: usize = 55;

/// Reads one header value. Upper-case digits, version ff and ids of only zeros are refused; of a later version the
/// part that version 00 knows is read, when nothing or a dash follows it.
pub fn parse_traceparent(value: &str) -> Option<RemoteParent> {
    let value = value.trim_matches([' ', '\t']).as_bytes();
    let (known, rest) = value.split_at_checked(LEN)?;
    let version = hex(known.get(..2)?)?;
    match (version, rest.first()) {
        (0xff, _) => return None,
        (0, None) | (1.., None | Some(b'-')) => {}
        _ => return None,
    }
    let dashes = [2, 35, 52].into_iter().all(|at| known.get(at) == Some(&b'-'));
    let trace_id = [hex(known.get(3..19)?)?, hex(known.get(19..35)?)?];
    let span_id = hex(known.get(36..52)?)?;
    // Flags that this version does not know must not be passed on (3.2.2.5).
    let flags = hex(known.get(53..)?)? as u8 & (RemoteParent::SAMPLED | RemoteParent::RANDOM);
    let valid = dashes && trace_id != [0, 0] && span_id != 0;
    valid.then_some(RemoteParent { trace_id, span_id, flags })
}

/// Lower-case digits only; `from_str_radix` would take a sign and upper case.
fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u64::from(value))
    })
}

/// Writes the header value of version 00.
pub fn write_traceparent(trace_id: [u64; 2], span_id: u64, flags: u8, out: &mut [u8; LEN]) {
    let [high, low] = trace_id;
    let fields = [(0, 1), (high, 8), (low, 8), (span_id, 8), (u64::from(flags), 1)];
    let mut digits = fields.into_iter().enumerate().flat_map(|(field, (number, bytes))| {
        // The two halves of the trace id stand together; every other field follows a dash.
        let dash = (field != 0 && field != 2).then_some(b'-');
        let nibbles = (0..bytes * 2).rev().map(move |nibble| digit(number >> (nibble * 4)));
        dash.into_iter().chain(nibbles)
    });
    out.fill_with(|| digits.next().unwrap_or(b'0'));
}

fn digit(number: u64) -> u8 {
    let nibble = (number & 0xf) as u8;
    nibble + if nibble < 10 { b'0' } else { b'a' - 10 }
}
