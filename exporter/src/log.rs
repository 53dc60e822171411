//! Where the exporter's own words go.

/// The agent's log, as the exporter needs it. The implementation holds lines of one cause back when they come often.
pub trait Log: Send + Sync {
    /// Something the user should act on. `cause` is the same for lines that say the same kind of thing.
    fn warn(&self, cause: &'static str, message: &str);
    /// What only somebody who looks for a fault wants to read.
    fn debug(&self, message: &str);
}
