//! What tests share: JDKs found, fixtures, child processes that end with the test.
#![forbid(unsafe_code)]
