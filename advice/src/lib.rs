//! What happens at entry and exit: one folder an instrumented library. Sees values, never JNI.
#![forbid(unsafe_code)]
