//! What the integration tests share: JDKs, compiled Java, class archives, and advice for every method.
#![allow(dead_code)]

use otelrs_classfile::{Call, ClassFile, Member, MethodEdit, MethodRef, Splice, Value};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A JDK with a compiler.
pub struct Jdk {
    home: PathBuf,
}

impl Jdk {
    /// The JDK that `JAVA_HOME` names, or the one on the path; prints why the test is skipped when there is none.
    pub fn find() -> Option<Jdk> {
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

    pub fn java(&self) -> Command {
        Command::new(self.home.join("bin/java"))
    }

    /// Compiles sources of `tests/java` into a directory.
    pub fn compile(&self, into: &Path, options: &[&str], sources: &[&str]) {
        let java = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java");
        let mut javac = Command::new(self.home.join("bin/javac"));
        javac.args(["-nowarn", "-d"]).arg(into).args(options);
        run(javac.args(sources.iter().map(|source| java.join(source))));
    }
}

/// Runs a command that must succeed; its standard output.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// Classes by name, in one file that `Harness` reads and writes.
pub struct Archive(pub Vec<(String, Vec<u8>)>);

impl Archive {
    pub fn read(file: &Path) -> Archive {
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

    pub fn write(&self, file: &Path) {
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
    pub fn unpack(&self, into: &Path) {
        for (name, class) in &self.0 {
            let file = into.join(format!("{name}.class"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, class).unwrap();
        }
    }
}

pub const PROBE: &str = "java/lang/OtelrsProbe";

const fn probe(name: &'static str, descriptor: &'static str) -> MethodRef<'static> {
    MethodRef { owner: PROBE, name, descriptor, interface: false }
}

const OBJECT: &str = "Ljava/lang/Object;";

/// Entry and exit advice for one method, asking for all that can be had there.
pub fn probes<'e>(method: &Member<'e>) -> MethodEdit<'e> {
    let name = std::str::from_utf8(method.name).unwrap();
    let descriptor = std::str::from_utf8(method.descriptor).unwrap();
    let count = count_arguments(descriptor);
    let argument = |index: u16| if index < count { Value::Argument(index) } else { Value::Null };
    let last = argument(count.wrapping_sub(1));
    let this = if method.access & 8 == 0 { Value::This } else { Value::Null };
    let entry = Call {
        target: probe("enter", "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;"),
        values: vec![argument(0), argument(1), last.clone()],
    };
    let returns_reference = descriptor.rsplit(')').next().unwrap().len() > 1;
    let replaces = returns_reference && (name.len() + descriptor.len()) % 2 == 0;
    let parameters = format!("({}Ljava/lang/Throwable;)", OBJECT.repeat(5));
    let target = if replaces {
        probe("replace", leak(format!("{parameters}{OBJECT}")))
    } else {
        probe("exit", leak(format!("{parameters}V")))
    };
    let values = vec![Value::Token, this, argument(0), last, Value::Returned, Value::Thrown];
    let exit = Call { target, values };
    let splices = vec![Splice::Around { entry: Some(entry), exit: Some(exit) }];
    MethodEdit { name, descriptor, splices }
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

fn count_arguments(descriptor: &str) -> u16 {
    let mut rest = descriptor[1..].split(')').next().unwrap();
    let mut count = 0;
    while !rest.is_empty() {
        let element = rest.trim_start_matches('[');
        let length = if element.starts_with('L') { element.find(';').unwrap() + 1 } else { 1 };
        rest = &element[length..];
        count += 1;
    }
    count
}

/// The same for each method of a class that has code.
pub fn probes_everywhere<'e>(class: &ClassFile<'e>) -> Vec<MethodEdit<'e>> {
    class.methods().filter(|method| method.code_length.is_some()).map(|method| probes(&method)).collect()
}
