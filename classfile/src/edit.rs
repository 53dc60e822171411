//! What to do to a class, as data.

/// The edits of one method; it selects exactly one method of the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodEdit<'e> {
    /// The method's name; `<init>` is a constructor.
    pub name: &'e str,
    /// Its descriptor.
    pub descriptor: &'e str,
    /// What to splice in. Of several entries the first listed runs first; of several exits it runs last.
    pub splices: Vec<Splice<'e>>,
}

/// One thing to splice into a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Splice<'e> {
    /// Advice before the method and after it, however it ends.
    Around {
        /// Called first. Returns nothing, or one reference: the token that the exit can ask for.
        entry: Option<Call<'e>>,
        /// Called at each return and for each exception that leaves the method. When it returns a reference and the
        /// method does, its result (cast to the method's type) is what the method returns.
        exit: Option<Call<'e>>,
    },
    /// `this.field = call(..)` before each return, and before the exits of [`Splice::Around`].
    AssignFieldAtExit {
        /// The field assigned.
        field: FieldRef<'e>,
        /// Gives the new value.
        call: Call<'e>,
    },
    /// `argument = call(..)` at entry. Not in constructors.
    AssignArgumentAtEntry {
        /// Which argument: 0 is the first declared, `this` is not counted.
        index: u16,
        /// Gives the new value.
        call: Call<'e>,
    },
    /// Each call of exactly this method becomes a static call of `target`. What the target throws is what the call
    /// throws.
    ReplaceCall {
        /// The class named by the call instruction.
        owner: &'e str,
        /// The method called.
        name: &'e str,
        /// Its descriptor.
        descriptor: &'e str,
        /// A static method; its descriptor is the original's with the receiver (if there is one) prepended, as the
        /// owner or as `java/lang/Object`.
        target: MethodRef<'e>,
        /// Whether a method without such a call is declined; otherwise it is left as it is.
        required: bool,
    },
}

/// A method to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodRef<'e> {
    /// The internal name of its class.
    pub owner: &'e str,
    /// Its name.
    pub name: &'e str,
    /// Its descriptor.
    pub descriptor: &'e str,
    /// Whether the owner is an interface.
    pub interface: bool,
}

/// An instance field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRef<'e> {
    /// The internal name of its class: the one edited, which must declare it, or its direct superclass.
    pub owner: &'e str,
    /// Its name.
    pub name: &'e str,
    /// Its descriptor.
    pub descriptor: &'e str,
}

/// A call of a static method. Each value is converted to its parameter: a reference is cast, a primitive goes to the
/// same primitive or is boxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'e> {
    /// The static method.
    pub target: MethodRef<'e>,
    /// One value for each parameter.
    pub values: Vec<Value<'e>>,
}

/// A value that a call is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'e> {
    /// The object whose method runs. Not at a constructor's entry.
    This,
    /// An argument as the method got it (after any [`Splice::AssignArgumentAtEntry`]): 0 is the first declared.
    Argument(u16),
    /// At exit: what this splice's entry returned; null when it returned nothing or threw.
    Token,
    /// At exit: what the method returns; null or zero when it throws or returns nothing.
    Returned,
    /// At exit: the exception that leaves the method, or null.
    Thrown,
    /// A null reference.
    Null,
    /// A constant; also for a boolean, byte, char or short parameter that can hold it.
    Int(i32),
    /// A constant.
    Long(i64),
    /// A string constant.
    Text(&'e str),
    /// A field of `this`.
    Field(FieldRef<'e>),
    /// What an instance method of another value returns. When it throws, the whole call is not made.
    Getter {
        /// The receiver.
        of: Box<Value<'e>>,
        /// A public instance method that returns something. (A protected one the verifier may refuse.)
        method: MethodRef<'e>,
        /// One value for each parameter.
        arguments: Vec<Value<'e>>,
    },
}
