use std::sync::Arc;

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::Viewer;
use super::key::Key;

/// How many tokens are remembered: each takes what its claims take, and 8 KiB at most.
const CAPACITY: usize = 8192;

/// Verified tokens, so that a signature is checked once. A token itself is not kept, only its hash.
pub(super) struct Remembered(Cache<[u8; 32], Entry>);

#[derive(Clone)]
struct Entry {
    viewer: Viewer,
    key: Arc<Key>,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Remembered {
    pub(super) fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// Whose token it is, where it was verified before, has not ended, and its key is still trusted.
    pub(super) fn viewer(&self, hash: &[u8; 32], now: DateTime<Utc>) -> Option<Viewer> {
        let entry = self.0.get(hash)?;
        // A clock that was set back must not make a token valid before its time.
        if (entry.since..entry.until).contains(&now) && entry.key.is_trusted(now) {
            return Some(entry.viewer);
        }
        self.0.remove(hash);
        None
    }

    /// Remembers a token that was verified at the time `now` and ends at `until`.
    pub(super) fn remember(
        &self,
        hash: [u8; 32],
        viewer: Viewer,
        key: Arc<Key>,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) {
        let entry = Entry {
            viewer,
            key,
            since: now,
            until,
        };
        self.0.insert(hash, entry);
    }
}

pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
