//! The handles by which HotSpot's native side holds objects of the heap, as `-Xlog:oopstorage+ref=trace` logs them.

use std::collections::BTreeMap;

/// How many handles there are in each storage. Strong: `JNI Global`, `JVMTI OopStorage`, `Thread OopStorage`, `VM Global`;
/// the weak ones have `Weak` in their names. JDK 11 has those of JNI and of the string table only.
pub type Handles = BTreeMap<String, i64>;

/// Those that are left at the end of a log which has every one that was made.
pub fn live(log: &str) -> Handles {
    let mut live = Handles::new();
    for line in log.lines() {
        if let Some((storage, change)) = change(line) {
            *live.entry(storage.to_owned()).or_default() += change;
        }
    }
    live
}

/// `[1.2s][trace][oopstorage,ref] JNI Global: allocated 0x00007f`.
fn change(line: &str) -> Option<(&str, i64)> {
    let (_, message) = line.split_once("[oopstorage,ref")?.1.split_once("] ")?;
    let (storage, what) = message.split_once(": ")?;
    match what.split(' ').next()? {
        "allocated" => Some((storage, 1)),
        // "released" in JDK 11.
        "releasing" | "released" => Some((storage, -1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_and_not_given_back_is_live() {
        let log = "[0.1s][trace][oopstorage,ref] JNI Global: allocated 0x01\n\
                   [0.1s][info ][safepoint     ] Safepoint \"Cleanup\", Total: 7 ns\n\
                   [0.2s][trace][oopstorage,ref] JNI Global: allocated 0x02\n\
                   [0.2s][trace][oopstorage,ref     ] JVMTI Tag Weak OopStorage: allocated 0x03\n\
                   [0.3s][trace][oopstorage,ref] JNI Global: releasing 0x01\n\
                   [0.3s][trace][oopstorage,ref] JNI Weak: allocated 0x04\n\
                   [0.3s][trace][oopstorage,ref] JNI Weak: released 0x04\n\
                   [0.4s][trace][oopstorage,ref] JNI Glo";
        let expected = [("JNI Global", 1), ("JNI Weak", 0), ("JVMTI Tag Weak OopStorage", 1)];
        assert_eq!(live(log), expected.map(|(storage, count)| (storage.to_owned(), count)).into());
    }
}
