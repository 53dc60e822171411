//! Readers that others wrote see in classes what ours sees, before advice is put into them and after.
// A failed step of a test's own machinery fails the test.
#![allow(clippy::unwrap_used)]

mod by_cafebabe;
mod by_classfile_parser;
mod by_javap;
mod constants;
mod reading;

use std::sync::OnceLock;

use constants::{DYNAMIC, has_constant};
use otelrs_classfile::ClassFile;
use otelrs_corpus::collection::{Collection, NamedClass};
use otelrs_corpus::instrument::instrument;
use otelrs_corpus::verifier::Verifier;
use otelrs_test_support::{Jdk, jdk};
use reading::{Known, Reading};

/// A reader, and the access flags that it knows: others it drops.
type Oracle = (fn(&[u8]) -> Result<Reading, String>, Known);

const CAFEBABE: Oracle = (by_cafebabe::read, by_cafebabe::KNOWN);
const CLASSFILE_PARSER: Oracle = (by_classfile_parser::read, by_classfile_parser::KNOWN);

/// Every so many classes are read where not all are.
const STRIDE: usize = 8;

/// A command's arguments have a bound.
const FILES_AT_ONCE: usize = 500;

/// Classes as they are, and with advice in every method.
struct Classes {
    plain: Collection,
    advised: Collection,
}

impl Classes {
    fn of(jdk: &Jdk, modules: &[&str], stride: usize) -> Self {
        let Collection { name, classes } = Verifier::new().unwrap().module_classes(jdk, modules).unwrap();
        let plain = Collection { name, classes: classes.into_iter().step_by(stride).collect() };
        let (advised, tally) = instrument(&plain);
        assert_eq!(tally.failures, Vec::<String>::new());
        assert!(tally.patched * 100 > tally.methods * 99, "{tally:?}");
        Self { plain, advised }
    }

    /// Some of the classes that every program uses.
    fn sample() -> Option<&'static Self> {
        static SAMPLE: OnceLock<Option<Classes>> = OnceLock::new();
        let sample = SAMPLE.get_or_init(|| Some(Self::of(&jdk::with_compiler()?, &["java.base"], STRIDE)));
        sample.as_ref()
    }

    fn all(&self) -> impl Iterator<Item = &NamedClass> {
        self.plain.classes.iter().chain(&self.advised.classes)
    }

    /// A class that a reader refuses must have the constant that it does not know. The number of those.
    fn agree_with(&self, (read, known): Oracle) -> usize {
        let mut refused = 0;
        for class in self.all() {
            let ours = Reading::ours(&ClassFile::parse(&class.bytes).unwrap());
            match read(&class.bytes) {
                Ok(reading) => assert_eq!(ours.only(known), reading),
                Err(error) => {
                    assert!(has_constant(&class.bytes, DYNAMIC), "{}: {error}", class.name);
                    refused += 1;
                }
            }
        }
        refused
    }

    /// Javap takes a list of files; those that it does not print are missed in the comparison.
    fn agree_with_javap(&self, jdk: &Jdk, stride: usize) -> usize {
        let mut compared = 0;
        for collection in [&self.plain, &self.advised] {
            let classes: Vec<_> = collection.classes.iter().step_by(stride).collect();
            let folder = tempfile::tempdir().unwrap();
            collection.unpack(folder.path()).unwrap();
            let files: Vec<_> =
                classes.iter().map(|class| by_javap::file(folder.path(), &class.name)).collect();
            let printed: Vec<Reading> =
                files.chunks(FILES_AT_ONCE).flat_map(|files| by_javap::read(jdk, files)).collect();
            let ours = classes.iter().map(|class| Reading::ours(&ClassFile::parse(&class.bytes).unwrap()));
            let ours: Vec<_> = ours.map(by_javap::as_printed).collect();
            for (ours, printed) in ours.iter().zip(&printed) {
                assert_eq!(ours, printed);
            }
            assert_eq!(printed.len(), ours.len());
            compared += printed.len();
        }
        compared
    }
}

#[test]
fn cafebabe_reads_the_same_with_and_without_advice() {
    let Some(classes) = Classes::sample() else { return };
    // It knows CONSTANT_Dynamic, but not as an argument of another one's bootstrap method.
    assert!(classes.agree_with(CAFEBABE) <= 2);
    assert!(classes.all().count() > 1_000);
}

#[test]
fn classfile_parser_reads_the_same_with_and_without_advice() {
    let Some(classes) = Classes::sample() else { return };
    assert!(classes.agree_with(CLASSFILE_PARSER) <= 20);
}

#[test]
fn javap_prints_the_same_with_and_without_advice() {
    let (Some(jdk), Some(classes)) = (jdk::with_compiler(), Classes::sample()) else { return };
    assert!(classes.agree_with_javap(&jdk, 2 * STRIDE) > 100);
}

#[test]
#[ignore = "minutes: ./x test --full"]
fn every_class_of_every_jdk_is_read_alike() {
    for jdk in jdk::found() {
        let classes = Classes::of(&jdk, &[], 1);
        let refused = [CAFEBABE, CLASSFILE_PARSER].map(|oracle| classes.agree_with(oracle));
        let printed = jdk::with_compiler().map_or(0, |printer| classes.agree_with_javap(&printer, STRIDE));
        println!(
            "JDK {}: {} classes; refused by cafebabe and classfile-parser: {refused:?}; printed by javap: {printed}",
            jdk.feature,
            classes.all().count(),
        );
    }
}
