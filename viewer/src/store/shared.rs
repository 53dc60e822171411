//! What many spans have in common is held once: resources and scopes of the last senders.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// So many senders are told apart; beyond, a sender's resource is held once a request.
const SENDERS: usize = 64;
/// Larger values are not kept beyond their spans.
const MAX_BYTES: usize = 8 * 1024;

/// The last distinct values.
#[derive(Debug)]
pub(super) struct Shared<T>(Mutex<VecDeque<Arc<T>>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: PartialEq> Shared<T> {
    /// An equal value that is held already, or this one; and whether it takes memory of its own.
    pub(super) fn of(&self, value: T, bytes: usize) -> (Arc<T>, bool) {
        if bytes > MAX_BYTES {
            return (Arc::new(value), true);
        }
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = held.iter().find(|held| ***held == value) {
            return (Arc::clone(same), false);
        }
        if held.len() >= SENDERS {
            held.pop_back();
        }
        let value = Arc::new(value);
        held.push_front(Arc::clone(&value));
        (value, true)
    }
}
