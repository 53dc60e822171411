//! Which classes and methods a rule of a file is about. All that is said must hold; what is not said always does.

use otelrs_classfile::{ACC_SYNTHETIC, ClassFile, Member};

use crate::pattern::Pattern;

/// What a class must be, and its methods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Its internal name is one of these; any when there are none.
    pub names: Vec<Pattern>,
    /// It is this type or below it; an internal name.
    pub supertype: Option<String>,
    /// An annotation of this type stands on it; a field descriptor.
    pub annotation: Option<String>,
    /// Who defines it.
    pub loader: Option<LoaderCondition>,
    /// A class of this internal name has been loaded, by whichever loader.
    pub present: Option<String>,
    /// Which of its methods.
    pub methods: MethodConditions,
}

/// What a method must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MethodConditions {
    /// Its name is one of these; any when there are none.
    pub names: Vec<Pattern>,
    /// Its descriptor.
    pub descriptor: Option<String>,
    /// An annotation of this type stands on it; a field descriptor.
    pub annotation: Option<String>,
    /// Access flags (JVMS table 4.6-A) that it has.
    pub required: u16,
    /// Access flags that it has not.
    pub forbidden: u16,
}

/// The loader that defines a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoaderCondition {
    /// The bootstrap loader.
    Bootstrap,
    /// The JDK's platform loader.
    Platform,
    /// The JDK's loader of the class path.
    Application,
    /// A loader whose class has this internal name.
    Class(Pattern),
}

/// Internal names of the loaders' classes; the second is that of JDK 8.
const PLATFORM: [&[u8]; 2] =
    [b"jdk/internal/loader/ClassLoaders$PlatformClassLoader", b"sun/misc/Launcher$ExtClassLoader"];
const APPLICATION: [&[u8]; 2] =
    [b"jdk/internal/loader/ClassLoaders$AppClassLoader", b"sun/misc/Launcher$AppClassLoader"];

impl LoaderCondition {
    /// Whether a loader of this class is meant; `None` is the bootstrap loader.
    pub fn holds(&self, class: Option<&[u8]>) -> bool {
        match (self, class) {
            (LoaderCondition::Bootstrap, found) => found.is_none(),
            (_, None) => false,
            (LoaderCondition::Platform, Some(class)) => PLATFORM.contains(&class),
            (LoaderCondition::Application, Some(class)) => APPLICATION.contains(&class),
            (LoaderCondition::Class(pattern), Some(class)) => pattern.matches(class),
        }
    }
}

/// The agent's own classes beside an application's: `"*"` does not mean them.
const GLUE: &[u8] = b"otelrs/";

impl Conditions {
    /// Whether the name is one of those asked for.
    pub fn names_match(&self, name: &[u8]) -> bool {
        !name.starts_with(GLUE)
            && (self.names.is_empty() || self.names.iter().any(|pattern| pattern.matches(name)))
    }

    /// Whether the class file shows all that can be seen in it: names, annotations, methods.
    pub fn hold_in(&self, class: &ClassFile<'_>) -> bool {
        self.names_match(class.name())
            && self.annotation.as_ref().is_none_or(|annotation| class.is_annotated(annotation))
            && class.methods().any(|method| self.methods.select(class, &method))
    }
}

impl MethodConditions {
    /// Whether a method with code is meant. What a compiler made is not: a bridge method only calls the method that the
    /// source has, and carries its annotations.
    pub fn select(&self, class: &ClassFile<'_>, method: &Member<'_>) -> bool {
        method.code_length.is_some()
            && method.access & ACC_SYNTHETIC == 0
            && !method.name.starts_with(b"<")
            && method.access & self.required == self.required
            && method.access & self.forbidden == 0
            && (self.names.is_empty() || self.names.iter().any(|pattern| pattern.matches(method.name)))
            && self.descriptor.as_ref().is_none_or(|descriptor| descriptor.as_bytes() == method.descriptor)
            && self.annotation.as_ref().is_none_or(|annotation| class.is_member_annotated(method, annotation))
    }
}
