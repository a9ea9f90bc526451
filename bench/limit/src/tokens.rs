//! Tokens, verified once and remembered until they expire.

use std::collections::HashMap;
use std::sync::RwLock;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use uuid::Uuid;

/// Whoever asks.
#[derive(Clone, Copy)]
pub(crate) struct Viewer {
    pub(crate) id: Uuid,
    expires_at: i64,
}

#[derive(Deserialize)]
struct Claims {
    /// The user's id, which Docket works out of issuer and subject.
    uid: String,
    exp: i64,
}

pub(crate) struct Tokens {
    key: DecodingKey,
    validation: Validation,
    known: RwLock<HashMap<String, Viewer>>,
}

impl Tokens {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self {
            key: DecodingKey::from_secret(secret),
            validation: Validation::new(Algorithm::HS256),
            known: RwLock::default(),
        }
    }

    /// Reads the value of `Authorization`.
    pub(crate) fn viewer(&self, authorization: &str, now: DateTime<Utc>) -> Option<Viewer> {
        let token = authorization.strip_prefix("Bearer ")?;
        let known = self.known.read().ok()?.get(token).copied();
        if let Some(viewer) = known {
            return (viewer.expires_at > now.timestamp()).then_some(viewer);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation)
            .ok()?
            .claims;
        let viewer = Viewer {
            id: claims.uid.parse().ok()?,
            expires_at: claims.exp,
        };
        let mut known = self.known.write().ok()?;
        known.insert(token.to_owned(), viewer);
        Some(viewer)
    }
}
