//! The signature algorithms, by the names that tokens and keys give them.

use jsonwebtoken::{Algorithm, AlgorithmFamily};

/// What `JWT_ALGORITHM` takes.
pub const ALGORITHMS: &str = "HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, \
                              ES384 or EdDSA";

/// The algorithm of that name (RFC 7518, section 3.1; RFC 8037; `Ed25519` is the same algorithm's
/// newer name, RFC 9864). `none` is not one.
#[must_use]
pub fn algorithm_of(name: &str) -> Option<Algorithm> {
    if name == "Ed25519" {
        return Some(Algorithm::EdDSA);
    }
    name.parse().ok()
}

/// Whether the algorithm takes a shared secret, and not a key pair.
#[must_use]
pub fn is_symmetric(algorithm: Algorithm) -> bool {
    algorithm.family() == AlgorithmFamily::Hmac
}
