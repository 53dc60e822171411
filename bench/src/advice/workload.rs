//! What is measured, in what state of the JVM's compilers, and under which agent.

use clap::ValueEnum;
use otelrs_test_support::paths;
use serde::{Deserialize, Serialize};

use crate::variant::Variant;

/// Work that advice is around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Workload {
    /// `bench/java/advice/tomcat/TomcatRequest.java`.
    TomcatRequest,
    /// `bench/java/advice/jetty/JettyRequest.java`.
    JettyRequest,
    /// `bench/java/advice/tomcat/JdbcQuery.java`: a statement prepared, executed and closed within a request.
    JdbcQuery,
    /// The same program: a statement executed within the execution of another, which makes no span of its own.
    NestedQuery,
}

/// How much of a workload one iteration of JMH does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Burst {
    /// Calls of the benchmark's method.
    pub(crate) invocations: u32,
    /// Of what is measured in each.
    pub(crate) times: u32,
}

impl Workload {
    /// All of them.
    pub(crate) const ALL: [Self; 4] =
        [Self::TomcatRequest, Self::JettyRequest, Self::JdbcQuery, Self::NestedQuery];

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::TomcatRequest => "request to Tomcat",
            Self::JettyRequest => "request to Jetty",
            Self::JdbcQuery => "JDBC query in a request",
            Self::NestedQuery => "JDBC query in another's",
        }
    }

    /// The benchmark's class in package `advice`.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::TomcatRequest => "TomcatRequest",
            Self::JettyRequest => "JettyRequest",
            Self::JdbcQuery | Self::NestedQuery => "JdbcQuery",
        }
    }

    /// Which program has it.
    pub(crate) fn server(self) -> Server {
        if self == Self::JettyRequest { Server::Jetty } else { Server::Tomcat }
    }

    /// So much that the clock's grain and what surrounds the work do not show, and so little that the agent's queue of
    /// 2,048 spans holds all that it makes.
    pub(crate) fn burst(self, situation: Situation) -> Burst {
        match (self, situation) {
            (Self::TomcatRequest | Self::JettyRequest, Situation::Interpreter) => {
                Burst { invocations: 20, times: 1 }
            }
            (Self::TomcatRequest | Self::JettyRequest, _) => Burst { invocations: 200, times: 1 },
            (Self::JdbcQuery | Self::NestedQuery, _) => Burst { invocations: 1, times: 1_000 },
        }
    }

    /// The benchmark's parameters, as JMH takes them.
    pub(crate) fn parameters(self, situation: Situation, warm_up_requests: u32) -> Vec<String> {
        let mut parameters = vec![format!("classes={}", situation.classes())];
        if matches!(self, Self::JdbcQuery | Self::NestedQuery) {
            parameters.push(format!("queries={}", self.burst(situation).times));
            parameters.push(format!("nested={}", self == Self::NestedQuery));
            parameters.push(format!("warmUpRequests={warm_up_requests}"));
        }
        parameters
    }
}

/// A server in whose process a workload runs; its libraries do not go together with those of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// Tomcat and the JDBC driver.
    Tomcat,
    /// Jetty.
    Jetty,
}

impl Server {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Tomcat, Self::Jetty];

    /// The folder of its sources in `bench/java/advice`.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Tomcat => "tomcat",
            Self::Jetty => "jetty",
        }
    }

    /// Its libraries.
    pub(crate) fn libraries(self) -> Vec<std::path::PathBuf> {
        match self {
            Self::Tomcat => paths::TOMCAT.map(paths::peer).to_vec(),
            Self::Jetty => vec![paths::fixture_jar("jetty-plain")],
        }
    }
}

/// What the JVM's compilers can do with the advice and what it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Situation {
    /// One class of servlet or driver: the compiler sees one receiver and inlines.
    Inlined,
    /// Five classes: the call that leads to the application's code is a virtual one.
    Megamorphic,
    /// Nothing is compiled.
    Interpreter,
}

impl Situation {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Inlined, Self::Megamorphic, Self::Interpreter];

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Inlined => "inlined",
            Self::Megamorphic => "megamorphic",
            Self::Interpreter => "interpreter",
        }
    }

    fn classes(self) -> u32 {
        if self == Self::Megamorphic { 5 } else { 1 }
    }
}

/// One JVM that is to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cell {
    /// What it does.
    pub(crate) workload: Workload,
    /// How it does it.
    pub(crate) situation: Situation,
    /// Under which agent.
    pub(crate) variant: Variant,
}

impl Cell {
    /// What is said of it while it runs.
    pub(crate) fn label(self) -> String {
        format!("{}, {}, {}", self.workload.label(), self.situation.label(), self.variant.label())
    }
}

/// The variants that tell something of a workload in a situation: those of which there is a target, and without an agent;
/// where code is inlined, also the noise, nothing switched on, and the Java agent.
pub(crate) fn variants(workload: Workload, situation: Situation) -> Vec<Variant> {
    let is_request = matches!(workload, Workload::TomcatRequest);
    Variant::ALL
        .into_iter()
        .filter(|variant| match variant {
            Variant::None | Variant::Ours => true,
            Variant::OursSampledOut => is_request,
            Variant::NoneAgain | Variant::JavaAgent => situation == Situation::Inlined,
            Variant::OursOff => is_request && situation == Situation::Inlined,
            Variant::HookOnly | Variant::JavaAgentSampledOut => false,
        })
        .collect()
}
