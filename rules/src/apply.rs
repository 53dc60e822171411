//! Rules applied to a class: planned, spliced, and with less asked for where that cannot be done.

use std::borrow::Cow;
use std::fmt::Display;

use otelrs_classfile::{ClassFile, MethodEdit, Outcome, Patched, Reason, patch};

use crate::model::Rule;
use crate::plan::plan;

/// What is not done.
pub enum LeftOut<'a> {
    /// What is built in is left out of the class, all of it.
    BuiltIn(&'a Reason),
    /// A rule of a file is left out of one method.
    Method {
        /// The rule.
        rule: &'static Rule,
        /// The method, as `name(descriptor)`.
        method: &'a str,
        /// What does not fit.
        why: &'a dyn Display,
    },
}

/// Gives the class with what the rules ask for, `None` when that is nothing. What a rule of a file asks of a method that it
/// does not fit is left out alone: it takes nothing from other methods, from other rules, or from what is built in, which is
/// decided as if there were no files. `left_out` hears what is not done.
pub fn apply(
    class: &ClassFile<'_>,
    rules: &[&'static Rule],
    mut left_out: impl FnMut(LeftOut<'_>),
) -> Option<Patched> {
    let built_in: Cow<'_, [&'static Rule]> = if rules.iter().any(|rule| rule.is_of_file()) {
        rules.iter().copied().filter(|rule| !rule.is_of_file()).collect()
    } else {
        Cow::Borrowed(rules)
    };
    let mut built_in = plan(class, &built_in, |_, _, _| {});
    let without_files = match patch(class, &built_in) {
        Outcome::Unchanged => None,
        Outcome::Patched(patched) => Some(patched),
        Outcome::Declined(reason) => {
            left_out(LeftOut::BuiltIn(&reason));
            built_in.clear();
            None
        }
    };
    let mut asked: Vec<(&'static Rule, MethodEdit<'_>)> = Vec::new();
    for rule in rules.iter().copied().filter(|rule| rule.is_of_file()) {
        let planned =
            plan(class, &[rule], |rule, method, why| left_out(LeftOut::Method { rule, method, why: &why }));
        asked.extend(planned.into_iter().map(|edit| (rule, edit)));
    }
    while !asked.is_empty() {
        // What is built in comes first: its span, where there is one, is around those of users' rules.
        let edits: Vec<MethodEdit<'_>> =
            built_in.iter().chain(asked.iter().map(|(_, edit)| edit)).cloned().collect();
        let reason = match patch(class, &edits) {
            Outcome::Unchanged => return None,
            Outcome::Patched(patched) => return Some(patched),
            Outcome::Declined(reason) => reason,
        };
        let concerned = asked.iter().rposition(|(_, edit)| method(edit) == reason.method());
        let from = concerned.unwrap_or(0);
        let to = concerned.map_or(asked.len(), |at| at + 1);
        for (rule, edit) in asked.drain(from..to) {
            left_out(LeftOut::Method { rule, method: &method(&edit), why: &reason });
        }
    }
    without_files
}

/// As a [`Reason`] names it.
fn method(edit: &MethodEdit<'_>) -> String {
    format!("{}{}", edit.name, edit.descriptor)
}
