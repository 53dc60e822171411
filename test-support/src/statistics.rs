//! From pairs to a difference or a ratio with its confidence interval.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// How sure an interval is.
const CONFIDENCE: f64 = 0.95;

/// An estimate and the interval that holds the true value with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The best guess.
    pub estimate: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Of what is counted or read, not estimated.
    pub fn exact(value: f64) -> Self {
        Self { estimate: value, low: value, high: value }
    }

    fn map(self, with: impl Fn(f64) -> f64) -> Self {
        Self { estimate: with(self.estimate), low: with(self.low), high: with(self.high) }
    }
}

/// The middle one of some values, or between the middle two.
pub fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values.get(middle).copied(),
        _ => Some((values.get(middle.checked_sub(1)?)? + values.get(middle)?) / 2.0),
    }
}

/// What the tenth part of some values is less than.
pub fn lower_decile(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 10).copied()
}

/// By how much the second of each pair is larger than the first, on average. Nothing for fewer than two pairs.
pub fn difference(pairs: &[(f64, f64)]) -> Option<Interval> {
    mean(&pairs.iter().map(|(base, other)| other - base).collect::<Vec<_>>())
}

/// How many times the first the second of each pair is: the geometric mean, because a ratio of 2 and one of 1/2 cancel
/// out. Nothing for fewer than two pairs, or where one is not above zero.
pub fn ratio(pairs: &[(f64, f64)]) -> Option<Interval> {
    if pairs.iter().any(|(base, other)| *base <= 0.0 || *other <= 0.0) {
        return None;
    }
    let logarithms: Vec<f64> = pairs.iter().map(|(base, other)| (other / base).ln()).collect();
    mean(&logarithms).map(|logarithm| logarithm.map(f64::exp))
}

/// The average of values of as many rounds, with Student's t interval: rounds are few, and what makes them differ (the JIT
/// compiler's choices, where pages lie) is many small causes. Nothing for fewer than two.
pub fn mean(values: &[f64]) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let (count, freedom) = (values.len() as f64, (values.len() - 1) as f64);
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / freedom;
    let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf((1.0 + CONFIDENCE) / 2.0);
    let half = quantile * (variance / count).sqrt();
    Some(Interval { estimate: mean, low: mean - half, high: mean + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(interval: Option<Interval>, estimate: f64, low: f64, high: f64) {
        let interval = interval.unwrap();
        for (own, expected) in [(interval.estimate, estimate), (interval.low, low), (interval.high, high)] {
            assert!(
                (own - expected).abs() < 1e-3 * expected.abs(),
                "{interval:?}, not {estimate} [{low}..{high}]"
            );
        }
    }

    #[test]
    fn the_median_is_the_middle() {
        for (values, expected) in
            [(&[][..], None), (&[3.0], Some(3.0)), (&[4.0, 1.0], Some(2.5)), (&[9.0, 1.0, 2.0], Some(2.0))]
        {
            assert_eq!(median(values.iter().copied()), expected, "{values:?}");
        }
    }

    #[test]
    fn a_tenth_is_less_than_the_lower_decile() {
        assert_eq!(lower_decile((0..20).rev().map(f64::from)), Some(2.0));
        assert_eq!(lower_decile([7.0, 5.0].into_iter()), Some(5.0));
        assert_eq!(lower_decile([].into_iter()), None);
    }

    #[test]
    fn a_difference_has_students_interval() {
        // Differences 1, 2, 3, 4, 5: mean 3, standard error 0.7071, t(0.975, 4) = 2.7764.
        let pairs = [(10.0, 11.0), (10.0, 12.0), (20.0, 23.0), (1.0, 5.0), (0.0, 5.0)];
        assert_close(difference(&pairs), 3.0, 1.0368, 4.9632);
    }

    #[test]
    fn a_ratio_is_the_geometric_mean_of_the_pairs() {
        // Logarithms ln 2 and -ln 2: mean 0, standard error ln 2, t(0.975, 1) = 12.7062.
        assert_close(
            ratio(&[(1.0, 2.0), (2.0, 1.0)]),
            1.0,
            (-12.7062 * 2f64.ln()).exp(),
            (12.7062 * 2f64.ln()).exp(),
        );
        assert_close(ratio(&[(10.0, 12.0), (20.0, 24.0), (5.0, 6.0)]), 1.2, 1.2, 1.2);
    }

    #[test]
    fn what_is_the_same_for_all_rounds_cancels_out() {
        let slow = [(10.0, 10.5), (20.0, 21.0), (30.0, 31.5)];
        let interval = ratio(&slow).unwrap();
        assert!(interval.high - interval.low < 1e-9, "{interval:?}");
    }

    #[test]
    fn one_round_has_no_interval_and_nothing_has_no_ratio() {
        assert_eq!(difference(&[(1.0, 2.0)]), None);
        assert_eq!(ratio(&[(1.0, 2.0)]), None);
        assert_eq!(ratio(&[(0.0, 2.0), (1.0, 1.0)]), None);
    }
}
