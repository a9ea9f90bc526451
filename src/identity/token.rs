use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::Reason;
use super::algorithm::algorithm_of;

/// Header members that change what the signature means, or bring a key or the address of one along.
/// None is supported, and to pass over `crit` is forbidden (RFC 7515, section 4.1.11). `enc` and `zip`
/// belong to encrypted tokens.
const REFUSED_MEMBERS: [&str; 8] = ["crit", "b64", "jku", "jwk", "x5u", "x5c", "enc", "zip"];

/// The types of an access token (RFC 7519, section 5.1; RFC 9068, section 2.1). An ID token or a
/// logout token may be signed with the same key; it is not for an API.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// A token taken apart. Nothing in it can be believed before a key is found that has signed it.
pub(super) struct Token<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
    pub(super) claims: Map<String, Value>,
    /// Header and claims, as they were signed.
    pub(super) signed: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Token<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Reason> {
        let (signed, signature) = text.rsplit_once('.').ok_or(Reason::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Reason::Malformed)?;
        if claims.contains('.') {
            return Err(Reason::Malformed);
        }
        let header = object(header)?;
        let algorithm = header.get("alg").and_then(Value::as_str);
        let algorithm = algorithm.and_then(algorithm_of).ok_or(Reason::Algorithm)?;
        let refused = |name: &&str| header.contains_key(*name);
        if REFUSED_MEMBERS.iter().any(refused) {
            return Err(Reason::Header);
        }
        check_type(header.get("typ"))?;
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(Reason::Header),
        };
        Ok(Self {
            algorithm,
            key_id,
            claims: object(claims)?,
            signed,
            signature,
        })
    }
}

fn check_type(typ: Option<&Value>) -> Result<(), Reason> {
    match typ {
        None => Ok(()),
        Some(Value::String(typ)) if TYPES.iter().any(|it| typ.eq_ignore_ascii_case(it)) => Ok(()),
        Some(_) => Err(Reason::Type),
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Reason> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Reason::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Reason::Malformed)
}
