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

/// What is wrong with a token. For the log only: a client that learns it learns what to try next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// More than one `Authorization` header.
    SeveralHeaders,
    /// The `Authorization` header is not `Bearer <token>`.
    Scheme,
    /// Longer than [`MAX_TOKEN_BYTES`](super::MAX_TOKEN_BYTES).
    TooLong,
    /// Characters that no token has.
    Characters,
    /// Not three parts, or a part that is not base64url of JSON.
    Malformed,
    /// The header names another algorithm than the key's.
    Algorithm,
    /// The header has a member that asks for something this server does not do.
    Header,
    /// The header's `typ` is that of another kind of token.
    Type,
    /// The signature is not the key's.
    Signature,
    /// `exp` is missing, not a number, or beyond the year 9999 (milliseconds, most likely).
    Expiry,
    /// `nbf` is not a number of seconds.
    NotBefore,
    /// `iat` is not a number of seconds, or in the future.
    IssuedAt,
    /// `nbf` is in the future.
    NotYet,
    /// `iss` is not a name, or missing or another where one is required.
    Issuer,
    /// `aud` is neither a string nor strings, or missing or another where one is required.
    Audience,
    /// `sub` is missing or not a name.
    Subject,
}

impl Reason {
    /// The reason in a few words, for the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeveralHeaders => "several Authorization headers",
            Self::Scheme => "not `Bearer <token>`",
            Self::TooLong => "too long",
            Self::Characters => "characters that no token has",
            Self::Malformed => "malformed",
            Self::Algorithm => "another algorithm",
            Self::Header => "a header member that is not supported",
            Self::Type => "another type of token",
            Self::Signature => "wrong signature",
            Self::Expiry => "no valid exp",
            Self::NotBefore => "no valid nbf",
            Self::IssuedAt => "no valid iat",
            Self::NotYet => "not valid yet",
            Self::Issuer => "wrong iss",
            Self::Audience => "wrong aud",
            Self::Subject => "no valid sub",
        }
    }
}
