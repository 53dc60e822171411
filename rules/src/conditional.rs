//! The rules of files, as the matcher asks them.

use otelrs_classfile::ClassFile;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::conditions::Conditions;
use crate::matcher::DefiningLoader;
use crate::model::Rule;
use crate::supertypes::TypeSet;

/// More classes than this do not wait for the same one: one that is never loaded must not gather names without end.
const MAX_WAITING: usize = 10_000;

/// Rules with conditions, the classes that they want to be present, and who waits for those.
#[derive(Debug, Default)]
pub(crate) struct Conditional {
    candidates: Vec<Candidate>,
    /// Rules whose supertype has no bit.
    left_out: Vec<&'static Rule>,
    /// Classes that rules want to be present, and whether they have been loaded.
    wanted: Vec<(&'static str, bool)>,
    /// By the class that they wait for: classes of which all else holds.
    waiting: FxHashMap<&'static [u8], FxHashSet<Box<[u8]>>>,
    /// The rule of a class that found the others waiting.
    turned_away: Option<&'static Rule>,
}

#[derive(Debug)]
struct Candidate {
    conditions: &'static Conditions,
    /// The supertype's bit; 0 when none is asked for.
    types: TypeSet,
    rule: &'static Rule,
}

impl Conditional {
    pub(crate) fn add(&mut self, rule: &'static Rule, conditions: &'static Conditions, types: TypeSet) {
        if conditions.supertype.is_some() && types == 0 {
            self.left_out.push(rule);
            return;
        }
        if let Some(name) = conditions.present.as_deref()
            && self.wanted.iter().all(|(known, _)| *known != name)
        {
            self.wanted.push((name, false));
        }
        self.candidates.push(Candidate { conditions, types, rule });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    pub(crate) fn left_out(&self) -> &[&'static Rule] {
        &self.left_out
    }

    /// Notes that a class has been loaded, where a rule asks for it.
    pub(crate) fn note(&mut self, name: &[u8]) {
        if let Some((_, loaded)) = self.wanted.iter_mut().find(|(wanted, _)| wanted.as_bytes() == name) {
            *loaded = true;
        }
    }

    /// Adds the rules about a class to `rules`; true when one of them depends on ancestors that are not known yet. `is`
    /// are the types that it is known to be or to be below.
    pub(crate) fn decide(
        &mut self,
        class: &ClassFile<'_>,
        loader: &mut dyn DefiningLoader,
        is: TypeSet,
        rules: &mut Vec<&'static Rule>,
    ) -> bool {
        let Conditional { candidates, wanted, waiting, turned_away, .. } = self;
        let mut undecided = false;
        for candidate in candidates {
            let conditions = candidate.conditions;
            if !conditions.hold_in(class) || !loader_holds(conditions, loader) {
                continue;
            }
            if conditions.supertype.is_some() && candidate.types & is == 0 {
                undecided |= has_ancestors(class);
                continue;
            }
            let absent = conditions
                .present
                .as_deref()
                .filter(|name| wanted.iter().any(|(known, loaded)| known == name && !loaded));
            let Some(absent) = absent else {
                rules.push(candidate.rule);
                continue;
            };
            let waiting = waiting.entry(absent.as_bytes()).or_default();
            if waiting.len() < MAX_WAITING {
                waiting.insert(class.name().into());
            } else if !waiting.contains(class.name()) {
                *turned_away = Some(candidate.rule);
            }
        }
        undecided
    }

    /// The rule of a class that could not wait because too many do; each is given out once.
    pub(crate) fn take_turned_away(&mut self) -> Option<&'static Rule> {
        self.turned_away.take()
    }

    /// The rules that may be about a class of which only the name and some supertypes are known. One that asks for nothing
    /// but annotations is not among them.
    pub(crate) fn possible(&self, name: &[u8], is: TypeSet) -> Vec<&'static Rule> {
        let may_be = |candidate: &&Candidate| {
            let conditions = candidate.conditions;
            let is_below = conditions.supertype.is_none() || candidate.types & is != 0;
            (conditions.supertype.is_some() || !conditions.names.is_empty())
                && is_below
                && conditions.names_match(name)
        };
        self.candidates.iter().filter(may_be).map(|candidate| candidate.rule).collect()
    }

    /// Whether a rule would ask for the supertypes of a class of this name, when only these types are loaded.
    pub(crate) fn asks_for_supertypes(&self, name: &[u8], loaded: TypeSet) -> bool {
        self.candidates
            .iter()
            .any(|candidate| candidate.types & loaded != 0 && candidate.conditions.names_match(name))
    }

    pub(crate) fn is_awaited(&self, name: &[u8]) -> bool {
        !self.waiting.is_empty() && self.waiting.contains_key(name)
    }

    pub(crate) fn waits(&self, name: &[u8]) -> bool {
        self.waiting.values().any(|waiting| waiting.contains(name))
    }

    pub(crate) fn take_due(&mut self) -> Vec<Box<[u8]>> {
        let Conditional { wanted, waiting, .. } = self;
        let loaded = wanted.iter().filter(|(_, loaded)| *loaded);
        loaded.filter_map(|(name, _)| waiting.remove(name.as_bytes())).flatten().collect()
    }
}

fn loader_holds(conditions: &Conditions, loader: &mut dyn DefiningLoader) -> bool {
    conditions.loader.as_ref().is_none_or(|condition| condition.holds(loader.class_name().as_deref()))
}

/// What extends `java/lang/Object` and implements nothing is below nothing else.
fn has_ancestors(class: &ClassFile<'_>) -> bool {
    class.super_name().is_some_and(|name| name != b"java/lang/Object") || class.interfaces().next().is_some()
}
