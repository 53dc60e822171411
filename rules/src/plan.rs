//! From rules to the edits of one class.

use otelrs_classfile as classfile;
use otelrs_classfile::{ClassFile, Member, MethodEdit};

use crate::fit::{self, Unfit};
use crate::model::{Call, ClassSelector, Method, Rule, Splice, Target, Value};

/// The edits that rules ask of a class: one for each of its methods that a rule selects. Methods that it does not declare
/// with code, and fields that it does not have, are passed over: library versions differ. A rule of a file that asks a
/// method for what it does not have leaves that method alone; `unfit` is told the method and why.
pub fn plan<'e>(
    class: &'e ClassFile<'_>,
    rules: &[&'static Rule],
    mut unfit: impl FnMut(&'static Rule, &str, Unfit),
) -> Vec<MethodEdit<'e>> {
    let mut edits = Vec::new();
    let superclass = std::str::from_utf8(class.super_name().unwrap_or_default());
    let (Ok(name), Ok(superclass)) = (std::str::from_utf8(class.name()), superclass) else { return edits };
    let names = Names { name, superclass, method: "" };
    // Looked up once a class, not once a method: it is a walk over the constant pool.
    let mut referred: Vec<(&'static Method, bool)> = Vec::new();
    let mut refers = |called: &'static Method| match referred.iter().find(|(known, _)| *known == called) {
        Some((_, refers)) => *refers,
        None => {
            let refers = class.refers_to(called.owner, called.name, called.descriptor);
            referred.push((called, refers));
            refers
        }
    };
    for method in class.methods() {
        if method.code_length.is_none() {
            continue;
        }
        if !rules.iter().any(|rule| may_select(rule, &method)) {
            continue;
        }
        let (Ok(name), Ok(descriptor)) =
            (std::str::from_utf8(method.name), std::str::from_utf8(method.descriptor))
        else {
            continue;
        };
        let mut splices = Vec::new();
        for rule in rules {
            if let ClassSelector::Where { conditions, .. } = rule.class {
                if !conditions.methods.select(class, &method) {
                    continue;
                }
                if let Some(why) = fit::unfit(class, &method, rule) {
                    unfit(rule, &format!("{name}{descriptor}"), why);
                    continue;
                }
            }
            let methods = rule.methods.iter().chain(rule.common_methods);
            for selected in methods.filter(|rule| rule.selects(method.name, method.descriptor)) {
                let wanted = selected.splices.iter().filter(|splice| match splice {
                    Splice::ReplaceCall { called, .. } => refers(called),
                    _ => true,
                });
                splices.extend(
                    wanted.filter_map(|splice| translate(class, Names { method: name, ..names }, splice)),
                );
            }
        }
        if !splices.is_empty() {
            edits.push(MethodEdit { name, descriptor, splices });
        }
    }
    edits
}

/// False for nearly all methods of a class, whose names then need not be looked at any further.
fn may_select(rule: &Rule, method: &Member<'_>) -> bool {
    matches!(rule.class, ClassSelector::Where { .. })
        || rule
            .methods
            .iter()
            .chain(rule.common_methods)
            .any(|selected| selected.selects(method.name, method.descriptor))
}

/// What a class calls itself, its superclass and the method that is being edited.
#[derive(Clone, Copy)]
struct Names<'e> {
    name: &'e str,
    superclass: &'e str,
    method: &'e str,
}

fn translate<'e>(
    class: &'e ClassFile<'_>,
    names: Names<'e>,
    splice: &'static Splice,
) -> Option<classfile::Splice<'e>> {
    Some(match splice {
        Splice::Around { entry, exit } => classfile::Splice::Around {
            entry: entry.as_ref().map(|call| translate_call(class, names, call)),
            exit: exit.as_ref().map(|call| translate_call(class, names, call)),
        },
        Splice::AssignFieldAtExit { name, descriptor, call } => {
            let declared = class
                .fields()
                .any(|field| field.name == name.as_bytes() && field.descriptor == descriptor.as_bytes());
            if !declared {
                return None;
            }
            classfile::Splice::AssignFieldAtExit {
                field: classfile::FieldRef { owner: names.name, name, descriptor },
                call: translate_call(class, names, call),
            }
        }
        Splice::AssignArgumentAtEntry { index, call } => classfile::Splice::AssignArgumentAtEntry {
            index: *index,
            call: translate_call(class, names, call),
        },
        Splice::ReplaceCall { called, target } => classfile::Splice::ReplaceCall {
            owner: called.owner,
            name: called.name,
            descriptor: called.descriptor,
            target: translate_target(target),
            required: false,
        },
    })
}

fn translate_call<'e>(
    class: &'e ClassFile<'_>,
    names: Names<'e>,
    call: &'static Call,
) -> classfile::Call<'e> {
    classfile::Call {
        target: translate_target(&call.target),
        values: call.values.iter().map(|value| translate_value(class, names, value)).collect(),
    }
}

fn translate_target(target: &'static Target) -> classfile::MethodRef<'static> {
    classfile::MethodRef {
        owner: target.owner,
        name: target.name,
        descriptor: target.descriptor,
        interface: false,
    }
}

fn translate_value<'e>(
    class: &'e ClassFile<'_>,
    names: Names<'e>,
    value: &'static Value,
) -> classfile::Value<'e> {
    match value {
        Value::This => classfile::Value::This,
        Value::Argument(index) => classfile::Value::Argument(*index),
        Value::Token => classfile::Value::Token,
        Value::Returned => classfile::Value::Returned,
        Value::Thrown => classfile::Value::Thrown,
        Value::Text(text) => classfile::Value::Text(text),
        Value::Int(number) => classfile::Value::Int(*number),
        Value::ClassName => classfile::Value::Text(names.name),
        Value::MethodName => classfile::Value::Text(names.method),
        Value::NamedField(name) => {
            let field = fit::instance_field(class, name);
            let descriptor = field.and_then(|field| std::str::from_utf8(field.descriptor).ok());
            // A field that is not there makes its rule unfit.
            let field = |descriptor| classfile::FieldRef { owner: names.name, name, descriptor };
            descriptor.map_or(classfile::Value::Null, |descriptor| classfile::Value::Field(field(descriptor)))
        }
        Value::OwnField { name, descriptor } => {
            classfile::Value::Field(classfile::FieldRef { owner: names.name, name, descriptor })
        }
        Value::InheritedField { name, descriptor } => {
            classfile::Value::Field(classfile::FieldRef { owner: names.superclass, name, descriptor })
        }
        Value::InterfaceGetter { of, owner, name, descriptor, arguments } => classfile::Value::Getter {
            of: Box::new(translate_value(class, names, of)),
            method: classfile::MethodRef { owner, name, descriptor, interface: true },
            arguments: arguments.iter().map(|argument| translate_value(class, names, argument)).collect(),
        },
    }
}
