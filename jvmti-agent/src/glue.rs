//! The bridge and the glue: classes embedded in this library, defined where they belong on first need.

use std::ffi::CStr;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flate2::bufread::DeflateDecoder;
use otelrs_rules::supertypes::Loader;
use otelrs_settings::load::LoadAnswer;

use crate::attach::Natives;
use crate::fault;
use crate::jvmti::{Class as JavaClass, Jni, Jvmti, Object, register_natives};
use crate::loaders::loader_number;
use crate::state::{self, Agent};

/// A class as javac made it.
pub(crate) struct Class {
    name: &'static CStr,
    bytes: &'static [u8],
}

/// Classes that most JVMs do without, each after those that it needs: deflated, they are half as large.
pub(crate) struct Packed {
    /// Name of each, and length of its class file.
    files: &'static [(&'static CStr, usize)],
    bytes: &'static [u8],
}

impl Packed {
    /// Name and class file of each.
    fn unpack(&self) -> impl Iterator<Item = (&'static CStr, Vec<u8>)> {
        let mut reader = DeflateDecoder::new(self.bytes);
        self.files.iter().map_while(move |(name, length)| {
            let mut bytes = vec![0; *length];
            reader.read_exact(&mut bytes).ok()?;
            Some((*name, bytes))
        })
    }
}

/// The glue of one library: its classes, the one that splices call last.
pub(crate) struct Glue {
    name: &'static str,
    home: Home,
    classes: Packed,
}

/// Whose loader glue belongs to.
#[derive(Clone, Copy)]
enum Home {
    /// The bootstrap loader: its package is in a module of the JDK.
    Boot,
    /// The loader of this class of the JDK.
    LoaderOf(&'static CStr),
    /// The loader of the class that calls it.
    PatchedClass,
}

include!(concat!(env!("OUT_DIR"), "/classes.rs"));

/// Name of the class that tells an agent of ours in this JVM.
const BRIDGE_NAME: &CStr = c"java/lang/OtelrsBridge";

/// Must be `OtelrsBridge.ABI`.
pub(crate) const ABI: i32 = 6;

/// What keeps the bridge from being defined.
pub(crate) enum Refused {
    /// Another copy of the agent was here first; its ABI, when it says.
    AnotherCopy(Option<i32>),
    /// The JVM did not define this class.
    Undefined(&'static CStr),
}

impl Refused {
    /// For who loaded the library into a running JVM.
    pub(crate) fn answer(&self) -> LoadAnswer {
        match self {
            Refused::AnotherCopy(_) => LoadAnswer::AnotherCopy,
            Refused::Undefined(_) => LoadAnswer::Failed,
        }
    }
}

/// The bridge in this JVM is this library's. It stays when the agent is detached, and its natives stay bound to us.
static OWN_BRIDGE: AtomicBool = AtomicBool::new(false);
/// The same of its classes for rules of files.
static OWN_RULES: AtomicBool = AtomicBool::new(false);

/// More references than the bridge's classes take.
const BRIDGE_REFERENCES: i32 = 32;

/// Sees to it that our bridge is in the bootstrap loader, tells it what it decides by, and that it may begin.
pub(crate) fn begin_bridge(jni: &Jni<'_>, agent: &Agent, natives: Natives) -> Result<(), Refused> {
    let begun = jni.in_frame(BRIDGE_REFERENCES, |jni| {
        // Setting a field initialises the class: were that to fail later, it would fail in the application's workers.
        let bridge = bridge(jni, natives)?;
        if agent.with_classes(|classes| classes.has_rules_of_files()) && !OWN_RULES.swap(true, Relaxed) {
            for (name, bytes) in BRIDGE_OF_RULES.unpack() {
                jni.define_class(name, None, &bytes).ok_or(Refused::Undefined(name))?;
            }
        }
        match bridge {
            Some(bridge) if configure(jni, bridge, agent) => Ok(()),
            _ => Err(Refused::Undefined(BRIDGE_NAME)),
        }
    });
    begun.unwrap_or(Err(Refused::Undefined(BRIDGE_NAME)))
}

/// Our bridge, defined where it is not there yet.
fn bridge<'j>(jni: &Jni<'j>, natives: Natives) -> Result<Option<JavaClass<'j>>, Refused> {
    if OWN_BRIDGE.load(Relaxed) {
        return Ok(jni.find_class(BRIDGE_NAME));
    }
    let mut bridge = None;
    for class in BRIDGE {
        let Some(defined) = jni.define_class(class.name, None, class.bytes) else {
            return Err(refused(jni, class));
        };
        if class.name == BRIDGE_NAME {
            bridge = Some(defined);
        }
    }
    let bridge = bridge.filter(|bridge| natives == Natives::Exported || register_natives(jni, *bridge));
    OWN_BRIDGE.store(bridge.is_some(), Relaxed);
    Ok(bridge)
}

/// Why a class of the bridge was not defined. Another copy is asked for only then: to look for a class that is not there
/// runs the application's loader, and costs a tenth of a millisecond of each start.
fn refused(jni: &Jni<'_>, class: &Class) -> Refused {
    if class.name == BRIDGE_NAME
        && let Some(other) = jni.find_class(BRIDGE_NAME)
    {
        return Refused::AnotherCopy(jni.static_int(other, c"ABI"));
    }
    Refused::Undefined(class.name)
}

/// A context is a parent for this long after the end of its local root; later, work in it is only linked to it.
const STALE_AFTER: Duration = Duration::from_secs(60);

static ATTACHMENTS: AtomicI64 = AtomicI64::new(0);

/// That it may begin comes last.
fn configure(jni: &Jni<'_>, bridge: JavaClass<'_>, agent: &Agent) -> bool {
    let stale_after = fault::stale_after().unwrap_or(STALE_AFTER).as_nanos();
    let stale_after = i64::try_from(stale_after).unwrap_or(i64::MAX);
    jni.set_static_bool(bridge, c"parentBased", agent.sampler.parent_based)
        && jni.set_static_long(bridge, c"threshold", agent.sampler.threshold)
        && jni.set_static_bool(bridge, c"traceContext", agent.propagators.trace_context)
        && jni.set_static_bool(bridge, c"baggage", agent.propagators.baggage)
        && jni.set_static_bool(bridge, c"exceptionMessages", agent.advice.exception_messages)
        && jni.set_static_long(bridge, c"staleAfter", stale_after)
        && jni.set_static_long(bridge, c"attachment", ATTACHMENTS.fetch_add(1, Relaxed))
        && jni.set_static_bool(bridge, c"active", true)
}

/// Tells the bridge that the native side has given up, or leaves.
pub(crate) fn deactivate_bridge(jni: &Jni<'_>) {
    if let Some(bridge) = jni.find_class(BRIDGE_NAME) {
        jni.set_static_bool(bridge, c"active", false);
    }
}

/// Which glue is where already: name and loader.
static DEFINED: Mutex<Vec<(&'static str, i64)>> = Mutex::new(Vec::new());

/// Sees to it that glue is where the splices of `class` find it. Without it they do nothing: their guard drops the
/// linkage error.
pub(crate) fn define_for(jvmti: Jvmti, jni: &Jni<'_>, name: &str, class: JavaClass<'_>) {
    let Some(glue) = GLUE.iter().find(|glue| glue.name == name) else { return };
    let loader = match glue.home {
        Home::Boot => None,
        Home::LoaderOf(anchor) => match jni.find_class(anchor) {
            Some(anchor) => jvmti.loader(anchor, jni),
            None => return,
        },
        Home::PatchedClass => jvmti.loader(class, jni),
    };
    let number = loader_number(jvmti, loader).0;
    let mut defined = DEFINED.lock().unwrap_or_else(PoisonError::into_inner);
    if defined.contains(&(glue.name, number)) {
        return;
    }
    defined.push((glue.name, number));
    // Defining runs the loader's Java code; no lock of ours may be held then.
    drop(defined);
    define(jni, glue, loader);
}

/// Forgets where glue was that went with its loader. Says how many pieces.
pub(crate) fn forget(unloaded: &[Loader]) -> usize {
    let mut defined = DEFINED.lock().unwrap_or_else(PoisonError::into_inner);
    let before = defined.len();
    defined.retain(|(_, number)| !unloaded.contains(&Loader(*number)));
    before - defined.len()
}

fn define(jni: &Jni<'_>, glue: &Glue, loader: Option<Object<'_>>) {
    for (name, bytes) in glue.classes.unpack() {
        if jni.define_class(name, loader, &bytes).is_none() {
            let name = name.to_string_lossy();
            state::log().debug(format_args!("{name} was not defined: its library stays uninstrumented"));
            return;
        }
    }
    state::log().debug(format_args!("defined {}", glue.name));
}

#[cfg(test)]
mod tests {
    use super::{ABI, BRIDGE_OF_RULES, GLUE};

    #[test]
    fn both_sides_of_the_bridge_name_the_same_abi() {
        let bridge = include_str!("../bridge/java/lang/OtelrsBridge.java");
        assert!(bridge.contains(&format!("public static final int ABI = {ABI};")));
    }

    #[test]
    fn what_is_packed_comes_out_whole() {
        let packed = GLUE.iter().map(|glue| &glue.classes).chain([&BRIDGE_OF_RULES]);
        for packed in packed {
            assert!(!packed.files.is_empty());
            assert_eq!(packed.unpack().count(), packed.files.len());
            for (name, bytes) in packed.unpack() {
                let class = otelrs_classfile::ClassFile::parse(&bytes).unwrap();
                assert_eq!(class.name(), name.to_bytes());
            }
        }
    }
}
