//! Context across executors, futures and virtual threads. It makes no span: the bridge does all of it.

pub(crate) mod rule;
