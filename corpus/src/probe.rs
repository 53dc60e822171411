//! Advice for every method there is: calls of `java.lang.OtelrsProbe`, asking for all that can be had in each.

use otelrs_classfile::{ACC_STATIC, Call, ClassFile, Member, MethodEdit, MethodRef, Splice, Value};

/// The internal name of the class that the advice calls; its source is `corpus/java/OtelrsProbe.java`.
pub const PROBE: &str = "java/lang/OtelrsProbe";

const ENTER: MethodRef<'static> = MethodRef {
    owner: PROBE,
    name: "enter",
    descriptor: "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;",
    interface: false,
};
const EXIT: MethodRef<'static> = MethodRef {
    owner: PROBE,
    name: "exit",
    descriptor: "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)V",
    interface: false,
};
const REPLACE: MethodRef<'static> = MethodRef {
    owner: PROBE,
    name: "replace",
    descriptor: "(Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Object;Ljava/lang/Throwable;)Ljava/lang/Object;",
    interface: false,
};

/// Entry and exit advice for each method of a class that has code; methods whose names are damaged are left out.
pub fn edits<'e>(class: &ClassFile<'e>) -> Vec<MethodEdit<'e>> {
    let with_code = class.methods().filter(|method| method.code_length.is_some());
    with_code.filter_map(|method| edit(&method)).collect()
}

/// Half of the methods that return a reference have it replaced by what the advice returns.
fn edit<'e>(method: &Member<'e>) -> Option<MethodEdit<'e>> {
    let name = std::str::from_utf8(method.name).ok()?;
    let descriptor = std::str::from_utf8(method.descriptor).ok()?;
    let [first, second, last] = arguments_of(method)?;
    let this = if method.access & ACC_STATIC == 0 { Value::This } else { Value::Null };
    let entry = Call { target: ENTER, values: vec![first.clone(), second, last.clone()] };
    let returns_reference = descriptor.rsplit(')').next()?.len() > 1;
    let replaces = returns_reference && (name.len() + descriptor.len()) % 2 == 0;
    let exit = Call {
        target: if replaces { REPLACE } else { EXIT },
        values: vec![Value::Token, this, first, last, Value::Returned, Value::Thrown],
    };
    let splices = vec![Splice::Around { entry: Some(entry), exit: Some(exit) }];
    Some(MethodEdit { name, descriptor, splices })
}

/// A method's first, second and last argument, or null; none when its descriptor is damaged.
pub fn arguments_of<'e>(method: &Member<'e>) -> Option<[Value<'e>; 3]> {
    let count = count_arguments(std::str::from_utf8(method.descriptor).ok()?)?;
    let argument = |index: u16| if index < count { Value::Argument(index) } else { Value::Null };
    Some([argument(0), argument(1), argument(count.wrapping_sub(1))])
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
