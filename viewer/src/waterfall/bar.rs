//! The bar of a span: where it begins and how long it lasts, in half columns.

use super::Glyphs;

/// `(start, length)` within `total`, all in nanoseconds, as exactly `columns` characters; never invisible.
pub(super) fn bar((start, length): (u64, u64), total: u64, columns: usize, glyphs: Glyphs) -> String {
    let halves = columns as u64 * 2;
    if halves == 0 {
        return String::new();
    }
    let (total, whole) = (u128::from(total.max(1)), u128::from(halves));
    let to_halves =
        |nanos: u128, up: u128| u64::try_from((nanos * whole + up) / total).unwrap_or(halves).min(halves);
    let end = u128::from(start) + u128::from(length);
    let from = to_halves(u128::from(start), 0).min(halves - 1);
    let to = to_halves(end, total - 1).max(from + 1);
    let on = |half: u64| from <= half && half < to;
    (0..columns as u64)
        .map(|column| match (on(2 * column), on(2 * column + 1), glyphs) {
            (false, false, _) => ' ',
            (_, _, Glyphs::Ascii) => '=',
            (true, true, _) => '━',
            (true, false, _) => '╸',
            (false, true, _) => '╺',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_lie_where_their_span_lies() {
        let cases = [
            ((0, 100), 100, "━━━━━━━━━━"),
            ((0, 50), 100, "━━━━━     "),
            ((50, 50), 100, "     ━━━━━"),
            ((25, 25), 100, "  ╺━━     "),
            ((0, 5), 100, "╸         "),
            ((0, 0), 100, "╸         "),
            ((100, 0), 100, "         ╺"),
            ((0, 0), 0, "╸         "),
            ((u64::MAX, u64::MAX), u64::MAX, "         ╺"),
        ];
        for (span, total, shown) in cases {
            assert_eq!(bar(span, total, 10, Glyphs::Unicode), shown, "{span:?} of {total}");
        }
        assert_eq!(bar((25, 25), 100, 10, Glyphs::Ascii), "  ===     ");
        assert_eq!(bar((0, 1), 1, 0, Glyphs::Unicode), "");
    }
}
