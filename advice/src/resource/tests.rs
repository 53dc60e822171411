use otelrs_sdk::span::Value;

use super::{Inputs, detect};

/// What a test's process looks like: pairs of names and values.
#[derive(Default, Clone)]
struct Process<'a> {
    service_name: Option<&'a str>,
    attributes: &'a [(&'a str, &'a str)],
    properties: &'a [(&'a str, &'a str)],
    variables: &'a [(&'a str, &'a str)],
    /// Location and entry joined by `!`, and the text.
    entries: &'a [(&'a str, &'a str)],
    jar: Option<&'a str>,
    arguments: &'a [&'a str],
    command_arguments: Option<&'a [&'a str]>,
}

impl Process<'_> {
    fn detected(&self) -> Vec<(String, Value<'static>)> {
        let look_up = |pairs: &[(&str, &str)], name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let inputs = Inputs {
            service_name: self.service_name.map(str::to_owned),
            attributes: self.attributes.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
            service_instance_id: "an-id".to_owned(),
            property: &|name| look_up(self.properties, name),
            variable: &|name| look_up(self.variables, name),
            read_entry: &|place, entry| {
                look_up(self.entries, &format!("{place}!{entry}")).map(String::into_bytes)
            },
            jar_path: self.jar.map(str::to_owned),
            class_path: vec![self.jar.unwrap_or("classes").to_owned()],
            arguments: self.arguments.iter().map(|text| (*text).to_owned()).collect(),
            host_name: Some("host-1".to_owned()),
            process_id: 4711,
            executable_path: Some("/usr/bin/java".to_owned()),
            command_arguments: self
                .command_arguments
                .map(|texts| texts.iter().map(|text| (*text).to_owned()).collect()),
        };
        detect(&inputs)
            .attributes
            .into_iter()
            .map(|attribute| (attribute.key.into_owned(), attribute.value))
            .collect()
    }

    fn value(&self, key: &str) -> String {
        match self.detected().into_iter().find(|(name, _)| name == key) {
            None => String::new(),
            Some((_, Value::String(text))) => text.into_owned(),
            Some((_, other)) => format!("{other:?}"),
        }
    }
}

const MANIFEST: &str = "Implementation-Title: from-manifest\nImplementation-Version: 1.2\n";

#[test]
fn the_service_is_named_by_the_first_place_that_knows() {
    // From the least telling place to the most telling: each new one wins over all before it.
    let mut process = Process::default();
    assert_eq!(process.value("service.name"), "unknown_service:java");
    process.jar = Some("/opt/from-jar-1.0.jar");
    assert_eq!(process.value("service.name"), "from-jar");
    let entries = [
        ("/opt/from-jar-1.0.jar!META-INF/MANIFEST.MF", MANIFEST),
        ("/opt/from-jar-1.0.jar!BOOT-INF/classes/application.yml", "spring.application.name: from-yaml"),
        (
            "/opt/from-jar-1.0.jar!BOOT-INF/classes/application.properties",
            "spring.application.name=from-properties",
        ),
        (".!config/application.properties", "spring.application.name=from-beside"),
    ];
    for (count, name) in [(1, "from-manifest"), (2, "from-yaml"), (3, "from-properties"), (4, "from-beside")]
    {
        process.entries = &entries[..count];
        assert_eq!(process.value("service.name"), name);
    }
    process.variables = &[("SPRING_APPLICATION_NAME", "from-variable")];
    assert_eq!(process.value("service.name"), "from-variable");
    process.properties = &[("spring.application.name", "from-property")];
    assert_eq!(process.value("service.name"), "from-property");
    process.arguments = &["x", "--spring.application.name=from-argument"];
    assert_eq!(process.value("service.name"), "from-argument");
    process.attributes = &[("service.name", "from-attributes")];
    assert_eq!(process.value("service.name"), "from-attributes");
    process.service_name = Some("from-option");
    assert_eq!(process.value("service.name"), "from-option");
}

#[test]
fn placeholders_in_a_name_are_filled_in() {
    for (name, expected) in [
        ("${APP:shop}", "shop"),
        ("${app.kind}-${region:eu}", "web-eu"),
        ("${MY_VAR}", "v"),
        ("${my.var}", "v"),
        ("${missing}", "unknown_service:java"),
        ("${broken", "unknown_service:java"),
        ("@project.artifactId@", "unknown_service:java"),
        ("", "unknown_service:java"),
    ] {
        let file = format!("spring.application.name={name}");
        let process = Process {
            entries: &[("classes!application.properties", &file)],
            properties: &[("app.kind", "web")],
            variables: &[("MY_VAR", "v")],
            ..Process::default()
        };
        assert_eq!(process.value("service.name"), expected, "{name}");
    }
}

#[test]
fn the_version_comes_from_manifest_or_build_information() {
    let build = ("a.jar!BOOT-INF/classes/META-INF/build-info.properties", "build.version=3.4\n");
    for (entries, expected) in
        [(vec![], ""), (vec![build], "3.4"), (vec![build, ("a.jar!META-INF/MANIFEST.MF", MANIFEST)], "1.2")]
    {
        let process = Process { jar: Some("a.jar"), entries: &entries, ..Process::default() };
        assert_eq!(process.value("service.version"), expected);
    }
}

#[test]
fn the_process_is_described_and_its_arguments_are_not() {
    let properties = [
        ("os.name", "Linux"),
        ("os.version", "6.1"),
        ("os.arch", "x86_64"),
        ("java.runtime.name", "OpenJDK Runtime Environment"),
        ("java.runtime.version", "17.0.15+6"),
        ("java.vm.vendor", "Debian"),
        ("java.vm.name", "OpenJDK 64-Bit Server VM"),
        ("java.vm.version", "17.0.15"),
    ];
    let process =
        Process { properties: &properties, arguments: &["--password=s3cret"], ..Process::default() };
    for (key, expected) in [
        ("service.instance.id", "an-id"),
        ("host.name", "host-1"),
        ("host.arch", "amd64"),
        ("os.type", "linux"),
        ("os.description", "Linux 6.1"),
        ("process.pid", "Int(4711)"),
        ("process.executable.path", "/usr/bin/java"),
        ("process.runtime.name", "OpenJDK Runtime Environment"),
        ("process.runtime.version", "17.0.15+6"),
        ("process.runtime.description", "Debian OpenJDK 64-Bit Server VM 17.0.15"),
        ("telemetry.sdk.name", "otelrs"),
        ("telemetry.sdk.language", "java"),
        ("telemetry.distro.name", "otelrs"),
        ("process.command_args", ""),
    ] {
        assert_eq!(process.value(key), expected, "{key}");
    }
    assert!(!format!("{:?}", process.detected()).contains("s3cret"));
    let allowed = Process { command_arguments: Some(&["java", "-jar"]), ..Process::default() };
    assert_eq!(allowed.value("process.command_args"), "Strings([\"java\", \"-jar\"])");
}

#[test]
fn a_users_attributes_win_and_keys_stay_unique() {
    let given = [("host.name", "mine"), ("team", "a"), ("team", "b"), ("service.version", "9")];
    let process = Process { attributes: &given, ..Process::default() };
    assert_eq!(process.value("host.name"), "mine");
    assert_eq!(process.value("team"), "b");
    assert_eq!(process.value("service.version"), "9");
    let mut keys: Vec<String> = process.detected().into_iter().map(|(key, _)| key).collect();
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count);
}
