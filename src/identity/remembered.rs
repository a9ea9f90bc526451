use std::sync::Arc;

use chrono::{DateTime, Utc};
use quick_cache::sync::Cache;
use siphasher::sip128::SipHasher24;

use super::Viewer;
use super::key::Key;

/// How many tokens are remembered: each takes what its claims take, and 8 KiB at most.
const CAPACITY: usize = 8192;

/// Verified tokens, so that a signature is checked once.
///
/// A token itself is not kept, only its hash, under a key that is drawn here and told to nobody: whoever
/// wants a text with the hash of somebody's token can but guess, at 128 bits. SHA-256 would need no key
/// and would be a tenth of a short request, where the processor has no instructions for it.
pub(super) struct Remembered {
    tokens: Cache<u128, Entry>,
    /// Nothing, where the system has nothing random to give; then nothing is remembered.
    hasher: Option<SipHasher24>,
}

#[derive(Clone)]
struct Entry {
    viewer: Viewer,
    key: Arc<Key>,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Remembered {
    pub(super) fn new() -> Self {
        let mut key = [0; 16];
        let drawn = getrandom::fill(&mut key).ok();
        Self {
            tokens: Cache::new(CAPACITY),
            hasher: drawn.map(|()| SipHasher24::new_with_key(&key)),
        }
    }

    /// Whose token it is, where it was verified before, has not ended, and its key is still trusted.
    pub(super) fn viewer(&self, token: &str, now: DateTime<Utc>) -> Option<Viewer> {
        let hash = self.hash(token)?;
        let entry = self.tokens.get(&hash)?;
        // A clock that was set back must not make a token valid before its time.
        if (entry.since..entry.until).contains(&now) && entry.key.is_trusted(now) {
            return Some(entry.viewer);
        }
        self.tokens.remove(&hash);
        None
    }

    /// Remembers a token that was verified at the time `now` and ends at `until`.
    pub(super) fn remember(
        &self,
        token: &str,
        viewer: Viewer,
        key: Arc<Key>,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) {
        if let Some(hash) = self.hash(token) {
            let entry = Entry {
                viewer,
                key,
                since: now,
                until,
            };
            self.tokens.insert(hash, entry);
        }
    }

    fn hash(&self, token: &str) -> Option<u128> {
        let hasher = self.hasher.as_ref()?;
        Some(hasher.hash(token.as_bytes()).as_u128())
    }
}
