//! Rules as data that a `static` can hold; they are tables of the library's image, never parsed at start.

use std::fmt;

use crate::conditions::Conditions;

/// One rule: a class or a kind of class, and what is spliced into its methods.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Whose switch (`otel.instrumentation.<name>.enabled`) turns it off.
    pub instrumentation: &'static str,
    /// Which classes.
    pub class: ClassSelector,
    /// Which methods. Those that a class does not declare with code are passed over: library versions differ.
    pub methods: &'static [MethodRule],
    /// Methods of a class that the rule is about, which are too common to suggest it: a class of unknown ancestry is not
    /// looked at again for declaring `close()`.
    pub common_methods: &'static [MethodRule],
    /// The glue that must be in the class's loader before the splices run, if any.
    pub glue: Option<&'static str>,
    /// What the rule is for.
    pub purpose: Purpose,
}

impl Rule {
    /// Each place where the rule splices, in words: class, method and descriptor as far as the rule names them. Rules
    /// about the same place say the same.
    pub fn places(&self) -> impl Iterator<Item = String> + '_ {
        self.methods.iter().chain(self.common_methods).map(|method| self.place(method))
    }

    /// The place of one of its methods.
    pub fn place(&self, method: &MethodRule) -> String {
        let name = if method.name == ANY_METHOD { "*" } else { method.name };
        format!("{}.{name}{}", self.class, method.descriptor)
    }
}

/// What a rule is for, which decides when classes that are loaded already are patched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It opens spans or describes them.
    Spans,
    /// It carries context, of which there is none before the first span can be opened: until a class has been patched
    /// for spans, loaded classes are left alone.
    Context,
}

/// The name in a [`MethodRule`] that means every method; no method has it (JVMS 4.2.2).
pub const ANY_METHOD: &str = "";

/// Which classes a rule is about. Names are internal names (JVMS 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassSelector {
    /// Exactly this class.
    Name(&'static str),
    /// Classes and interfaces below a type.
    SubtypeOf {
        /// Which must be named `java/..`: every loader delegates those, so the name means one type in every loader.
        types: &'static [&'static str],
        /// The advice checks the type of what it is given. A class whose ancestors are not known yet is then patched at
        /// once when it declares a method of the rule whose descriptor holds this text; otherwise it is decided, and
        /// retransformed, when it is prepared, which costs milliseconds.
        guard: Option<&'static str>,
    },
    /// Classes below a class, which must be named `java/..`, that the JDK itself does not bring.
    SubclassOf(&'static str),
    /// Classes below an interface, which must be named `java/..`, that the JDK itself does not bring.
    ImplementationOf {
        /// The interface.
        of: &'static str,
        /// As of [`ClassSelector::SubtypeOf`].
        guard: Option<&'static str>,
    },
    /// Classes with a method of their own that call another, but those that the JDK itself brings.
    Caller {
        /// Name and descriptor of the method that they declare with code.
        declares: (&'static str, &'static str),
        /// What one of their methods calls.
        calls: Method,
    },
    /// Classes of which all of this holds, but those that the JDK itself brings; and of those only the methods of which it
    /// holds too.
    Where {
        /// What messages call the rule.
        rule: &'static str,
        /// What holds of its classes and methods.
        conditions: &'static Conditions,
    },
}

impl Rule {
    /// What messages call it: the name of a rule of a file, or else its instrumentation.
    pub fn name(&self) -> &'static str {
        match self.class {
            ClassSelector::Where { rule, .. } => rule,
            _ => self.instrumentation,
        }
    }

    /// Whether its advice checks the type of what it is given, so that it may be spliced into a class of another type.
    pub fn is_guarded(&self) -> bool {
        matches!(
            self.class,
            ClassSelector::SubtypeOf { guard: Some(_), .. }
                | ClassSelector::ImplementationOf { guard: Some(_), .. }
        )
    }

    /// Whether a user wrote it.
    pub fn is_of_file(&self) -> bool {
        matches!(self.class, ClassSelector::Where { .. })
    }
}

impl fmt::Display for ClassSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClassSelector::Name(name) => f.write_str(name),
            ClassSelector::SubtypeOf { types, .. } => write!(f, "below {}", types.join(" or ")),
            ClassSelector::SubclassOf(of) | ClassSelector::ImplementationOf { of, .. } => {
                write!(f, "below {of}")
            }
            ClassSelector::Caller { declares: (name, descriptor), calls } => {
                write!(
                    f,
                    "with {name}{descriptor} calling {}.{}{}",
                    calls.owner, calls.name, calls.descriptor
                )
            }
            ClassSelector::Where { conditions, .. } => {
                let names: Vec<&str> = conditions.names.iter().map(|pattern| pattern.as_str()).collect();
                f.write_str(if names.is_empty() { "*" } else { "" })?;
                f.write_str(&names.join(" or "))
            }
        }
    }
}

impl fmt::Display for DescriptorSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DescriptorSelector::Any => Ok(()),
            DescriptorSelector::Exact(exact) => f.write_str(exact),
            DescriptorSelector::Prefix(prefix) => write!(f, "{prefix}.."),
            DescriptorSelector::Between(prefix, suffix) => write!(f, "{prefix}..{suffix}"),
        }
    }
}

/// A method by its names, as a call instruction holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// Internal name of the class that the instruction names.
    pub owner: &'static str,
    /// The method's name.
    pub name: &'static str,
    /// Its descriptor.
    pub descriptor: &'static str,
}

/// Which method of the class, and what is spliced into it.
#[derive(Debug, Clone, Copy)]
pub struct MethodRule {
    /// The method's name; `<init>` for constructors; [`ANY_METHOD`].
    pub name: &'static str,
    /// Which of its overloads.
    pub descriptor: DescriptorSelector,
    /// What is spliced in.
    pub splices: &'static [Splice],
}

/// Which overloads of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescriptorSelector {
    /// All.
    Any,
    /// One.
    Exact(&'static str),
    /// Those whose descriptor begins so.
    Prefix(&'static str),
    /// Those whose descriptor begins and ends so.
    Between(&'static str, &'static str),
}

impl MethodRule {
    /// Whether a method is meant.
    pub fn selects(&self, name: &[u8], descriptor: &[u8]) -> bool {
        self.names(name) && self.descriptor.matches(descriptor)
    }

    /// Whether a method of this name may be meant.
    pub fn names(&self, name: &[u8]) -> bool {
        self.name == ANY_METHOD || self.name.as_bytes() == name
    }
}

impl DescriptorSelector {
    /// Whether an overload is meant.
    pub fn matches(self, descriptor: &[u8]) -> bool {
        match self {
            DescriptorSelector::Any => true,
            DescriptorSelector::Exact(exact) => descriptor == exact.as_bytes(),
            DescriptorSelector::Prefix(prefix) => descriptor.starts_with(prefix.as_bytes()),
            DescriptorSelector::Between(prefix, suffix) => {
                descriptor.len() >= prefix.len() + suffix.len()
                    && descriptor.starts_with(prefix.as_bytes())
                    && descriptor.ends_with(suffix.as_bytes())
            }
        }
    }
}

/// One thing to splice into a method; the counterpart of `otelrs_classfile::Splice`.
#[derive(Debug, Clone, Copy)]
pub enum Splice {
    /// Entry and exit advice.
    Around {
        /// Called before the method's own code.
        entry: Option<Call>,
        /// Called at each return and throw.
        exit: Option<Call>,
    },
    /// Before each return: `this.field = call(..)`. The field is the class's own.
    AssignFieldAtExit {
        /// The field's name.
        name: &'static str,
        /// Its descriptor.
        descriptor: &'static str,
        /// Gives the new value.
        call: Call,
    },
    /// At entry: `argument = call(..)`.
    AssignArgumentAtEntry {
        /// 0 is the first declared argument.
        index: u16,
        /// Gives the new value.
        call: Call,
    },
    /// Each call of a method becomes a static call; a method that makes no such call is left alone.
    ReplaceCall {
        /// The method called.
        called: Method,
        /// The static method in its place; its descriptor has the receiver prepended.
        target: Target,
    },
}

/// A static method that spliced code calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Internal name of its class.
    pub owner: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its descriptor.
    pub descriptor: &'static str,
}

/// A static call and what is handed to it.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The method called.
    pub target: Target,
    /// One value a parameter.
    pub values: &'static [Value],
}

/// A value that spliced code fetches.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// The object whose method runs.
    This,
    /// The n-th declared argument.
    Argument(u16),
    /// What the entry returned.
    Token,
    /// What the method returns.
    Returned,
    /// What the method throws.
    Thrown,
    /// A string constant.
    Text(&'static str),
    /// An integer constant.
    Int(i32),
    /// The class's internal name.
    ClassName,
    /// The method's name.
    MethodName,
    /// A field of `this` that the class itself declares, whatever its type.
    NamedField(&'static str),
    /// A field of `this`, the class's own.
    OwnField {
        /// Its name.
        name: &'static str,
        /// Its descriptor.
        descriptor: &'static str,
    },
    /// A field of `this` that a superclass declares; it is named through the direct superclass.
    InheritedField {
        /// Its name.
        name: &'static str,
        /// Its descriptor.
        descriptor: &'static str,
    },
    /// What an interface's method returns.
    InterfaceGetter {
        /// The receiver.
        of: &'static Value,
        /// Internal name of the interface.
        owner: &'static str,
        /// Its name.
        name: &'static str,
        /// Its descriptor.
        descriptor: &'static str,
        /// One value a parameter.
        arguments: &'static [Value],
    },
}
