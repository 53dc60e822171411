//! Development commands behind `./x`.
#![forbid(unsafe_code)]

fn main() {}
