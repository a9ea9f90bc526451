//! Who asks: a token becomes a [`Viewer`], or a [`Refusal`].
//!
//! [`bearer`] takes the token from the request, [`Verifier`] checks it, [`issue`] makes one. Time is
//! passed in. To add an algorithm or a set of keys, begin in `key.rs`: nothing else knows them.

mod bearer;
mod claims;
mod issue;
mod key;
mod refusal;
mod secret;
mod verifier;
mod viewer;

use chrono::TimeDelta;

pub use bearer::bearer;
pub use issue::{IssueError, issue};
pub use refusal::{Reason, Refusal};
pub use secret::{Secret, SecretError, SecretFileError};
pub use verifier::Verifier;
pub use viewer::Viewer;

/// How far the clocks of this server and of the token's issuer may differ.
pub const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The most characters a token's `sub` or `iss` may have.
pub const MAX_NAME_CHARS: usize = 255;

/// Which tokens are accepted, and how [`issue`] makes them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The secret shared with whoever issues the tokens (HS256).
    pub secret: Secret,
    /// When set, a token must carry exactly this `iss`.
    pub issuer: Option<String>,
    /// When set, a token's `aud` must be this or a list that holds it.
    pub audience: Option<String>,
}

/// Whether `text` may be a token's `sub` or `iss`: 1 to [`MAX_NAME_CHARS`] characters, none of them
/// a control character (Postgres cannot store a NUL, and none of them helps a log).
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().nth(MAX_NAME_CHARS).is_none()
        && !text.chars().any(char::is_control)
}
