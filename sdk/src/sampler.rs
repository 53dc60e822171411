//! The six standard samplers, compiled to two numbers, because the decision falls in the bridge on the request thread.

/// A sampler that needs no call to decide.
///
/// A span with a parent takes the parent's decision when `parent_based`. Any other is sampled iff
/// `threshold == Long.MAX_VALUE || Math.abs(low) < threshold`, where `low` is the low half of its trace id: the
/// arithmetic of the OpenTelemetry Java SDK's `TraceIdRatioBasedSampler`, so that services with either agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamplerPlan {
    /// Follow the parent where there is one.
    pub parent_based: bool,
    /// `i64::MAX` samples every root, `i64::MIN` none.
    pub threshold: i64,
}

/// The names that `otel.traces.sampler` takes.
pub const SAMPLER_NAMES: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];

impl SamplerPlan {
    /// Samples every root and follows every parent: the default.
    pub const PARENT_BASED_ALWAYS_ON: Self = Self { parent_based: true, threshold: i64::MAX };

    /// The sampler of a name in [`SAMPLER_NAMES`]; `ratio` counts only for those that take one.
    pub fn named(name: &str, ratio: f64) -> Option<Self> {
        let (parent_based, root) = match name.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, name),
        };
        let threshold = match root {
            "always_on" => i64::MAX,
            "always_off" => i64::MIN,
            "traceidratio" => threshold(ratio),
            _ => return None,
        };
        Some(Self { parent_based, threshold })
    }

    /// Whether a span is sampled. `parent` says whether a valid parent, local or remote, was.
    pub fn decide(&self, parent: Option<bool>, trace_id_low: u64) -> bool {
        match parent {
            Some(sampled) if self.parent_based => sampled,
            _ => self.threshold == i64::MAX || trace_id_low.cast_signed().wrapping_abs() < self.threshold,
        }
    }
}

/// The share of trace ids below which a root is sampled; what is no number samples nothing.
fn threshold(ratio: f64) -> i64 {
    if ratio >= 1.0 {
        i64::MAX
    } else if ratio > 0.0 {
        // The product is below 2^63, and truncation is what Java's cast does too.
        (ratio * i64::MAX as f64) as i64
    } else {
        i64::MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standard_name_and_no_other_has_a_plan() {
        for name in SAMPLER_NAMES {
            assert!(SamplerPlan::named(name, 0.5).is_some(), "{name}");
        }
        for name in ["", "jaeger_remote", "parentbased_", "parentbased_parentbased_always_on", "ALWAYS_ON"] {
            assert_eq!(SamplerPlan::named(name, 0.5), None, "{name}");
        }
    }

    #[test]
    fn a_parent_decides_only_where_the_sampler_is_based_on_it() {
        let decide =
            |name, parent| SamplerPlan::named(name, 0.5).map(|plan| plan.decide(parent, u64::MAX / 2));
        for (name, no_parent, unsampled_parent, sampled_parent) in [
            ("always_on", true, true, true),
            ("always_off", false, false, false),
            ("traceidratio", false, false, false),
            ("parentbased_always_on", true, false, true),
            ("parentbased_always_off", false, false, true),
            ("parentbased_traceidratio", false, false, true),
        ] {
            assert_eq!(decide(name, None), Some(no_parent), "{name}");
            assert_eq!(decide(name, Some(false)), Some(unsampled_parent), "{name}");
            assert_eq!(decide(name, Some(true)), Some(sampled_parent), "{name}");
        }
    }

    #[test]
    fn thresholds_are_those_of_the_java_sdk() {
        for (ratio, expected) in [
            (0.0, i64::MIN),
            (0.5, 1 << 62),
            (0.25, 1 << 61),
            // (long) (0.1 * Long.MAX_VALUE) and (long) (0.0001 * Long.MAX_VALUE) as jshell prints them
            (0.1, 922_337_203_685_477_632),
            (0.0001, 922_337_203_685_477),
            (1.0, i64::MAX),
            (-1.0, i64::MIN),
            (2.0, i64::MAX),
            (f64::NAN, i64::MIN),
        ] {
            assert_eq!(threshold(ratio), expected, "{ratio}");
        }
    }

    #[test]
    fn roots_are_decided_as_the_java_sdk_decides_them() {
        // Low half of the trace id, ratio, and `Math.abs(low) < (long) (ratio * Long.MAX_VALUE)`.
        for (low, ratio, sampled) in [
            (0x0000_0000_0000_0000, 0.0001, true),
            (0x8fff_ffff_ffff_ffff, 0.0001, false),
            (0x8fff_ffff_ffff_ffff, 0.9, true),
            (0x7fff_ffff_ffff_ffff, 0.9999, false),
            (0xffff_ffff_ffff_ffff, 0.0001, true), // -1: its absolute value is 1
            (0x4000_0000_0000_0000, 0.5, false),   // exactly the threshold
            (0x3fff_ffff_ffff_ffff, 0.5, true),
            (0xc000_0000_0000_0001, 0.5, true),
            (0x8000_0000_0000_0000, 0.0001, true), // Math.abs(Long.MIN_VALUE) is negative
        ] {
            let plan = SamplerPlan { parent_based: false, threshold: threshold(ratio) };
            assert_eq!(plan.decide(None, low), sampled, "{low:#x} at {ratio}");
        }
    }

    #[test]
    fn ratio_one_samples_all_and_ratio_zero_none() {
        for low in [0, 1, u64::MAX, i64::MAX.cast_unsigned(), i64::MIN.cast_unsigned(), 1 << 62] {
            assert!(
                SamplerPlan { parent_based: false, threshold: threshold(1.0) }.decide(None, low),
                "{low:#x}"
            );
            assert!(
                !SamplerPlan { parent_based: false, threshold: threshold(0.0) }.decide(None, low),
                "{low:#x}"
            );
        }
    }
}
