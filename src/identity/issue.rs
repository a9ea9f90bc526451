use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use thiserror::Error;

use super::bearer::check_text;
use super::settings::{IssuerSettings, KeySource, Settings, SharedSecret};
use super::{claims, is_name, key};

/// The claims that [`issue`] sets itself.
const OWN_CLAIMS: [&str; 5] = ["sub", "iss", "aud", "iat", "exp"];

/// Why no token was made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IssueError {
    /// Nobody can be called that.
    #[error("the subject takes 1 to 255 characters, none of them a control character")]
    Subject,
    /// The lifetime ends before it began, or later than the server accepts.
    #[error("the lifetime takes at least one second, and at most what JWT_MAX_LIFETIME allows")]
    Lifetime,
    /// Only the issuer itself can sign.
    #[error(
        "there is no secret to sign with: the configured keys are public ones, and only their issuer can sign"
    )]
    NoSecret,
    /// An extra claim would replace one that is set already.
    #[error("the claim `{0}` is set by docket itself and cannot be given")]
    Reserved(String),
    /// The server would refuse it for its length.
    #[error("the token would be longer than 8 KiB: give it fewer claims")]
    TooLong,
    /// The signature failed.
    #[error("the token could not be signed")]
    Signature,
}

/// Signs a token for `subject` that is good from `now` for `ttl`, cut to whole seconds, with the first
/// secret that `settings` have. `iss`, `aud` and `azp` are set as its issuer's rules require them.
///
/// # Errors
///
/// A sentence when the subject, the lifetime or an extra claim will not do.
pub fn issue(
    settings: &Settings,
    subject: &str,
    ttl: Duration,
    extra: Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<String, IssueError> {
    let (issuer, shared) = signer(settings).ok_or(IssueError::NoSecret)?;
    if !is_name(subject) {
        return Err(IssueError::Subject);
    }
    if let Some(name) = OWN_CLAIMS.iter().find(|name| extra.contains_key(**name)) {
        return Err(IssueError::Reserved((*name).to_owned()));
    }
    let issued_at = now.timestamp();
    let expires_at = TimeDelta::from_std(ttl)
        .ok()
        .and_then(|ttl| now.checked_add_signed(ttl))
        .map(|at| Value::from(at.timestamp()))
        .filter(|at| {
            ttl.as_secs() > 0 && ttl <= issuer.max_lifetime && claims::instant(at).is_some()
        })
        .ok_or(IssueError::Lifetime)?;

    let mut claims = extra;
    claims.insert("sub".into(), subject.into());
    claims.insert("iat".into(), issued_at.into());
    claims.insert("exp".into(), expires_at);
    if let Some(name) = &issuer.issuer {
        claims.insert("iss".into(), name.as_str().into());
    }
    if let Some(audience) = issuer.audiences.first() {
        claims.insert("aud".into(), audience.as_str().into());
    }
    if let Some(party) = issuer.authorized_parties.first() {
        claims.entry("azp").or_insert_with(|| party.as_str().into());
    }
    let token = key::sign(shared.secret(), shared.algorithm(), &claims);
    let token = token.ok_or(IssueError::Signature)?;
    check_text(&token).map_err(|_| IssueError::TooLong)?;
    Ok(token)
}

fn signer(settings: &Settings) -> Option<(&IssuerSettings, &SharedSecret)> {
    settings.issuers.iter().find_map(|issuer| {
        let shared = issuer.keys.iter().find_map(|source| match source {
            KeySource::Shared(shared) => Some(shared),
            KeySource::Public(_) | KeySource::Fetched(_) => None,
        });
        shared.map(|shared| (issuer, shared))
    })
}
