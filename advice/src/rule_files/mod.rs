//! Rules that users write: spans around their own methods, attributes, and trace headers in carriers of their own making.

mod finish;
mod splices;

pub(crate) use finish::{add_attributes, finish};
pub use splices::rule_of;

/// The switch of all rule files.
pub const INSTRUMENTATION: &str = "rules";

#[cfg(test)]
mod tests;
