//! What the spans say of the process that made them.

use anyhow::{Result, ensure};
use otelrs_jvm_tests::traced::{Launch, Traced, agent_argument};
use otelrs_test_support::fixture::{FixtureProcess, QUICK_JVM, jdks_for};
use otelrs_test_support::paths;
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};

#[test]
fn the_resource_names_service_host_process_and_runtime() -> Result<()> {
    for jdk in jdks_for("boot35") {
        let launch = Launch {
            options: ";otel.resource.attributes=deployment.environment.name=test",
            ..Launch::default()
        };
        let mut application = Traced::start(&jdk, "boot35", &launch)?;
        let pid = application.process().id().to_string();
        application.get("/orders/1")?;
        let (_, traces) = application.stop()?;
        let resource = &traces[0].spans[0].resource.attributes;
        let text = |key: &str| resource.get(key).map(ToString::to_string).unwrap_or_default();
        for (key, expected) in [
            ("service.name", "shop"),
            ("deployment.environment.name", "test"),
            ("process.pid", pid.as_str()),
            ("os.type", "linux"),
            ("telemetry.sdk.language", "java"),
            ("telemetry.sdk.name", "otelrs"),
        ] {
            ensure!(text(key) == expected, "JDK {}: {key} = {:?}", jdk.feature, text(key));
        }
        let version = text("process.runtime.version");
        ensure!(version.starts_with(&jdk.feature.to_string()), "process.runtime.version = {version:?}");
        for key in [
            "host.name",
            "host.arch",
            "service.instance.id",
            "process.runtime.name",
            "process.executable.path",
        ] {
            ensure!(!text(key).is_empty(), "JDK {}: no {key}", jdk.feature);
        }
        ensure!(resource.get("process.command_args").is_none(), "arguments may hold secrets");
    }
    Ok(())
}

/// Without an option, Spring's application name; it stands in the fat jar.
#[test]
fn the_service_name_is_found_in_the_application() -> Result<()> {
    for jdk in jdks_for("boot35").into_iter().take(1) {
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let agent = agent_argument(&format!("otel.exporter.otlp.endpoint={}", receiver.http_endpoint()));
        let jvm = [QUICK_JVM[0], QUICK_JVM[1], &agent];
        let jar = paths::fixture_jar("boot35");
        let process = FixtureProcess::start(&jdk, &jar, &jvm, &[], &["--server.port=0"])?;
        process.get("/status/200")?;
        process.stop()?;
        let traces = receiver.shutdown().traces();
        ensure!(traces[0].spans[0].service() == "orders", "{:?}", traces[0].spans[0].service());
    }
    Ok(())
}
