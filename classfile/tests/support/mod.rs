//! What the integration tests share: JDKs, compiled Java, class archives, and advice for every method.
#![allow(dead_code)]

use otelrs_classfile::{Call, ClassFile, Member, MethodEdit, MethodRef, Splice, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A JDK with a compiler.
pub(crate) struct Jdk {
    home: PathBuf,
}

impl Jdk {
    /// The JDK that `JAVA_HOME` names, or the one on the path; prints why the test is skipped when there is none.
    pub(crate) fn find() -> Option<Jdk> {
        let named = std::env::var_os("JAVA_HOME").map(PathBuf::from);
        let home = named.or_else(|| {
            let path = std::env::var_os("PATH")?;
            let javac =
                std::env::split_paths(&path).map(|dir| dir.join("javac")).find(|file| file.exists())?;
            Some(javac.canonicalize().ok()?.parent()?.parent()?.to_path_buf())
        });
        let found = home.filter(|home| home.join("bin/javac").exists());
        if found.is_none() {
            println!("skipped: no JDK with javac in JAVA_HOME or on PATH");
        }
        found.map(|home| Jdk { home })
    }

    pub(crate) fn java(&self) -> Command {
        Command::new(self.home.join("bin/java"))
    }

    /// Packs a directory of classes as a Java agent whose class is `Harness`.
    pub(crate) fn agent(&self, classes: &Path, jar: &Path) {
        let manifest = jar.with_extension("mf");
        std::fs::write(&manifest, "Premain-Class: Harness\nCan-Redefine-Classes: true\n").unwrap();
        run(Command::new(self.home.join("bin/jar"))
            .arg("cfm")
            .args([jar, &manifest])
            .arg("-C")
            .arg(classes)
            .arg("."));
    }

    /// Compiles sources of `tests/java` into a directory.
    pub(crate) fn compile(&self, into: &Path, options: &[&str], sources: &[&str]) {
        let java = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java");
        let mut javac = Command::new(self.home.join("bin/javac"));
        javac.args(["-nowarn", "-d"]).arg(into).args(options);
        run(javac.args(sources.iter().map(|source| java.join(source))));
    }
}

/// Runs a command that must succeed; its standard output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// Classes by name, in one file that `Harness` reads and writes.
pub(crate) struct Archive(pub(crate) Vec<(String, Vec<u8>)>);

impl Archive {
    pub(crate) fn read(file: &Path) -> Archive {
        let bytes = std::fs::read(file).unwrap();
        let mut rest = &bytes[..];
        let mut take = |length: usize| {
            let (head, tail) = rest.split_at_checked(length)?;
            rest = tail;
            Some(head)
        };
        let mut classes = Vec::new();
        while let Some(length) = take(2) {
            let name = take(usize::from(u16::from_be_bytes(length.try_into().unwrap()))).unwrap();
            let name = String::from_utf8(name.to_vec()).unwrap();
            let length = u32::from_be_bytes(take(4).unwrap().try_into().unwrap());
            classes.push((name, take(length as usize).unwrap().to_vec()));
        }
        Archive(classes)
    }

    pub(crate) fn write(&self, file: &Path) {
        let mut bytes = Vec::new();
        for (name, class) in &self.0 {
            bytes.extend((name.len() as u16).to_be_bytes());
            bytes.extend(name.as_bytes());
            bytes.extend((class.len() as u32).to_be_bytes());
            bytes.extend(class);
        }
        std::fs::write(file, bytes).unwrap();
    }

    /// Writes each class into its place below a directory.
    pub(crate) fn unpack(&self, into: &Path) {
        for (name, class) in &self.0 {
            let file = into.join(format!("{name}.class"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, class).unwrap();
        }
    }
}

pub(crate) const PROBE: &str = "java/lang/OtelrsProbe";

const fn probe(name: &'static str, descriptor: &'static str) -> MethodRef<'static> {
    MethodRef { owner: PROBE, name, descriptor, interface: false }
}

/// Its first, second and last argument, or null.
pub(crate) fn arguments_of<'e>(method: &Member<'e>) -> Option<[Value<'e>; 3]> {
    let count = count_arguments(std::str::from_utf8(method.descriptor).ok()?)?;
    let argument = |index: u16| if index < count { Value::Argument(index) } else { Value::Null };
    Some([argument(0), argument(1), argument(count.wrapping_sub(1))])
}

/// The class files of a directory, but for those of the advice.
pub(crate) fn advised_classes(dir: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| !file.file_name().unwrap().to_string_lossy().starts_with("Advice")).collect()
}

const OBJECT: &str = "Ljava/lang/Object;";

/// Entry and exit advice for one method, asking for all that can be had there; none when its names are damaged.
pub(crate) fn probes<'e>(method: &Member<'e>) -> Option<MethodEdit<'e>> {
    let name = std::str::from_utf8(method.name).ok()?;
    let descriptor = std::str::from_utf8(method.descriptor).ok()?;
    let [first, second, last] = arguments_of(method)?;
    let this = if method.access & 8 == 0 { Value::This } else { Value::Null };
    let entry = Call {
        target: probe("enter", "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;"),
        values: vec![first.clone(), second, last.clone()],
    };
    let returns_reference = descriptor.rsplit(')').next()?.len() > 1;
    let replaces = returns_reference && (name.len() + descriptor.len()) % 2 == 0;
    let parameters = format!("({}Ljava/lang/Throwable;)", OBJECT.repeat(5));
    let target = if replaces {
        probe("replace", leak(format!("{parameters}{OBJECT}")))
    } else {
        probe("exit", leak(format!("{parameters}V")))
    };
    let values = vec![Value::Token, this, first, last, Value::Returned, Value::Thrown];
    let exit = Call { target, values };
    let splices = vec![Splice::Around { entry: Some(entry), exit: Some(exit) }];
    Some(MethodEdit { name, descriptor, splices })
}

/// A descriptor that lives as long as the test; there are two of them.
fn leak(text: String) -> &'static str {
    use std::sync::Mutex;
    static KNOWN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap();
    if let Some(found) = known.iter().find(|each| **each == text) {
        return found;
    }
    let text: &'static str = text.leak();
    known.push(text);
    text
}

fn count_arguments(descriptor: &str) -> Option<u16> {
    let mut rest = descriptor.get(1..)?.split(')').next()?;
    let mut count = 0;
    while !rest.is_empty() {
        let element = rest.trim_start_matches('[');
        let length = if element.starts_with('L') { element.find(';')? + 1 } else { 1 };
        rest = element.get(length..)?;
        count += 1;
    }
    Some(count)
}

/// The same for each method of a class that has code.
pub(crate) fn probes_everywhere<'e>(class: &ClassFile<'e>) -> Vec<MethodEdit<'e>> {
    class
        .methods()
        .filter(|method| method.code_length.is_some())
        .filter_map(|method| probes(&method))
        .collect()
}
