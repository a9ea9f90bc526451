use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use jsonwebtoken::crypto;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::token::Token;
use super::{Secret, settings::SharedSecret};

/// One key with the one algorithm it is for.
///
/// A signature is checked with this algorithm whatever the token names, and a token that names another
/// one is never brought here: see [`Key::fits`].
pub(super) struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    decoding: DecodingKey,
    fingerprint: [u8; 32],
    /// In milliseconds since 1970. Tokens that were verified with this key are remembered together
    /// with it, so that they are forgotten the moment it is withdrawn.
    trusted_until: AtomicI64,
}

impl Key {
    /// A key that is trusted until it is withdrawn. `material` is what tells it from others.
    pub(super) fn new(
        id: Option<String>,
        algorithm: Algorithm,
        decoding: DecodingKey,
        material: &[&[u8]],
    ) -> Self {
        let mut hash = Sha256::new();
        let name = format!("{algorithm:?}");
        let described = [
            id.as_deref().unwrap_or_default().as_bytes(),
            name.as_bytes(),
        ];
        for part in described.iter().chain(material) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self {
            id,
            algorithm,
            decoding,
            fingerprint: hash.finalize().into(),
            trusted_until: AtomicI64::new(i64::MAX),
        }
    }

    /// A shared secret.
    pub(super) fn shared(shared: &SharedSecret) -> Self {
        let bytes = shared.secret().expose();
        let decoding = DecodingKey::from_secret(bytes);
        Self::new(None, shared.algorithm(), decoding, &[bytes])
    }

    /// Whether the two are the same key under the same name.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }

    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm
    }

    /// Whether the token may have been signed with this key, by what its header says. A key or a token
    /// without a name may belong to any.
    pub(super) fn fits(&self, token: &Token<'_>) -> bool {
        let named = match (&self.id, &token.key_id) {
            (Some(own), Some(asked)) => own == asked,
            _ => true,
        };
        named && self.algorithm == token.algorithm
    }

    /// Whether the key bears the very name that the token asks for.
    pub(super) fn is_named_by(&self, token: &Token<'_>) -> bool {
        self.id.is_some() && self.id == token.key_id
    }

    /// Whether this key has signed the token.
    pub(super) fn has_signed(&self, token: &Token<'_>) -> bool {
        let message = token.signed.as_bytes();
        crypto::verify(token.signature, message, &self.decoding, self.algorithm).unwrap_or(false)
    }

    /// Whether the library can use the key at all: with an impossible one it fails before it looks at
    /// a signature.
    pub(super) fn is_usable(&self) -> bool {
        crypto::verify("", b"", &self.decoding, self.algorithm).is_ok()
    }

    pub(super) fn is_trusted(&self, now: DateTime<Utc>) -> bool {
        now.timestamp_millis() < self.trusted_until.load(Ordering::Acquire)
    }

    pub(super) fn trust_until(&self, until: DateTime<Utc>) {
        self.trusted_until
            .store(until.timestamp_millis(), Ordering::Release);
    }

    /// Its issuer has taken it back.
    pub(super) fn withdraw(&self) {
        self.trusted_until.store(i64::MIN, Ordering::Release);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Signs `claims` as [`Key::shared`] expects it; `None` when the library cannot.
pub(super) fn sign(
    secret: &Secret,
    algorithm: Algorithm,
    claims: &Map<String, Value>,
) -> Option<String> {
    let key = EncodingKey::from_secret(secret.expose());
    encode(&Header::new(algorithm), claims, &key).ok()
}
