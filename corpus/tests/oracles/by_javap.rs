//! The JDK's javap, whose output is for people: what it says of a class, its members and their code.

use std::path::{Path, PathBuf};
use std::process::Command;

use otelrs_corpus::verifier::run;
use otelrs_test_support::Jdk;

use crate::reading::{MemberReading, Reading};

/// Has javap print classes; each with its file's path.
pub(crate) fn read(jdk: &Jdk, files: &[PathBuf]) -> Vec<Reading> {
    let output = run(Command::new(jdk.home.join("bin/javap")).args(["-p", "-v"]).args(files)).unwrap();
    let classes = output.split("Classfile ").skip(1);
    classes.map(|text| read_class(text).unwrap_or_else(|| panic!("javap prints\n{text}"))).collect()
}

/// Interfaces are only counted: their names, in this output, are those of the Java language.
fn read_class(text: &str) -> Option<Reading> {
    let line = |start: &str| text.lines().find_map(|line| line.trim_start().strip_prefix(start));
    let name = |start: &str| Some(line(start)?.split_once("// ")?.1.trim_matches('"').to_owned());
    let interfaces = line("interfaces: ")?.split(',').next()?.parse().ok()?;
    let members = members(text)?;
    let (methods, fields) = members.into_iter().partition(|member| member.descriptor.starts_with('('));
    Some(Reading {
        version: (line("major version: ")?.parse().ok()?, line("minor version: ")?.parse().ok()?),
        access: flags(line("flags: ")?)?,
        name: name("this_class: ")?,
        super_name: name("super_class: "),
        interfaces: vec![String::new(); interfaces],
        fields,
        methods,
    })
}

/// `(0x0021) ACC_PUBLIC, ACC_SUPER`
fn flags(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("(0x")?.split(')').next()?, 16).ok()
}

/// Between braces each member has its declaration, its descriptor and its flags, and a method its instructions.
fn members(text: &str) -> Option<Vec<MemberReading>> {
    let mut members: Vec<MemberReading> = Vec::new();
    let mut declaration = "";
    for line in text.lines().skip_while(|line| *line != "{").take_while(|line| *line != "}") {
        let depth = line.len() - line.trim_start().len();
        let line = line.trim_start();
        if depth == 2 && line.ends_with(';') {
            declaration = line;
        } else if let Some(descriptor) = line.strip_prefix("descriptor: ").filter(|_| depth == 4) {
            let (name, descriptor) = (name(declaration)?, descriptor.to_owned());
            members.push(MemberReading { access: 0, name, descriptor, code_length: None });
        } else if let Some(text) = line.strip_prefix("flags: ").filter(|_| depth == 4) {
            members.last_mut()?.access = flags(text)?;
        } else if let Some(end) = end_of_instruction(line) {
            members.last_mut()?.code_length = Some(end);
        }
    }
    Some(members)
}

/// `public int hashCode();`, `java.util.ArrayList(int);`, `static {};`
fn name(declaration: &str) -> Option<String> {
    let declaration = declaration.strip_suffix(';')?;
    let Some((before, _)) = declaration.split_once('(') else {
        let last = declaration.rsplit(' ').next()?;
        return Some(if last == "{}" { "<clinit>" } else { last }.to_owned());
    };
    let last = before.rsplit(' ').next()?;
    Some(if last.contains('.') { "<init>" } else { last }.to_owned())
}

/// Where an instruction ends that may be the last of its method: `12: areturn`, `20: goto          5`.
fn end_of_instruction(line: &str) -> Option<usize> {
    let (at, instruction) = line.split_once(": ")?;
    let at: usize = at.parse().ok()?;
    match instruction.split(' ').next()? {
        "athrow" | "return" | "areturn" | "ireturn" | "lreturn" | "freturn" | "dreturn" => Some(at + 1),
        "goto" => Some(at + 3),
        "goto_w" => Some(at + 5),
        _ => None,
    }
}

/// What our reader says, as far as javap says it.
pub(crate) fn as_printed(mut ours: Reading) -> Reading {
    ours.interfaces.iter_mut().for_each(String::clear);
    ours
}

/// The file of a class that was unpacked into a folder.
pub(crate) fn file(folder: &Path, class: &str) -> PathBuf {
    folder.join(format!("{class}.class"))
}
