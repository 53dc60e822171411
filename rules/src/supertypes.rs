//! Which classes are known to be below the types that rules ask for.
//!
//! Only the positive facts are kept: they are few (a driver has a dozen statement classes), while a hierarchy of every
//! class would cost memory and time for each class that nobody asks about. A class that is not here is *unknown*, never
//! *not below*: its ancestors may come from elsewhere, or later.

use rustc_hash::FxHashMap;

/// A loader's number, given by the caller; the bootstrap loader is [`Loader::BOOT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Loader(pub i64);

impl Loader {
    /// The bootstrap loader.
    pub const BOOT: Loader = Loader(0);
}

/// A set of the types that rules ask for; bit n is the n-th of [`Supertypes::types`].
pub type TypeSet = u64;

/// As many types as a [`TypeSet`] has bits.
pub const MAX_TYPES: usize = 64;

/// The positive facts: (loader, class) is below these types.
#[derive(Debug, Default)]
pub struct Supertypes {
    types: Vec<&'static str>,
    known: FxHashMap<Box<[u8]>, Vec<(Loader, TypeSet)>>,
}

impl Supertypes {
    /// Facts about these types; at most [`MAX_TYPES`], the rest is ignored.
    pub fn new(types: &[&'static str]) -> Supertypes {
        let mut kept: Vec<&'static str> = Vec::new();
        for name in types {
            if !kept.contains(name) && kept.len() < MAX_TYPES {
                kept.push(name);
            }
        }
        Supertypes { types: kept, ..Supertypes::default() }
    }

    /// The types asked for, in the order of their bits.
    pub fn types(&self) -> &[&'static str] {
        &self.types
    }

    /// The bits of the types themselves.
    pub fn bits_of(&self, names: &[&str]) -> TypeSet {
        let mut bits = 0;
        for (index, name) in self.types.iter().enumerate() {
            if names.contains(name) {
                bits |= 1 << index;
            }
        }
        bits
    }

    /// The bit of the type of this name.
    pub fn bit_of(&self, name: &[u8]) -> TypeSet {
        self.types.iter().position(|known| known.as_bytes() == name).map_or(0, |index| 1 << index)
    }

    /// What is known of a class from the names of its direct supertypes. `loader` is asked for only when a name is known,
    /// because finding a loader's number costs a call into the JVM.
    pub fn of<'n>(
        &self,
        direct: impl Iterator<Item = &'n [u8]>,
        mut loader: impl FnMut() -> Loader,
    ) -> TypeSet {
        direct.fold(0, |found, name| found | self.bit_of(name) | self.learned(name, &mut loader))
    }

    /// What was learned of a class, for this loader.
    pub fn learned(&self, name: &[u8], loader: impl FnOnce() -> Loader) -> TypeSet {
        let Some(facts) = self.known.get(name) else { return 0 };
        let own = loader();
        // A loader's own class, or one of the JDK's, means the same to it as to us.
        let ours = facts.iter().filter(|(of, _)| *of == own || *of == Loader::BOOT);
        ours.fold(0, |found, (_, types)| found | types)
    }

    /// Notes that a class is below these types.
    pub fn learn(&mut self, name: &[u8], loader: Loader, types: TypeSet) {
        if types == 0 {
            return;
        }
        let facts = self.known.entry(name.into()).or_default();
        match facts.iter_mut().find(|(of, _)| *of == loader) {
            Some((_, known)) => *known |= types,
            None => facts.push((loader, types)),
        }
    }

    /// Forgets what was learned of an unloaded loader's classes. Says how many facts that was.
    pub fn forget(&mut self, loader: Loader) -> usize {
        let mut forgotten = 0;
        self.known.retain(|_, facts| {
            let before = facts.len();
            facts.retain(|(of, _)| *of != loader);
            forgotten += before - facts.len();
            !facts.is_empty()
        });
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::{Loader, Supertypes};

    const APP: Loader = Loader(7);
    const OTHER: Loader = Loader(8);

    fn names<'a>(of: &'a [&'a str]) -> impl Iterator<Item = &'a [u8]> {
        of.iter().map(|name| name.as_bytes())
    }

    #[test]
    fn a_direct_supertype_is_known_by_name() {
        let types = Supertypes::new(&["java/sql/Statement", "java/sql/Driver"]);
        assert_eq!(types.of(names(&["java/lang/Object", "java/sql/Driver"]), || APP), 0b10);
    }

    #[test]
    fn an_indirect_supertype_is_known_once_learned() {
        let mut types = Supertypes::new(&["java/sql/Statement"]);
        types.learn(b"org/h2/JdbcStatement", APP, 1);
        assert_eq!(types.of(names(&["org/h2/JdbcStatement"]), || APP), 1);
    }

    #[test]
    fn one_loaders_answer_is_never_used_for_anothers() {
        let mut types = Supertypes::new(&["java/sql/Statement"]);
        types.learn(b"x/Statement", APP, 1);
        assert_eq!(types.of(names(&["x/Statement"]), || OTHER), 0);
    }

    #[test]
    fn the_loader_is_not_asked_for_when_no_name_is_known() {
        let types = Supertypes::new(&["java/sql/Statement"]);
        assert_eq!(types.of(names(&["a/B", "java/lang/Runnable"]), || unreachable!()), 0);
    }

    #[test]
    fn an_unloaded_loader_leaves_nothing() {
        let mut types = Supertypes::new(&["java/sql/Statement"]);
        types.learn(b"x/Statement", APP, 1);
        types.learn(b"x/Statement", OTHER, 1);
        assert_eq!((types.forget(APP), types.forget(APP)), (1, 0));
        assert_eq!(types.of(names(&["x/Statement"]), || OTHER), 1);
        assert_eq!(types.of(names(&["x/Statement"]), || APP), 0);
    }
}
