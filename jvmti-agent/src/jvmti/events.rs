//! JVMTI events: what the JVM calls, turned into safe calls.

use std::ffi::{CStr, c_char, c_uchar, c_void};
use std::ptr;

use super::bindings::{
    JNI_VERSION_1_8, JNIEnv, JavaVM, jclass, jint, jlong, jobject, jthread, jvmtiEnv, jvmtiEvent,
    jvmtiEvent_JVMTI_EVENT_CLASS_FILE_LOAD_HOOK, jvmtiEvent_JVMTI_EVENT_CLASS_PREPARE,
    jvmtiEvent_JVMTI_EVENT_OBJECT_FREE, jvmtiEvent_JVMTI_EVENT_VM_DEATH, jvmtiEvent_JVMTI_EVENT_VM_INIT,
    jvmtiEventCallbacks,
};
use super::environment::{Class, Error, Jvmti};
use super::jni::{Jni, Object};
use crate::attach::Natives;
use crate::guard::{self, Entry};
use crate::{attach, hook, unloaded};

const CLASS_EVENTS: [jvmtiEvent; 3] = [
    jvmtiEvent_JVMTI_EVENT_CLASS_FILE_LOAD_HOOK,
    jvmtiEvent_JVMTI_EVENT_CLASS_PREPARE,
    jvmtiEvent_JVMTI_EVENT_OBJECT_FREE,
];

impl Jvmti {
    /// Names the callbacks, and asks for the JVM's start and end. Class events come with [`Jvmti::hook_classes`]: an
    /// AOT cache that is validated with the hook on is rejected.
    pub(crate) fn listen(self) -> Result<(), Error> {
        let callbacks = jvmtiEventCallbacks {
            VMInit: Some(vm_init),
            VMDeath: Some(vm_death),
            ClassFileLoadHook: Some(class_file_load_hook),
            ClassPrepare: Some(class_prepare),
            ObjectFree: Some(object_free),
            ..jvmtiEventCallbacks::default()
        };
        self.set_callbacks(&callbacks)?;
        self.set_event(jvmtiEvent_JVMTI_EVENT_VM_INIT, true)?;
        self.set_event(jvmtiEvent_JVMTI_EVENT_VM_DEATH, true)
    }

    /// Switches the class events on or off.
    pub(crate) fn hook_classes(self, on: bool) -> Result<(), Error> {
        CLASS_EVENTS.into_iter().try_for_each(|event| self.set_event(event, on))
    }
}

/// The JNI environment of this thread, when it has one.
pub(super) fn current_jni<'a>(vm: *mut JavaVM) -> Option<Jni<'a>> {
    // SAFETY: the JVM handed us this pointer in Agent_OnAttach or JNI_OnLoad.
    let table = unsafe { vm.as_ref()? };
    // SAFETY: a JavaVM points to its invocation table for as long as the process lives.
    let invocation = unsafe { table.as_ref()? };
    let get = invocation.GetEnv?;
    let mut environment: *mut c_void = ptr::null_mut();
    let version = jint::try_from(JNI_VERSION_1_8).ok()?;
    // SAFETY: `environment` outlives the call.
    let result = unsafe { get(vm, &mut environment, version) };
    if result == 0 { Jni::of_raw(environment.cast()) } else { None }
}

extern "C" fn vm_init(environment: *mut jvmtiEnv, jni: *mut JNIEnv, _thread: jthread) {
    guard::enter(Entry::VmInit, (), || {
        if let (Some(jvmti), Some(jni)) = (Jvmti::of_raw(environment), Jni::of_raw(jni)) {
            // Why the agent does nothing has been said; nobody asks.
            let _ = attach::start(jvmti, &jni, Natives::Exported);
        }
    });
}

extern "C" fn vm_death(_environment: *mut jvmtiEnv, _jni: *mut JNIEnv) {
    guard::enter(Entry::VmDeath, (), attach::stop);
}

extern "C" fn class_prepare(environment: *mut jvmtiEnv, jni: *mut JNIEnv, _thread: jthread, class: jclass) {
    guard::enter(Entry::ClassPrepare, (), || {
        if let (Some(jvmti), Some(jni)) = (Jvmti::of_raw(environment), Jni::of_raw(jni)) {
            hook::class_prepared(jvmti, &jni, Class::new(class));
        }
    });
}

extern "C" fn object_free(_environment: *mut jvmtiEnv, tag: jlong) {
    guard::enter(Entry::ObjectFree, (), || unloaded::note(tag));
}

extern "C" fn class_file_load_hook(
    environment: *mut jvmtiEnv,
    jni: *mut JNIEnv,
    class_being_redefined: jclass,
    loader: jobject,
    name: *const c_char,
    _protection_domain: jobject,
    length: jint,
    data: *const c_uchar,
    new_length: *mut jint,
    new_data: *mut *mut c_uchar,
) {
    guard::enter(Entry::ClassFileLoadHook, (), || {
        let (Some(jvmti), Some(jni)) = (Jvmti::of_raw(environment), Jni::of_raw(jni)) else { return };
        let Ok(size) = usize::try_from(length) else { return };
        // Classes without a name are of the JDK's own making.
        if name.is_null() || data.is_null() {
            return;
        }
        // SAFETY: the JVM gives a name that ends in 0.
        let name = unsafe { CStr::from_ptr(name) }.to_bytes();
        // SAFETY: the JVM gives `length` bytes that live as long as this call.
        let bytes = unsafe { std::slice::from_raw_parts(data, size) };
        let event = hook::Loading {
            name,
            loader: Object::new(loader),
            loaded: !class_being_redefined.is_null(),
            bytes,
        };
        let Some(patched) = hook::class_loading(jvmti, &jni, &event) else { return };
        let (Ok(patched_length), Some(memory)) = (jint::try_from(patched.len()), jvmti.allocate(&patched))
        else {
            return;
        };
        // SAFETY: the JVM gives a place for the length.
        unsafe { new_length.write(patched_length) };
        // SAFETY: the JVM gives a place for the pointer, and takes the memory over.
        unsafe { new_data.write(memory) };
    });
}
