//! Damaged classes: whatever comes in, the properties hold that are fuzzed in `classfile/fuzz`.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod support;

use otelrs_classfile::ClassFile;
use otelrs_corpus::properties::PROPERTIES;
use std::ops::RangeInclusive;
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

/// Asks each property; a panic breaks it too.
fn check(bytes: &[u8], seed: u64) {
    for (name, property) in PROPERTIES {
        let result = std::panic::catch_unwind(|| property(bytes));
        assert!(matches!(result, Ok(Ok(()))), "{name}, seed {seed}: {result:?}");
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
fn properties_hold_of_whole_and_of_damaged_classes() {
    classes().iter().for_each(|class| check(class, 0));
    check_damaged(1..=300);
}

#[test]
#[ignore = "minutes: ./x test --full"]
fn properties_hold_of_more_damaged_classes() {
    check_damaged(301..=3_000);
}

fn check_damaged(seeds: RangeInclusive<u64>) {
    let classes = classes();
    for seed in seeds.filter(|_| !classes.is_empty()) {
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
        check(&bytes, seed);
    }
}
