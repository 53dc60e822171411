//! `bench edit`: the edit as the agent makes it, in a process of its own; the counterpart of `bench/java/edits/Rival.java`.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use otelrs_classfile::ClassFile;
use otelrs_rules::apply::{LeftOut, apply};
use otelrs_rules::matcher::{Match, Matcher};
use otelrs_rules::model::{
    Call, ClassSelector, DescriptorSelector, MethodRule, Purpose, Rule, Splice, Target, Value,
};
use otelrs_rules::supertypes::Loader;

use super::subject::Subject;

/// What is edited, and how often.
#[derive(Clone, Debug, Args)]
pub(crate) struct Edit {
    /// A class file of a subject.
    plain: PathBuf,
    /// Edits before those that count.
    warm_up: usize,
    /// Edits that count.
    times: usize,
    /// Where the edited class goes.
    edited: PathBuf,
}

/// The application's loader, as the agent numbers it.
const LOADER: Loader = Loader(2);

/// `bench/java/edits/Calls.java`.
const fn call(name: &'static str, descriptor: &'static str, values: &'static [Value]) -> Call {
    Call { target: Target { owner: "Calls", name, descriptor }, values }
}

static ADVICE: [Splice; 1] = [Splice::Around {
    entry: Some(call("enter", "(Ljava/lang/Object;)V", &[Value::This])),
    exit: Some(call("exit", "(Ljava/lang/Throwable;)V", &[Value::Thrown])),
}];

const fn method(subject: Subject) -> MethodRule {
    let (name, descriptor) = subject.method();
    MethodRule { name, descriptor: DescriptorSelector::Exact(descriptor), splices: &ADVICE }
}

const fn rule(subject: Subject, methods: &'static [MethodRule]) -> Rule {
    Rule {
        instrumentation: "edits",
        class: ClassSelector::Name(subject.class()),
        methods,
        common_methods: &[],
        glue: None,
        purpose: Purpose::Spans,
    }
}

static OF_SMALL: [MethodRule; 1] = [method(Subject::Small)];
static OF_ADAPTER: [MethodRule; 1] = [method(Subject::Adapter)];
static RULES: [Rule; 2] = [rule(Subject::Small, &OF_SMALL), rule(Subject::Adapter, &OF_ADAPTER)];

impl Edit {
    /// Makes the edits and prints what the middle one took, in nanoseconds.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the class is declined.
    pub(crate) fn run(&self) -> Result<()> {
        let plain = fs::read(&self.plain).with_context(|| format!("no {}", self.plain.display()))?;
        let mut nanoseconds = Vec::with_capacity(self.times);
        let mut edited = Vec::new();
        let mut started = Instant::now();
        let mut matcher = Matcher::new(&RULES);
        for time in 0..self.warm_up + self.times {
            edited = edit(&mut matcher, &plain)?;
            if time >= self.warm_up {
                nanoseconds.push(started.elapsed().as_nanos());
            }
            started = Instant::now();
        }
        fs::write(&self.edited, edited).with_context(|| format!("cannot write {}", self.edited.display()))?;
        nanoseconds.sort_unstable();
        println!("{}", nanoseconds.get(nanoseconds.len() / 2).context("no edit counts")?);
        Ok(())
    }
}

/// From bytes to bytes, as the class hook does it.
fn edit(matcher: &mut Matcher, plain: &[u8]) -> Result<Vec<u8>> {
    let class = ClassFile::parse(plain)?;
    let Match::Rules(rules) = matcher.decide(&class, &mut { LOADER }) else { bail!("no subject") };
    let mut reason = None;
    let patched = apply(&class, &rules, |left_out| {
        if let LeftOut::BuiltIn(why) = left_out {
            reason = Some(why.to_string());
        }
    });
    let patched = patched.with_context(|| format!("not edited: {}", reason.unwrap_or_default()))?;
    Ok(patched.bytes)
}
