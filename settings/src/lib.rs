//! The one table of options: name, type, default and text of each; reading and precedence.
#![forbid(unsafe_code)]
