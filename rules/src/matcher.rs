//! Which rules a class answers to, decided from its bytes alone.

use std::sync::Arc;

use otelrs_classfile::{ACC_STATIC, ClassFile, Member};
use rustc_hash::FxHashMap;

use crate::conditional::Conditional;
use crate::gate::Gate;
use crate::model::{ClassSelector, Method, MethodRule, Rule};
use crate::supertypes::{Loader, Supertypes, TypeSet};

/// Rules indexed for the class hook.
#[derive(Debug)]
pub struct Matcher {
    by_name: FxHashMap<&'static [u8], Vec<&'static Rule>>,
    by_supertype: Vec<BySupertype>,
    by_call: Vec<ByCall>,
    gate: Arc<Gate>,
    conditional: Conditional,
    supertypes: Supertypes,
}

#[derive(Debug)]
struct BySupertype {
    types: TypeSet,
    guard: Option<&'static str>,
    /// The types are classes: what extends `java/lang/Object` is not below them.
    superclass: bool,
    /// Classes of the JDK are not meant.
    foreign: bool,
    rule: &'static Rule,
}

#[derive(Debug)]
struct ByCall {
    declares: (&'static str, &'static str),
    calls: Method,
    rule: &'static Rule,
}

/// Beginnings of the names of classes that the JDK brings.
const OF_JDK: [&[u8]; 4] = [b"java/", b"jdk/", b"sun/", b"com/sun/"];

/// Whether a class of this internal name is one that the JDK brings.
pub fn is_of_jdk(name: &[u8]) -> bool {
    OF_JDK.iter().any(|package| name.starts_with(package))
}

/// Who defines a class. Asked only where it matters: each answer costs a call into the JVM.
pub trait DefiningLoader {
    /// Its number.
    fn number(&mut self) -> Loader;
    /// The internal name of its class; `None` for the bootstrap loader.
    fn class_name(&mut self) -> Option<Vec<u8>>;
}

/// A loader whose number is known already, and of whose class nothing is said.
impl DefiningLoader for Loader {
    fn number(&mut self) -> Loader {
        *self
    }

    fn class_name(&mut self) -> Option<Vec<u8>> {
        None
    }
}

/// What the bytes of a class say.
#[derive(Debug, Clone)]
pub enum Match {
    /// No rule is about it.
    None,
    /// These rules are.
    Rules(Vec<&'static Rule>),
    /// These rules are (or none), and it declares methods of others but its ancestors are not known yet: decide about
    /// those when it is prepared.
    Undecided(Vec<&'static Rule>),
}

impl Matcher {
    /// Indexes rules; those switched off are left out by the caller.
    pub fn new(rules: impl IntoIterator<Item = &'static Rule>) -> Matcher {
        let rules: Vec<&'static Rule> = rules.into_iter().collect();
        let types: Vec<&'static str> = rules.iter().flat_map(|rule| types_of(rule.class)).collect();
        let supertypes = Supertypes::new(&types);
        let mut by_name: FxHashMap<&'static [u8], Vec<&'static Rule>> = FxHashMap::default();
        let mut by_supertype = Vec::new();
        let mut by_call = Vec::new();
        let mut gate = Gate::default();
        let mut conditional = Conditional::default();
        for rule in rules {
            let types = supertypes.bits_of(&types_of(rule.class));
            let (guard, superclass, foreign) = match rule.class {
                ClassSelector::Name(name) => {
                    by_name.entry(name.as_bytes()).or_default().push(rule);
                    gate.add_class(name.as_bytes());
                    continue;
                }
                ClassSelector::Caller { declares, calls } => {
                    gate.add_method(declares.0);
                    by_call.push(ByCall { declares, calls, rule });
                    continue;
                }
                ClassSelector::Where { conditions, .. } => {
                    conditional.add(rule, conditions, types);
                    gate.open();
                    continue;
                }
                ClassSelector::SubtypeOf { guard, .. } => (guard, false, false),
                ClassSelector::SubclassOf(_) => (None, true, true),
                ClassSelector::ImplementationOf { guard, .. } => (guard, false, true),
            };
            rule.methods.iter().for_each(|method| gate.add_method(method.name));
            by_supertype.push(BySupertype { types, guard, superclass, foreign, rule });
        }
        supertypes.types().iter().for_each(|name| gate.add_class(name.as_bytes()));
        Matcher { by_name, by_supertype, by_call, gate: Arc::new(gate), conditional, supertypes }
    }

    /// Whether any rule is left.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
            && self.by_supertype.is_empty()
            && self.by_call.is_empty()
            && self.conditional.is_empty()
    }

    /// Whether any rule of a file is left.
    pub fn has_rules_of_files(&self) -> bool {
        !self.conditional.is_empty()
    }

    /// The rules about exactly this class; what can be said without its bytes.
    pub fn named(&self, name: &[u8]) -> Option<&[&'static Rule]> {
        self.by_name.get(name).map(Vec::as_slice)
    }

    /// The rules of files that are not used, because more than [`crate::supertypes::MAX_TYPES`] types are asked for.
    pub fn left_out(&self) -> &[&'static Rule] {
        self.conditional.left_out()
    }

    /// The types that rules ask for, in the order of the bits of a [`TypeSet`].
    pub fn types(&self) -> &[&'static str] {
        self.supertypes.types()
    }

    /// What the classes pass before it: of those that it does not let pass, [`Matcher::decide`] says [`Match::None`].
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// Decides a class that is being loaded, and learns from it for its subclasses.
    // A generic method would be compiled with its caller, the library, which is compiled for size.
    pub fn decide(&mut self, class: &ClassFile<'_>, loader: &mut dyn DefiningLoader) -> Match {
        let mut rules: Vec<&'static Rule> = self.named(class.name()).unwrap_or_default().to_vec();
        let of_jdk = is_of_jdk(class.name());
        let direct = class.super_name().into_iter().chain(class.interfaces());
        // Of a class that is retransformed the JVM has said what it is. The types themselves are no subtypes.
        let below = self.supertypes.of(direct, || loader.number())
            | self.supertypes.learned(class.name(), || loader.number());
        if below != 0 {
            self.learn(class.name(), loader.number(), below);
        }
        let declares_some = self.gate.any_declared_by(class);
        if declares_some && !of_jdk {
            rules.extend(self.by_call.iter().filter(|candidate| candidate.matches(class)).map(|it| it.rule));
        }
        let is_root = class.super_name().is_none_or(|name| name == b"java/lang/Object");
        self.conditional.note(class.name());
        let mut undecided = false;
        let itself = || self.supertypes.bit_of(class.name());
        if !of_jdk && !self.conditional.is_empty() {
            undecided = self.conditional.decide(class, loader, below | itself(), &mut rules);
        }
        // Below nothing, and declaring nothing, no class is what a candidate asks for; most are such.
        let candidates = if below != 0 || declares_some { self.by_supertype.as_slice() } else { &[] };
        for candidate in candidates {
            if candidate.foreign && of_jdk {
                continue;
            }
            if candidate.types & below != 0 {
                rules.push(candidate.rule);
                continue;
            }
            if !declares_some || (candidate.superclass && is_root) {
                continue;
            }
            // A type's own methods are there for those below it to replace.
            if candidate.types & itself() != 0 {
                continue;
            }
            match declared(class, candidate.rule.methods, candidate.guard) {
                Declared::Nothing => {}
                Declared::Guarded => rules.push(candidate.rule),
                Declared::Methods => undecided = true,
            }
        }
        if undecided {
            Match::Undecided(rules)
        } else if rules.is_empty() {
            Match::None
        } else {
            Match::Rules(rules)
        }
    }

    /// Whether any rule could ask for the supertypes of a loaded class, when only these of the types are loaded.
    pub fn asks_for_supertypes(&self, name: &[u8], loaded: TypeSet) -> bool {
        let of_jdk = is_of_jdk(name);
        self.by_supertype
            .iter()
            .any(|candidate| candidate.types & loaded != 0 && !(candidate.foreign && of_jdk))
            || (!of_jdk && self.conditional.asks_for_supertypes(name, loaded))
    }

    /// Takes what the JVM said of a prepared class: below which of the types it is.
    pub fn learn(&mut self, name: &[u8], loader: Loader, below: TypeSet) {
        self.gate.add_class(name);
        self.supertypes.learn(name, loader, below);
    }

    /// The rules about a class of which the JVM said below which types it is.
    pub fn resolved(&self, name: &[u8], below: TypeSet) -> Vec<&'static Rule> {
        let mut rules: Vec<&'static Rule> = self.named(name).unwrap_or_default().to_vec();
        let of_jdk = is_of_jdk(name);
        rules.extend(
            self.by_supertype
                .iter()
                .filter(|candidate| candidate.types & below != 0 && !(candidate.foreign && of_jdk))
                .map(|candidate| candidate.rule),
        );
        if !of_jdk {
            rules.extend(self.conditional.possible(name, below));
        }
        rules
    }

    /// Notes a class that was loaded before the hook was on.
    pub fn note_loaded(&mut self, name: &[u8]) {
        self.conditional.note(name);
    }

    /// Whether classes wait for one of this name to be loaded.
    pub fn is_awaited(&self, name: &[u8]) -> bool {
        self.conditional.is_awaited(name)
    }

    /// Whether a class waits for another to be loaded.
    pub fn waits(&self, name: &[u8]) -> bool {
        self.conditional.waits(name)
    }

    /// The rule of a class, decided since the last time, for which too many classes wait already.
    pub fn take_turned_away(&mut self) -> Option<&'static Rule> {
        self.conditional.take_turned_away()
    }

    /// The classes that waited for one that has been loaded by now; each is given out once.
    pub fn take_due(&mut self) -> Vec<Box<[u8]>> {
        self.conditional.take_due()
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

    /// Forgets an unloaded loader. Says how many facts went with it.
    pub fn forget(&mut self, loader: Loader) -> usize {
        self.supertypes.forget(loader)
    }
}

/// The types that a selector is about.
fn types_of(class: ClassSelector) -> Vec<&'static str> {
    match class {
        ClassSelector::SubtypeOf { types, .. } => types.to_vec(),
        ClassSelector::SubclassOf(of) | ClassSelector::ImplementationOf { of, .. } => vec![of],
        ClassSelector::Where { conditions, .. } => conditions.supertype.as_deref().into_iter().collect(),
        ClassSelector::Name(_) | ClassSelector::Caller { .. } => Vec::new(),
    }
}

impl ByCall {
    fn matches(&self, class: &ClassFile<'_>) -> bool {
        let (name, descriptor) = self.declares;
        let declares = class.methods().any(|method| {
            method.code_length.is_some()
                && method.name == name.as_bytes()
                && method.descriptor == descriptor.as_bytes()
        });
        declares && class.refers_to(self.calls.owner, self.calls.name, self.calls.descriptor)
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
    // Names alone are read for a fraction of what methods are.
    let is_named = |name: &[u8]| rules.iter().any(|rule| rule.names(name));
    if !class.method_names().any(is_named) {
        return found;
    }
    // A static method belongs to no object whose type could matter.
    let of_objects = |method: &Member<'_>| method.code_length.is_some() && method.access & ACC_STATIC == 0;
    for method in class.methods().filter(of_objects) {
        if rules.iter().any(|rule| rule.selects(method.name, method.descriptor)) {
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
