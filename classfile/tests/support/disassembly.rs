//! Code as javap prints it, without what depends on where the compiler put a constant.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Jdk, run};

/// Repeats of one instruction beyond this are counted instead of printed.
const REPEATS: usize = 2;

/// What javap prints of class files; one after the other, because it is started once.
pub(crate) fn print(jdk: &Jdk, files: &[PathBuf]) -> Vec<String> {
    let output = run(jdk.javap().args(["-c", "-v", "-p"]).args(files));
    output.split("Classfile ").skip(1).map(str::to_owned).collect()
}

/// The code of one method of a class that was printed, with its exception table and its frames.
pub(crate) fn listing(printed: &str, method: &str) -> String {
    let mut members = printed.split("\n{\n").nth(1).unwrap().split("\n\n");
    let is_it = |member: &&str| {
        let declaration = member.lines().next().unwrap();
        let name = declaration.split('(').next().unwrap().rsplit(' ').next().unwrap();
        declaration.contains('(') && name == method
    };
    let member = members.find(is_it).unwrap_or_else(|| panic!("no {method} in\n{printed}"));
    let code = member.split("    Code:\n").nth(1).unwrap();
    let tables = ["LineNumberTable:", "LocalVariableTable:", "MethodParameters:"];
    let mut skipped = false;
    let mut listing = Listing::default();
    for line in code.lines() {
        let depth = line.len() - line.trim_start().len();
        if depth <= 6 {
            skipped = depth < 6 || tables.contains(&line.trim());
        }
        if !skipped {
            listing.line(line, depth);
        }
    }
    listing.end()
}

/// Lines, with repeats of an instruction counted.
#[derive(Default)]
struct Listing {
    text: String,
    last: String,
    repeats: usize,
}

impl Listing {
    fn line(&mut self, line: &str, depth: usize) {
        let words = line.split_whitespace().filter(|word| !is_index(word));
        let line = words.collect::<Vec<_>>().join(" ").replace("// ", "");
        let instruction = line.split_once(": ").map_or(line.as_str(), |(_, instruction)| instruction);
        if instruction == self.last {
            self.repeats += 1;
        } else {
            self.count();
            self.last = instruction.to_owned();
        }
        if self.repeats < REPEATS {
            let _ = writeln!(self.text, "{:1$}{line}", "", depth - 4);
        }
    }

    fn count(&mut self) {
        if self.repeats >= REPEATS {
            let _ = writeln!(self.text, "    ... {} more", self.repeats + 1 - REPEATS);
        }
        self.repeats = 0;
    }

    fn end(mut self) -> String {
        self.count();
        self.text
    }
}

/// `#12`, and with what an invokeinterface has behind it `#12,`.
fn is_index(word: &str) -> bool {
    word.trim_end_matches(',').strip_prefix('#').is_some_and(|number| number.parse::<u16>().is_ok())
}
