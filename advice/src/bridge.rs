//! The names that rules use for the bridge, the one class that every loader can name.

/// Internal name of the bridge class.
pub(crate) const BRIDGE: &str = "java/lang/OtelrsBridge";
