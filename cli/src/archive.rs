//! Commands that write a CDS archive. HotSpot exits before it loads any native agent when it is to write one ("CDS
//! dumping does not support native JVMTI agent"), so such a command is not started. Writing an AOT cache is fine: the
//! agent stands down by itself.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::words::{split, split_argument_file};

/// A command that writes a CDS archive.
#[derive(Debug, thiserror::Error)]
#[error(
    "not started: {option} ({origin}) makes the JVM write a CDS archive, and HotSpot ends at once when an agent is \
     loaded while it does. Write the archive by running the command without otelrs, then use it with \
     -XX:SharedArchiveFile under otelrs: the agent works with an archive, only not while one is written"
)]
pub(crate) struct WritesArchive {
    option: String,
    origin: String,
}

/// The boolean flags that make a JVM write an archive at its exit.
const FLAGS: [&str; 2] = ["AutoCreateSharedArchive", "RecordDynamicDumpInfo"];
/// Longest `@argfile` read.
const MAX_FILE: u64 = 1024 * 1024;
/// `@argfile`s may not nest; options files are read once each. This bounds mistakes.
const MAX_FILES: usize = 64;

/// Refuses a command that would write a CDS archive, as far as its arguments and the environment show.
pub(crate) fn check(
    command: &[OsString],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(), WritesArchive> {
    let mut scan = Scan { effective: Vec::new(), files: 0 };
    let variable = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
    // In the order in which HotSpot applies them: the last one wins.
    if let Some(value) = variable("JAVA_TOOL_OPTIONS") {
        split(&value).iter().for_each(|word| scan.option(word, "in JAVA_TOOL_OPTIONS"));
    }
    let arguments: Vec<String> =
        command.iter().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    if command.first().is_some_and(|program| is_java(program)) {
        if let Some(value) = variable("JDK_JAVA_OPTIONS") {
            scan.launcher_arguments(&split(&value), "in JDK_JAVA_OPTIONS");
        }
        scan.launcher_arguments(&arguments, "in the command");
    } else {
        // A script or build tool may pass any word on to a JVM: -Dspring-boot.run.jvmArguments="-Xshare:dump ...".
        if let Some(value) = variable("JDK_JAVA_OPTIONS") {
            split(&value).iter().for_each(|word| scan.option(word, "in JDK_JAVA_OPTIONS"));
        }
        let separators = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';');
        for word in arguments.iter().flat_map(|argument| argument.split(separators)) {
            let option = word.find("-X").map_or(word, |start| word.split_at(start).1);
            scan.option(option, "in the command");
        }
    }
    if let Some(value) = variable("_JAVA_OPTIONS") {
        split(&value).iter().for_each(|word| scan.option(word, "in _JAVA_OPTIONS"));
    }
    scan.effective.pop().map_or(Ok(()), Err)
}

fn is_java(program: &OsStr) -> bool {
    matches!(Path::new(program).file_name().and_then(OsStr::to_str), Some("java" | "javaw" | "java.exe"))
}

struct Scan {
    /// Options in effect so far that write an archive, at most one a flag.
    effective: Vec<WritesArchive>,
    files: usize,
}

impl Scan {
    fn clear(&mut self, prefix: &str) {
        self.effective.retain(|writes| !writes.option.starts_with(prefix));
    }

    fn set(&mut self, option: &str, origin: &str) {
        self.effective.push(WritesArchive { option: option.to_owned(), origin: origin.to_owned() });
    }

    fn option(&mut self, option: &str, origin: &str) {
        if let Some(mode) = option.strip_prefix("-Xshare:") {
            self.clear("-Xshare:");
            if mode == "dump" {
                self.set(option, origin);
            }
        } else if let Some(file) = option.strip_prefix("-XX:ArchiveClassesAtExit=") {
            self.clear("-XX:ArchiveClassesAtExit=");
            if !file.is_empty() {
                self.set(option, origin);
            }
        } else if let Some(file) = option.strip_prefix("-XX:VMOptionsFile=") {
            let words = self.read(file).map(|text| split(&text)).unwrap_or_default();
            words.iter().for_each(|word| self.option(word, &format!("in {file}")));
        } else if let Some(flag) = option.strip_prefix("-XX:").and_then(|flag| flag.strip_prefix(['+', '-']))
        {
            if FLAGS.contains(&flag) {
                self.clear(&format!("-XX:+{flag}"));
                if option.starts_with("-XX:+") {
                    self.set(option, origin);
                }
            }
        }
    }

    /// Arguments as the `java` launcher reads them: JVM options end at the main class, `-jar` or `-m`.
    fn launcher_arguments(&mut self, arguments: &[String], origin: &str) {
        let mut expand = true;
        let mut words = Vec::new();
        for argument in arguments {
            match argument.strip_prefix('@').filter(|_| expand) {
                Some(file) if !file.starts_with('@') => {
                    let text = self.read(file).unwrap_or_default();
                    let origin = format!("in @{file}");
                    words.extend(split_argument_file(&text).into_iter().map(|word| (word, origin.clone())));
                }
                _ => {
                    expand &= argument != "--disable-@files";
                    words.push((argument.clone(), origin.to_owned()));
                }
            }
        }
        let mut words = words.iter();
        while let Some((word, origin)) = words.next() {
            match word.as_str() {
                "-jar" | "-m" | "--module" => return,
                option if takes_next_word(option) => drop(words.next()),
                option if option.starts_with('-') => self.option(option, origin),
                _ => return,
            }
        }
    }

    fn read(&mut self, path: &str) -> Option<String> {
        self.files += 1;
        if self.files > MAX_FILES {
            return None;
        }
        // A file that cannot be read is the JVM's to complain about. A pipe is left alone: reading would empty it.
        let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|data| data.is_file()))?;
        let mut text = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }
}

fn takes_next_word(option: &str) -> bool {
    matches!(
        option,
        "-cp"
            | "-classpath"
            | "--class-path"
            | "-p"
            | "--module-path"
            | "--upgrade-module-path"
            | "--add-modules"
            | "--add-exports"
            | "--add-opens"
            | "--add-reads"
            | "--limit-modules"
            | "--patch-module"
            | "--enable-native-access"
            | "--source"
            | "-d"
            | "--describe-module"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(command: &[&str], environment: &[(&str, &str)]) -> Option<(String, String)> {
        let command: Vec<OsString> = command.iter().map(OsString::from).collect();
        let variable = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        check(&command, variable).err().map(|writes| (writes.option, writes.origin))
    }

    fn refused(option: &str, origin: &str) -> Option<(String, String)> {
        Some((option.to_owned(), origin.to_owned()))
    }

    #[test]
    fn commands_that_write_an_archive_are_refused() {
        let archive = "-XX:ArchiveClassesAtExit=app.jsa";
        let auto = "-XX:+AutoCreateSharedArchive";
        let cases: &[(&[&str], &[(&str, &str)], &str, &str)] = &[
            (&["java", archive, "-jar", "app.jar"], &[], archive, "in the command"),
            (&["/usr/bin/java", "-cp", "x.jar", "-Xshare:dump"], &[], "-Xshare:dump", "in the command"),
            (&["java", auto, "-jar", "app.jar"], &[], auto, "in the command"),
            (
                &["java", "-XX:+RecordDynamicDumpInfo", "Main"],
                &[],
                "-XX:+RecordDynamicDumpInfo",
                "in the command",
            ),
            (
                &["java", "-jar", "a.jar"],
                &[("JAVA_TOOL_OPTIONS", "-ea '-Xshare:dump'")],
                "-Xshare:dump",
                "in JAVA_TOOL_OPTIONS",
            ),
            (&["java", "-jar", "a.jar"], &[("JDK_JAVA_OPTIONS", archive)], archive, "in JDK_JAVA_OPTIONS"),
            (&["./start.sh"], &[("_JAVA_OPTIONS", auto)], auto, "in _JAVA_OPTIONS"),
            (
                &["sh", "-c", "exec java -XX:ArchiveClassesAtExit=app.jsa -jar a.jar"],
                &[],
                archive,
                "in the command",
            ),
            (
                &["./mvnw", "-Dspring-boot.run.jvmArguments=-XX:+AutoCreateSharedArchive"],
                &[],
                auto,
                "in the command",
            ),
        ];
        for (command, environment, option, origin) in cases {
            assert_eq!(refusal(command, environment), refused(option, origin), "{command:?} {environment:?}");
        }
    }

    #[test]
    fn commands_that_use_an_archive_or_write_an_aot_cache_are_not() {
        let cases: &[(&[&str], &[(&str, &str)])] = &[
            (&["java", "-XX:SharedArchiveFile=app.jsa", "-Xshare:auto", "-jar", "app.jar"], &[]),
            (&["java", "-XX:AOTMode=record", "-XX:AOTConfiguration=a.conf", "-jar", "app.jar"], &[]),
            (&["java", "-XX:AOTCacheOutput=app.aot", "-jar", "app.jar"], &[]),
            (&["java", "-jar", "app.jar", "-XX:ArchiveClassesAtExit=app.jsa"], &[]),
            (&["java", "Main", "-Xshare:dump"], &[]),
            (&["java", "-cp", "-Xshare:dump", "Main"], &[]),
            (&["java", "-XX:+AutoCreateSharedArchive", "-XX:-AutoCreateSharedArchive", "Main"], &[]),
            (&["java", "-Xshare:auto", "Main"], &[("JAVA_TOOL_OPTIONS", "-Xshare:dump")]),
            (&["java", "@/no/such/file", "Main"], &[]),
            (&["sh", "-c", "exit 3"], &[]),
        ];
        for (command, environment) in cases {
            assert_eq!(refusal(command, environment), None, "{command:?} {environment:?}");
        }
    }

    #[test]
    fn argument_and_option_files_are_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (arguments, options) = (path("args"), path("options"));
        std::fs::write(&arguments, "# archive\n-Xmx1g \"-XX:ArchiveClassesAtExit=my app.jsa\"\n").unwrap();
        std::fs::write(&options, "-Xshare:dump").unwrap();
        let at_file = format!("@{arguments}");
        let in_arguments = refused("-XX:ArchiveClassesAtExit=my app.jsa", &format!("in {at_file}"));
        assert_eq!(refusal(&["java", &at_file, "-jar", "a.jar"], &[]), in_arguments);
        assert_eq!(refusal(&["java", "Main"], &[("JDK_JAVA_OPTIONS", &at_file)]), in_arguments);
        assert_eq!(refusal(&["java", "--disable-@files", &at_file], &[]), None);
        assert_eq!(refusal(&["java", "-jar", "a.jar", &at_file], &[]), None);
        let file_option = format!("-XX:VMOptionsFile={options}");
        assert_eq!(
            refusal(&["java", &file_option, "Main"], &[]),
            refused("-Xshare:dump", &format!("in {options}"))
        );
    }
}
