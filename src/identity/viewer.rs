use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::claims::Claims;
use super::scope::Scope;

/// The user a request acts for. Made only by the [`Verifier`](super::Verifier), so that
/// whoever holds one has seen a valid token.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Viewer {
    id: Uuid,
    claims: Arc<Claims>,
}

impl Viewer {
    pub(super) fn new(claims: Claims) -> Self {
        Self {
            id: user_id(&claims.issuer, &claims.subject),
            claims: Arc::new(claims),
        }
    }

    /// The user's id: a `UUIDv8` from the hash of [`issuer`](Self::issuer) and
    /// [`subject`](Self::subject). It is derived, so that a request needs no look-up, and every
    /// server comes to the same id without asking another.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The token's `iss`, or `""` when it has none.
    ///
    /// It is the token's own, covered by the signature, and not `JWT_ISSUER`: two issuers may share a
    /// key and each have an `alice`, who are two people; and to start or stop checking the issuer
    /// must not turn everyone into a new user without tasks.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.claims.issuer
    }

    /// The token's `sub`: 1 to 255 characters, the issuer's name for the user.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.claims.subject
    }

    /// The token's `email`, as the issuer gave it, unchecked.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.claims.email.as_deref()
    }

    /// The token's `name`, as the issuer gave it, unchecked.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.claims.name.as_deref()
    }

    /// The token's `exp`. The token itself is taken for the issuer's leeway more.
    #[must_use]
    pub fn session_expires_at(&self) -> DateTime<Utc> {
        self.claims.session_expires_at
    }

    /// Whether the token allows this.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.claims.scopes.allow(scope)
    }
}

impl fmt::Debug for Viewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A viewer ends up in logs; what identifies a person does not. The id is enough to find one.
        f.debug_struct("Viewer")
            .field("id", &self.id)
            .field("session_expires_at", &self.claims.session_expires_at)
            .finish_non_exhaustive()
    }
}

/// Ids are stored: a change here loses everyone's tasks. The lengths keep ("a", "bc") and
/// ("ab", "c") apart.
fn user_id(issuer: &str, subject: &str) -> Uuid {
    let mut hash = Sha256::new();
    for part in [issuer, subject] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hash: [u8; 32] = hash.finalize().into();
    let (id, _) = hash.split_at(16);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(id);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::identity::scope::Scopes;

    #[test]
    fn an_id_never_changes() {
        assert_eq!(
            user_id("https://id.example", "alice").to_string(),
            "dc009531-ae4a-84c0-8e6c-3033c1cb16aa"
        );
        assert_eq!(
            user_id("", "alice").to_string(),
            "9bdda49a-45b1-8406-bb52-5550da25fee6"
        );
    }

    #[test]
    fn issuer_and_subject_do_not_run_together() {
        assert_ne!(user_id("a", "bc"), user_id("ab", "c"));
        assert_ne!(user_id("", "abc"), user_id("abc", ""));
    }

    #[test]
    fn an_id_is_version_8() {
        assert_eq!(user_id("", "alice").get_version_num(), 8);
    }

    #[test]
    fn debug_keeps_the_person_out_of_the_log() {
        let viewer = Viewer::new(Claims {
            issuer: "https://id.example".into(),
            subject: "alice".into(),
            email: Some("alice@example.org".into()),
            name: Some("Alice Liddell".into()),
            session_expires_at: DateTime::UNIX_EPOCH,
            scopes: Scopes::of(&Map::new(), None).unwrap(),
        });
        let debug = format!("{viewer:?}");
        for private in ["alice", "Liddell", "example.org"] {
            assert!(!debug.contains(private), "{debug}");
        }
    }
}
