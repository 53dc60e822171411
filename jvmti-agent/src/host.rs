//! What the operating system and the JVM say of this process: the resource and the clocks.

use std::collections::HashMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};
use otelrs_advice::resource::{Inputs, detect};
use otelrs_sdk::resource::Resource;
use otelrs_settings::Settings;

use crate::jvmti::{Jni, Jvmti};

/// Properties that the JDK's Java code sets; JVMTI knows only those that the JVM sets and the `-D`s.
const JAVA_PROPERTIES: &[&str] =
    &["os.name", "os.arch", "os.version", "java.runtime.name", "java.runtime.version"];

/// What can be asked of the JVM only on its own threads.
pub(crate) struct Properties(HashMap<String, String>);

impl Properties {
    /// Asks the JVM; tens of microseconds.
    pub(crate) fn collect(jvmti: Jvmti, jni: &Jni<'_>) -> Properties {
        let mut properties: HashMap<String, String> = jvmti.system_properties().into_iter().collect();
        for name in JAVA_PROPERTIES {
            if let Some(value) = jni.system_property(name) {
                properties.insert((*name).to_owned(), value);
            }
        }
        Properties(properties)
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// Detects the resource. Opens the application's jar: for the agent's own thread.
pub(crate) fn resource(properties: &Properties, settings: &Settings) -> Resource {
    let command = properties.get("sun.java.command").unwrap_or_default();
    let mut words = command.split_whitespace().map(str::to_owned);
    let main = words.next().unwrap_or_default();
    let jar_path = main.ends_with(".jar").then(|| main.clone());
    let class_path = match &jar_path {
        Some(jar) => vec![jar.clone()],
        None => properties
            .get("java.class.path")
            .map(|path| {
                path.split(':').filter(|entry| Path::new(entry).is_dir()).map(str::to_owned).collect()
            })
            .unwrap_or_default(),
    };
    let arguments: Vec<String> = words.collect();
    let command_arguments = settings
        .process_arguments
        .then(|| std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect());
    detect(&Inputs {
        service_name: settings.service_name.clone(),
        attributes: settings.resource_attributes.clone(),
        service_instance_id: random_uuid(),
        property: &|name| properties.get(name),
        variable: &|name| std::env::var(name).ok(),
        read_entry: &otelrs_advice::location_entry,
        jar_path,
        class_path,
        arguments,
        host_name: nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok()),
        process_id: std::process::id(),
        executable_path: std::env::current_exe().ok().map(|path| path.to_string_lossy().into_owned()),
        command_arguments,
    })
}

/// A version 4 UUID (RFC 9562).
fn random_uuid() -> String {
    let mut bytes = [0_u8; 16];
    // What the kernel does not give is filled with the time: an instance needs to differ, not to be secret.
    if std::fs::File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .is_err()
    {
        let (monotonic, unix) = clocks();
        bytes = ((u128::from(monotonic) << 64) | u128::from(unix)).to_be_bytes();
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// `CLOCK_MONOTONIC`, which `System.nanoTime` reads, and the time of day; both in nanoseconds, read together.
pub(crate) fn clocks() -> (u64, u64) {
    let monotonic = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(0, |time| {
        let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
        seconds * 1_000_000_000 + u64::try_from(time.tv_nsec()).unwrap_or(0)
    });
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (monotonic, u64::try_from(unix.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::random_uuid;

    #[test]
    fn an_instance_has_a_version_4_uuid_of_its_own() {
        let uuid = random_uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert_ne!(uuid, random_uuid());
    }
}
