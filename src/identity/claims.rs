use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::scope::{ScopeClaim, Scopes};
use super::settings::IssuerSettings;
use super::{Reason, Refusal, is_name};

/// Keycloak's other tokens, which it signs with the same key: it names them in a claim of its own.
const OTHER_TYPES: [&str; 4] = ["ID", "Refresh", "Offline", "Logout"];

/// What a token says, checked.
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) session_expires_at: DateTime<Utc>,
    pub(super) scopes: Scopes,
}

/// What a token has to say.
pub(super) struct Rules {
    issuer: Option<String>,
    audiences: Vec<String>,
    authorized_parties: Vec<String>,
    leeway: TimeDelta,
    max_lifetime: TimeDelta,
    scope_claim: Option<ScopeClaim>,
}

impl Rules {
    pub(super) fn new(settings: &IssuerSettings) -> Self {
        // A duration that chrono cannot hold is one without end.
        let delta = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        Self {
            issuer: settings.issuer.clone(),
            audiences: settings.audiences.clone(),
            authorized_parties: settings.authorized_parties.clone(),
            leeway: delta(settings.leeway),
            max_lifetime: delta(settings.max_lifetime),
            scope_claim: settings.scope_claim,
        }
    }

    /// The one issuer that these rules are for.
    pub(super) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// When a token with this `exp` is no longer taken.
    pub(super) fn end(&self, expires_at: DateTime<Utc>) -> DateTime<Utc> {
        after(expires_at, self.leeway)
    }

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
        let issuer = self.check_issuer(claims.get("iss"))?;
        check_kind(claims)?;
        self.check_audience(claims.get("aud"))?;
        self.check_authorized_party(claims.get("azp"))?;
        let subject = match claims.get("sub") {
            Some(Value::String(subject)) if is_name(subject) => subject.clone(),
            _ => return Err(Reason::Subject.into()),
        };
        let scopes = Scopes::of(claims, self.scope_claim)?;
        let soon = after(now, self.leeway);
        if let Some(value) = claims.get("iat") {
            let issued_at = instant(value).ok_or(Reason::IssuedAt)?;
            if issued_at > soon {
                return Err(Reason::IssuedAt.into());
            }
        }
        if let Some(value) = claims.get("nbf") {
            let not_before = instant(value).ok_or(Reason::NotBefore)?;
            if not_before > soon {
                return Err(Reason::NotYet.into());
            }
        }
        let expires_at = claims.get("exp").and_then(instant).ok_or(Reason::Expiry)?;
        if expires_at > after(soon, self.max_lifetime) {
            return Err(Reason::Expiry.into());
        }
        if now >= self.end(expires_at) {
            return Err(Refusal::Expired);
        }
        Ok(Claims {
            issuer,
            subject,
            email: text(claims.get("email")),
            name: text(claims.get("name")),
            session_expires_at: expires_at,
            scopes,
        })
    }

    fn check_issuer(&self, claim: Option<&Value>) -> Result<String, Reason> {
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

    fn check_audience(&self, claim: Option<&Value>) -> Result<(), Reason> {
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
        let meant = |own: &String| audiences.contains(&own.as_str());
        if self.audiences.is_empty() || self.audiences.iter().any(meant) {
            Ok(())
        } else {
            Err(Reason::Audience)
        }
    }

    /// `azp`: the client that the token was given to (section 2 of `OpenID` Connect Core).
    fn check_authorized_party(&self, claim: Option<&Value>) -> Result<(), Reason> {
        let party = match claim {
            None => None,
            Some(Value::String(party)) => Some(party),
            Some(_) => return Err(Reason::AuthorizedParty),
        };
        let known = |party: &String| self.authorized_parties.contains(party);
        if self.authorized_parties.is_empty() || party.is_some_and(known) {
            Ok(())
        } else {
            Err(Reason::AuthorizedParty)
        }
    }
}

/// A logout token has `events` (section 2.4 of `OpenID` Connect Back-Channel Logout); Keycloak names its
/// kinds in `typ`.
fn check_kind(claims: &Map<String, Value>) -> Result<(), Reason> {
    let other = match claims.get("typ") {
        Some(Value::String(typ)) => OTHER_TYPES.contains(&typ.as_str()),
        _ => false,
    };
    if other || claims.contains_key("events") {
        return Err(Reason::Type);
    }
    Ok(())
}

/// Some time later, or the end of time.
fn after(instant: DateTime<Utc>, delta: TimeDelta) -> DateTime<Utc> {
    instant
        .checked_add_signed(delta)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
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
