//! Which rules a class answers to, decided from its bytes alone.

use std::collections::HashMap;

use otelrs_classfile::ClassFile;

use crate::model::{ClassSelector, MethodRule, Rule};
use crate::supertypes::{Loader, Supertypes, TypeSet};

/// Rules indexed for the class hook.
#[derive(Debug)]
pub struct Matcher {
    by_name: HashMap<&'static [u8], Vec<&'static Rule>>,
    by_supertype: Vec<BySupertype>,
    supertypes: Supertypes,
}

#[derive(Debug)]
struct BySupertype {
    types: TypeSet,
    guard: Option<&'static str>,
    rule: &'static Rule,
}

/// What the bytes of a class say.
#[derive(Debug, Clone)]
pub enum Match {
    /// No rule is about it.
    None,
    /// These rules are.
    Rules(Vec<&'static Rule>),
    /// It declares methods of these rules but its ancestors are not known yet: decide when it is prepared.
    Undecided,
}

impl Matcher {
    /// Indexes rules; those switched off are left out by the caller.
    pub fn new(rules: impl IntoIterator<Item = &'static Rule>) -> Matcher {
        let rules: Vec<&'static Rule> = rules.into_iter().collect();
        let mut types = Vec::new();
        for rule in &rules {
            if let ClassSelector::SubtypeOf { types: of, .. } = rule.class {
                types.extend_from_slice(of);
            }
        }
        let supertypes = Supertypes::new(&types);
        let mut by_name: HashMap<&'static [u8], Vec<&'static Rule>> = HashMap::new();
        let mut by_supertype = Vec::new();
        for rule in rules {
            match rule.class {
                ClassSelector::Name(name) => by_name.entry(name.as_bytes()).or_default().push(rule),
                ClassSelector::SubtypeOf { types: of, guard } => {
                    by_supertype.push(BySupertype { types: supertypes.bits_of(of), guard, rule });
                }
            }
        }
        Matcher { by_name, by_supertype, supertypes }
    }

    /// Whether any rule is left.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.by_supertype.is_empty()
    }

    /// The rules about exactly this class; what can be said without its bytes.
    pub fn named(&self, name: &[u8]) -> Option<&[&'static Rule]> {
        self.by_name.get(name).map(Vec::as_slice)
    }

    /// The types that rules ask for, in the order of the bits of a [`TypeSet`].
    pub fn types(&self) -> &[&'static str] {
        self.supertypes.types()
    }

    /// Decides a class that is being loaded, and learns from it for its subclasses.
    pub fn decide(&mut self, class: &ClassFile<'_>, mut loader: impl FnMut() -> Loader) -> Match {
        let mut rules: Vec<&'static Rule> = match self.by_name.get(class.name()) {
            Some(named) => named.clone(),
            None => Vec::new(),
        };
        if self.by_supertype.is_empty() {
            return if rules.is_empty() { Match::None } else { Match::Rules(rules) };
        }
        let direct = class.super_name().into_iter().chain(class.interfaces());
        // Of a class that is retransformed the JVM has said what it is. The types themselves are no subtypes.
        let below =
            self.supertypes.of(direct, &mut loader) | self.supertypes.learned(class.name(), &mut loader);
        if below != 0 {
            self.supertypes.learn(class.name(), loader(), below);
        }
        let mut undecided = false;
        for candidate in &self.by_supertype {
            if candidate.types & below != 0 {
                rules.push(candidate.rule);
                continue;
            }
            match declared(class, candidate.rule.methods, candidate.guard) {
                Declared::Nothing => {}
                Declared::Guarded => rules.push(candidate.rule),
                Declared::Methods => undecided = true,
            }
        }
        if !rules.is_empty() {
            Match::Rules(rules)
        } else if undecided {
            Match::Undecided
        } else {
            Match::None
        }
    }

    /// Takes what the JVM said of a prepared class: below which of the types it is.
    pub fn learn(&mut self, name: &[u8], loader: Loader, below: TypeSet) {
        self.supertypes.learn(name, loader, below);
    }

    /// The rules about a class of which the JVM said below which types it is.
    pub fn resolved(&self, name: &[u8], below: TypeSet) -> Vec<&'static Rule> {
        let mut rules: Vec<&'static Rule> = self.named(name).unwrap_or_default().to_vec();
        rules.extend(
            self.by_supertype
                .iter()
                .filter(|candidate| candidate.types & below != 0)
                .map(|candidate| candidate.rule),
        );
        rules
    }

    /// The rules that may have patched a class: as [`Matcher::resolved`], and those whose guard let it pass.
    pub fn guarded(&self, name: &[u8], below: TypeSet) -> Vec<&'static Rule> {
        let mut rules = self.resolved(name, below);
        if rules.is_empty() {
            rules.extend(
                self.by_supertype
                    .iter()
                    .filter(|candidate| candidate.guard.is_some())
                    .map(|candidate| candidate.rule),
            );
        }
        rules
    }

    /// Forgets an unloaded loader.
    pub fn forget(&mut self, loader: Loader) {
        self.supertypes.forget(loader);
    }
}

enum Declared {
    Nothing,
    /// Methods of the rule, one of which names the library's types: the advice's guard decides at run time.
    Guarded,
    /// Methods of the rule that anybody's class could declare.
    Methods,
}

fn declared(class: &ClassFile<'_>, rules: &[MethodRule], guard: Option<&str>) -> Declared {
    let mut found = Declared::Nothing;
    for method in class.methods().filter(|method| method.code_length.is_some()) {
        let selected = |rule: &&MethodRule| {
            rule.name.as_bytes() == method.name && rule.descriptor.matches(method.descriptor)
        };
        if rules.iter().any(|rule| selected(&rule)) {
            let guarded = guard.is_some_and(|text| {
                method.descriptor.windows(text.len()).any(|window| window == text.as_bytes())
            });
            if guarded {
                return Declared::Guarded;
            }
            found = Declared::Methods;
        }
    }
    found
}
