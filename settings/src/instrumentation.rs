//! The instrumentations and their switches, `otel.instrumentation.<name>.enabled`.

use std::collections::BTreeMap;

use crate::layers::{Layers, normalised, truth};

/// An instrumentation that can be switched by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instrumentation {
    /// The name in its switch.
    pub name: &'static str,
    /// Other names it answers to: those of the OpenTelemetry Java agent's modules for the same library.
    pub aliases: &'static [&'static str],
    /// A sentence for the manual.
    pub text: &'static str,
}

/// Every instrumentation there is. Names are the OpenTelemetry Java agent's where it has one.
pub const INSTRUMENTATIONS: &[Instrumentation] = &[
    Instrumentation {
        name: "tomcat",
        aliases: &["servlet", "tomcat-7.0", "tomcat-10.0", "servlet-3.0", "servlet-5.0"],
        text: "SERVER spans for requests that Tomcat receives.",
    },
    Instrumentation {
        name: "jetty",
        aliases: &["servlet", "jetty-8.0", "jetty-11.0", "jetty-12.0", "servlet-3.0", "servlet-5.0"],
        text: "SERVER spans for requests that Jetty receives.",
    },
    Instrumentation {
        name: "spring-webmvc",
        aliases: &["spring-webmvc-3.1", "spring-webmvc-5.3", "spring-webmvc-6.0"],
        text: "The route of a request, from Spring MVC's pattern.",
    },
    Instrumentation {
        name: "java-http-client",
        aliases: &[],
        text: "CLIENT spans for `java.net.http.HttpClient`.",
    },
    Instrumentation {
        name: "http-url-connection",
        aliases: &[],
        text: "CLIENT spans for `java.net.HttpURLConnection`.",
    },
    Instrumentation { name: "jdbc", aliases: &[], text: "CLIENT spans for JDBC statements." },
    Instrumentation {
        name: "executors",
        aliases: &[],
        text: "Context across executors, fork/join pools, futures, threads, timers and publishers.",
    },
    Instrumentation {
        name: "guava",
        aliases: &["guava-10.0"],
        text: "Context of the listeners of Guava's futures.",
    },
    Instrumentation {
        name: "rules",
        aliases: &[],
        text: "What the files of `otel.instrumentation.rules.files` say. otelrs's own name.",
    },
    Instrumentation {
        name: "virtual-threads",
        aliases: &[],
        text: "Context across virtual threads. otelrs's own name.",
    },
];

const PREFIX: &str = "otel.instrumentation.";
const SUFFIX: &str = ".enabled";

impl Instrumentation {
    /// Its name and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The instrumentation that answers to a [`normalised`] name.
    pub(crate) fn answering_to(name: &str) -> Option<&'static Self> {
        INSTRUMENTATIONS.iter().find(|known| known.names().any(|known| normalised(known) == name))
    }
}

/// The switch of an instrumentation.
pub(crate) fn switch(name: &str) -> String {
    format!("{PREFIX}{name}{SUFFIX}")
}

/// The switches of all instrumentations, by every name.
pub(crate) fn switches() -> impl Iterator<Item = String> {
    INSTRUMENTATIONS.iter().flat_map(Instrumentation::names).map(switch)
}

/// The name in a switch.
pub(crate) fn switched_name(switch: &str) -> Option<&str> {
    switch.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)
}

/// Which instrumentations are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Switches {
    default: bool,
    /// By [`normalised`] name.
    named: BTreeMap<String, bool>,
}

impl Switches {
    pub(crate) fn new(layers: &Layers, default: bool) -> Self {
        let names = layers.all().filter_map(|(key, _)| switched_name(key).map(|name| (key, name)));
        let mut named = BTreeMap::new();
        // As the layers are, and for the same reason.
        named.extend(
            names.filter_map(|(key, name)| Some((name.to_owned(), truth(layers.find_normalised(key))?))),
        );
        Self { default, named }
    }

    /// The Java agent's rule: where the default is "on", one name switched off is enough to be off; where it is
    /// "off", one name switched on is enough to be on.
    pub(crate) fn enabled(&self, names: &[&str]) -> bool {
        let differs = |name: &str| self.named.get(&normalised(name)) == Some(&!self.default);
        let aliases = names.iter().filter_map(|name| Instrumentation::answering_to(&normalised(name)));
        let any = names.iter().copied().any(differs) || aliases.flat_map(Instrumentation::names).any(differs);
        self.default != any
    }
}
