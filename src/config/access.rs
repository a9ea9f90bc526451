//! Whose tokens are taken: those of configured issuers, or the server's own at the embedded start.

use std::net::IpAddr;
use std::path::PathBuf;

use super::SETTINGS;
use super::reader::Reader;
use super::{issuer, issuers_file};
use crate::identity::{Authorities, IssuerSettings, KeySource, Secret, Settings, SharedSecret};
use crate::store::{DatabaseKind, DatabaseSettings};

/// The embedded start: no `JWT_` variable, a loopback `HOST`, and `SQLite`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// The file with the secret, beside the database: `docket.secret` for `docket.db`.
    pub secret_file: PathBuf,
}

/// Which tokens are accepted, before the embedded start's file is touched.
pub(super) enum Access {
    Configured(Settings),
    Embedded(PathBuf),
}

impl Access {
    /// A server that anyone but this machine's users can reach, or whose tokens come from elsewhere,
    /// must be told the keys.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        host: Option<IpAddr>,
        database: Option<&DatabaseSettings>,
    ) -> Option<Self> {
        let authorities = reader.file("JWT_CA_FILE").map_or_else(
            || Some(Authorities::default()),
            |bytes| reader.keep("JWT_CA_FILE", Authorities::from_pem(&bytes)),
        );
        let by_variables = issuer::KEYS.iter().any(|name| reader.set(name).is_some());
        let issuers = if reader.set("JWT_ISSUERS_FILE").is_some() {
            issuers_file::read(reader)
        } else {
            let issuer = issuer::read(reader);
            if !by_variables {
                return Self::embedded(reader, host, database);
            }
            issuer.map(|issuer| vec![issuer])
        };
        Some(Self::Configured(Settings {
            issuers: issuers?,
            authorities: authorities?,
        }))
    }

    fn embedded(
        reader: &mut Reader<'_>,
        host: Option<IpAddr>,
        database: Option<&DatabaseSettings>,
    ) -> Option<Self> {
        let mut reasons = Vec::new();
        if host.is_some_and(|host| !host.to_canonical().is_loopback()) {
            reasons.push("HOST is not a loopback address".to_owned());
        }
        let file = match database.map(|database| &database.kind) {
            Some(DatabaseKind::Sqlite(file)) => Some(&file.path),
            Some(DatabaseKind::Postgres) => {
                reasons.push("DATABASE_URL is a Postgres".to_owned());
                None
            }
            None => None,
        };
        let names = SETTINGS.iter().map(|(name, _)| name);
        let rules = names.filter(|name| name.starts_with("JWT_") && reader.set(name).is_some());
        reasons.extend(rules.map(|name| format!("{name} is set")));
        if !reasons.is_empty() {
            let needed = format!(
                "is required because {}: it takes the secret, at least 32 bytes, that is shared with \
                 whoever issues the tokens. Or set JWT_JWKS_URL, JWT_JWKS_FILE or \
                 JWT_PUBLIC_KEY_FILE to take an issuer's public keys",
                reasons.join(" and ")
            );
            reader.mistake("JWT_SECRET", &needed);
            return None;
        }
        Some(Self::Embedded(file?.with_extension("secret")))
    }

    pub(super) fn settle(self, reader: &mut Reader<'_>) -> Option<(Settings, Option<Embedded>)> {
        let secret_file = match self {
            Self::Configured(settings) => return Some((settings, None)),
            Self::Embedded(secret_file) => secret_file,
        };
        match Secret::kept_in(&secret_file) {
            Ok(secret) => {
                let keys = vec![KeySource::Shared(SharedSecret::hs256(secret))];
                let settings = Settings {
                    issuers: vec![IssuerSettings::new(keys)],
                    authorities: Authorities::default(),
                };
                Some((settings, Some(Embedded { secret_file })))
            }
            Err(error) => {
                reader.mistake("JWT_SECRET", &format!("is not set, and {error}"));
                None
            }
        }
    }
}
