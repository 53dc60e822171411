//! The program `otelrs`: run and view.
#![forbid(unsafe_code)]

fn main() {}
