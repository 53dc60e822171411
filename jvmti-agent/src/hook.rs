//! The class hook pipeline: skim, match, plan, splice; and what is left to do when a class is prepared.

use otelrs_classfile::ClassFile;
use otelrs_rules::apply::{LeftOut, apply};
use otelrs_rules::gate::Gate;
use otelrs_rules::matcher::Match;
use otelrs_rules::model::{Purpose, Rule};
use otelrs_rules::supertypes::TypeSet;

use crate::jvmti::{Class, Jni, Jvmti, LoadedClass, Object};
use crate::loaders::{Defining, loader_number};
use crate::pending::Todo;
use crate::retransform::{retransform, retransform_named};
use crate::state::{self, Agent, Counts};
use crate::uncovered::Uncovered;
use crate::{export, glue, guard, unloaded};

/// A class on its way through the hook.
pub(crate) struct Loading<'a> {
    /// Internal name.
    pub(crate) name: &'a [u8],
    /// `None` for the bootstrap loader.
    pub(crate) loader: Option<Object<'a>>,
    /// It is loaded already and being retransformed or redefined.
    pub(crate) loaded: bool,
    /// The class file.
    pub(crate) bytes: &'a [u8],
}

/// The OpenTelemetry Java agent: two agents would make every span twice.
const JAVA_AGENT: &[u8] = b"io/opentelemetry/javaagent/OpenTelemetryAgent";

/// Gives the patched class, or `None` to leave it as it is. Runs no Java code and loads no class.
pub(crate) fn class_loading(jvmti: Jvmti, jni: &Jni<'_>, event: &Loading<'_>) -> Option<Vec<u8>> {
    let agent = state::agent()?;
    let class = match ClassFile::parse(event.bytes) {
        Ok(class) => class,
        Err(error) => {
            let name = String::from_utf8_lossy(event.name);
            state::log().debug(format_args!("left {name} alone: {error}"));
            return None;
        }
    };
    unloaded::forget(agent);
    if !agent.gate.lets_pass(&class) || is_ours(event.name) {
        return None;
    }
    if event.name == JAVA_AGENT {
        guard::disable("the OpenTelemetry Java agent is here too (-javaagent)");
        return None;
    }
    agent.uncovered.note(event.name);
    let mut loader = Defining { jvmti, jni, loader: event.loader };
    let (matched, awaited, waits, turned_away) = agent.with_classes(|classes| {
        let matched = classes.decide(&class, &mut loader);
        // Only a rule of a file waits.
        if !classes.has_rules_of_files() {
            return (matched, false, false, None);
        }
        let (awaited, waits) = (classes.is_awaited(event.name), classes.waits(event.name));
        (matched, awaited, waits, classes.take_turned_away())
    });
    if let Some(rule) = turned_away {
        Counts::add(&agent.counts.unfit_rules);
        state::log().debug(format_args!(
            "rule {:?} leaves {} alone: too many classes wait for the one that it wants to be present",
            rule.name(),
            String::from_utf8_lossy(event.name)
        ));
    }
    let (rules, undecided) = match matched {
        Match::None if !awaited && !waits => return None,
        Match::None => (Vec::new(), false),
        Match::Undecided(rules) => (rules, true),
        Match::Rules(rules) => (rules, false),
    };
    let patched = splice(agent, &class, &rules);
    if !event.loaded {
        let applied = |is: fn(&Rule) -> bool| patched.is_some() && rules.iter().any(|rule| is(rule));
        let todo = Todo {
            undecided,
            guarded: applied(Rule::is_guarded),
            glue: applied(|rule| rule.glue.is_some()),
            spans: applied(|rule| rule.purpose == Purpose::Spans),
            awaited,
            waits,
        };
        agent.pending.add(event.name, todo);
    }
    patched
}

/// Asks for the classes that the hook looks for besides those of rules.
pub(crate) fn ask(gate: &Gate) {
    gate.add_class(JAVA_AGENT);
    Uncovered::ask(gate);
}

/// Whether the class is the bridge's or glue.
fn is_ours(name: &[u8]) -> bool {
    name.starts_with(b"java/lang/Otelrs") || name.ends_with(b"/OtelrsGlue")
}

fn splice(agent: &Agent, class: &ClassFile<'_>, rules: &[&'static Rule]) -> Option<Vec<u8>> {
    let name = String::from_utf8_lossy(class.name());
    let patched = apply(class, rules, |left_out| match left_out {
        LeftOut::BuiltIn(reason) => {
            Counts::add(&agent.counts.declined);
            state::log().debug(format_args!("left {name} alone: {reason}"));
        }
        LeftOut::Method { rule, method, why } => {
            Counts::add(&agent.counts.unfit_rules);
            state::log().debug(format_args!("rule {:?} leaves {name}.{method} alone: {why}", rule.name()));
        }
    })?;
    Counts::add(&agent.counts.patched);
    agent.patched.add(class.name());
    state::log().debug(format_args!("patched {name} by {}", names(rules)));
    Some(patched.bytes)
}

fn names(rules: &[&'static Rule]) -> String {
    let mut names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
    names.dedup();
    names.join(", ")
}

/// A class has been prepared; its glue comes now, before its first method runs, and so does a late decision.
pub(crate) fn class_prepared(jvmti: Jvmti, jni: &Jni<'_>, class: Class<'_>) {
    let Some(agent) = state::agent() else { return };
    if agent.pending.is_empty() {
        return;
    }
    let Some(name) = jvmti.class_name(class) else { return };
    let Some(todo) = agent.pending.take(&name) else { return };
    let prepared = LoadedClass { class, name };
    let found_out =
        (todo.glue || todo.guarded || todo.undecided) && finish(agent, jvmti, jni, &prepared, todo);
    if todo.spans || found_out {
        spans_begin(agent, jvmti);
        patch_deferred(agent, jvmti, jni);
    }
    if todo.awaited {
        patch_due(agent, jvmti, jni);
    }
    if todo.waits && !agent.with_classes(|classes| classes.waits(&prepared.name)) {
        // What it waited for came before the JVM listed it.
        spans_begin(agent, jvmti);
        retransform(jvmti, &[prepared]);
    }
}

/// Patches the classes that waited for one that is there by now.
fn patch_due(agent: &'static Agent, jvmti: Jvmti, jni: &Jni<'_>) {
    let due = agent.with_classes(|classes| classes.take_due());
    if due.is_empty() {
        return;
    }
    // Which of their rules make spans shows in their bytes only.
    spans_begin(agent, jvmti);
    patch_deferred(agent, jvmti, jni);
    retransform_named(jvmti, jni, &due, |loaded| jvmti.is_modifiable(loaded.class));
}

/// A class is there that makes spans: so must be who sends them, and what carries their context.
fn spans_begin(agent: &'static Agent, jvmti: Jvmti) {
    export::start(agent, jvmti);
    agent.deferred.spans_begin();
}

/// What the bytes of a class did not say, its ancestors do. Says whether by them it makes spans.
fn finish(agent: &Agent, jvmti: Jvmti, jni: &Jni<'_>, prepared: &LoadedClass<'_>, todo: Todo) -> bool {
    let LoadedClass { class, name } = prepared;
    let below = supertypes(agent, jvmti, jni, *class);
    if below != 0 {
        let loader = loader_number(jvmti, jvmti.loader(*class, jni));
        agent.with_classes(|classes| classes.learn(name, loader, below));
    }
    let undecided = todo.undecided && below != 0;
    if !todo.glue && !undecided {
        return false;
    }
    let rules = agent.with_classes(|classes| classes.guarded(name, below));
    define_glue(jvmti, jni, &rules, *class);
    if undecided {
        retransform(jvmti, std::slice::from_ref(prepared));
    }
    undecided && rules.iter().any(|rule| rule.purpose == Purpose::Spans)
}

/// Patches the classes that waited for the first span.
fn patch_deferred(agent: &Agent, jvmti: Jvmti, jni: &Jni<'_>) {
    let due = agent.deferred.take_due();
    if !due.is_empty() {
        retransform_named(jvmti, jni, &due, |loaded| jvmti.loader(loaded.class, jni).is_none());
    }
}

fn define_glue(jvmti: Jvmti, jni: &Jni<'_>, rules: &[&'static Rule], class: Class<'_>) {
    for glue in rules.iter().filter_map(|rule| rule.glue) {
        glue::define_for(jvmti, jni, glue, class);
    }
}

/// More ancestors than this has no class.
const MAX_ANCESTORS: i32 = 512;

/// Below which of the rules' types a prepared class is, by the JVM's own word.
fn supertypes(agent: &Agent, jvmti: Jvmti, jni: &Jni<'_>, class: Class<'_>) -> TypeSet {
    jni.in_frame(MAX_ANCESTORS, |jni| walk_up(agent, jvmti, jni, class)).unwrap_or(0)
}

fn walk_up<'a>(agent: &Agent, jvmti: Jvmti, jni: &Jni<'a>, class: Class<'a>) -> TypeSet {
    let types = agent.with_classes(|classes| classes.types().to_vec());
    let mut below = 0;
    let mut next = vec![class];
    let mut seen = 0;
    while let Some(class) = next.pop() {
        seen += 1;
        if seen > MAX_ANCESTORS {
            break;
        }
        if let Some(name) = jvmti.class_name(class)
            && let Some(index) = types.iter().position(|known| known.as_bytes() == name)
        {
            below |= 1 << index;
        }
        next.extend(jni.super_class(class));
        next.extend(jvmti.interfaces(class, jni));
    }
    below
}

/// Patches what was loaded before the hook was on.
pub(crate) fn patch_loaded(agent: &'static Agent, jvmti: Jvmti, jni: &Jni<'_>) {
    let loaded = match jvmti.loaded_classes(jni) {
        Ok(loaded) => loaded,
        Err(error) => {
            state::log().debug(format_args!("the classes loaded so far stay as they are: {error}"));
            return;
        }
    };
    if loaded.iter().any(|class| class.name == JAVA_AGENT) {
        guard::disable("the OpenTelemetry Java agent is here too (-javaagent)");
        return;
    }
    jni.ensure_local_capacity(loaded.len());
    // Below a type that is not loaded there is no class.
    let types = agent.with_classes(|classes| classes.types().to_vec());
    let mut loaded_types: TypeSet = 0;
    for (index, name) in types.iter().enumerate() {
        if loaded.iter().any(|class| class.name == name.as_bytes()) {
            loaded_types |= 1 << index;
        }
    }
    let mut found = Vec::new();
    agent.with_classes(|classes| loaded.iter().for_each(|class| classes.note_loaded(&class.name)));
    for class in loaded {
        agent.uncovered.note(&class.name);
        let asks = agent.with_classes(|classes| classes.asks_for_supertypes(&class.name, loaded_types));
        let below = if asks { supertypes(agent, jvmti, jni, class.class) } else { 0 };
        let rules = agent.with_classes(|classes| classes.resolved(&class.name, below));
        if rules.is_empty() || !jvmti.is_modifiable(class.class) {
            continue;
        }
        if below != 0 {
            let loader = loader_number(jvmti, jvmti.loader(class.class, jni));
            agent.with_classes(|classes| classes.learn(&class.name, loader, below));
        }
        define_glue(jvmti, jni, &rules, class.class);
        found.push((class, rules));
    }
    if found.iter().any(|(_, rules)| rules.iter().any(|rule| rule.purpose == Purpose::Spans)) {
        spans_begin(agent, jvmti);
    } else {
        found.retain(|(class, _)| {
            let of_jdk = jvmti.loader(class.class, jni).is_none();
            if of_jdk {
                agent.deferred.add(&class.name);
            }
            !of_jdk
        });
    }
    let found: Vec<LoadedClass<'_>> = found.into_iter().map(|(class, _)| class).collect();
    if !found.is_empty() {
        retransform(jvmti, &found);
    }
    // A class that came while the list was read may wait for one that is in it.
    patch_due(agent, jvmti, jni);
}
