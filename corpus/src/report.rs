//! The result as tables: on the terminal and as `docs/corpus.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::instrument::Tally;
use crate::verifier::Verdict;

/// Of a collection's methods with code at most one in so many may be declined.
const DECLINED_ONE_IN: u32 = 1_000;

/// One collection, and what each JVM said of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What instrumenting it gave.
    pub tally: Tally,
    /// By the feature release of the JDK.
    pub verdicts: BTreeMap<u16, Verdict>,
}

/// A whole run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// In the order tested.
    pub rows: Vec<Row>,
    /// What was left out, and why.
    pub skipped: Vec<String>,
}

impl Row {
    /// What must not be, one line each.
    pub fn failures(&self) -> Vec<String> {
        let mut failures: Vec<String> =
            self.tally.failures.iter().map(|failure| format!("{}: {failure}", self.name)).collect();
        for (jdk, verdict) in &self.verdicts {
            let told =
                verdict.failures.iter().map(|failure| format!("{} on JDK {jdk}: {failure}", self.name));
            failures.extend(told);
        }
        if self.tally.declined_in_all() * DECLINED_ONE_IN > self.tally.methods {
            failures.push(format!("{}: more than 0.1 % of its methods are declined", self.name));
        }
        failures
    }
}

impl Report {
    /// What must not be, one line each; none when all is well.
    pub fn failures(&self) -> Vec<String> {
        self.rows.iter().flat_map(Row::failures).collect()
    }

    /// All rows together.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.rows.iter().for_each(|row| total.add(&row.tally));
        total
    }

    /// A table in Markdown, readable as it is.
    pub fn table(&self) -> String {
        let jdks: Vec<u16> = {
            let mut all: Vec<u16> = self.rows.iter().flat_map(|row| row.verdicts.keys().copied()).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let mut text = String::from("| classes of | classes | methods with code | patched | declined |");
        for jdk in &jdks {
            let _ = write!(text, " verified by {jdk} |");
        }
        text.push_str(" not linkable | failures |\n|---|--:|--:|--:|--:|");
        jdks.iter().for_each(|_| text.push_str("--:|"));
        text.push_str("--:|--:|\n");
        for row in &self.rows {
            let Tally { classes, methods, patched, .. } = &row.tally;
            let _ = write!(
                text,
                "| {} | {classes} | {methods} | {patched} | {} |",
                row.name,
                declined(&row.tally)
            );
            for jdk in &jdks {
                let verified = row.verdicts.get(jdk).map(|verdict| verdict.verified.to_string());
                let _ = write!(text, " {} |", verified.unwrap_or_default());
            }
            let not_linkable: Vec<String> =
                row.verdicts.values().map(|verdict| verdict.not_linkable.to_string()).collect();
            let _ = writeln!(text, " {} | {} |", not_linkable.join(" / "), row.failures().len());
        }
        let total = self.total();
        let verified: u32 =
            self.rows.iter().flat_map(|row| row.verdicts.values()).map(|each| each.verified).sum();
        let _ = writeln!(
            text,
            "\nTogether: {} classes, {} methods with code, {} patched, {} declined, {} times a JVM verified a class, {} failures.",
            total.classes,
            total.methods,
            total.patched,
            declined(&total),
            verified,
            self.failures().len()
        );
        text
    }

    /// `docs/corpus.md`.
    pub fn document(&self, commit: &str, jdks: &str, took: Duration) -> String {
        let mut reasons = String::new();
        for reason in self.total().declined.keys() {
            let _ = writeln!(reasons, "| `{reason}` | {} |", meaning(reason));
        }
        let mut skipped = String::new();
        for what in &self.skipped {
            let _ = writeln!(skipped, "- skipped: {what}");
        }
        format!(
            "# Corpus\n\n\
             Written by `./x corpus`: advice at the entry and the exits of every method that has code, of every class of \
             each JDK found and of the artifacts in [pinned.txt](../corpus/pinned.txt). Commit {commit}, {} s. {jdks}.\n\n\
             Of each class it was checked that no edit leaves it unchanged, and that what was patched is patched \
             alike under a version number one above the newest known. Then JVMs under -Xverify:all were given the \
             classes: their own by redefinition, which verifies and then refuses, so that none of it runs; those of jars \
             by defining and linking them, once as they are and once with advice. *Not linkable*, per JDK, are those that \
             a JVM does not link as they are, for the same kind of error as with advice: what they name is in no jar of \
             the set, their version is newer than the JVM, or the JVM changes them itself. A *failure* is any other \
             difference, and more than 0.1 % of a row's methods declined.\n\n{skipped}\n{}\n\
             | reason | meaning |\n|---|---|\n{reasons}",
            took.as_secs(),
            self.table()
        )
    }
}

fn declined(tally: &Tally) -> String {
    let reasons: Vec<String> =
        tally.declined.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    if reasons.is_empty() { "0".to_owned() } else { reasons.join(", ") }
}

/// What a reader of the report needs to know of a reason.
fn meaning(reason: &str) -> &'static str {
    match reason {
        "code-too-large-for-jit" => {
            "the method would cross 8,000 bytes of code, above which HotSpot only interprets"
        }
        "inference-may-load" => {
            "a class below version 50 is verified by inference, which would load classes to join the types of a \
             constructor's argument and of what is assigned to it; they may be missing on purpose"
        }
        "code-too-large" => "the method would cross 65,535 bytes of code",
        "unknown-attribute" => {
            "its code has an attribute that no specification defines and that may hold offsets"
        }
        _ => "see `classfile/src/outcome.rs`",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(methods: u32, declined: u32, failure: Option<&str>) -> Row {
        let tally =
            Tally { methods, declined: BTreeMap::from([("code-too-large", declined)]), ..Tally::default() };
        let verdict =
            Verdict { failures: failure.into_iter().map(str::to_owned).collect(), ..Verdict::default() };
        Row { name: "a.jar".to_owned(), tally, verdicts: BTreeMap::from([(17, verdict)]) }
    }

    #[test]
    fn too_many_declined_methods_and_a_refused_class_are_failures() {
        for (row, failures) in [
            (row(1_000, 1, None), 0),
            (row(999, 1, None), 1),
            (row(0, 0, None), 0),
            (row(1_000, 0, Some("a.B: VerifyError")), 1),
        ] {
            assert_eq!(row.failures().len(), failures, "{row:?}");
        }
    }
}
