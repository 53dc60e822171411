//! Receiver, trace store and terminal views.
#![forbid(unsafe_code)]
