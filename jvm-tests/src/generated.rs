//! Sections of documents that a test writes: `<!-- begin NAME -->` to `<!-- end NAME -->`.

use std::fs;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use otelrs_test_support::paths;

use crate::expected::updating;

/// Puts `text` into the section when `UPDATE_EXPECT` is set; a person reads the difference.
///
/// # Errors
/// When the document has no such section.
pub fn section(document: &str, name: &str, text: &str) -> Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    if !updating() {
        return Ok(());
    }
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let path = paths::workspace().join(document);
    let old = fs::read_to_string(&path)?;
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->"));
    let missing = || format!("{document} has no section {name}");
    let (before, rest) = old.split_once(&begin).with_context(missing)?;
    let (_, after) = rest.split_once(&end).with_context(missing)?;
    Ok(fs::write(&path, format!("{before}{begin}{text}{end}{after}"))?)
}
