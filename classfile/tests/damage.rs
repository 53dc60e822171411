//! Damaged classes: whatever comes in, nothing panics, and what was patched can be read again.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use otelrs_classfile::{ClassFile, Outcome, patch};
use otelrs_corpus::probe;
use std::path::Path;
use std::sync::OnceLock;
use support::{Jdk, advised_classes};

/// A small fixed-seed generator (xorshift): a failure names its seed and can be run again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// The classes of the fixtures.
fn classes() -> &'static [Vec<u8>] {
    static CLASSES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CLASSES.get_or_init(|| {
        let Some(jdk) = Jdk::find() else { return Vec::new() };
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("damage");
        jdk.compile(&dir, &[], &["Shapes.java", "Annotated.java", "Tasks.java"]);
        advised_classes(&dir).iter().map(|file| std::fs::read(file).unwrap()).collect()
    })
}

/// Patches whatever can still be read; methods whose names are no longer text are left alone.
fn exercise(bytes: &[u8]) {
    let Ok(class) = ClassFile::parse(bytes) else { return };
    let _ = (class.fields().count(), class.interfaces().count(), class.super_name());
    let edits = probe::edits(&class);
    if let Outcome::Patched(patched) = patch(&class, &edits) {
        let again = ClassFile::parse(&patched.bytes).unwrap();
        assert_eq!(again.methods().count(), class.methods().count());
        assert!(again.methods().zip(class.methods()).all(|(new, old)| new.code_length >= old.code_length));
    }
    for edit in &edits {
        let _ = patch(&class, std::slice::from_ref(edit));
    }
}

#[test]
fn truncated_classes_are_refused_with_an_offset_within_them() {
    for class in classes() {
        for length in 0..class.len() {
            let error = ClassFile::parse(&class[..length]).unwrap_err();
            assert!(error.offset <= length, "{error}");
        }
        let longer = [&class[..], &[0]].concat();
        assert_eq!(ClassFile::parse(&longer).unwrap_err().offset, class.len());
    }
}

#[test]
fn damaged_classes_never_panic() {
    let classes = classes();
    for seed in 1..=3_000 * u64::from(!classes.is_empty()) {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut bytes = classes[dice.below(classes.len())].clone();
        for _ in 0..=dice.below(8) {
            let at = dice.below(bytes.len());
            match dice.below(4) {
                0 => bytes[at] = dice.below(256) as u8,
                1 => bytes[at] = bytes[at].wrapping_add(1),
                2 => bytes[at] = [0, 0x7f, 0x80, 0xff][dice.below(4)],
                _ => {
                    let other = dice.below(bytes.len());
                    bytes.swap(at, other);
                }
            }
        }
        let result = std::panic::catch_unwind(|| exercise(&bytes));
        assert!(result.is_ok(), "seed {seed}");
    }
}
