use std::fmt;
use std::sync::Arc;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::task::JoinSet;

use super::algorithm::is_symmetric;
use super::bearer::check_text;
use super::claims::Rules;
use super::failures::Failures;
use super::key::Key;
use super::remembered::Remembered;
use super::remote::{Pauses, Remote};
use super::settings::{IssuerSettings, KeySource, Settings};
use super::token::Token;
use super::{Reason, Refusal, Viewer, bearer};

/// How many keys are tried on one token. Only a token or a key without a name has more than one.
const MAX_TRIES: usize = 8;

/// Turns tokens into viewers. Made once, at the start.
pub struct Verifier {
    issuers: Vec<Issuer>,
    remembered: Remembered,
    failures: Failures,
    /// What fetches keys; it ends with the verifier.
    keeping: JoinSet<()>,
}

/// Whose tokens are taken, with its keys and its rules.
struct Issuer {
    rules: Rules,
    keys: Vec<Arc<Key>>,
    remotes: Vec<Arc<Remote>>,
}

/// How an issuer's keys are, where they are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetState<'a> {
    /// The issuer's name, or `""` where it has none.
    pub issuer: &'a str,
    /// How many keys there are.
    pub keys: usize,
    /// Whether they have been fetched in the last 24 hours: only then are they trusted.
    pub is_current: bool,
}

/// Why a token was refused, and whose new key might change that.
struct Unverified<'a> {
    refusal: Refusal,
    perhaps_new_key: Option<Lacking<'a>>,
}

/// An issuer that has no key for a token after so many fetches.
struct Lacking<'a> {
    issuer: &'a Issuer,
    fetches: u64,
}

impl<R: Into<Refusal>> From<R> for Unverified<'_> {
    fn from(refusal: R) -> Self {
        Self {
            refusal: refusal.into(),
            perhaps_new_key: None,
        }
    }
}

impl fmt::Debug for Verifier {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier for tokens as `settings` ask for them. Keys that must be fetched are not there before
    /// [`keep_keys`](Self::keep_keys).
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let issuer = |it: &IssuerSettings| Issuer::new(it, settings);
        Self {
            issuers: settings.issuers.iter().map(issuer).collect(),
            remembered: Remembered::new(),
            failures: Failures::default(),
            keeping: JoinSet::new(),
        }
    }

    /// Fetches the keys that have an address, and from then on keeps fetching them, until the verifier
    /// is dropped. Returns when each has been tried once, in a few seconds at most: an issuer that does
    /// not answer keeps no server from starting, only from being [ready](Self::is_ready).
    pub async fn keep_keys(&mut self, clock: fn() -> DateTime<Utc>) {
        for remote in self.issuers.iter().flat_map(|issuer| &issuer.remotes) {
            let weak = Arc::downgrade(remote);
            self.keeping.spawn(Remote::keep(weak, clock, Pauses::USUAL));
        }
        for remote in self.issuers.iter().flat_map(|issuer| &issuer.remotes) {
            remote.first_fetch().await;
        }
    }

    /// The user of a request, by its `Authorization` header. See [`authenticate`](Self::authenticate).
    ///
    /// # Errors
    ///
    /// [`Refusal::Missing`] without a token, or as [`authenticate`](Self::authenticate).
    pub async fn viewer_of(
        &self,
        headers: &HeaderMap,
        now: DateTime<Utc>,
    ) -> Result<Viewer, Refusal> {
        self.authenticate(bearer(headers)?, now).await
    }

    /// The user of `token`, at the time `now`. Waits only for a token that asks for a key that is not
    /// there, and then for one fetch: everyone else's is verified without a pause.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify). The caller tells [`refused`](Self::refused) of those that it
    /// answers with.
    pub async fn authenticate(&self, token: &str, now: DateTime<Utc>) -> Result<Viewer, Refusal> {
        let unverified = match self.check(token, now) {
            Ok(viewer) => return Ok(viewer),
            Err(unverified) => unverified,
        };
        match unverified.perhaps_new_key {
            Some(lacking) if lacking.ask_for_keys(now).await => self.verify(token, now),
            _ => Err(unverified.refusal),
        }
    }

    /// The user of `token`, at the time `now`, by the keys that are there.
    ///
    /// # Errors
    ///
    /// [`Refusal::Expired`] for a token that was good until its `exp`, [`Refusal::Invalid`] for any
    /// other that is not accepted.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Viewer, Refusal> {
        self.check(token, now)
            .map_err(|unverified| unverified.refusal)
    }

    fn check<'a>(&'a self, text: &str, now: DateTime<Utc>) -> Result<Viewer, Unverified<'a>> {
        // What is remembered was a token: only a text that is new has to look like one.
        if let Some(viewer) = self.remembered.viewer(text, now) {
            return Ok(viewer);
        }
        check_text(text)?;
        let token = Token::parse(text)?;
        let issuer = self.issuer_of(&token).ok_or(Reason::Issuer)?;
        let key = issuer.key_of(&token, now)?;
        let claims = issuer.rules.check(&token.claims, now)?;
        let viewer = Viewer::new(claims);
        let until = issuer.rules.end(viewer.session_expires_at());
        self.remembered
            .remember(text, viewer.clone(), key, now, until);
        Ok(viewer)
    }

    /// The issuer that a token names: its keys, and no other's, may have signed it (RFC 8725, section
    /// 3.8).
    fn issuer_of(&self, token: &Token<'_>) -> Option<&Issuer> {
        let named = token.claims.get("iss").and_then(Value::as_str);
        self.issuers.iter().find(|issuer| {
            let own = issuer.rules.issuer();
            own.is_none() || own == named
        })
    }

    /// Counts and logs a refusal that a request is answered with: once each.
    pub fn refused(&self, refusal: Refusal) {
        self.failures.count(refusal);
        tracing::debug!(reason = refusal.reason(), "a request was not authenticated");
    }

    /// Every reason for which requests are refused, and how many were.
    #[must_use]
    pub fn failures(&self) -> Vec<(&'static str, u64)> {
        self.failures.counts()
    }

    /// How the keys are that are fetched.
    #[must_use]
    pub fn key_sets(&self, now: DateTime<Utc>) -> Vec<KeySetState<'_>> {
        let states = self.issuers.iter().flat_map(|issuer| {
            issuer.remotes.iter().map(move |remote| KeySetState {
                issuer: issuer.rules.issuer().unwrap_or_default(),
                keys: remote.keys().len(),
                is_current: remote.is_current(now),
            })
        });
        states.collect()
    }

    /// Whether the keys of every issuer are there: those that are fetched, from the last 24 hours.
    #[must_use]
    pub fn is_ready(&self, now: DateTime<Utc>) -> bool {
        self.key_sets(now).iter().all(|state| state.is_current)
    }
}

impl Issuer {
    fn new(settings: &IssuerSettings, all: &Settings) -> Self {
        let (mut keys, mut remotes) = (Vec::new(), Vec::new());
        for source in &settings.keys {
            match source {
                KeySource::Shared(shared) => keys.push(Arc::new(Key::shared(shared))),
                KeySource::Public(public) => keys.extend(public.0.iter().cloned()),
                KeySource::Fetched(address) => {
                    let remote = Remote::new(address.clone(), all.authorities.clone());
                    remotes.push(Arc::new(remote));
                }
            }
        }
        Self {
            rules: Rules::new(settings),
            keys,
            remotes,
        }
    }

    /// The key that has signed the token.
    fn key_of(&self, token: &Token<'_>, now: DateTime<Utc>) -> Result<Arc<Key>, Unverified<'_>> {
        // Counted before the keys are read: a fetch in between then counts as news.
        let fetches = self.fetches();
        let fetched = self.remotes.iter().flat_map(|remote| remote.keys());
        let keys: Vec<_> = self.keys.iter().cloned().chain(fetched).collect();
        let mut fitting: Vec<_> = keys
            .iter()
            .filter(|key| key.fits(token) && key.is_trusted(now))
            .collect();
        // The key that is asked for by name comes before those that have none.
        fitting.sort_by_key(|key| !key.is_named_by(token));
        // A secret is never fetched.
        let may_come = !self.remotes.is_empty() && !is_symmetric(token.algorithm);
        let refused = |reason: Reason| Unverified {
            refusal: reason.into(),
            perhaps_new_key: may_come.then_some(Lacking {
                issuer: self,
                fetches,
            }),
        };
        if fitting.is_empty() {
            let known = keys.iter().any(|key| key.is_for(token.algorithm));
            return Err(refused(if known || may_come {
                Reason::UnknownKey
            } else {
                Reason::Algorithm
            }));
        }
        // A signature that fails asks for a fetch too: a key may have been replaced under its name.
        let mut tried = fitting.into_iter().take(MAX_TRIES);
        tried
            .find(|key| key.has_signed(token))
            .cloned()
            .ok_or_else(|| refused(Reason::Signature))
    }

    /// How many fetches of keys have ended.
    fn fetches(&self) -> u64 {
        self.remotes.iter().map(|remote| remote.fetches()).sum()
    }
}

impl Lacking<'_> {
    /// Fetches the keys again, as far as the last time is long enough ago; returns whether there may be
    /// others now.
    async fn ask_for_keys(&self, now: DateTime<Utc>) -> bool {
        for remote in &self.issuer.remotes {
            if self.issuer.fetches() != self.fetches {
                break;
            }
            remote.ask(now).await;
        }
        self.issuer.fetches() != self.fetches
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use chrono::TimeDelta;
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::identity::{Authorities, IssueError, Secret, SharedSecret, issue};

    const SECRET: &[u8; 32] = b"an HS256 secret for tests only..";
    const NOW: i64 = 1_800_000_000;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(NOW, 0).unwrap()
    }

    fn with_rules(change: impl FnOnce(&mut IssuerSettings)) -> Settings {
        let secret = SharedSecret::hs256(Secret::new(*SECRET).unwrap());
        let mut issuer = IssuerSettings::new(vec![KeySource::Shared(secret)]);
        change(&mut issuer);
        Settings {
            issuers: vec![issuer],
            authorities: Authorities::default(),
        }
    }

    fn settings() -> Settings {
        with_rules(|_| {})
    }

    fn strict() -> Settings {
        with_rules(|issuer| {
            issuer.issuer = Some("https://id.example".into());
            issuer.audiences = vec!["docket".into()];
        })
    }

    /// A good token's claims, with `changes` laid over; a null takes a claim away.
    fn claims(changes: Value) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("sub".into(), json!("alice"));
        claims.insert("exp".into(), json!(NOW + 60));
        let Value::Object(changes) = changes else {
            panic!("an object")
        };
        for (name, value) in changes {
            if value.is_null() {
                claims.remove(&name);
            } else {
                claims.insert(name, value);
            }
        }
        claims
    }

    fn sign(claims: &Map<String, Value>) -> String {
        let key = EncodingKey::from_secret(SECRET);
        encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
    }

    /// A token with a right signature over any header.
    fn sign_with_header(header: &Value) -> String {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let body = URL_SAFE_NO_PAD.encode(Value::from(claims(json!({}))).to_string());
        let message = format!("{header}.{body}");
        let key = EncodingKey::from_secret(SECRET);
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    }

    fn refusal(settings: &Settings, changes: Value) -> Option<Refusal> {
        let token = sign(&claims(changes));
        Verifier::new(settings).verify(&token, now()).err()
    }

    fn refusal_of(token: &str) -> Option<Refusal> {
        Verifier::new(&settings()).verify(token, now()).err()
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with `Result::err`")]
    fn invalid(reason: Reason) -> Option<Refusal> {
        Some(Refusal::Invalid(reason))
    }

    #[test]
    fn a_good_token_makes_a_viewer() {
        let token = sign(&claims(json!({
            "iss": "https://id.example", "email": "a@b.c", "name": "Alice", "iat": NOW, "nbf": NOW,
        })));
        let viewer = Verifier::new(&settings()).verify(&token, now()).unwrap();
        assert_eq!(viewer.subject(), "alice");
        assert_eq!(viewer.issuer(), "https://id.example");
        assert_eq!(viewer.email(), Some("a@b.c"));
        assert_eq!(viewer.name(), Some("Alice"));
        assert_eq!(viewer.session_expires_at().timestamp(), NOW + 60);
    }

    #[test]
    fn what_is_only_shown_may_be_anything() {
        let token = sign(&claims(json!({"email": 1, "name": ["Alice"]})));
        let viewer = Verifier::new(&settings()).verify(&token, now()).unwrap();
        assert_eq!((viewer.email(), viewer.name()), (None, None));
        assert_eq!(viewer.issuer(), "");
    }

    #[test]
    fn another_secret_is_refused() {
        let key = EncodingKey::from_secret(b"another secret of 32 bytes......");
        let token = encode(&Header::default(), &claims(json!({})), &key).unwrap();
        assert_eq!(refusal_of(&token), invalid(Reason::Signature));
    }

    #[test]
    fn a_changed_body_is_refused() {
        let token = sign(&claims(json!({})));
        let parts: Vec<_> = token.split('.').collect();
        let body = Value::from(claims(json!({"sub": "bob"}))).to_string();
        let body = URL_SAFE_NO_PAD.encode(body);
        let token = format!("{}.{body}.{}", parts[0], parts[2]);
        assert_eq!(refusal_of(&token), invalid(Reason::Signature));
    }

    #[test]
    fn the_algorithm_is_the_keys() {
        let key = EncodingKey::from_secret(SECRET);
        let token = encode(&Header::new(Algorithm::HS384), &claims(json!({})), &key).unwrap();
        assert_eq!(refusal_of(&token), invalid(Reason::Algorithm));

        for alg in ["none", "None", "hs256", "RS256", "HS384", ""] {
            let token = sign_with_header(&json!({"alg": alg}));
            assert_eq!(refusal_of(&token), invalid(Reason::Algorithm), "{alg}");
        }
        for header in [json!({}), json!({"alg": null}), json!({"alg": ["HS256"]})] {
            let token = sign_with_header(&header);
            assert_eq!(refusal_of(&token), invalid(Reason::Algorithm), "{header}");
        }
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let body = URL_SAFE_NO_PAD.encode(r#"{"sub":"alice","exp":1900000000}"#);
        let unsigned = format!("{header}.{body}.");
        assert_eq!(refusal_of(&unsigned), invalid(Reason::Algorithm));
    }

    #[test]
    fn a_header_that_asks_for_more_is_refused() {
        for member in ["crit", "b64", "jku", "x5u", "jwk"] {
            for value in [json!(null), json!(false), json!([]), json!("https://a.b")] {
                let token = sign_with_header(&json!({"alg": "HS256", member: value}));
                assert_eq!(
                    refusal_of(&token),
                    invalid(Reason::Header),
                    "{member} {value}"
                );
            }
        }
    }

    #[test]
    fn only_access_tokens_are_taken() {
        for typ in ["JWT", "jwt", "at+jwt", "AT+JWT"] {
            let token = sign_with_header(&json!({"alg": "HS256", "typ": typ}));
            assert_eq!(refusal_of(&token), None, "{typ}");
        }
        assert_eq!(
            refusal_of(&sign_with_header(&json!({"alg": "HS256"}))),
            None
        );
        for typ in [json!("logout+jwt"), json!("JOSE"), json!(1), json!(null)] {
            let token = sign_with_header(&json!({"alg": "HS256", "typ": typ}));
            assert_eq!(refusal_of(&token), invalid(Reason::Type), "{typ}");
        }
    }

    #[test]
    fn a_token_ends_with_its_leeway() {
        assert_eq!(refusal(&settings(), json!({"exp": NOW + 1})), None);
        assert_eq!(refusal(&settings(), json!({"exp": NOW - 29})), None);
        assert_eq!(refusal(&settings(), json!({"exp": 1_799_999_970.5})), None);
        for exp in [
            json!(NOW - 30),
            json!(NOW - 31),
            json!(0),
            json!(NOW - 3600),
        ] {
            let refusal = refusal(&settings(), json!({"exp": exp}));
            assert_eq!(refusal, Some(Refusal::Expired), "{exp}");
        }
        let verifier = Verifier::new(&settings());
        let token = sign(&claims(json!({"exp": NOW})));
        let viewer = verifier.verify(&token, now()).unwrap();
        let end = viewer.session_expires_at() + TimeDelta::seconds(30);
        assert!(
            verifier
                .verify(&token, end - TimeDelta::milliseconds(1))
                .is_ok()
        );
        assert_eq!(verifier.verify(&token, end).err(), Some(Refusal::Expired));
    }

    #[test]
    fn a_bad_token_is_not_called_expired() {
        let expired_and_not_ours = json!({"exp": NOW - 3600, "aud": "another"});
        assert_eq!(
            refusal(&strict(), expired_and_not_ours),
            invalid(Reason::Issuer)
        );
    }

    #[test]
    fn exp_is_required_and_in_seconds() {
        let day = 24 * 3600;
        for exp in [NOW + day, NOW + day + 30] {
            assert_eq!(refusal(&settings(), json!({"exp": exp})), None, "{exp}");
        }
        for exp in [
            json!(NOW + day + 31),
            json!(253_402_300_799_u64),
            json!(null),
            json!("1900000000"),
            json!(true),
            json!(-1),
            json!(-0.5),
            json!((NOW + 60) * 1000),
            json!(253_402_300_800_u64),
            json!(u64::MAX),
            json!(1e300),
        ] {
            let refusal = refusal(&settings(), json!({"exp": exp}));
            assert_eq!(refusal, invalid(Reason::Expiry), "{exp}");
        }
    }

    #[test]
    fn a_claim_that_is_null_is_of_the_wrong_type() {
        for (name, reason) in [
            ("exp", Reason::Expiry),
            ("nbf", Reason::NotBefore),
            ("iat", Reason::IssuedAt),
            ("iss", Reason::Issuer),
            ("aud", Reason::Audience),
            ("sub", Reason::Subject),
        ] {
            let mut claims = claims(json!({}));
            claims.insert(name.into(), Value::Null);
            assert_eq!(refusal_of(&sign(&claims)), invalid(reason), "{name}");
        }
    }

    #[test]
    fn a_claim_of_a_wrong_shape_is_refused() {
        for name in ["exp", "nbf", "iat", "iss", "sub", "aud"] {
            for value in [json!([NOW]), json!([["a"]]), json!({"a": NOW})] {
                let refusal = refusal(&settings(), json!({name: value}));
                assert!(
                    matches!(refusal, Some(Refusal::Invalid(_))),
                    "{name} {value}"
                );
            }
        }
    }

    #[test]
    fn nbf_and_iat_lie_in_the_past() {
        for name in ["nbf", "iat"] {
            assert_eq!(
                refusal(&settings(), json!({name: NOW + 30})),
                None,
                "{name}"
            );
            assert_eq!(refusal(&settings(), json!({name: 0})), None, "{name}");
        }
        assert_eq!(
            refusal(&settings(), json!({"nbf": NOW + 31})),
            invalid(Reason::NotYet)
        );
        assert_eq!(
            refusal(&settings(), json!({"iat": NOW + 31})),
            invalid(Reason::IssuedAt)
        );
        for value in [json!("0"), json!(false), json!(-1)] {
            let nbf = refusal(&settings(), json!({"nbf": value}));
            assert_eq!(nbf, invalid(Reason::NotBefore), "{value}");
            let iat = refusal(&settings(), json!({"iat": value}));
            assert_eq!(iat, invalid(Reason::IssuedAt), "{value}");
        }
    }

    #[test]
    fn sub_is_a_name() {
        for sub in [json!("a"), json!("é".repeat(255)), json!("auth0|1 2")] {
            assert_eq!(refusal(&settings(), json!({"sub": sub})), None, "{sub}");
        }
        for sub in [
            json!(null),
            json!(""),
            json!("a".repeat(256)),
            json!("a\u{0}"),
            json!("a\nb"),
            json!("\u{85}"),
            json!(1),
            json!(true),
        ] {
            let refusal = refusal(&settings(), json!({"sub": sub}));
            assert_eq!(refusal, invalid(Reason::Subject), "{sub}");
        }
    }

    #[test]
    fn iss_and_aud_of_a_wrong_type_are_refused_unasked() {
        for iss in [
            json!(1),
            json!(["https://id.example"]),
            json!({}),
            json!(""),
        ] {
            let refusal = refusal(&settings(), json!({"iss": iss}));
            assert_eq!(refusal, invalid(Reason::Issuer), "{iss}");
        }
        for aud in [json!(1), json!(["docket", 1]), json!({}), json!(true)] {
            let refusal = refusal(&settings(), json!({"aud": aud}));
            assert_eq!(refusal, invalid(Reason::Audience), "{aud}");
        }
        assert_eq!(
            refusal(&settings(), json!({"iss": "a", "aud": ["b", "c"]})),
            None
        );
    }

    #[test]
    fn iss_is_required_where_configured() {
        let with = |iss: Value| refusal(&strict(), json!({"iss": iss, "aud": "docket"}));
        assert_eq!(with(json!("https://id.example")), None);
        for iss in [
            json!(null),
            json!("https://id.example/"),
            json!("HTTPS://ID.EXAMPLE"),
            json!(["https://id.example"]),
        ] {
            assert_eq!(with(iss.clone()), invalid(Reason::Issuer), "{iss}");
        }
    }

    #[test]
    fn aud_is_required_where_configured() {
        let with =
            |aud: Value| refusal(&strict(), json!({"iss": "https://id.example", "aud": aud}));
        for aud in [
            json!("docket"),
            json!(["docket"]),
            json!(["other", "docket"]),
        ] {
            assert_eq!(with(aud.clone()), None, "{aud}");
        }
        for aud in [
            json!(null),
            json!(""),
            json!("Docket"),
            json!("docket other"),
            json!([]),
            json!(["other"]),
            json!(["docket", null]),
        ] {
            assert_eq!(with(aud.clone()), invalid(Reason::Audience), "{aud}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let good = sign(&claims(json!({})));
        let two = good.rsplit_once('.').unwrap().0;
        for token in [
            two.to_owned(),
            format!("{two}."),
            format!("{good}."),
            format!("{good}.."),
            format!(".{good}"),
            format!("{good}="),
            "...".into(),
            "..".into(),
            "a.b.c".into(),
            "abc".into(),
        ] {
            let refusal = refusal_of(&token);
            assert!(matches!(refusal, Some(Refusal::Invalid(_))), "{token}");
        }
        for token in [
            "",
            " ",
            "é.é.é",
            "a b.c.d",
            "a\u{0}.b.c",
            &format!("{good}\n"),
        ] {
            assert_eq!(refusal_of(token), invalid(Reason::Characters), "{token}");
        }
        let long = sign(&claims(json!({"pad": "a".repeat(100_000)})));
        assert_eq!(refusal_of(&long), invalid(Reason::TooLong));
    }

    #[test]
    fn claims_that_are_no_object_are_refused() {
        for body in ["[]", "1", "null", "{", "\"sub\"", &"[".repeat(4000)] {
            let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
            let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(body));
            let key = EncodingKey::from_secret(SECRET);
            let signature =
                jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
            let refusal = refusal_of(&format!("{message}.{signature}"));
            assert_eq!(refusal, invalid(Reason::Malformed));
        }
    }

    #[test]
    fn an_issued_token_is_accepted_until_it_ends() {
        for settings in [settings(), strict()] {
            let mut extra = Map::new();
            extra.insert("email".into(), json!("a@b.c"));
            let hour = Duration::from_hours(1);
            let token = issue(&settings, "alice", hour, extra, now()).unwrap();
            let viewer = Verifier::new(&settings).verify(&token, now()).unwrap();
            assert_eq!(viewer.email(), Some("a@b.c"));
            assert_eq!(
                Some(viewer.issuer()),
                settings.issuers[0].issuer.as_deref().or(Some(""))
            );
            assert_eq!(viewer.session_expires_at().timestamp(), NOW + 3600);
        }
    }

    #[test]
    fn what_would_be_refused_is_not_issued() {
        let issue = |subject: &str, seconds: u64, extra: Map<String, Value>| {
            let ttl = Duration::from_secs(seconds);
            issue(&settings(), subject, ttl, extra, now()).unwrap_err()
        };
        assert_eq!(issue("", 60, Map::new()), IssueError::Subject);
        assert_eq!(issue("alice", 0, Map::new()), IssueError::Lifetime);
        assert_eq!(issue("alice", u64::MAX, Map::new()), IssueError::Lifetime);
        assert_eq!(
            issue("alice", 300_000_000_000, Map::new()),
            IssueError::Lifetime
        );
        for name in ["sub", "iss", "aud", "iat", "exp"] {
            let mut extra = Map::new();
            extra.insert(name.into(), json!("x"));
            assert_eq!(issue("alice", 60, extra), IssueError::Reserved(name.into()));
        }
        let mut extra = Map::new();
        extra.insert("pad".into(), json!("a".repeat(10_000)));
        assert_eq!(issue("alice", 60, extra), IssueError::TooLong);
    }

    #[test]
    fn a_refusal_says_nothing_of_its_reason() {
        let all = [
            Refusal::Invalid(Reason::Issuer),
            Refusal::Invalid(Reason::Signature),
        ];
        assert_eq!(all[0].message(), all[1].message());
        assert_eq!(all[0].challenge(), all[1].challenge());
        assert_eq!(Refusal::Missing.challenge(), "Bearer");
    }
}
