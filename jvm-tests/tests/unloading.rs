//! Class loaders that come and go, as where applications are deployed again and again.

use std::time::Duration;

use anyhow::Result;
use otelrs_jvm_tests::agent::argument_for;
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::program::java;
use otelrs_test_support::child::{Child, Stream};
use otelrs_test_support::{jdk, paths};

const PATIENCE: Duration = Duration::from_secs(120);

/// Each loader has a driver's class of its own, of which the agent learns what it is.
const LOADERS: &str = r#"
import java.net.URL;
import java.net.URLClassLoader;

public class Loaders {
    public static void main(String[] arguments) throws Exception {
        URL here = Loaders.class.getProtectionDomain().getCodeSource().getLocation();
        while (true) {
            ClassLoader jdk = ClassLoader.getPlatformClassLoader();
            try (URLClassLoader loader = new URLClassLoader(new URL[] {here}, jdk)) {
                Class.forName("Driver", true, loader);
            }
            System.gc();
        }
    }
}
"#;

const DRIVER: &str = r"
public abstract class Driver implements java.sql.Statement {
    @Override
    public boolean execute(String sql) {
        return true;
    }
}
";

/// The facts that went with loaders, of a line of the log that says so.
fn forgotten(line: &str) -> Option<u32> {
    let (_, rest) = line.split_once(" class loaders are unloaded: ")?;
    rest.split_once(" facts")?.0.parse().ok()
}

#[test]
fn what_was_learned_of_an_unloaded_loader_is_forgotten() -> Result<()> {
    let classes = Classes::compile(&[("Loaders.java", LOADERS), ("Driver.java", DRIVER)], &[])?;
    for jdk in jdk::found() {
        let agent = argument_for(&paths::agent_library(), "otel.javaagent.debug=true");
        let arguments = [agent, "-cp".to_owned(), classes.path().display().to_string(), "Loaders".to_owned()];
        let mut program = Child::start("loaders", &mut java(&jdk, &arguments, &[]))?;
        let mut facts = 0;
        program.wait_for_line(Stream::Stderr, PATIENCE, |line| {
            facts += forgotten(line).unwrap_or_default();
            (facts >= 5).then_some(())
        })?;
        program.stop()?;
    }
    Ok(())
}
