use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::{LEEWAY, Reason, Refusal, is_name};

/// What a token says, checked.
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) session_expires_at: DateTime<Utc>,
}

/// What a token has to say.
pub(super) struct Rules {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
}

impl Rules {
    /// Checks the claims of a token whose signature is good.
    ///
    /// A wrong type is refused even where the value would not matter: it shows that whoever made the
    /// token means something else by it. `exp` is looked at last, so that "expired" is said only of a
    /// token that was good.
    pub(super) fn check(
        &self,
        claims: &Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Result<Claims, Refusal> {
        let issuer = self.issuer(claims.get("iss"))?;
        self.audience(claims.get("aud"))?;
        let subject = match claims.get("sub") {
            Some(Value::String(subject)) if is_name(subject) => subject.clone(),
            _ => return Err(Reason::Subject.into()),
        };
        if let Some(value) = claims.get("iat") {
            let issued_at = instant(value).ok_or(Reason::IssuedAt)?;
            if issued_at > now + LEEWAY {
                return Err(Reason::IssuedAt.into());
            }
        }
        if let Some(value) = claims.get("nbf") {
            let not_before = instant(value).ok_or(Reason::NotBefore)?;
            if not_before > now + LEEWAY {
                return Err(Reason::NotYet.into());
            }
        }
        let expires_at = claims.get("exp").and_then(instant).ok_or(Reason::Expiry)?;
        if now >= expires_at + LEEWAY {
            return Err(Refusal::Expired);
        }
        Ok(Claims {
            issuer,
            subject,
            email: text(claims.get("email")),
            name: text(claims.get("name")),
            session_expires_at: expires_at,
        })
    }

    fn issuer(&self, claim: Option<&Value>) -> Result<String, Reason> {
        let issuer = match claim {
            None => None,
            Some(Value::String(issuer)) if is_name(issuer) => Some(issuer),
            Some(_) => return Err(Reason::Issuer),
        };
        if self.issuer.is_some() && self.issuer.as_ref() != issuer {
            return Err(Reason::Issuer);
        }
        Ok(issuer.cloned().unwrap_or_default())
    }

    fn audience(&self, claim: Option<&Value>) -> Result<(), Reason> {
        let audiences = match claim {
            None => Vec::new(),
            Some(Value::String(audience)) => vec![audience.as_str()],
            Some(Value::Array(audiences)) => audiences
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()
                .ok_or(Reason::Audience)?,
            Some(_) => return Err(Reason::Audience),
        };
        match &self.audience {
            Some(required) if !audiences.contains(&required.as_str()) => Err(Reason::Audience),
            _ => Ok(()),
        }
    }
}

/// A `NumericDate`: seconds since 1970, a fraction allowed. `None` for anything else and for what lies
/// beyond the year 9999, which milliseconds do.
pub(super) fn instant(value: &Value) -> Option<DateTime<Utc>> {
    let since_epoch = match value.as_u64() {
        Some(seconds) => Duration::from_secs(seconds),
        None => Duration::try_from_secs_f64(value.as_f64()?).ok()?,
    };
    let since_epoch = TimeDelta::from_std(since_epoch).ok()?;
    DateTime::UNIX_EPOCH
        .checked_add_signed(since_epoch)
        .filter(|instant| instant.year() <= 9999)
}

/// A claim that is only shown: dropped when it is not text.
fn text(claim: Option<&Value>) -> Option<String> {
    claim.and_then(Value::as_str).map(str::to_owned)
}
