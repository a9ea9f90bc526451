//! One issuer: its keys, and what its tokens have to say.

use super::reader::{Bound, DAYS_365, FIVE_MINUTES, MINUTE, NOTHING, Reader};
use crate::identity::{
    ALGORITHMS, Algorithm, IssuerSettings, KeyAddress, KeySource, PublicKeys, ScopeClaim, Secret,
    SharedSecret, algorithm_of, is_symmetric,
};

/// The settings that name keys. An issuer has at least one of them.
pub(super) const KEYS: [&str; 4] = [
    "JWT_SECRET",
    "JWT_PUBLIC_KEY_FILE",
    "JWT_JWKS_URL",
    "JWT_JWKS_FILE",
];

const LEEWAY: (Bound, Bound) = (NOTHING, FIVE_MINUTES);
const LIFETIME: (Bound, Bound) = (MINUTE, DAYS_365);

/// The issuer that the settings describe; without keys where none of [`KEYS`] is set. What is wrong
/// is left out, since the reader has it for a mistake.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<IssuerSettings> {
    let algorithm = reader.read("JWT_ALGORITHM", ALGORITHMS, |text| match text {
        "" => Some(None),
        text => algorithm_of(text).map(Some),
    });
    let keys = keys(reader, algorithm.flatten());
    let issuer = reader.name("JWT_ISSUER");
    let audiences = reader.names("JWT_AUDIENCE");
    let authorized_parties = reader.names("JWT_AUTHORIZED_PARTIES");
    let audience_optional = reader.boolean("JWT_AUDIENCE_OPTIONAL");
    let scope_claim = reader.read(
        "JWT_SCOPE_CLAIM",
        "`scope` or `permissions`",
        |text| match text {
            "" => Some(None),
            text => ScopeClaim::parse(text).map(Some),
        },
    );
    let leeway = reader.duration("JWT_LEEWAY", LEEWAY.0, LEEWAY.1);
    let max_lifetime = reader.duration("JWT_MAX_LIFETIME", LIFETIME.0, LIFETIME.1);

    let (audiences, parties) = (audiences?, authorized_parties?);
    check_algorithm(reader, algorithm?, &keys);
    let for_anyone = audiences.is_empty() && parties.is_empty() && !audience_optional?;
    if for_anyone && keys.iter().any(KeySource::is_public) {
        reader.mistake(
            "JWT_AUDIENCE",
            "is required with public keys, since their issuer signs for other services too: it takes \
             the `aud` that tokens for this one have. For tokens without one (Clerk) set \
             JWT_AUTHORIZED_PARTIES, or JWT_AUDIENCE_OPTIONAL=true to take every token",
        );
    }
    Some(IssuerSettings {
        issuer,
        audiences,
        authorized_parties: parties,
        leeway: leeway?,
        max_lifetime: max_lifetime?,
        scope_claim: scope_claim?,
        keys,
    })
}

/// The keys of every setting that names some and is right.
fn keys(reader: &mut Reader<'_>, algorithm: Option<Algorithm>) -> Vec<KeySource> {
    let mut keys = Vec::new();
    if let Some(text) = reader.set("JWT_SECRET") {
        let algorithm = algorithm.filter(|it| is_symmetric(*it));
        let algorithm = algorithm.unwrap_or(Algorithm::HS256);
        let shared = reader
            .keep("JWT_SECRET", Secret::new(text))
            .and_then(|secret| reader.keep("JWT_SECRET", SharedSecret::new(secret, algorithm)));
        keys.extend(shared.map(KeySource::Shared));
    }
    if let Some(bytes) = reader.file("JWT_PUBLIC_KEY_FILE") {
        let public = PublicKeys::from_pem(&bytes, algorithm);
        let public = reader.keep("JWT_PUBLIC_KEY_FILE", public);
        keys.extend(public.map(KeySource::Public));
    }
    if let Some(bytes) = reader.file("JWT_JWKS_FILE") {
        let public = PublicKeys::from_jwks(&bytes, algorithm);
        let public = reader.keep("JWT_JWKS_FILE", public);
        keys.extend(public.map(KeySource::Public));
    }
    if let Some(text) = reader.set("JWT_JWKS_URL") {
        let address = KeyAddress::parse(text, algorithm);
        let address = reader.keep("JWT_JWKS_URL", address);
        keys.extend(address.map(KeySource::Fetched));
    }
    keys
}

/// An algorithm that no key is for is a mistake, and most likely a dangerous one.
fn check_algorithm(reader: &mut Reader<'_>, algorithm: Option<Algorithm>, keys: &[KeySource]) {
    let Some(algorithm) = algorithm else { return };
    let fits = |key: &KeySource| key.is_public() != is_symmetric(algorithm);
    if !keys.is_empty() && !keys.iter().any(fits) {
        reader.mistake(
            "JWT_ALGORITHM",
            "does not go with the keys: HS256, HS384 and HS512 are for JWT_SECRET, the others for \
             public keys",
        );
    }
}
