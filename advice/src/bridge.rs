//! The names that rules use for the bridge, classes that every loader can name.

/// Internal name of the bridge class.
pub(crate) const BRIDGE: &str = "java/lang/OtelrsBridge";

/// Internal name of what carries context across threads.
pub(crate) const TASKS: &str = "java/lang/OtelrsTasks";

/// Internal name of what the glue of HTTP servers shares.
pub(crate) const SERVER: &str = "java/lang/OtelrsServer";

/// Internal name of what the rules of files call.
pub(crate) const RULES: &str = "java/lang/OtelrsRules";
