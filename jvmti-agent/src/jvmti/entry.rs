//! The functions that the JVM looks up by name to load an agent. All three take one path.

use std::ffi::{CStr, c_char, c_void};

use otelrs_settings::load::{LoadAnswer, asks_to_detach};

use super::bindings::{JavaVM, jint};
use super::environment::Jvmti;
use super::events;
use crate::attach::{self, Natives};
use crate::guard::{self, Entry};

/// What `Agent_OnLoad` returns: the JVM goes on, whatever became of us.
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
    guard::enter(Entry::OnLoad, (), || {
        // Why the agent does nothing has been said; nobody asks.
        let _ = load(vm, &text(options), Natives::Exported);
    });
    OK
}

/// Called in a running JVM each time that the library is loaded by the attach mechanism. What it returns reaches who asked
/// for it; the JVM goes on in any case.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn Agent_OnAttach(
    vm: *mut JavaVM,
    options: *const c_char,
    _reserved: *mut c_void,
) -> jint {
    let answer = guard::enter(Entry::OnAttach, LoadAnswer::Failed, || {
        let options = text(options);
        if asks_to_detach(&options) {
            return detach(vm);
        }
        load(vm, &options, Natives::Exported).err().unwrap_or(LoadAnswer::Done)
    });
    answer.code()
}

/// Called in a running JVM, for `System.load`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn JNI_OnLoad(vm: *mut JavaVM, _reserved: *mut c_void) -> jint {
    guard::enter(Entry::JniOnLoad, (), || {
        let _ = load(vm, "", Natives::Registered);
    });
    JNI_VERSION
}

fn text(options: *const c_char) -> String {
    if options.is_null() {
        return String::new();
    }
    // SAFETY: the JVM gives a string that ends in 0.
    unsafe { CStr::from_ptr(options) }.to_string_lossy().into_owned()
}

fn load(vm: *mut JavaVM, options: &str, natives: Natives) -> Result<(), LoadAnswer> {
    let Some(jvmti) = Jvmti::of(vm) else { return Err(attach::no_jvmti()) };
    attach::prepare(jvmti, options)?;
    if jvmti.is_live() {
        let jni = events::current_jni(vm).ok_or(LoadAnswer::Failed)?;
        attach::start(jvmti, &jni, natives)?;
    }
    Ok(())
}

fn detach(vm: *mut JavaVM) -> LoadAnswer {
    match (Jvmti::of(vm), events::current_jni(vm)) {
        (Some(jvmti), Some(jni)) => attach::detach(jvmti, &jni),
        _ => attach::no_jvmti(),
    }
}
