//! What became of a class: nothing, new bytes, or a refusal with a name.

use crate::reader::ParseError;

/// What [`patch`](crate::patch) did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There was nothing to do; the class stays as the JVM has it.
    Unchanged,
    /// The class with all edits in it.
    Patched(Patched),
    /// The class stays as it is, because of this; none of the edits was made.
    Declined(Reason),
}

/// A class with all edits in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patched {
    /// The class file.
    pub bytes: Vec<u8>,
    /// Methods whose code grew over 35 bytes (HotSpot's MaxInlineSize: no longer inlined when cold).
    pub crossed_35: u32,
    /// Methods whose code grew over 325 bytes (HotSpot's FreqInlineSize: no longer inlined when hot).
    pub crossed_325: u32,
}

/// Declares each reason once: as a public variant that carries the method, and as the plain cause that passes return.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// Why a class was left alone. Each carries the method, as `name(descriptor)`; empty when the class itself
        /// was the reason.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[doc = $doc])* $variant(String),)*
        }

        impl Reason {
            /// A stable name for counters and logs.
            pub fn name(&self) -> &'static str {
                match self { $(Reason::$variant(_) => $name,)* }
            }

            /// The method concerned, as `name(descriptor)`; empty when it is the class itself.
            pub fn method(&self) -> &str {
                match self { $(Reason::$variant(method) => method,)* }
            }
        }

        /// A reason before anybody said which method it is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Cause { $($variant,)* }

        impl Cause {
            pub(crate) fn of(self, method: String) -> Reason {
                match self { $(Cause::$variant => Reason::$variant(method),)* }
            }
        }
    };
}

reasons! {
    /// The class declares no method of this name and descriptor.
    NoSuchMethod = "no-such-method",
    /// No instruction of the method makes the call that was to be replaced.
    NoSuchCall = "no-such-call",
    /// The class declares no such instance field.
    NoSuchField = "no-such-field",
    /// The method has no argument of this index.
    NoSuchArgument = "no-such-argument",
    /// The method is abstract or native.
    NoCode = "no-code",
    /// A static method has no `this`.
    NoThis = "no-this",
    /// The value does not exist where it is asked for: `this` before `super()`, a result at entry.
    ValueNotAvailable = "value-not-available",
    /// A value cannot be converted to the parameter that takes it, or a descriptor has not the form asked for.
    DescriptorMismatch = "descriptor-mismatch",
    /// A descriptor cannot be read, or takes more than 255 words.
    BadDescriptor = "bad-descriptor",
    /// A name or text cannot stand in a class file: too long, or with characters outside the basic plane.
    BadText = "bad-text",
    /// Arguments of a constructor are not assigned: `super()` may not have run.
    ArgumentOfConstructor = "argument-of-constructor",
    /// A final field can be assigned in a constructor only.
    FinalField = "final-field",
    /// A call to an interface's static method needs class version 52.
    InterfaceCallTooNew = "interface-call-too-new",
    /// The constant pool has no room.
    PoolFull = "pool-full",
    /// The method's code cannot be read.
    MalformedCode = "malformed-code",
    /// An opcode that no specification up to Java 26 defines.
    UnknownOpcode = "unknown-opcode",
    /// An attribute within the code (or, from Java 27 on, on the method) that is not known and may hold offsets.
    UnknownAttribute = "unknown-attribute",
    /// The StackMapTable cannot be read.
    MalformedFrames = "malformed-frames",
    /// Another attribute of the code cannot be read.
    MalformedAttribute = "malformed-attribute",
    /// The class is verified by inference, and a handler of ours would join types that the verifier might have to load:
    /// of a constructor's argument and what is assigned to it, or of a result and what several exits replace it by.
    InferenceMayLoad = "inference-may-load",
    /// A subroutine (`jsr`) runs before `super()`.
    SubroutineInConstructor = "subroutine-in-constructor",
    /// A conditional branch would reach too far, and the frame needed to widen it is not in the class.
    BranchTooFar = "branch-too-far",
    /// The code would cross 8,000 bytes: HotSpot would never compile it.
    CodeTooLargeForJit = "code-too-large-for-jit",
    /// The code would cross 65,535 bytes, or its frame 65,535 locals or stack words.
    CodeTooLarge = "code-too-large",
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.method() {
            "" => f.write_str(self.name()),
            method => write!(f, "{} ({method})", self.name()),
        }
    }
}

impl From<ParseError> for Cause {
    fn from(_: ParseError) -> Self {
        Cause::MalformedCode
    }
}
