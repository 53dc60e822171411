//! JNI functions as safe calls. Each leaves no exception pending.

use std::ffi::{CStr, CString};
use std::marker::PhantomData;

use super::bindings::{
    JNIEnv, JNINativeInterface_, JNINativeMethod, jarray, jbyteArray, jint, jlong, jlongArray, jobject,
    jsize, jvalue,
};
use super::environment::Class;

/// A thread's JNI environment, for the length of one call from the JVM.
#[derive(Clone, Copy)]
pub(crate) struct Jni<'a> {
    environment: *mut JNIEnv,
    functions: &'a JNINativeInterface_,
}

/// A local reference that is not null.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    raw: jobject,
    _frame: PhantomData<&'a ()>,
}

impl Object<'_> {
    pub(super) fn new<'a>(raw: jobject) -> Option<Object<'a>> {
        (!raw.is_null()).then_some(Object { raw, _frame: PhantomData })
    }

    pub(super) fn raw(self) -> jobject {
        self.raw
    }
}

/// Calls a function of the table; `None` when the JVM lacks it.
macro_rules! call {
    ($jni:expr, $function:ident $(, $argument:expr)*) => {
        $jni.functions.$function.map(|function| {
            // SAFETY: the table belongs to this thread's environment, the references are live in this frame, and the
            // pointers are to memory that outlives the call.
            unsafe { function($jni.environment $(, $argument)*) }
        })
    };
}

impl<'a> Jni<'a> {
    /// The environment that the JVM called with.
    pub(super) fn of_raw(environment: *mut JNIEnv) -> Option<Jni<'a>> {
        // SAFETY: the JVM hands each native function its thread's environment.
        let table = unsafe { environment.as_ref()? };
        // SAFETY: an environment points to its function table as long as its thread lives.
        let functions = unsafe { table.as_ref()? };
        Some(Jni { environment, functions })
    }

    /// Drops a pending exception; true when there was one.
    pub(crate) fn clear_exception(&self) -> bool {
        let pending = call!(self, ExceptionCheck).unwrap_or(0) != 0;
        if pending {
            let _ = call!(self, ExceptionClear);
        }
        pending
    }

    /// Finds a class by the loader of the caller, or the system loader where there is no caller. May run Java code.
    pub(crate) fn find_class(&self, name: &CStr) -> Option<Class<'a>> {
        let found = call!(self, FindClass, name.as_ptr())?;
        if self.clear_exception() || found.is_null() { None } else { Some(Class::new(found)) }
    }

    /// Defines a class in a loader; `None` is the bootstrap loader.
    pub(crate) fn define_class(
        &self,
        name: &CStr,
        loader: Option<Object<'_>>,
        bytes: &[u8],
    ) -> Option<Class<'a>> {
        let loader = loader.map_or(std::ptr::null_mut(), Object::raw);
        let length = jsize::try_from(bytes.len()).ok()?;
        let defined = call!(self, DefineClass, name.as_ptr(), loader, bytes.as_ptr().cast(), length)?;
        if self.clear_exception() || defined.is_null() { None } else { Some(Class::new(defined)) }
    }

    /// `RegisterNatives`; false when the JVM refuses.
    pub(super) fn register_natives(&self, class: Class<'_>, methods: &[JNINativeMethod]) -> bool {
        let Ok(count) = jint::try_from(methods.len()) else { return false };
        let registered = call!(self, RegisterNatives, class.raw, methods.as_ptr(), count);
        !self.clear_exception() && registered == Some(0)
    }

    /// Makes room for local references that the JVM is about to be asked for, or has handed out in one go. Without it
    /// `-Xcheck:jni` complains on standard output.
    pub(crate) fn ensure_local_capacity(&self, count: usize) {
        let _ = call!(self, EnsureLocalCapacity, jint::try_from(count).unwrap_or(jint::MAX));
        self.clear_exception();
    }

    /// Runs with a frame of its own, whose local references are gone afterwards; `None` when the JVM has no memory for it.
    pub(crate) fn in_frame<T>(&self, capacity: jint, run: impl for<'f> FnOnce(&Jni<'f>) -> T) -> Option<T> {
        let pushed = call!(self, PushLocalFrame, capacity)?;
        if self.clear_exception() || pushed != 0 {
            return None;
        }
        let result = run(self);
        let _ = call!(self, PopLocalFrame, std::ptr::null_mut());
        Some(result)
    }

    /// The superclass; `None` for `java.lang.Object` and interfaces.
    pub(crate) fn super_class(&self, class: Class<'a>) -> Option<Class<'a>> {
        let found = call!(self, GetSuperclass, class.raw)?;
        (!found.is_null()).then(|| Class::new(found))
    }

    /// The class of an object. Runs no Java code.
    pub(crate) fn class_of(&self, object: Object<'_>) -> Option<Class<'a>> {
        let found = call!(self, GetObjectClass, object.raw)?;
        (!found.is_null()).then(|| Class::new(found))
    }

    /// `System.getProperty`. Runs Java code.
    pub(crate) fn system_property(&self, name: &str) -> Option<String> {
        let system = self.find_class(c"java/lang/System")?;
        let signature = c"(Ljava/lang/String;)Ljava/lang/String;";
        let method = call!(self, GetStaticMethodID, system.raw, c"getProperty".as_ptr(), signature.as_ptr())?;
        if self.clear_exception() || method.is_null() {
            return None;
        }
        let name = CString::new(name).ok()?;
        let name = Object::new(call!(self, NewStringUTF, name.as_ptr())?)?;
        let arguments = [jvalue { l: name.raw }];
        let value = call!(self, CallStaticObjectMethodA, system.raw, method, arguments.as_ptr())?;
        if self.clear_exception() {
            return None;
        }
        self.text(Object::new(value)?)
    }

    fn text(&self, string: Object<'_>) -> Option<String> {
        let characters = call!(self, GetStringUTFChars, string.raw, std::ptr::null_mut())?;
        if characters.is_null() {
            self.clear_exception();
            return None;
        }
        // SAFETY: the JVM gives text that ends in 0, until it is released.
        let text = unsafe { CStr::from_ptr(characters) }.to_string_lossy().into_owned();
        let _ = call!(self, ReleaseStringUTFChars, string.raw, characters);
        Some(text)
    }

    /// A static int field. Initialises the class.
    pub(crate) fn static_int(&self, class: Class<'_>, name: &CStr) -> Option<i32> {
        let field = call!(self, GetStaticFieldID, class.raw, name.as_ptr(), c"I".as_ptr())?;
        if self.clear_exception() || field.is_null() {
            return None;
        }
        call!(self, GetStaticIntField, class.raw, field)
    }

    /// Sets a static long field.
    pub(crate) fn set_static_long(&self, class: Class<'_>, name: &CStr, value: i64) -> bool {
        let Some(field) = call!(self, GetStaticFieldID, class.raw, name.as_ptr(), c"J".as_ptr()) else {
            return false;
        };
        if self.clear_exception() || field.is_null() {
            return false;
        }
        call!(self, SetStaticLongField, class.raw, field, value).is_some()
    }

    /// Sets a static boolean field.
    pub(crate) fn set_static_bool(&self, class: Class<'_>, name: &CStr, value: bool) -> bool {
        let Some(field) = call!(self, GetStaticFieldID, class.raw, name.as_ptr(), c"Z".as_ptr()) else {
            return false;
        };
        if self.clear_exception() || field.is_null() {
            return false;
        }
        call!(self, SetStaticBooleanField, class.raw, field, u8::from(value)).is_some()
    }

    /// Writes into a `long[]`; what does not fit is not written.
    pub(super) fn write_longs(&self, array: jlongArray, values: &[jlong]) {
        let length = jsize::try_from(values.len()).unwrap_or(0);
        let _ = call!(self, SetLongArrayRegion, array, 0, length, values.as_ptr());
        self.clear_exception();
    }

    /// The first bytes of a `byte[]`, at most `length`.
    pub(super) fn read_bytes(&self, array: jbyteArray, length: jint) -> Option<Box<[u8]>> {
        if array.is_null() || length < 0 {
            return None;
        }
        let whole: jarray = array;
        let length = length.min(call!(self, GetArrayLength, whole)?);
        let mut bytes = vec![0_u8; usize::try_from(length).ok()?];
        call!(self, GetByteArrayRegion, array, 0, length, bytes.as_mut_ptr().cast())?;
        if self.clear_exception() { None } else { Some(bytes.into_boxed_slice()) }
    }

    /// The first `length` bytes of a `byte[]` that has so many: one transition into the JVM, where [`Jni::read_bytes`] takes
    /// three. Of a shorter one the answer is zeros, and an exception is pending.
    pub(super) fn read_payload(&self, array: jbyteArray, length: jint) -> Option<Box<[u8]>> {
        if array.is_null() {
            return None;
        }
        let mut bytes = vec![0_u8; usize::try_from(length).ok()?];
        call!(self, GetByteArrayRegion, array, 0, length, bytes.as_mut_ptr().cast())?;
        Some(bytes.into_boxed_slice())
    }

    /// Writes at the start of a `byte[]`; false when it is too short.
    pub(super) fn write_bytes(&self, array: jbyteArray, bytes: &[u8]) -> bool {
        let Ok(length) = jsize::try_from(bytes.len()) else { return false };
        if array.is_null() {
            return false;
        }
        let _ = call!(self, SetByteArrayRegion, array, 0, length, bytes.as_ptr().cast());
        !self.clear_exception()
    }
}
