//! Class loaders side by side, and class loaders that come and go, as where applications are deployed again and again.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use otelrs_jvm_tests::agent::{self, argument_for};
use otelrs_jvm_tests::classes::Classes;
use otelrs_jvm_tests::program::{java, run};
use otelrs_test_support::child::{Child, Stream};
use otelrs_test_support::{jdk, paths};
use otelrs_viewer::receiver::{Receiver, ReceiverOptions};

const PATIENCE: Duration = Duration::from_secs(120);

/// As OSGi wires bundles: each is a loader of its own that loads in parallel, and may take an interface from another. In one
/// of three the class of the same name has nothing to do with the interface.
const BUNDLES: &str = r#"
import java.io.IOException;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

public class Bundles {
    static final class Bundle extends ClassLoader {
        static {
            registerAsParallelCapable();
        }

        private final Path classes;
        private final ClassLoader handlers;

        Bundle(Path classes, ClassLoader handlers) {
            super(ClassLoader.getPlatformClassLoader());
            this.classes = classes;
            this.handlers = handlers;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            return name.equals("Handler") && handlers != null
                    ? handlers.loadClass(name)
                    : super.loadClass(name, resolve);
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            try {
                byte[] bytes = Files.readAllBytes(classes.resolve(name + ".class"));
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path handling = Paths.get(arguments[0]);
        Path other = Paths.get(arguments[1]);
        ClassLoader exporter = new Bundle(handling, null);
        ExecutorService loading = Executors.newFixedThreadPool(4);
        List<Callable<Object>> tasks = new ArrayList<>();
        for (int number = 0; number < 30; number++) {
            ClassLoader bundle = number % 3 == 0
                    ? new Bundle(handling, null)
                    : number % 3 == 1 ? new Bundle(handling, exporter) : new Bundle(other, null);
            String name = String.valueOf(number);
            tasks.add(() -> {
                Object work = Class.forName("Work", true, bundle).getConstructor().newInstance();
                return work.getClass().getMethod("handle", String.class).invoke(work, name);
            });
            tasks.add(() -> Class.forName("Work", true, bundle));
        }
        for (Future<Object> done : loading.invokeAll(tasks)) {
            done.get();
        }
        loading.shutdown();
    }
}
"#;

const HANDLER: &str = "public interface Handler { void handle(String bundle); }";
const HANDLING: &str =
    "public class Work implements Handler { @Override public void handle(String bundle) {} }";
const OTHER: &str = "public class Work { public void handle(String bundle) {} }";

const RULES: &str = "
rules:
  - name: handlers
    supertype: Handler
    method: handle
    span: {}
    attributes:
      bundle: argument[0]
";

#[test]
fn what_is_known_of_one_loaders_class_is_not_believed_of_anothers_with_its_name() -> Result<()> {
    let sources = [("Bundles.java", BUNDLES), ("Handler.java", HANDLER), ("Work.java", HANDLING)];
    let (handling, other) =
        (Classes::compile(&sources, &[])?, Classes::compile(&[("Work.java", OTHER)], &[])?);
    let directory = tempfile::tempdir()?;
    let rules = directory.path().join("rules.yaml");
    fs::write(&rules, RULES)?;
    let expected: BTreeSet<String> =
        (0..30).filter(|number| number % 3 != 2).map(|number| number.to_string()).collect();
    for jdk in jdk::found() {
        let receiver = Receiver::start(ReceiverOptions::free_ports())?;
        let options = format!(
            "otel.exporter.otlp.endpoint={};otel.instrumentation.rules.files={}",
            receiver.http_endpoint(),
            rules.display()
        );
        let paths = [handling.path(), other.path()].map(|path| path.display().to_string());
        let agent = argument_for(&paths::agent_library(), &options);
        let arguments = [&agent, "-cp", &paths[0], "Bundles", &paths[0], &paths[1]];
        let ended = run(&mut java(&jdk, &arguments, &[]))?;
        ensure!(ended.status.success(), "JDK {}: {ended:?}", jdk.feature);
        let traces = receiver.shutdown().traces();
        let spans: Vec<_> = traces.iter().flat_map(|trace| &trace.spans).collect();
        let bundles: BTreeSet<String> = spans
            .iter()
            .filter_map(|span| span.attributes.iter().find(|(key, _)| *key == "bundle"))
            .map(|(_, value)| value.to_string())
            .collect();
        let context = format!("JDK {}: {bundles:?}", jdk.feature);
        ensure!(spans.len() == expected.len() && bundles == expected, context);
    }
    Ok(())
}

/// Each loader has a driver's class of its own, of which the agent learns what it is.
const LOADERS: &str = r#"
import java.net.URL;
import java.net.URLClassLoader;

public class Loaders {
    public static void main(String[] arguments) throws Exception {
        URL here = Loaders.class.getProtectionDomain().getCodeSource().getLocation();
        for (int round = 0; true; round++) {
            System.out.println("round " + round);
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

#[test]
fn a_panic_where_a_loader_is_unloaded_ends_nothing_but_the_instrumentation() -> Result<()> {
    let library = agent::with_faults()?;
    let classes = Classes::compile(&[("Loaders.java", LOADERS), ("Driver.java", DRIVER)], &[])?;
    for jdk in jdk::found() {
        let agent = argument_for(&library, "otel.traces.exporter=none");
        let arguments = [agent, "-cp".to_owned(), classes.path().display().to_string(), "Loaders".to_owned()];
        let fault = [("OTELRS_FAULT", "panic:object-free")];
        let mut program = Child::start("loaders", &mut java(&jdk, &arguments, &fault))?;
        for said in ["internal error at object-free;", "the application goes on without instrumentation"] {
            program.wait_for_line(Stream::Stderr, PATIENCE, |line| line.contains(said).then_some(()))?;
        }
        program.wait_for_line(Stream::Stdout, PATIENCE, |line| (line == "round 50").then_some(()))?;
        let ended = program.stop()?;
        // By the signal, as without us (128 + SIGTERM), and by no other.
        ensure!(ended.status.code() == Some(143), "JDK {}: {ended:?}", jdk.feature);
    }
    Ok(())
}
