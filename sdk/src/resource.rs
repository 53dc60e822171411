//! What the telemetry is about: the attributes every span of this process shares.

use crate::span::KeyValue;

/// The resource: attributes with unique keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    /// In the order they are sent.
    pub attributes: Vec<KeyValue<'static>>,
}
