use serde_json::{Map, Value};

use super::Reason;

/// What a token may be asked to allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Queries and subscriptions: `tasks:read`.
    Read,
    /// Mutations: `tasks:write`.
    Write,
}

impl Scope {
    /// As tokens have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "tasks:read",
            Self::Write => "tasks:write",
        }
    }

    /// The `WWW-Authenticate` header for a token that does not have it (RFC 6750, section 3.1).
    #[must_use]
    pub const fn challenge(self) -> &'static str {
        match self {
            Self::Read => r#"Bearer error="insufficient_scope", scope="tasks:read""#,
            Self::Write => r#"Bearer error="insufficient_scope", scope="tasks:write""#,
        }
    }
}

/// The claim in which an issuer says what its tokens allow. Either may be a string of words or a list
/// of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeClaim {
    /// `scope` (RFC 8693, section 4.2).
    Scope,
    /// `permissions`, as Auth0 has it.
    Permissions,
}

impl ScopeClaim {
    /// The claim of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "scope" => Some(Self::Scope),
            "permissions" => Some(Self::Permissions),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Permissions => "permissions",
        }
    }
}

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scopes {
    read: bool,
    write: bool,
}

impl Scopes {
    /// Everything where no claim is asked for; nothing where it is asked for and missing.
    pub(super) fn of(
        claims: &Map<String, Value>,
        asked: Option<ScopeClaim>,
    ) -> Result<Self, Reason> {
        let Some(asked) = asked else {
            return Ok(Self {
                read: true,
                write: true,
            });
        };
        let words: Vec<&str> = match claims.get(asked.name()) {
            None => Vec::new(),
            Some(Value::String(words)) => words.split(' ').collect(),
            Some(Value::Array(words)) => {
                let words = words.iter().map(Value::as_str);
                words.collect::<Option<_>>().ok_or(Reason::Scope)?
            }
            Some(_) => return Err(Reason::Scope),
        };
        Ok(Self {
            read: words.contains(&Scope::Read.as_str()),
            write: words.contains(&Scope::Write.as_str()),
        })
    }

    pub(super) fn allow(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.read,
            Scope::Write => self.write,
        }
    }
}
