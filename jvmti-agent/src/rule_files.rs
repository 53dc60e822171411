//! The rule files that the settings name.

use otelrs_advice::rule_files::{INSTRUMENTATION, rule_of};
use otelrs_rule_files::parse;
use otelrs_rules::model::Rule;
use otelrs_settings::Settings;

use crate::{configuration, state};

/// Lines about one file; what is wrong beyond them is counted.
const MAX_LINES: usize = 20;

/// The rules of all files. What is wrong with a file is said, and is no reason to leave out anything else.
pub(crate) fn read(settings: &Settings) -> Vec<&'static Rule> {
    if !settings.instrumentation_enabled(&[INSTRUMENTATION]) {
        return Vec::new();
    }
    settings.rule_files.iter().flat_map(|path| of_file(path)).collect()
}

fn of_file(path: &str) -> Vec<&'static Rule> {
    let text = match configuration::read_file(path) {
        Ok(text) => text,
        Err(error) => {
            say(format!("the rule file {path} cannot be read: {error}; accepted: the path of a YAML file"));
            return Vec::new();
        }
    };
    let file = parse(path, &text);
    for error in file.errors.iter().take(MAX_LINES) {
        say(error.to_string());
    }
    if let Some(more) = file.errors.len().checked_sub(MAX_LINES).filter(|more| *more > 0) {
        say(format!("{path}: {more} more things are wrong with this rule file"));
    }
    file.rules.into_iter().map(rule_of).collect()
}

/// Each is a cause of its own; files are read once an attachment, so what is leaked is a few lines.
fn say(line: String) {
    let line: &'static str = line.leak();
    state::log().warn(line, line);
}
