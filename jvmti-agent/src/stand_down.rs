//! Processes in which the agent does nothing: tools, build launchers, and JVMs that write an AOT cache.

use otelrs_settings::load::LoadAnswer;

use crate::jvmti::VmFlags;

/// Why nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// javac, keytool, jps and their like.
    JdkTool,
    /// Maven, Gradle and their like; the JVMs that they start for tests and applications are instrumented.
    BuildTool,
    /// Patching a class would spoil the cache or crash the JVM as it writes it.
    WritesAotCache,
}

impl Reason {
    /// For who loaded the library into a running JVM.
    pub(crate) fn answer(self) -> LoadAnswer {
        match self {
            Reason::JdkTool => LoadAnswer::JdkTool,
            Reason::BuildTool => LoadAnswer::BuildTool,
            Reason::WritesAotCache => LoadAnswer::WritesAotCache,
        }
    }

    /// For the log.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Reason::JdkTool => "this is a tool of the JDK",
            Reason::BuildTool => "this is a build tool",
            Reason::WritesAotCache => "this JVM records or creates an AOT cache",
        }
    }
}

/// Main classes of build tools' launchers and daemons.
const BUILD_TOOLS: &[&str] = &[
    "org.codehaus.plexus.classworlds.launcher.Launcher",
    "org.codehaus.classworlds.Launcher",
    "org.apache.maven.wrapper.MavenWrapperMain",
    "org.mvndaemon.mvnd.common.DaemonMain",
    "org.gradle.launcher.GradleMain",
    "org.gradle.launcher.daemon.bootstrap.GradleDaemon",
    "org.gradle.wrapper.GradleWrapperMain",
    "org.apache.tools.ant.launch.Launcher",
    "org.jetbrains.kotlin.daemon.KotlinCompileDaemon",
    "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler",
    "scala.tools.nsc.Main",
    "dotty.tools.dotc.Main",
    "xsbt.boot.Boot",
];

/// Jars of build tools, run with `-jar`.
const BUILD_JARS: &[&str] = &["gradle-wrapper.jar", "maven-wrapper.jar", "sbt-launch.jar"];

/// What `sun.java.command` says: the main class, `module/class` or jar path, and arguments.
pub(crate) fn by_command(command: &str) -> Option<Reason> {
    let main = command.split_whitespace().next()?;
    if is_jdk_tool(main) {
        return Some(Reason::JdkTool);
    }
    let file = main.rsplit('/').next().unwrap_or(main);
    let build =
        BUILD_TOOLS.contains(&main) || BUILD_JARS.contains(&file) || file.starts_with("gradle-launcher-");
    build.then_some(Reason::BuildTool)
}

fn is_jdk_tool(main: &str) -> bool {
    // The launcher gives `module/class` for the JDK's own tools, and a bare class for those of JDK 8.
    if let Some((module, class)) = main.split_once('/') {
        let in_jdk = module.starts_with("jdk.") || module.starts_with("java.");
        return in_jdk && !class.contains('/');
    }
    ["com.sun.tools.", "sun.tools.", "sun.security.tools.", "sun.rmi.registry."]
        .iter()
        .any(|package| main.starts_with(package))
}

/// What the JVM's final flags say.
pub(crate) fn by_flags(flags: &VmFlags) -> Option<Reason> {
    let mode = flags.text("AOTMode").unwrap_or_default();
    let writes = flags.text("AOTCacheOutput").is_some_and(|path| !path.is_empty())
        || matches!(mode.as_str(), "record" | "create")
        || flags.is_on("DumpSharedSpaces")
        || flags.is_on("DynamicDumpSharedSpaces");
    writes.then_some(Reason::WritesAotCache)
}

#[cfg(test)]
mod tests {
    use super::{Reason, by_command};

    #[test]
    fn tools_stand_down_and_applications_do_not() {
        for (command, expected) in [
            ("jdk.compiler/com.sun.tools.javac.Main -d out A.java", Some(Reason::JdkTool)),
            ("java.base/sun.security.tools.keytool.Main -list", Some(Reason::JdkTool)),
            ("jdk.jcmd/sun.tools.jps.Jps", Some(Reason::JdkTool)),
            ("com.sun.tools.javac.Main A.java", Some(Reason::JdkTool)),
            ("org.codehaus.plexus.classworlds.launcher.Launcher package", Some(Reason::BuildTool)),
            ("/w/gradle/wrapper/gradle-wrapper.jar build", Some(Reason::BuildTool)),
            ("worker.org.gradle.process.internal.worker.GradleWorkerMain 'Gradle Test Executor 1'", None),
            ("/app/target/surefire/surefirebooter123.jar", None),
            ("com.example.Main", None),
            ("app.jar --server.port=0", None),
            ("shop.checkout/com.example.Main", None),
            ("/jdk.internal/app.jar", None),
            ("", None),
        ] {
            assert_eq!(by_command(command), expected, "{command}");
        }
    }
}
