//! Class files: read, skim, plan, splice. Bytes in, bytes out; no JVM and no unsafe code.
#![forbid(unsafe_code)]
