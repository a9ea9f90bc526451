use thiserror::Error;

/// Why a request has no [`Viewer`](super::Viewer). Its text is for the client, and does not say what
/// the token was checked against.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{}", self.message())]
pub enum Refusal {
    /// The request carries no token.
    Missing,
    /// The token was good, and its time is over.
    Expired,
    /// The token is not accepted; the reason is for the log.
    Invalid(Reason),
}

impl Refusal {
    /// One sentence for the client.
    #[must_use]
    pub fn message(&self) -> &'static str {
        match self {
            Self::Missing => {
                "This request needs a token: send it as `Authorization: Bearer <token>`."
            }
            Self::Expired => "The token has expired: sign in again.",
            Self::Invalid(_) => "The token is not valid here.",
        }
    }

    /// The reason in a word, for the log and the metrics.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::Invalid(reason) => reason.as_str(),
        }
    }

    /// The value of the `WWW-Authenticate` header (RFC 6750, section 3).
    #[must_use]
    pub fn challenge(&self) -> &'static str {
        match self {
            Self::Missing => "Bearer",
            Self::Expired => {
                r#"Bearer error="invalid_token", error_description="The token has expired""#
            }
            Self::Invalid(_) => {
                r#"Bearer error="invalid_token", error_description="The token is not valid""#
            }
        }
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::Invalid(reason)
    }
}

/// Declares the reasons once: as variants, as a list, and as words.
macro_rules! reasons {
    ($($(#[$meta:meta])* $variant:ident = $text:literal,)+) => {
        /// What is wrong with a token. For the log and the metrics only: a client that learns it learns
        /// what to try next.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason {
            $($(#[$meta])* $variant,)+
        }

        impl Reason {
            /// Every reason, in the order of declaration.
            pub(super) const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The reason in a word, for the log and the metrics.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

reasons! {
    /// More than one `Authorization` header.
    SeveralHeaders = "several_headers",
    /// The `Authorization` header is not `Bearer <token>`.
    Scheme = "scheme",
    /// Longer than [`MAX_TOKEN_BYTES`](super::MAX_TOKEN_BYTES).
    TooLong = "too_long",
    /// Characters that no token has.
    Characters = "characters",
    /// Not three parts, or a part that is not base64url of JSON.
    Malformed = "malformed",
    /// The header names no algorithm of any of the issuer's keys.
    Algorithm = "algorithm",
    /// The header has a member that asks for something this server does not do.
    Header = "header",
    /// This is another kind of token.
    Type = "type",
    /// The issuer has no key of that name, or none that is still trusted.
    UnknownKey = "unknown_key",
    /// The signature is not the key's.
    Signature = "signature",
    /// `exp` is missing, not a number, or further away than a token may last (milliseconds, most
    /// likely).
    Expiry = "exp",
    /// `nbf` is not a number of seconds.
    NotBefore = "nbf",
    /// `iat` is not a number of seconds, or in the future.
    IssuedAt = "iat",
    /// `nbf` is in the future.
    NotYet = "not_yet",
    /// `iss` is not a name, or missing or another where one is required.
    Issuer = "iss",
    /// `aud` is neither a string nor strings, or missing or another where one is required.
    Audience = "aud",
    /// `azp` is not a string, or missing or another where one is required.
    AuthorizedParty = "azp",
    /// `sub` is missing or not a name.
    Subject = "sub",
    /// The claim that says what the token allows is neither a string nor strings.
    Scope = "scopes",
}
