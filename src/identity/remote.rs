use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::fetch::{PATIENCE, fetch};
use super::jwk;
use super::key::Key;
use super::settings::{Authorities, KeyAddress};

/// How often a key set is fetched when nothing asks for it, less or more a tenth.
const PERIOD: Duration = Duration::from_mins(5);

/// How soon after a fetch that failed the next one comes.
const RETRY: Duration = Duration::from_secs(30);

/// A token whose key is not there asks for a fetch, if none has begun for so long.
const LEAST_GAP: TimeDelta = TimeDelta::seconds(30);

/// How long keys are trusted that could not be fetched again.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// The keys at an address: fetched at the start, every five minutes, and when a token asks for one that
/// is not there. Whoever needs a key that is there never waits.
#[derive(Debug)]
pub(super) struct Remote {
    address: KeyAddress,
    authorities: Authorities,
    keys: RwLock<Vec<Arc<Key>>>,
    state: Mutex<State>,
    /// How many fetches have ended.
    ended: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    under_way: bool,
    begun: Option<DateTime<Utc>>,
    fetched: Option<DateTime<Utc>>,
}

impl Remote {
    pub(super) fn new(address: KeyAddress, authorities: Authorities) -> Self {
        Self {
            address,
            authorities,
            keys: RwLock::default(),
            state: Mutex::default(),
            ended: watch::Sender::new(0),
        }
    }

    /// The keys as they were last fetched, those too that are no longer trusted.
    pub(super) fn keys(&self) -> Vec<Arc<Key>> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether the keys have been fetched in the last 24 hours.
    pub(super) fn is_current(&self, now: DateTime<Utc>) -> bool {
        self.state()
            .fetched
            .is_some_and(|fetched| now < fetched + LIFE)
    }

    /// How many fetches have ended, well or badly.
    pub(super) fn fetches(&self) -> u64 {
        *self.ended.borrow()
    }

    /// Fetches the keys because a token asks for one that is not there. Waits for a fetch that is under
    /// way rather than begin another; returns at once within 30 s of the last. Dropping this does not
    /// stop the fetch: a client that hangs up must not use up the one in 30 s.
    pub(super) async fn ask(self: &Arc<Self>, now: DateTime<Utc>) {
        if let Some(mut ended) = self.begin(now, LEAST_GAP) {
            // The fetch ends in its own time; this is for one that was lost.
            let patience = PATIENCE + Duration::from_secs(1);
            let _ = tokio::time::timeout(patience, ended.changed()).await;
        }
    }

    /// Fetches the keys, and again after each period, for as long as anyone has this.
    pub(super) async fn keep(this: std::sync::Weak<Self>, clock: fn() -> DateTime<Utc>) {
        loop {
            let Some(remote) = this.upgrade() else { return };
            if let Some(mut ended) = remote.begin(clock(), TimeDelta::zero()) {
                let _ = ended.changed().await;
            }
            let pause = if remote.is_fetched_since_begun() {
                jittered(PERIOD)
            } else {
                jittered(RETRY)
            };
            drop(remote);
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits until a first fetch has ended, well or badly.
    pub(super) async fn first_fetch(&self) {
        let mut ended = self.ended.subscribe();
        // An error is impossible: we hold the sender.
        let _ = ended.wait_for(|count| *count > 0).await;
    }

    /// Begins a fetch, unless one is under way; tells when it has ended. None when the last one began
    /// less than `gap` ago.
    fn begin(self: &Arc<Self>, now: DateTime<Utc>, gap: TimeDelta) -> Option<watch::Receiver<u64>> {
        let mut state = self.state();
        let ended = self.ended.subscribe();
        if !state.under_way {
            if state.begun.is_some_and(|begun| now < begun + gap) {
                return None;
            }
            state.under_way = true;
            state.begun = Some(now);
            tokio::spawn(Arc::clone(self).run(now));
        }
        Some(ended)
    }

    async fn run(self: Arc<Self>, now: DateTime<Utc>) {
        // However it ends: one that panicked must not be the last.
        let _end = End(&self);
        match fetch(&self.address.uri, &self.authorities).await {
            Ok(bytes) => self.take(&bytes, now),
            Err(error) => tracing::warn!(address = ?self.address, %error, "cannot fetch keys"),
        }
    }

    /// Takes a new key set in place of the old. Keys that stay are the same ones as before, so that what
    /// was verified with them stays remembered.
    fn take(&self, bytes: &[u8], now: DateTime<Utc>) {
        let (fresh, unusable) = match jwk::read_set(bytes, self.address.rsa) {
            Ok(read) => read,
            Err(error) => {
                tracing::warn!(address = ?self.address, %error, "cannot use what was fetched for keys");
                return;
            }
        };
        for error in unusable {
            tracing::debug!(address = ?self.address, %error, "passed over a key");
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let kept = |key: Key| {
            let old = keys.iter().find(|old| old.is(&key));
            old.map_or_else(|| Arc::new(key), Arc::clone)
        };
        let fresh: Vec<_> = fresh.into_iter().map(kept).collect();
        for key in &fresh {
            key.trust_until(now + LIFE);
        }
        for old in keys.iter() {
            if !fresh.iter().any(|key| key.is(old)) {
                old.withdraw();
            }
        }
        if fresh.is_empty() {
            tracing::warn!(address = ?self.address, "the key set has no key that can be used");
        }
        *keys = fresh;
        drop(keys);
        self.state().fetched = Some(now);
    }

    fn is_fetched_since_begun(&self) -> bool {
        let state = self.state();
        state.fetched >= state.begun
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that a fetch has ended, when it is dropped.
struct End<'a>(&'a Remote);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.state().under_way = false;
        self.0.ended.send_modify(|count| *count += 1);
    }
}

/// Less or more a tenth, so that servers that started together do not ask together.
fn jittered(period: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness there is no jitter, and nothing else is lost.
    let _ = getrandom::fill(&mut byte);
    period.mul_f64(0.9 + 0.2 * f64::from(byte[0]) / 255.0)
}
