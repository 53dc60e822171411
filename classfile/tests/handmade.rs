//! Classes that compilers rarely write: a full constant pool, a frame that forgets an argument.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

use otelrs_classfile::{Call, ClassFile, MethodEdit, MethodRef, Outcome, Splice, Value, patch};

const GOTO: u8 = 0xa7;
const RETURN: u8 = 0xb1;
const ALOAD_0: u8 = 0x2a;
const ASTORE_1: u8 = 0x4c;

/// Constants, by encoding.
#[derive(Default)]
struct Pool {
    bytes: Vec<u8>,
    count: u16,
}

impl Pool {
    fn add(&mut self, encoded: &[u8]) -> [u8; 2] {
        self.bytes.extend(encoded);
        self.count += 1;
        self.count.to_be_bytes()
    }

    fn utf8(&mut self, text: &str) -> [u8; 2] {
        self.add(&[&[1, 0, text.len() as u8], text.as_bytes()].concat())
    }

    fn pair(&mut self, tag: u8, first: [u8; 2], second: [u8; 2]) -> [u8; 2] {
        self.add(&[&[tag], &first[..], &second].concat())
    }

    fn class(&mut self, name: &str) -> [u8; 2] {
        let name = self.utf8(name);
        self.add(&[7, name[0], name[1]])
    }
}

/// `public class A { static void run(Object) { CODE } }` of Java 8, with `locals` words of locals, this StackMapTable and a pool
/// filled up to `constants`.
fn class(locals: u8, code: &[u8], frames: &[u8], constants: u16) -> Vec<u8> {
    let mut pool = Pool::default();
    let this = pool.class("A");
    let object = pool.class("java/lang/Object");
    pool.class("java/lang/Throwable");
    let run = pool.utf8("run");
    let descriptor = pool.utf8("(Ljava/lang/Object;)V");
    let code_name = pool.utf8("Code");
    let frames_name = pool.utf8("StackMapTable");
    // A method that the class calls already, as far as its constants go.
    let advice = pool.utf8("advice");
    let name_and_type = pool.pair(12, advice, descriptor);
    pool.pair(10, this, name_and_type);
    while pool.count + 1 < constants {
        pool.add(&[3, 0, 0, 0, 0]);
    }
    let sized = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let code = [&[0, 2, 0, locals][..], &sized(code), &[0, 0, 0, 1], &frames_name, &sized(frames)].concat();
    let count = (pool.count + 1).to_be_bytes();
    let method = [&[0, 9][..], &run, &descriptor, &[0, 1], &code_name, &sized(&code)].concat();
    [
        &[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52][..],
        &count,
        &pool.bytes,
        &[0, 0x21],
        &this,
        &object,
        &[0, 0, 0, 0, 0, 1],
        &method,
        &[0, 0],
    ]
    .concat()
}

/// The class with its argument given to a method of this name, at entry or at exit.
fn edited(bytes: &[u8], advice: &str, at_entry: bool) -> Outcome {
    let descriptor = "(Ljava/lang/Object;)V";
    let call = || Call {
        target: MethodRef { owner: "A", name: advice, descriptor, interface: false },
        values: vec![Value::Argument(0)],
    };
    let splice = match at_entry {
        true => Splice::Around { entry: Some(call()), exit: None },
        false => Splice::Around { entry: None, exit: Some(call()) },
    };
    patch(&ClassFile::parse(bytes).unwrap(), &[MethodEdit { name: "run", descriptor, splices: vec![splice] }])
}

#[test]
fn a_full_pool_is_searched_for_what_the_class_has() {
    let full = class(1, &[RETURN], &[0, 0], 65_535);
    let Outcome::Patched(patched) = edited(&full, "advice", true) else { panic!("all of it is there") };
    assert_eq!(patched.bytes[8..10], [0xff, 0xff], "no constant is added");
    let Outcome::Declined(reason) = edited(&full, "other", true) else { panic!("there is no room for it") };
    assert_eq!(reason.name(), "pool-full");
}

#[test]
fn an_argument_that_a_frame_forgets_is_copied_at_entry() {
    let kept = [0, 1, 3];
    let forgotten = [0, 1, 250, 0, 3];
    for (frames, is_copied) in [(&kept[..], false), (&forgotten, true)] {
        let class = class(1, &[GOTO, 0, 3, RETURN], frames, 0);
        let Outcome::Patched(patched) = edited(&class, "advice", false) else { panic!("{frames:?}") };
        let copies = patched.bytes.windows(3).any(|code| code == [ALOAD_0, ASTORE_1, GOTO]);
        assert_eq!(copies, is_copied, "{frames:?}");
    }
}
