//! JVMTI functions as safe calls.

use std::ffi::{CStr, CString, c_char, c_uchar, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;

use super::bindings::{
    JVMTI_VERSION_1_2, JVMTI_VERSION_11, JavaVM, jclass, jint, jobject, jvmtiCapabilities, jvmtiEnv,
    jvmtiError, jvmtiError_JVMTI_ERROR_NONE, jvmtiEvent, jvmtiEventCallbacks, jvmtiEventMode_JVMTI_DISABLE,
    jvmtiEventMode_JVMTI_ENABLE, jvmtiInterface_1_, jvmtiPhase,
};
use super::jni::{Jni, Object};

/// A JVMTI error code (jvmti.h, `jvmtiError`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Error(pub(crate) jvmtiError);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JVMTI error {}", self.0)
    }
}

/// The JVM does not have the function.
const NOT_AVAILABLE: Error = Error(98);

/// The one of this library. Tags and events belong to an environment, so what is attached again finds its own.
static ENVIRONMENT: OnceLock<Jvmti> = OnceLock::new();

/// A JVMTI environment. Valid until the process ends: it is never disposed of.
#[derive(Clone, Copy)]
pub(crate) struct Jvmti {
    environment: *mut jvmtiEnv,
    functions: &'static jvmtiInterface_1_,
}

// SAFETY: a JVMTI environment may be used from any thread (JVMTI specification, "Environments").
unsafe impl Send for Jvmti {}
// SAFETY: as above.
unsafe impl Sync for Jvmti {}

/// Calls a function of the table; what a JVM lacks is an error like any other.
macro_rules! call {
    ($jvmti:expr, $function:ident $(, $argument:expr)*) => {
        match $jvmti.functions.$function {
            // SAFETY: the table belongs to this environment, and the arguments are as the specification of the function
            // asks: live references of this thread, and pointers to locals that outlive the call.
            Some(function) => check(unsafe { function($jvmti.environment $(, $argument)*) }),
            None => Err(NOT_AVAILABLE),
        }
    };
}

fn check(error: jvmtiError) -> Result<(), Error> {
    if error == jvmtiError_JVMTI_ERROR_NONE { Ok(()) } else { Err(Error(error)) }
}

/// A class, for as long as the JNI frame that holds its reference.
#[derive(Clone, Copy)]
pub(crate) struct Class<'a> {
    pub(super) raw: jclass,
    _frame: PhantomData<&'a ()>,
}

impl Class<'_> {
    pub(super) fn new<'a>(raw: jclass) -> Class<'a> {
        Class { raw, _frame: PhantomData }
    }
}

impl<'a> Class<'a> {
    /// The `java.lang.Class`.
    pub(crate) fn object(self) -> Option<Object<'a>> {
        Object::new(self.raw)
    }
}

/// A class that was loaded before the hook was on.
pub(crate) struct LoadedClass<'a> {
    pub(crate) class: Class<'a>,
    /// Internal name.
    pub(crate) name: Vec<u8>,
}

impl Jvmti {
    /// The library's environment, made on the first call.
    pub(super) fn of(vm: *mut JavaVM) -> Option<Jvmti> {
        if let Some(made) = ENVIRONMENT.get() {
            return Some(*made);
        }
        let made = Jvmti::make(vm)?;
        Some(*ENVIRONMENT.get_or_init(|| made))
    }

    /// Gets an environment from the JVM; the newest interface that it has.
    fn make(vm: *mut JavaVM) -> Option<Jvmti> {
        // SAFETY: the JVM handed us this pointer in Agent_OnLoad, Agent_OnAttach or JNI_OnLoad.
        let table = unsafe { vm.as_ref()? };
        // SAFETY: a JavaVM points to its invocation table for as long as the process lives.
        let invocation = unsafe { table.as_ref()? };
        let get = invocation.GetEnv?;
        for version in [JVMTI_VERSION_11, JVMTI_VERSION_1_2] {
            let mut environment: *mut c_void = ptr::null_mut();
            let version = jint::try_from(version).ok()?;
            // SAFETY: `environment` outlives the call.
            if unsafe { get(vm, &mut environment, version) } == 0 && !environment.is_null() {
                return Jvmti::of_raw(environment.cast());
            }
        }
        None
    }

    /// The environment that a callback was called with.
    pub(super) fn of_raw(environment: *mut jvmtiEnv) -> Option<Jvmti> {
        // SAFETY: the JVM hands out valid environments, and they are never disposed of.
        let table = unsafe { environment.as_ref()? };
        // SAFETY: an environment points to its function table as long as it lives.
        let functions = unsafe { table.as_ref()? };
        Some(Jvmti { environment, functions })
    }

    /// `GetPhase`: whether the JVM is live already.
    pub(crate) fn is_live(self) -> bool {
        const LIVE: jvmtiPhase = 4;
        let mut phase: jvmtiPhase = 0;
        call!(self, GetPhase, &mut phase).is_ok() && phase == LIVE
    }

    /// A system property, as it is before any Java code runs (`GetSystemProperty`).
    pub(crate) fn system_property(self, name: &str) -> Option<String> {
        let name = CString::new(name).ok()?;
        let mut value: *mut c_char = ptr::null_mut();
        call!(self, GetSystemProperty, name.as_ptr(), &mut value).ok()?;
        self.take_text(value).map(|text| String::from_utf8_lossy(&text).into_owned())
    }

    /// All system properties that JVMTI names (`GetSystemProperties`).
    pub(crate) fn system_properties(self) -> Vec<(String, String)> {
        let mut count: jint = 0;
        let mut names: *mut *mut c_char = ptr::null_mut();
        if call!(self, GetSystemProperties, &mut count, &mut names).is_err() || names.is_null() {
            return Vec::new();
        }
        let length = usize::try_from(count).unwrap_or(0);
        // SAFETY: on success the JVM gives an array of `count` strings.
        let raw = unsafe { std::slice::from_raw_parts(names, length) }.to_vec();
        let mut found = Vec::with_capacity(length);
        for name in raw {
            if let Some(name) = self.take_text(name).and_then(|text| String::from_utf8(text).ok())
                && let Some(value) = self.system_property(&name)
            {
                found.push((name, value));
            }
        }
        self.deallocate(names.cast());
        found
    }

    /// Copies a string that the JVM allocated, and frees it.
    fn take_text(self, text: *mut c_char) -> Option<Vec<u8>> {
        if text.is_null() {
            return None;
        }
        // SAFETY: the JVM gives a string that ends in 0.
        let bytes = unsafe { CStr::from_ptr(text) }.to_bytes().to_vec();
        self.deallocate(text.cast());
        Some(bytes)
    }

    fn deallocate(self, memory: *mut c_uchar) {
        let _ = call!(self, Deallocate, memory);
    }

    /// Memory that the JVM will own, with these bytes in it.
    pub(super) fn allocate(self, bytes: &[u8]) -> Option<*mut c_uchar> {
        let mut memory: *mut c_uchar = ptr::null_mut();
        call!(self, Allocate, i64::try_from(bytes.len()).ok()?, &mut memory).ok()?;
        if memory.is_null() {
            return None;
        }
        // SAFETY: the JVM has just given us this many bytes, and nobody else has them.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len()) };
        Some(memory)
    }

    /// Adds what the agent needs to see and change classes, and to number loaders as long as they live.
    pub(crate) fn add_capabilities(self) -> Result<(), Error> {
        let mut wanted = jvmtiCapabilities::default();
        wanted.set_can_generate_all_class_hook_events(1);
        wanted.set_can_retransform_classes(1);
        wanted.set_can_tag_objects(1);
        wanted.set_can_generate_object_free_events(1);
        call!(self, AddCapabilities, &wanted)
    }

    pub(super) fn set_callbacks(self, callbacks: &jvmtiEventCallbacks) -> Result<(), Error> {
        let size = jint::try_from(size_of::<jvmtiEventCallbacks>()).unwrap_or(jint::MAX);
        call!(self, SetEventCallbacks, callbacks, size)
    }

    pub(super) fn set_event(self, event: jvmtiEvent, on: bool) -> Result<(), Error> {
        let mode = if on { jvmtiEventMode_JVMTI_ENABLE } else { jvmtiEventMode_JVMTI_DISABLE };
        match self.functions.SetEventNotificationMode {
            // SAFETY: a null thread means all threads.
            Some(function) => check(unsafe { function(self.environment, mode, event, ptr::null_mut()) }),
            None => Err(NOT_AVAILABLE),
        }
    }

    /// Internal name of a class (`GetClassSignature`); `None` for arrays and primitives.
    pub(crate) fn class_name(self, class: Class<'_>) -> Option<Vec<u8>> {
        let mut signature: *mut c_char = ptr::null_mut();
        call!(self, GetClassSignature, class.raw, &mut signature, ptr::null_mut()).ok()?;
        let signature = self.take_text(signature)?;
        let name = signature.strip_prefix(b"L")?.strip_suffix(b";")?;
        Some(name.to_vec())
    }

    /// Every class that is loaded, with its name; the references are local to the frame of `jni`.
    pub(crate) fn loaded_classes<'a>(self, _jni: &Jni<'a>) -> Result<Vec<LoadedClass<'a>>, Error> {
        let mut count: jint = 0;
        let mut classes: *mut jclass = ptr::null_mut();
        call!(self, GetLoadedClasses, &mut count, &mut classes)?;
        let length = usize::try_from(count).unwrap_or(0);
        if classes.is_null() {
            return Ok(Vec::new());
        }
        // SAFETY: on success the JVM gives an array of `count` classes.
        let raw = unsafe { std::slice::from_raw_parts(classes, length) }.to_vec();
        self.deallocate(classes.cast());
        Ok(raw
            .into_iter()
            .filter_map(|raw| {
                let class = Class::new(raw);
                self.class_name(class).map(|name| LoadedClass { class, name })
            })
            .collect())
    }

    /// The interfaces that a class names itself (`GetImplementedInterfaces`); none for a class that is not prepared.
    pub(crate) fn interfaces<'a>(self, class: Class<'a>, _jni: &Jni<'a>) -> Vec<Class<'a>> {
        let mut count: jint = 0;
        let mut interfaces: *mut jclass = ptr::null_mut();
        if call!(self, GetImplementedInterfaces, class.raw, &mut count, &mut interfaces).is_err()
            || interfaces.is_null()
        {
            return Vec::new();
        }
        let length = usize::try_from(count).unwrap_or(0);
        // SAFETY: on success the JVM gives an array of `count` classes.
        let raw = unsafe { std::slice::from_raw_parts(interfaces, length) }.to_vec();
        self.deallocate(interfaces.cast());
        raw.into_iter().map(Class::new).collect()
    }

    /// The loader of a class; `None` for the bootstrap loader.
    pub(crate) fn loader<'a>(self, class: Class<'a>, _jni: &Jni<'a>) -> Option<Object<'a>> {
        let mut loader: jobject = ptr::null_mut();
        call!(self, GetClassLoader, class.raw, &mut loader).ok()?;
        Object::new(loader)
    }

    /// Whether the class can be retransformed (`IsModifiableClass`).
    pub(crate) fn is_modifiable(self, class: Class<'_>) -> bool {
        let mut modifiable = 0;
        call!(self, IsModifiableClass, class.raw, &mut modifiable).is_ok() && modifiable != 0
    }

    /// Sends loaded classes through the hook again.
    pub(crate) fn retransform(self, classes: &[Class<'_>]) -> Result<(), Error> {
        if classes.is_empty() {
            return Ok(());
        }
        let raw: Vec<jclass> = classes.iter().map(|class| class.raw).collect();
        call!(self, RetransformClasses, jint::try_from(raw.len()).unwrap_or(jint::MAX), raw.as_ptr())
    }

    /// The number that was given to an object; 0 for none.
    pub(crate) fn tag(self, object: Object<'_>) -> i64 {
        let mut tag = 0;
        if call!(self, GetTag, object.raw(), &mut tag).is_ok() { tag } else { 0 }
    }

    /// Gives an object a number.
    pub(crate) fn set_tag(self, object: Object<'_>, tag: i64) -> Result<(), Error> {
        call!(self, SetTag, object.raw(), tag)
    }
}
