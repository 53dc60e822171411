//! The file that is shipped: what it exports, what it needs, and that a panic can unwind in it.

use std::fs;

use anyhow::{Context, Result, ensure};
use object::read::elf::{Dyn, ElfFile64, FileHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, elf};
use otelrs_test_support::paths;

/// All that the JVM looks up by name, and nothing else.
const EXPORTED: [&str; 8] = [
    "Agent_OnAttach",
    "Agent_OnLoad",
    "JNI_OnLoad",
    "Java_java_lang_OtelrsBridge_absent",
    "Java_java_lang_OtelrsBridge_declined",
    "Java_java_lang_OtelrsBridge_end",
    "Java_java_lang_OtelrsBridge_extract",
    "Java_java_lang_OtelrsBridge_traceparent",
];

/// Libraries that every glibc system with a JVM has.
const NEEDED: [&str; 7] =
    ["libc.so.", "libm.so.", "libgcc_s.so.", "ld-linux", "libdl.so.", "libpthread.so.", "librt.so."];

/// Whoever opens it in a file manager, or downloads it a thousand times, wants to know when it grows past this.
const MAX_BYTES: usize = 3_300_000;

fn library() -> Result<Vec<u8>> {
    let path = paths::agent_library();
    fs::read(&path).with_context(|| format!("{}: run ./x build", path.display()))
}

#[test]
fn it_exports_what_the_jvm_looks_up_and_nothing_else() -> Result<()> {
    let bytes = library()?;
    let file = ElfFile64::<Endianness>::parse(&*bytes)?;
    let mut exported: Vec<&str> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .flat_map(|symbol| symbol.name())
        .collect();
    exported.sort_unstable();
    ensure!(exported == EXPORTED, "{exported:?}");
    Ok(())
}

#[test]
fn it_needs_no_library_that_a_jvm_does_not_need() -> Result<()> {
    let bytes = library()?;
    let header = elf::FileHeader64::<Endianness>::parse(&*bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, &*bytes)?;
    let (entries, strings) = sections.dynamic(endian, &*bytes)?.context("no dynamic section")?;
    let strings = sections.strings(endian, &*bytes, strings)?;
    let mut needed = Vec::new();
    for entry in entries {
        if entry.tag(endian) == elf::DT_NEEDED {
            needed.push(String::from_utf8_lossy(entry.string(endian, strings)?).into_owned());
        }
    }
    ensure!(needed.iter().any(|name| name.starts_with("libc.so.")), "{needed:?}");
    for name in &needed {
        ensure!(NEEDED.iter().any(|known| name.starts_with(known)), "needs {name} of {needed:?}");
    }
    Ok(())
}

#[test]
fn a_panic_in_it_unwinds() -> Result<()> {
    let bytes = library()?;
    let file = ElfFile64::<Endianness>::parse(&*bytes)?;
    // With panic = "abort" the standard library's unwinder is left out, and no function has a landing pad.
    let landing_pads = file.section_by_name(".gcc_except_table").context("no table of landing pads")?;
    ensure!(landing_pads.size() > 1_000, "{} bytes of landing pads", landing_pads.size());
    ensure!(
        file.section_by_name(".eh_frame").is_some_and(|frames| frames.size() > 1_000),
        "no unwinding tables"
    );
    let unwinder = file
        .dynamic_symbols()
        .any(|symbol| symbol.name() == Ok("_Unwind_RaiseException") && symbol.is_undefined());
    ensure!(unwinder, "the unwinder is not called");
    Ok(())
}

#[test]
fn it_names_no_folder_of_the_machine_that_built_it() -> Result<()> {
    let bytes = library()?;
    let home = std::env::home_dir().context("no home directory")?;
    for folder in [paths::workspace(), home.join(".cargo")] {
        let folder = folder.into_os_string().into_encoded_bytes();
        let named = bytes.windows(folder.len()).position(|bytes| bytes == folder);
        ensure!(named.is_none(), "{} at byte {named:?}", String::from_utf8_lossy(&folder));
    }
    Ok(())
}

#[test]
fn it_stays_small() -> Result<()> {
    let size = library()?.len();
    println!("libotelrs.so: {size} bytes");
    ensure!(size <= MAX_BYTES, "{size} bytes");
    Ok(())
}
