//! A jar with a program that loads many classes of ordinary kinds, which no rule is about: what the class hook costs, and
//! nothing else.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use otelrs_test_support::{Jdk, paths};

use crate::command::run;

/// How many are loaded.
pub(crate) const CLASSES: u32 = 20_000;

/// Classes of one package, and of one source file.
const IN_PACKAGE: u32 = 100;

/// Class files of this release run on every JDK that is tested.
const RELEASE: &str = "11";

/// The jar with `count` classes: made when `folder` has none, or one of an older program. The sources, and with one compiler
/// the classes, are the same each time.
///
/// # Errors
/// When the JDK has no compiler, or it fails.
pub(crate) fn jar(jdk: &Jdk, count: u32, folder: &Path) -> Result<PathBuf> {
    let jar = folder.join(format!("classes-{count}.jar"));
    let program = paths::workspace().join("bench/java/classes/LoadClasses.java");
    let changed = |file: &Path| fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    if changed(&jar) > changed(&program) {
        return Ok(jar);
    }
    let (sources, classes) = (folder.join("sources"), folder.join("classes"));
    for folder in [&sources, &classes] {
        fs::create_dir_all(folder)?;
    }
    let mut files = vec![program];
    let mut names = String::new();
    for first in (0..count).step_by(IN_PACKAGE as usize) {
        let numbers = first..count.min(first + IN_PACKAGE);
        let file = sources.join(format!("Package{first}.java"));
        fs::write(&file, package(numbers.clone()))?;
        files.push(file);
        numbers.for_each(|number| {
            let _ = writeln!(names, "{}.Class{number}", package_name(number));
        });
    }
    fs::write(classes.join("names.txt"), names)?;
    run(Command::new(jdk.home.join("bin/javac"))
        .args(["--release", RELEASE, "-d"])
        .arg(&classes)
        .args(files))?;
    // Under another name until it is whole.
    let written = jar.with_extension("part");
    run(Command::new(jdk.home.join("bin/jar"))
        .args(["--create", "--main-class", "LoadClasses", "--file"])
        .arg(&written)
        .arg("-C")
        .arg(&classes)
        .arg("."))?;
    fs::rename(&written, &jar)?;
    Ok(jar)
}

fn package_name(number: u32) -> String {
    format!("generated.package{}", number / IN_PACKAGE)
}

/// One source file with the classes of these numbers.
fn package(numbers: std::ops::Range<u32>) -> String {
    let mut text = format!(
        "package {};\n\nimport java.io.Serializable;\nimport java.util.*;\nimport java.util.function.Supplier;\n",
        package_name(numbers.start)
    );
    for number in numbers {
        text.push_str(&class(number));
    }
    text
}

/// Half have a supertype of their own; they have three to eight methods, of which some loop, look up, catch or switch.
fn class(number: u32) -> String {
    let above = match number % 8 {
        4 => format!(" implements Comparable<Class{number}>"),
        5 => " implements Supplier<String>".to_owned(),
        6 => " implements Serializable".to_owned(),
        7 => format!(" extends Class{}", number - 1),
        _ => String::new(),
    };
    let mut text = format!(
        "\nclass Class{number}{above} {{\n\
         \x20   private final String name{number} = \"the name of {number}\";\n\
         \x20   private final Map<String, Integer> counts{number} = new HashMap<>();\n\
         \x20   private long total{number} = {number}L * {number}L;\n\
         \x20   public int compareTo(Class{number} other) {{\n\
         \x20       return Long.compare(total{number}, other.total{number});\n    }}\n\
         \x20   public String get() {{\n        return name{number} + \" of \" + total{number};\n    }}\n"
    );
    for method in 0..1 + number % 6 {
        let body = match (number + method) % 4 {
            0 => format!(
                "for (int each = 0; each < argument; each++) {{ total{number} += each * {method}L; }}\n\
                 \x20       return total{number};"
            ),
            1 => format!(
                "Integer known = counts{number}.get(\"key {number} {method}\" + argument);\n\
                 \x20       return known == null ? -{number} : known;"
            ),
            2 => format!(
                "try {{ return Long.parseLong(name{number}.substring(argument)); }}\n\
                 \x20       catch (NumberFormatException | IndexOutOfBoundsException failure) {{\n\
                 \x20           throw new IllegalStateException(\"no number {number} {method}\", failure);\n        }}"
            ),
            _ => format!(
                "switch (argument) {{ case {method}: return {number}; case 100: return total{number};\n\
                 \x20           default: return counts{number}.size(); }}"
            ),
        };
        let _ = write!(text, "    long work{method}(int argument) {{\n        {body}\n    }}\n");
    }
    text + "}\n"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use otelrs_test_support::jdk;

    use super::*;

    #[test]
    fn the_program_loads_all_of_them_in_an_order_that_its_argument_says() {
        let Some(jdk) = jdk::with_compiler() else { return };
        let folder = tempfile::tempdir().unwrap();
        let jar = jar(&jdk, 3 * IN_PACKAGE + 8, folder.path()).unwrap();
        let loaded = |order: &str| {
            let mut java = Command::new(&jdk.java);
            let output = java.arg("-Xlog:class+load").arg("-jar").arg(&jar).arg(order).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(said.lines().any(|line| line == "308"), "{said}");
            let names = said.split_whitespace().filter(|word| word.starts_with("generated."));
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        let (first, second) = (loaded("1"), loaded("2"));
        assert_ne!(first, second);
        assert_eq!(loaded("1"), first);
        let of_all: BTreeSet<String> =
            (0..308).map(|number| format!("{}.Class{number}", package_name(number))).collect();
        for loaded in [first, second] {
            assert_eq!(loaded.len(), 308);
            assert_eq!(BTreeSet::from_iter(loaded), of_all);
        }
    }
}
