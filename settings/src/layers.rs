//! Where options come from, and which source goes before which.

use std::collections::BTreeMap;
use std::fmt;

use crate::instrumentation;
use crate::option::{Kind, Opt, variable};
use crate::problem::{Problem, clean};
use crate::table::{CONFIGURATION_FILE, OPTIONS};
use crate::{properties, value};

/// What the caller found for us to read.
pub struct Sources<'a> {
    /// What follows `=` in `-agentpath:libotelrs.so=...`: `key=value;key2=value2`.
    pub agent_options: &'a str,
    /// Looks one system property up.
    pub system_property: &'a dyn Fn(&str) -> Option<String>,
    /// All system properties, where the caller can list them: only then can misspelt ones be noticed.
    pub system_properties: Option<Vec<(String, String)>>,
    /// The environment.
    pub environment: &'a [(String, String)],
    /// Reads a text file, or says why not.
    pub read_file: &'a dyn Fn(&str) -> Result<String, String>,
}

/// Where a value was written; the first of these goes before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// `-agentpath:libotelrs.so=key=value`.
    AgentOption,
    /// `-Dkey=value`.
    SystemProperty,
    /// `KEY=value`.
    Environment,
    /// `otel.javaagent.configuration-file`.
    ConfigurationFile,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AgentOption => "agent option",
            Self::SystemProperty => "system property",
            Self::Environment => "environment variable",
            Self::ConfigurationFile => "configuration file",
        })
    }
}

impl Origin {
    /// How this source spells an option.
    pub(crate) fn spelt(self, name: &str) -> String {
        if self == Self::Environment { variable(name) } else { name.to_owned() }
    }
}

/// One value as it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) origin: Origin,
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}

/// All sources, in order of precedence.
pub(crate) struct Layers {
    layers: Vec<(Origin, Entries)>,
}

/// From the [`normalised`] name to name and value as they were written.
type Entries = BTreeMap<String, (String, String)>;

/// Names that the Java agent takes as the same: case does not count, a dash is a dot. That makes an environment
/// variable, which has neither, the same name too.
pub(crate) fn normalised(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', ".")
}

impl Layers {
    pub(crate) fn new(sources: &Sources<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut layers = Self {
            layers: vec![
                (Origin::AgentOption, agent_options(sources.agent_options, problems)),
                (Origin::SystemProperty, system_properties(sources)),
                (Origin::Environment, environment(sources.environment)),
            ],
        };
        if let Some(found) = layers.find(&CONFIGURATION_FILE) {
            match (sources.read_file)(found.value.trim()) {
                Ok(text) => {
                    let entries = keyed(properties::parse(&text));
                    layers.layers.push((Origin::ConfigurationFile, entries));
                }
                Err(error) => problems.push(Problem::File {
                    name: clean(found.name),
                    origin: found.origin,
                    path: Kind::Path.shown(found.value),
                    error: clean(&error),
                }),
            }
        }
        layers
    }

    /// The value that goes before the others. An empty one is as good as none (OpenTelemetry specification,
    /// "Environment variables").
    pub(crate) fn find(&self, option: &Opt) -> Option<Found<'_>> {
        let names = std::iter::once(option.name).chain(option.aliases.iter().copied());
        let names: Vec<_> = names.map(normalised).collect();
        self.layers
            .iter()
            .find_map(|(origin, entries)| names.iter().find_map(|name| find_in(*origin, entries, name)))
    }

    /// [`Layers::find`] for a name that is in no table.
    pub(crate) fn find_normalised(&self, name: &str) -> Option<Found<'_>> {
        self.layers.iter().find_map(|(origin, entries)| find_in(*origin, entries, name))
    }

    /// Every value there is, with its [`normalised`] name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Found<'_>)> {
        self.layers.iter().flat_map(|(origin, entries)| {
            entries.iter().map(|(key, (name, value))| (&**key, Found { origin: *origin, name, value }))
        })
    }
}

fn find_in<'a>(origin: Origin, entries: &'a Entries, name: &str) -> Option<Found<'a>> {
    let (name, value) = entries.get(name)?;
    (!value.trim().is_empty()).then_some(Found { origin, name, value })
}

fn keyed(pairs: impl IntoIterator<Item = (String, String)>) -> Entries {
    entered(pairs.into_iter().map(|(name, value)| (normalised(&name), (name, value))))
}

/// Not collected, which sorts first: a sort for each kind of pairs is more code than all that is done with them.
fn entered(named: impl Iterator<Item = (String, (String, String))>) -> Entries {
    let mut entries = Entries::new();
    entries.extend(named);
    entries
}

fn agent_options(text: &str, problems: &mut Vec<Problem>) -> Entries {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some((name, value)) => pairs.push((name.trim().to_owned(), value.trim().to_owned())),
            None => {
                // It may be the rest of the value before it, which held a semicolon and may be secret.
                let before = pairs.last().and_then(|(name, _)| option_named(name));
                let kind = before.map_or(Kind::Text, |option| option.kind);
                problems.push(Problem::Malformed { shown: kind.shown(part) });
            }
        }
    }
    keyed(pairs)
}

fn option_named(name: &str) -> Option<&'static Opt> {
    OPTIONS.iter().find(|option| normalised(option.name) == normalised(name))
}

fn system_properties(sources: &Sources<'_>) -> Entries {
    let listed =
        sources.system_properties.iter().flatten().filter(|(name, _)| normalised(name).starts_with("otel."));
    let mut entries = keyed(listed.cloned());
    let names =
        OPTIONS.iter().flat_map(|option| std::iter::once(option.name).chain(option.aliases.iter().copied()));
    let names = names.map(str::to_owned).chain(instrumentation::switches());
    for name in names {
        let key = normalised(&name);
        if !entries.contains_key(&key)
            && let Some(value) = (sources.system_property)(&name)
        {
            entries.insert(key, (name, value));
        }
    }
    entries
}

fn environment(variables: &[(String, String)]) -> Entries {
    let ours = variables.iter().filter(|(name, _)| name.starts_with("OTEL_"));
    entered(ours.map(|(name, value)| (normalised(&name.replace('_', ".")), (name.clone(), value.clone()))))
}

/// What a source says of a switch; `None` when it says nothing or nothing that can be understood.
pub(crate) fn truth(found: Option<Found<'_>>) -> Option<bool> {
    found.and_then(|found| value::parse_bool(found.value.trim()))
}
