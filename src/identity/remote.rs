use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::fetch::{PATIENCE, fetch};
use super::jwk;
use super::key::Key;
use super::settings::{Authorities, KeyAddress};

/// How long to wait after a fetch before the next one that nobody asks for, less or more a tenth.
#[derive(Clone, Copy)]
pub(super) struct Pauses {
    good: Duration,
    bad: Duration,
}

impl Pauses {
    /// Five minutes; half a minute after a fetch that failed.
    pub(super) const USUAL: Self = Self {
        good: Duration::from_mins(5),
        bad: Duration::from_secs(30),
    };
}

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
    pub(super) async fn keep(this: Weak<Self>, clock: fn() -> DateTime<Utc>, pauses: Pauses) {
        loop {
            let Some(remote) = this.upgrade() else { return };
            if let Some(mut ended) = remote.begin(clock(), TimeDelta::zero()) {
                let _ = ended.changed().await;
            }
            let good = remote.is_fetched_since_begun();
            drop(remote);
            tokio::time::sleep(jittered(if good { pauses.good } else { pauses.bad })).await;
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers with these, one after the other, and then hangs up.
    async fn serve(answers: &[&str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let answers: Vec<_> = answers.iter().map(ToString::to_string).collect();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 1024]).await.unwrap();
                let length = answer.len();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn keys_are_fetched_again_and_again_until_nobody_wants_them() {
        let key =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let keys = |count| format!(r#"{{"keys":[{}]}}"#, vec![key; count].join(","));
        let address = serve(&[&keys(1), "rubbish", &keys(2), "rubbish", &keys(3)]).await;
        let address = KeyAddress::parse(&address, None).unwrap();
        let remote = Arc::new(Remote::new(address, Authorities::default()));
        let (good, bad) = (Duration::from_millis(40), Duration::from_millis(5));
        let weak = Arc::downgrade(&remote);
        let pauses = Pauses { good, bad };
        let keeping = tokio::spawn(Remote::keep(weak, crate::clock::now, pauses));
        let mut ended = remote.ended.subscribe();
        let five = ended.wait_for(|count| *count == 5);
        drop(tokio::time::timeout(Duration::from_secs(5), five).await);
        assert_eq!((remote.fetches(), remote.keys().len()), (5, 3));
        drop(remote);
        tokio::time::timeout(Duration::from_secs(5), keeping)
            .await
            .unwrap()
            .unwrap();
    }

    #[test]
    fn servers_that_start_together_do_not_ask_together() {
        let pauses: Vec<_> = (0..100).map(|_| jittered(Pauses::USUAL.good)).collect();
        let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(*least >= Duration::from_secs(270) && *most <= Duration::from_secs(330));
        assert!(*most > *least + Duration::from_secs(10));
    }
}
