//! What to instrument: the rule model, type hierarchy and the matcher.
#![forbid(unsafe_code)]
