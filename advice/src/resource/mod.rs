//! The resource: what the process is, from values somebody else has read.
//! <https://opentelemetry.io/docs/specs/semconv/resource/>

mod manifest;
mod properties;
mod service;
mod spring;

use std::borrow::Cow;

use otelrs_sdk::resource::Resource;
use otelrs_sdk::span::{KeyValue, Value};

use crate::attributes::Attributes;
use crate::text::{MAX_NAME, MAX_VALUE, cleaned};

/// The version of all crates of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What detection looks at.
pub struct Inputs<'a> {
    /// `otel.service.name`; wins over everything.
    pub service_name: Option<String>,
    /// `otel.resource.attributes`, decoded; wins over what is detected.
    pub attributes: Vec<(String, String)>,
    /// `service.instance.id`: a random UUID (version 4), a new one each start.
    pub service_instance_id: String,
    /// A system property.
    pub property: &'a dyn Fn(&str) -> Option<String>,
    /// An environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The bytes of a file in a directory or of an entry in a jar: location, then name within it.
    pub read_entry: &'a dyn Fn(&str, &str) -> Option<Vec<u8>>,
    /// The jar that `-jar` names.
    pub jar_path: Option<String>,
    /// Where the application's own classes may be: the jar of `-jar`, else the directories of the class path.
    pub class_path: Vec<String>,
    /// The arguments of `main`.
    pub arguments: Vec<String>,
    /// The host's name.
    pub host_name: Option<String>,
    /// The process id.
    pub process_id: u32,
    /// The path of the executable.
    pub executable_path: Option<String>,
    /// The whole command line, set only when the option allows it to leave.
    pub command_arguments: Option<Vec<String>>,
}

/// The resource of this process. A user's attribute replaces the detected one of the same key.
pub fn detect(inputs: &Inputs<'_>) -> Resource {
    let property = |name: &str| (inputs.property)(name).and_then(|value| cleaned(&value, MAX_NAME));
    let given = |key: &str| {
        inputs.attributes.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.clone())
    };
    let mut attributes = Attributes::new();
    // Where the user told the name, no file is opened for it.
    let name = inputs.service_name.clone().filter(|name| !name.is_empty()).or_else(|| given("service.name"));
    attributes.text("service.name", name.unwrap_or_else(|| service::name(inputs)));
    attributes.some_text("service.version", given("service.version").or_else(|| service::version(inputs)));
    attributes.text("service.instance.id", inputs.service_instance_id.clone());
    attributes.some_text("host.name", inputs.host_name.as_deref().and_then(|name| cleaned(name, MAX_NAME)));
    attributes.some_text("host.arch", property("os.arch").map(architecture));
    let os = property("os.name");
    attributes.some_text("os.type", os.as_deref().and_then(os_type));
    let version = property("os.version");
    attributes.some_text("os.description", os.map(|os| joined([Some(os), version])));
    attributes.some_int("process.pid", Some(inputs.process_id));
    attributes.some_text(
        "process.executable.path",
        inputs.executable_path.as_deref().and_then(|path| cleaned(path, MAX_VALUE)),
    );
    attributes.some_texts("process.command_args", inputs.command_arguments.clone());
    attributes.some_text("process.runtime.name", property("java.runtime.name"));
    attributes.some_text("process.runtime.version", property("java.runtime.version"));
    let machine = joined(["java.vm.vendor", "java.vm.name", "java.vm.version"].map(property));
    attributes.some_text("process.runtime.description", Some(machine).filter(|text| !text.is_empty()));
    attributes.text("telemetry.sdk.name", "otelrs");
    attributes.text("telemetry.sdk.language", "java");
    attributes.text("telemetry.sdk.version", VERSION);
    attributes.text("telemetry.distro.name", "otelrs");
    attributes.text("telemetry.distro.version", VERSION);

    let mut attributes = attributes.into_vec();
    for (key, value) in &inputs.attributes {
        let value = Value::String(Cow::Owned(value.clone()));
        match attributes.iter_mut().find(|attribute| attribute.key == *key) {
            // The option for the name alone is more specific than the list.
            Some(attribute) if attribute.key == "service.name" => {}
            Some(attribute) => attribute.value = value,
            None => attributes.push(KeyValue { key: Cow::Owned(key.clone()), value }),
        }
    }
    Resource { attributes }
}

/// Several texts in one, absent ones left out.
fn joined<const N: usize>(texts: [Option<String>; N]) -> String {
    texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `host.arch` of the property `os.arch`.
fn architecture(name: String) -> Cow<'static, str> {
    Cow::Borrowed(match name.as_str() {
        "amd64" | "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" | "aarch32" => "arm32",
        "x86" | "i386" | "i686" => "x86",
        "ppc64" | "ppc64le" => "ppc64",
        _ => return Cow::Owned(name),
    })
}

/// `os.type` of the property `os.name`.
fn os_type(name: &str) -> Option<&'static str> {
    let known = [
        ("linux", "linux"),
        ("mac", "darwin"),
        ("windows", "windows"),
        ("freebsd", "freebsd"),
        ("aix", "aix"),
    ];
    let name = name.to_ascii_lowercase();
    known.into_iter().find(|(start, _)| name.starts_with(start)).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests;
