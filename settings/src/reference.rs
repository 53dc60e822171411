//! The manual, `docs/configuration.md`, made from the table.

use std::fmt::Write;

use crate::instrumentation::INSTRUMENTATIONS;
use crate::option::{Group, Kind, Opt, variable};
use crate::table::OPTIONS;

const HEAD: &str = "\
# Configuration

<!-- Generated from settings/src/table.rs and settings/src/instrumentation.rs: change those, then run
     UPDATE_EXPECT=1 cargo test -p otelrs-settings -->

Every option has one name and can be given in four places. The first that gives it a value wins; an empty value is as
good as none:

1. as an agent option: `-agentpath:libotelrs.so=otel.service.name=shop;otel.javaagent.debug=true`
2. as a system property: `-Dotel.service.name=shop`
3. as an environment variable, in upper case with `_` for `.` and `-`: `OTEL_SERVICE_NAME=shop`
4. in the properties file that `otel.javaagent.configuration-file` names

Names, meanings and defaults are those of the OpenTelemetry Java agent unless the text says \"otelrs's own\". A value
that cannot be understood gets one line on standard error and the default is used. Options that only the Java agent
has, and names that look misspelt, get a line too. None of this stops the application.

A time is a number of milliseconds or carries its unit: `5000`, `5000ms`, `5s`, `1m`, `1h`, `1d`.
";

/// The whole page.
pub fn reference_markdown() -> String {
    let mut page = HEAD.to_owned();
    for group in Group::ALL {
        section(&mut page, group);
    }
    page.push_str(
        "\n### Switches\n\nEach has the default of `otel.instrumentation.common.default-enabled`.\n\n",
    );
    page.push_str("| option | also | meaning |\n|---|---|---|\n");
    for known in INSTRUMENTATIONS {
        let aliases: Vec<_> = known.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let name = crate::instrumentation::switch(known.name);
        line(&mut page, &[&format!("`{name}`<br>`{}`", variable(&name)), &aliases.join(" "), known.text]);
    }
    page
}

fn section(page: &mut String, group: Group) {
    page.push_str("\n## ");
    page.push_str(group.heading());
    page.push_str("\n\n| option | form | default | meaning |\n|---|---|---|---|\n");
    for option in OPTIONS.iter().filter(|option| option.group == group) {
        line(page, &[&names(option), &form(option.kind), &default(option), option.text]);
    }
}

fn line(page: &mut String, cells: &[&str]) {
    // Writing to a String cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn names(option: &Opt) -> String {
    let mut names = format!("`{}`<br>`{}`", option.name, variable(option.name));
    for alias in option.aliases {
        names.push_str(&format!("<br>also `{alias}`"));
    }
    names
}

fn form(kind: Kind) -> String {
    let code = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
    match kind {
        Kind::Text => "text".into(),
        Kind::Path => "path".into(),
        Kind::Bool => "`true` `false`".into(),
        Kind::Integer(min, max) => format!("{min} to {max}"),
        Kind::Ratio => "0 to 1".into(),
        Kind::Duration => "time".into(),
        Kind::List => "list: `a,b`".into(),
        Kind::Map | Kind::SecretMap => "pairs: `a=1,b=2`".into(),
        Kind::Url => "URL".into(),
        Kind::Choice(names) => format!("one of {}", code(names)),
        Kind::Choices(names) => format!("list of {}", code(names)),
    }
}

fn default(option: &Opt) -> String {
    if option.default.is_empty() { String::new() } else { format!("`{}`", option.default) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, reference_markdown()).expect("the page can be written");
        }
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            page == reference_markdown(),
            "{path} is out of date: UPDATE_EXPECT=1 cargo test -p otelrs-settings"
        );
    }

    #[test]
    fn every_option_is_on_the_page_by_both_of_its_names() {
        let page = reference_markdown();
        for option in OPTIONS {
            assert!(
                page.contains(&format!("| `{}`<br>`{}`", option.name, variable(option.name))),
                "{}",
                option.name
            );
        }
    }
}
