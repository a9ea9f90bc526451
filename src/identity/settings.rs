use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use jsonwebtoken::{Algorithm, AlgorithmFamily};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

use super::algorithm::is_symmetric;
use super::jwk::{self, KeyError};
use super::key::Key;
use super::scope::ScopeClaim;
use super::{LEEWAY, MAX_LIFETIME, Secret};

/// Which tokens are accepted.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose tokens. One alone may have no `issuer`; of several, each has its own.
    pub issuers: Vec<IssuerSettings>,
    /// Certificate authorities to be trusted, beside the public ones, where keys are fetched from.
    pub authorities: Authorities,
}

/// Whose tokens are accepted, and by which rules.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// When set, a token must carry exactly this `iss`.
    pub issuer: Option<String>,
    /// When there are any, a token's `aud` must be one of them or a list that holds one.
    pub audiences: Vec<String>,
    /// When there are any, a token's `azp` must be one of them.
    pub authorized_parties: Vec<String>,
    /// How far the issuer's clock may differ from this server's.
    pub leeway: Duration,
    /// How far away a token's `exp` may be.
    pub max_lifetime: Duration,
    /// The claim that must allow what a token is used for; none: a token allows everything.
    pub scope_claim: Option<ScopeClaim>,
    /// What its tokens are signed with: at least one.
    pub keys: Vec<KeySource>,
}

impl IssuerSettings {
    /// An issuer with these keys, and the usual rules.
    #[must_use]
    pub fn new(keys: Vec<KeySource>) -> Self {
        Self {
            issuer: None,
            audiences: Vec::new(),
            authorized_parties: Vec::new(),
            leeway: LEEWAY,
            max_lifetime: MAX_LIFETIME,
            scope_claim: None,
            keys,
        }
    }
}

/// Where an issuer's keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A secret that is shared with the issuer.
    Shared(SharedSecret),
    /// Public keys that were read at the start.
    Public(PublicKeys),
    /// Public keys that are fetched, again and again.
    Fetched(KeyAddress),
}

impl KeySource {
    /// Whether many may know the keys, and so many services may take the same tokens.
    #[must_use]
    pub fn is_public(&self) -> bool {
        !matches!(self, Self::Shared(_))
    }
}

/// A secret with the one algorithm that it is for.
#[derive(Clone, Debug)]
pub struct SharedSecret {
    secret: Secret,
    algorithm: Algorithm,
}

/// A secret cannot be used with this algorithm.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SharedSecretError {
    /// RFC 7518, section 3.2: a key is at least as long as what the hash puts out.
    #[error("takes at least {0} bytes for this algorithm; `openssl rand -hex 32` makes 64")]
    TooShort(usize),
    /// The algorithm is one of key pairs.
    #[error("is for HS256, HS384 or HS512 alone")]
    Algorithm,
}

impl SharedSecret {
    /// A secret for `algorithm`: `HS256`, `HS384` (48 bytes at least) or `HS512` (64).
    ///
    /// # Errors
    /// When the algorithm is another, or the secret too short for it.
    pub fn new(secret: Secret, algorithm: Algorithm) -> Result<Self, SharedSecretError> {
        let least = match algorithm {
            Algorithm::HS256 => 32,
            Algorithm::HS384 => 48,
            Algorithm::HS512 => 64,
            _ => return Err(SharedSecretError::Algorithm),
        };
        if secret.expose().len() < least {
            return Err(SharedSecretError::TooShort(least));
        }
        Ok(Self { secret, algorithm })
    }

    /// A secret for `HS256`, which every secret is long enough for.
    #[must_use]
    pub const fn hs256(secret: Secret) -> Self {
        Self {
            secret,
            algorithm: Algorithm::HS256,
        }
    }

    pub(super) const fn secret(&self) -> &Secret {
        &self.secret
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// Public keys, read and found usable.
#[derive(Clone, Debug)]
pub struct PublicKeys(pub(super) Vec<Arc<Key>>);

impl PublicKeys {
    /// The one key of a PEM file. An RSA key is for RS256 unless `algorithm` is another of RSA's; any
    /// other key has one algorithm only.
    ///
    /// # Errors
    /// When it is no public key that can be used, or not one for `algorithm`.
    pub fn from_pem(bytes: &[u8], algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        let wanted = algorithm.filter(|it| !is_symmetric(*it));
        jwk::read_pem(bytes, wanted).map(|key| Self(vec![Arc::new(key)]))
    }

    /// The keys of a JSON Web Key Set (RFC 7517, section 5) that can be used. Of those that cannot, the
    /// log says why. An RSA key that names no algorithm is for RS256 unless `algorithm` is another of
    /// RSA's.
    ///
    /// # Errors
    /// When it is no key set, or none of its keys can be used.
    pub fn from_jwks(bytes: &[u8], algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        let (keys, unusable) = jwk::read_set(bytes, rsa_algorithm(algorithm))?;
        for error in unusable {
            tracing::debug!(%error, "passed over a key of a key set file");
        }
        if keys.is_empty() {
            return Err(KeyError::NoKeys);
        }
        Ok(Self(keys.into_iter().map(Arc::new).collect()))
    }
}

fn rsa_algorithm(algorithm: Option<Algorithm>) -> Algorithm {
    algorithm
        .filter(|it| it.family() == AlgorithmFamily::Rsa)
        .unwrap_or(Algorithm::RS256)
}

/// The address of a JSON Web Key Set.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyAddress {
    pub(super) uri: Uri,
    /// For RSA keys that do not name theirs.
    pub(super) rsa: Algorithm,
}

/// What the address of a key set must be.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "takes an `https://` address without user and password; `http://` is for a loopback address alone"
)]
pub struct KeyAddressError;

impl KeyAddress {
    /// An address by `https`, or by `http` on this machine: whoever can change a key set on its way can
    /// sign as anyone. `algorithm` as for [`PublicKeys::from_jwks`].
    ///
    /// # Errors
    /// When it is another.
    pub fn parse(text: &str, algorithm: Option<Algorithm>) -> Result<Self, KeyAddressError> {
        let uri: Uri = text.parse().map_err(|_| KeyAddressError)?;
        let authority = uri.authority().ok_or(KeyAddressError)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(KeyAddressError);
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_loopback(authority.host()) => {}
            _ => return Err(KeyAddressError),
        }
        let rsa = rsa_algorithm(algorithm);
        Ok(Self { uri, rsa })
    }
}

impl fmt::Debug for KeyAddress {
    /// Without the query, which may hold a key to the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.uri.host().unwrap_or_default();
        write!(f, "KeyAddress({host}{})", self.uri.path())
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

/// Certificate authorities that are trusted beside the public ones.
#[derive(Clone, Debug, Default)]
pub struct Authorities(pub(super) Vec<CertificateDer<'static>>);

/// A file that holds no certificate.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("takes a file with certificates in PEM form")]
pub struct AuthoritiesError;

impl Authorities {
    /// The certificates of a PEM file: at least one, and every one that can be a trust anchor.
    ///
    /// # Errors
    /// When there is none, or one that cannot be read.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, AuthoritiesError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(bytes)
            .collect::<Result<_, _>>()
            .map_err(|_| AuthoritiesError)?;
        let mut store = rustls::RootCertStore::empty();
        let (taken, ignored) = store.add_parsable_certificates(certificates.iter().cloned());
        if taken == 0 || ignored > 0 {
            return Err(AuthoritiesError);
        }
        Ok(Self(certificates))
    }
}
