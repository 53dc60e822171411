//! Class loaders, as the matcher asks for them.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use otelrs_rules::matcher::DefiningLoader;
use otelrs_rules::supertypes::Loader;

use crate::jvmti::{Jni, Jvmti, Object};

static LAST_LOADER: AtomicI64 = AtomicI64::new(Loader::BOOT.0);

/// The number of a loader, given on first sight. Kept as the JVM's own tag of the loader, which holds no reference.
pub(crate) fn loader_number(jvmti: Jvmti, loader: Option<Object<'_>>) -> Loader {
    let Some(loader) = loader else { return Loader::BOOT };
    let known = jvmti.tag(loader);
    if known != 0 {
        return Loader(known);
    }
    let number = LAST_LOADER.fetch_add(1, Relaxed) + 1;
    match jvmti.set_tag(loader, number) {
        Ok(()) => Loader(number),
        // A number that nobody else has: what is learned of this class is found by nobody, which is safe.
        Err(_) => Loader(-number),
    }
}

/// The loader that defines the class in the hook; `None` for the bootstrap loader.
pub(crate) struct Defining<'a> {
    pub(crate) jvmti: Jvmti,
    pub(crate) jni: &'a Jni<'a>,
    pub(crate) loader: Option<Object<'a>>,
}

impl DefiningLoader for Defining<'_> {
    fn number(&mut self) -> Loader {
        loader_number(self.jvmti, self.loader)
    }

    fn class_name(&mut self) -> Option<Vec<u8>> {
        self.jvmti.class_name(self.jni.class_of(self.loader?)?)
    }
}
