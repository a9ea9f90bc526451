//! Public keys as they are published: a JSON Web Key (RFC 7517), a set of them, a PEM file.
//!
//! The library takes nearly anything for a key (and panics on an Ed25519 key that is too short), so
//! everything about a key is checked here, before it is made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde_json::{Map, Value};
use thiserror::Error;

use super::algorithm::algorithm_of;
use super::key::Key;

/// The most keys of one set; what comes after them is passed over.
const MAX_KEYS: usize = 100;

/// RFC 7518, section 3.3, asks for 2048 bits; the library can do 4096.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Why a key, or a whole set, cannot be used.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// Not JSON with an array `keys`.
    #[error("is not a JSON Web Key Set: an object with an array `keys`")]
    NotASet,
    /// A set none of whose keys is usable.
    #[error("holds no key that can check a signature of one of the supported algorithms")]
    NoKeys,
    /// A PEM file that is not exactly one public key.
    #[error("takes one public key in PEM form, between `-----BEGIN PUBLIC KEY-----` and its end")]
    NotAPublicKey,
    /// Whoever has the file could sign.
    #[error("holds a private key: give the public one (`openssl pkey -in key.pem -pubout`)")]
    Private,
    /// Not an RSA, EC or Ed25519 key, or one that is shared.
    #[error("is of a kind that is not supported: RSA, P-256, P-384 and Ed25519 are")]
    Kind,
    /// `use`, `key_ops` or `alg` say that it is for something else.
    #[error("is not for checking signatures with the algorithm it is wanted for")]
    Purpose,
    /// Its numbers are missing, of the wrong size, or not on their curve.
    #[error("is damaged, or weaker than its algorithm allows (RSA takes 2048 to 4096 bits)")]
    Numbers,
}

/// The keys of a JSON Web Key Set that can be used, and why each of the others cannot: one bad key
/// spoils only itself. `rsa` is the algorithm of RSA keys that do not name theirs.
pub(super) fn read_set(
    bytes: &[u8],
    rsa: Algorithm,
) -> Result<(Vec<Key>, Vec<KeyError>), KeyError> {
    let set: Map<String, Value> = serde_json::from_slice(bytes).map_err(|_| KeyError::NotASet)?;
    let Some(Value::Array(members)) = set.get("keys") else {
        return Err(KeyError::NotASet);
    };
    let (mut keys, mut unusable) = (Vec::new(), Vec::new());
    for member in members.iter().take(MAX_KEYS) {
        let key = member.as_object().ok_or(KeyError::Kind);
        match key.and_then(|jwk| read_jwk(jwk, rsa)) {
            Ok(key) => keys.push(key),
            Err(error) => unusable.push(error),
        }
    }
    Ok((keys, unusable))
}

/// A public key in PEM form.
pub(super) fn read_pem(bytes: &[u8], wanted: Option<Algorithm>) -> Result<Key, KeyError> {
    let text = std::str::from_utf8(bytes).map_err(|_| KeyError::NotAPublicKey)?;
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::Private);
    }
    let public = |begin| text.matches(begin).count();
    let known = public("-----BEGIN PUBLIC KEY-----") + public("-----BEGIN RSA PUBLIC KEY-----");
    if known != 1 || text.matches("-----BEGIN").count() != 1 {
        return Err(KeyError::NotAPublicKey);
    }
    let decoding = DecodingKey::from_rsa_pem(bytes)
        .or_else(|_| DecodingKey::from_ec_pem(bytes))
        .or_else(|_| DecodingKey::from_ed_pem(bytes))
        .map_err(|_| KeyError::Kind)?;
    let jwk = Jwk::from_decoding_key(&decoding, None).map_err(|_| KeyError::Kind)?;
    let jwk = serde_json::to_value(jwk).map_err(|_| KeyError::Kind)?;
    let jwk = jwk.as_object().ok_or(KeyError::Kind)?;
    let rsa = wanted.filter(|it| it.family() == AlgorithmFamily::Rsa);
    let key = read_jwk(jwk, rsa.unwrap_or(Algorithm::RS256))?;
    match wanted {
        Some(wanted) if !key.is_for(wanted) => Err(KeyError::Purpose),
        _ => Ok(key),
    }
}

fn read_jwk(jwk: &Map<String, Value>, rsa: Algorithm) -> Result<Key, KeyError> {
    let id = match jwk.get("kid") {
        None => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => return Err(KeyError::Purpose),
    };
    check_purpose(jwk)?;
    if jwk.contains_key("d") {
        // Published, it is nobody's secret any more.
        return Err(KeyError::Private);
    }
    let named = match jwk.get("alg") {
        None => None,
        Some(name) => Some(
            name.as_str()
                .and_then(algorithm_of)
                .ok_or(KeyError::Purpose)?,
        ),
    };
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let key = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => {
            let algorithm = named.unwrap_or(rsa);
            if algorithm.family() != AlgorithmFamily::Rsa {
                return Err(KeyError::Purpose);
            }
            let (modulus, exponent) = (number(jwk, "n")?, number(jwk, "e")?);
            check_rsa(&modulus, &exponent)?;
            let decoding = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
            Key::new(id, algorithm, decoding, &[&modulus, &exponent])
        }
        (Some("EC"), Some("P-256")) => curve(jwk, id, named, Algorithm::ES256, 32)?,
        (Some("EC"), Some("P-384")) => curve(jwk, id, named, Algorithm::ES384, 48)?,
        (Some("OKP"), Some("Ed25519")) => {
            let algorithm = only(Algorithm::EdDSA, named)?;
            let point = coordinate(jwk, "x", 32)?;
            let bytes: &[u8; 32] = point.as_slice().try_into().map_err(|_| KeyError::Numbers)?;
            let strong = VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak());
            if !strong {
                return Err(KeyError::Numbers);
            }
            Key::new(id, algorithm, DecodingKey::from_ed_der(&point), &[&point])
        }
        // `oct` among them: a secret that is published keeps nobody out.
        _ => return Err(KeyError::Kind),
    };
    if key.is_usable() {
        Ok(key)
    } else {
        Err(KeyError::Numbers)
    }
}

/// `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3): both must allow it, where they are there.
fn check_purpose(jwk: &Map<String, Value>) -> Result<(), KeyError> {
    let used = match jwk.get("use") {
        None => true,
        Some(used) => used == "sig",
    };
    let verifies = match jwk.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|it| it == "verify"),
        Some(_) => false,
    };
    if used && verifies {
        Ok(())
    } else {
        Err(KeyError::Purpose)
    }
}

fn curve(
    jwk: &Map<String, Value>,
    id: Option<String>,
    named: Option<Algorithm>,
    algorithm: Algorithm,
    size: usize,
) -> Result<Key, KeyError> {
    let algorithm = only(algorithm, named)?;
    // The uncompressed form of a point (SEC 1, section 2.3.3).
    let mut point = vec![4];
    point.extend(coordinate(jwk, "x", size)?);
    point.extend(coordinate(jwk, "y", size)?);
    let decoding = DecodingKey::from_ec_der(&point);
    Ok(Key::new(id, algorithm, decoding, &[&point]))
}

/// A curve has one algorithm, whether the key names it or not.
fn only(algorithm: Algorithm, named: Option<Algorithm>) -> Result<Algorithm, KeyError> {
    match named {
        Some(named) if named != algorithm => Err(KeyError::Purpose),
        _ => Ok(algorithm),
    }
}

fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyError> {
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    let sound = odd(modulus)
        && RSA_BITS.contains(&bits(modulus))
        && odd(exponent)
        && (2..=33).contains(&bits(exponent));
    if sound {
        Ok(())
    } else {
        Err(KeyError::Numbers)
    }
}

/// How many bits a number has that does not begin with a zero byte.
fn bits(number: &[u8]) -> usize {
    let first = number.first().map_or(8, |byte| byte.leading_zeros());
    number.len() * 8 - first as usize
}

fn number(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, KeyError> {
    let text = jwk.get(name).and_then(Value::as_str);
    let bytes = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let bytes = bytes.ok_or(KeyError::Numbers)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Ok(bytes[zeros..].to_vec())
}

fn coordinate(jwk: &Map<String, Value>, name: &str, size: usize) -> Result<Vec<u8>, KeyError> {
    let text = jwk.get(name).and_then(Value::as_str);
    text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .filter(|bytes| bytes.len() == size)
        .ok_or(KeyError::Numbers)
}
