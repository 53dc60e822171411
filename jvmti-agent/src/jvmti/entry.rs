//! The functions that the JVM looks up by name to load an agent. All three take one path.

use std::ffi::{CStr, c_char, c_void};

use super::bindings::{JavaVM, jint};
use super::environment::Jvmti;
use super::events;
use crate::attach::{self, Natives};
use crate::guard::{self, Entry};

/// What `Agent_OnLoad` and its like return: the JVM goes on, whatever became of us.
const OK: jint = 0;

/// `JNI_VERSION_1_8`, the version that `JNI_OnLoad` asks for.
const JNI_VERSION: jint = 0x0001_0008;

/// Called before the JVM starts, for `-agentpath` (JVMTI specification, "Agent Start-Up (OnLoad phase)").
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Agent_OnLoad(
    vm: *mut JavaVM,
    options: *const c_char,
    _reserved: *mut c_void,
) -> jint {
    guard::enter(Entry::OnLoad, (), || initialise(vm, options, Natives::Exported));
    OK
}

/// Called in a running JVM, for dynamic attach.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Agent_OnAttach(
    vm: *mut JavaVM,
    options: *const c_char,
    _reserved: *mut c_void,
) -> jint {
    guard::enter(Entry::OnAttach, (), || initialise(vm, options, Natives::Exported));
    OK
}

/// Called in a running JVM, for `System.load`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn JNI_OnLoad(vm: *mut JavaVM, _reserved: *mut c_void) -> jint {
    guard::enter(Entry::JniOnLoad, (), || initialise(vm, std::ptr::null(), Natives::Registered));
    JNI_VERSION
}

fn initialise(vm: *mut JavaVM, options: *const c_char, natives: Natives) {
    let options = if options.is_null() {
        String::new()
    } else {
        // SAFETY: the JVM gives a string that ends in 0.
        unsafe { CStr::from_ptr(options) }.to_string_lossy().into_owned()
    };
    let Some(jvmti) = Jvmti::of(vm) else {
        attach::no_jvmti();
        return;
    };
    if !attach::prepare(jvmti, &options) {
        return;
    }
    if jvmti.is_live() {
        let Some(jni) = events::current_jni(vm) else { return };
        attach::start(jvmti, &jni, natives);
    }
}
