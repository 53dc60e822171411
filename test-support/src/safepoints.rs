//! Safepoints, as HotSpot logs them under [`LOGGING`].

/// What `-Xlog:` is to have. JDK 11 runs every operation that is waiting in the safepoint of the first, and names only that
/// one as its reason.
pub const LOGGING: &str = "safepoint,vmoperation=debug";

/// A time for which every thread of the application stood still.
#[derive(Clone, Debug, PartialEq)]
pub struct Safepoint {
    /// The VM operation that it was for, such as `RedefineClasses`.
    pub operation: String,
    /// How long threads stood still, or waited for the last of them to stand still.
    pub milliseconds: f64,
    /// How long they waited for that.
    pub reaching_milliseconds: f64,
}

/// All of a log, in order, one for each operation; one that is not over yet is left out.
pub fn read(log: &str) -> Vec<Safepoint> {
    const NEW: &str = "Safepoint \"";
    // JDK 11 has the operation and the time in lines of their own.
    const ENTERED: &str = "Entering safepoint region: ";
    const STOPPED: &str = "threads were stopped:";
    const STOPPING: &str = "Stopping threads took:";
    let mut found = Vec::new();
    let mut entered: Vec<&str> = Vec::new();
    for line in log.lines() {
        if let Some((operation, rest)) = line.split_once(NEW).and_then(|(_, rest)| rest.split_once('"')) {
            let reaching = number_after(rest, "Reaching safepoint:").unwrap_or_default();
            let nanoseconds = number_after(rest, "Total:");
            found.extend(nanoseconds.map(|total| safepoint(operation, total / 1e6, reaching / 1e6)));
        } else if let Some((_, operation)) = line.split_once(ENTERED) {
            entered = vec![operation.trim()];
        } else if let Some(seconds) = number_after(line, STOPPED) {
            let reaching = number_after(line, STOPPING).unwrap_or_default();
            found.extend(
                entered.drain(..).map(|operation| safepoint(operation, seconds * 1e3, reaching * 1e3)),
            );
        } else if let Some(operation) = operation_begun(line)
            && !entered.is_empty()
            && !entered.contains(&operation)
        {
            entered.push(operation);
        }
    }
    found
}

fn safepoint(operation: &str, milliseconds: f64, reaching_milliseconds: f64) -> Safepoint {
    Safepoint { operation: operation.to_owned(), milliseconds, reaching_milliseconds }
}

/// `begin VM_Operation (0x00007f): RedefineClasses, mode: safepoint, requested by ...`.
fn operation_begun(line: &str) -> Option<&str> {
    let (_, operation) = line.split_once("begin VM_Operation (")?.1.split_once("): ")?;
    Some(operation.split_once(", mode: safepoint")?.0)
}

fn number_after(line: &str, label: &str) -> Option<f64> {
    let rest = line.split_once(label)?.1.trim_start();
    rest.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safepoints_are_read_from_the_logs_of_old_and_new_jvms() {
        let new = "[1.2s][info][safepoint] Safepoint \"RedefineClasses\", Time since last: 5 ns, Reaching safepoint: 9000 ns, \
                   At safepoint: 15000000 ns, Total: 15500000 ns\n\
                   [1.3s][info][safepoint] Safepoint \"Cleanup\", Total: 7000 ns\n\
                   [1.4s][info][safepoint] Safepoint \"Cut";
        let old = "[1.2s][info][safepoint] Entering safepoint region: RevokeBias\n\
                   [1.2s][debug][vmoperation] begin VM_Operation (0x7f): RevokeBias, mode: safepoint, requested by 0x7e\n\
                   [1.2s][debug][vmoperation] begin VM_Operation (0x7f): RedefineClasses, mode: safepoint, requested by \
                   0x7e\n\
                   [1.2s][info][safepoint] Leaving safepoint region\n\
                   [1.2s][info][safepoint] Total time for which application threads were stopped: 0.0125 seconds, Stopping \
                   threads took: 0.0001 seconds\n";
        assert_eq!(read(new), [safepoint("RedefineClasses", 15.5, 0.009), safepoint("Cleanup", 0.007, 0.0)]);
        assert_eq!(read(old), [safepoint("RevokeBias", 12.5, 0.1), safepoint("RedefineClasses", 12.5, 0.1)]);
    }
}
