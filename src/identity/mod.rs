//! Who asks: a token becomes a [`Viewer`], or a [`Refusal`].
//!
//! [`Verifier::viewer_of`] is the way in: it takes the token from the request ([`bearer`]), finds whose
//! issuer's it is and which of that issuer's keys may have signed it (`key.rs`; `jwk.rs` reads keys,
//! `remote.rs` fetches them), checks the signature, and then what the token says (`claims.rs`). What it
//! has verified it remembers (`remembered.rs`). [`issue`] makes a token. Time is passed in. The rules are
//! those of RFC 8725.
//!
//! To add an algorithm or a kind of key, begin in `jwk.rs`; to add a rule, in `claims.rs`.

mod algorithm;
mod bearer;
mod claims;
mod failures;
mod fetch;
mod issue;
mod jwk;
mod key;
mod refusal;
mod remembered;
mod remote;
mod scope;
mod secret;
mod settings;
mod token;
mod verifier;
mod viewer;

use std::time::Duration;

pub use algorithm::{ALGORITHMS, algorithm_of, is_symmetric};
pub use bearer::bearer;
pub use issue::{IssueError, issue};
pub use jsonwebtoken::Algorithm;
pub use jwk::KeyError;
pub use refusal::{Reason, Refusal};
pub use scope::{Scope, ScopeClaim};
pub use secret::{Secret, SecretError, SecretFileError};
pub use settings::{
    Authorities, AuthoritiesError, IssuerSettings, KeyAddress, KeyAddressError, KeySource,
    PublicKeys, Settings, SharedSecret, SharedSecretError,
};
pub use verifier::{KeySetState, Verifier};
pub use viewer::Viewer;

/// How far the clocks of this server and of the token's issuer may differ, unless configured.
pub const LEEWAY: Duration = Duration::from_secs(30);

/// How far away the end of a token may be, unless configured.
pub const MAX_LIFETIME: Duration = Duration::from_hours(24);

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The most characters a token's `sub` or `iss` may have.
pub const MAX_NAME_CHARS: usize = 255;

/// Whether `text` may be a token's `sub` or `iss`: 1 to [`MAX_NAME_CHARS`] characters, none of them
/// a control character (Postgres cannot store a NUL, and none of them helps a log).
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().nth(MAX_NAME_CHARS).is_none()
        && !text.chars().any(char::is_control)
}
