//! What is edited, and by what.

use std::path::PathBuf;

use clap::ValueEnum;
use otelrs_test_support::paths;
use serde::{Deserialize, Serialize};

/// A class, and the method of it that is given advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Subject {
    /// That of `bench/java/edits/Subject.java`.
    Small,
    /// The class of Tomcat that every request passes.
    Adapter,
}

impl Subject {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Small, Self::Adapter];

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Small => "a small class",
            Self::Adapter => "Tomcat's CoyoteAdapter",
        }
    }

    /// The class's internal name.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Small => "Subject",
            Self::Adapter => "org/apache/catalina/connector/CoyoteAdapter",
        }
    }

    /// The method's name and descriptor.
    pub(crate) const fn method(self) -> (&'static str, &'static str) {
        match self {
            Self::Small => ("work", "(I)J"),
            Self::Adapter => ("service", "(Lorg/apache/coyote/Request;Lorg/apache/coyote/Response;)V"),
        }
    }
}

/// Who makes the edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Editor {
    /// The matcher, the plan and the splice of the agent.
    Ours,
    /// `bench/java/edits/ByAsm.java`.
    Asm,
    /// `bench/java/edits/ByByteBuddy.java`.
    ByteBuddy,
}

impl Editor {
    /// All of them, ours first.
    pub(crate) const ALL: [Self; 3] = [Self::Ours, Self::Asm, Self::ByteBuddy];

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Ours => "otelrs",
            Self::Asm => "ASM",
            Self::ByteBuddy => "Byte Buddy",
        }
    }

    /// Its library; ours is in this program.
    pub(crate) fn jar(self) -> Option<PathBuf> {
        let [asm, byte_buddy] = paths::EDITORS;
        match self {
            Self::Ours => None,
            Self::Asm => Some(paths::peer(asm)),
            Self::ByteBuddy => Some(paths::peer(byte_buddy)),
        }
    }
}

/// Of which edit the time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Temperature {
    /// Of the first in a fresh process: what an editor does only once, such as loading its classes, is part of it.
    Cold,
    /// Of the middle one of many after many.
    Warm,
}

impl Temperature {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Cold, Self::Warm];

    /// What tables call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }

    /// How many times as fast as the faster of the others ours has to be.
    pub(crate) fn target(self) -> f64 {
        match self {
            Self::Cold => 50.0,
            Self::Warm => 5.0,
        }
    }
}
