use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value};

use super::{Reason, Secret};

/// Header members that change what the signature means, or name a key that the token brings along.
/// None is supported, and to pass over `crit` is forbidden (RFC 7515, section 4.1.11).
const REFUSED_MEMBERS: [&str; 5] = ["crit", "b64", "jku", "x5u", "jwk"];

/// One key with the one algorithm it is for.
///
/// The key holds its own [`Validation`]: the algorithm is never the token's choice, and a list that
/// mixes families of algorithms fails for all of them.
pub(super) struct Key {
    algorithm: &'static str,
    decoding: DecodingKey,
    validation: Validation,
}

impl Key {
    /// A shared secret: HMAC with SHA-256.
    pub(super) fn hs256(secret: &Secret) -> Self {
        Self {
            algorithm: "HS256",
            decoding: DecodingKey::from_secret(secret.expose()),
            validation: signature_only(Algorithm::HS256),
        }
    }

    /// The claims of a token that this key has signed. The claims themselves are not checked here.
    pub(super) fn open(&self, token: &str) -> Result<Map<String, Value>, Reason> {
        let mut parts = token.split('.');
        let (Some(header), Some(_), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Reason::Malformed);
        };
        self.check_header(header)?;
        let token = decode::<Map<String, Value>>(token, &self.decoding, &self.validation);
        match token {
            Ok(token) => Ok(token.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => Reason::Signature,
                _ => Reason::Malformed,
            }),
        }
    }

    fn check_header(&self, header: &str) -> Result<(), Reason> {
        let header = URL_SAFE_NO_PAD
            .decode(header)
            .map_err(|_| Reason::Malformed)?;
        let header: Map<String, Value> =
            serde_json::from_slice(&header).map_err(|_| Reason::Malformed)?;
        if header.get("alg").and_then(Value::as_str) != Some(self.algorithm) {
            return Err(Reason::Algorithm);
        }
        if REFUSED_MEMBERS
            .iter()
            .any(|name| header.contains_key(*name))
        {
            return Err(Reason::Header);
        }
        // An ID token or a logout token may be signed with the same key; it is not for an API.
        let access_token = |typ: &str| {
            ["JWT", "at+jwt"]
                .iter()
                .any(|t| typ.eq_ignore_ascii_case(t))
        };
        match header.get("typ") {
            None => Ok(()),
            Some(Value::String(typ)) if access_token(typ) => Ok(()),
            Some(_) => Err(Reason::Type),
        }
    }
}

/// Signs `claims` as [`Key::hs256`] expects it; `None` when the library cannot.
pub(super) fn sign_hs256(secret: &Secret, claims: &Map<String, Value>) -> Option<String> {
    let key = EncodingKey::from_secret(secret.expose());
    encode(&Header::new(Algorithm::HS256), claims, &key).ok()
}

/// Leaves the claims to `claims.rs`: the library's checks read the clock, and let wrong types pass.
fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
