//! Whose tokens are taken: a configured secret, or that of the embedded start.

use std::net::IpAddr;
use std::path::PathBuf;

use super::database::{DatabaseKind, DatabaseSettings};
use super::reader::Reader;
use crate::identity::{self, Secret};

/// The embedded start: no `JWT_SECRET`, `JWT_ISSUER` or `JWT_AUDIENCE`, a loopback `HOST`, and `SQLite`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// The file with the secret, beside the database: `docket.secret` for `docket.db`. `None` for a
    /// database in memory, whose secret ends with the process too.
    pub secret_file: Option<PathBuf>,
}

/// Which tokens are accepted, before a file is touched.
pub(super) struct Access {
    source: SecretSource,
    issuer: Option<String>,
    audience: Option<String>,
}

pub(super) enum SecretSource {
    Given(Secret),
    Embedded(Option<PathBuf>),
}

impl Access {
    /// A server that anyone but this machine's users can reach, or whose tokens come from elsewhere,
    /// must be told the secret.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        host: Option<IpAddr>,
        database: Option<&DatabaseSettings>,
    ) -> Option<Self> {
        let issuer = reader.name("JWT_ISSUER");
        let audience = reader.name("JWT_AUDIENCE");

        let secret = reader.set("JWT_SECRET").map(Secret::new);
        let source = match secret {
            Some(Ok(secret)) => SecretSource::Given(secret),
            Some(Err(error)) => {
                reader.mistake("JWT_SECRET", &error.to_string());
                return None;
            }
            None => {
                let reasons: Vec<_> = [
                    (
                        host.is_some_and(|host| !host.to_canonical().is_loopback()),
                        "HOST is not a loopback address",
                    ),
                    (
                        database.is_some_and(|it| it.kind == DatabaseKind::Postgres),
                        "DATABASE_URL is a Postgres",
                    ),
                    (reader.set("JWT_ISSUER").is_some(), "JWT_ISSUER is set"),
                    (reader.set("JWT_AUDIENCE").is_some(), "JWT_AUDIENCE is set"),
                ]
                .into_iter()
                .filter_map(|(applies, reason)| applies.then_some(reason))
                .collect();
                if !reasons.is_empty() {
                    let needed = format!(
                        "is required because {}: it takes the secret, at least 32 bytes, that is \
                         shared with whoever issues the tokens",
                        reasons.join(" and ")
                    );
                    reader.mistake("JWT_SECRET", &needed);
                    return None;
                }
                let file = database?.url.sqlite_file();
                SecretSource::Embedded(file.map(|file| file.with_extension("secret")))
            }
        };
        Some(Self {
            source,
            issuer,
            audience,
        })
    }

    pub(super) fn settle(
        self,
        reader: &mut Reader<'_>,
    ) -> Option<(identity::Settings, Option<Embedded>)> {
        let (secret, embedded) = match self.source {
            SecretSource::Given(secret) => (Ok(secret), None),
            SecretSource::Embedded(secret_file) => (
                secret_file
                    .as_deref()
                    .map_or_else(Secret::random, Secret::kept_in),
                Some(Embedded { secret_file }),
            ),
        };
        match secret {
            Ok(secret) => {
                let settings = identity::Settings {
                    secret,
                    issuer: self.issuer,
                    audience: self.audience,
                };
                Some((settings, embedded))
            }
            Err(error) => {
                reader.mistake("JWT_SECRET", &format!("is not set, and {error}"));
                None
            }
        }
    }
}
