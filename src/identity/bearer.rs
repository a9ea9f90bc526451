use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::{MAX_TOKEN_BYTES, Reason, Refusal};

/// The token of a request: exactly one `Authorization: Bearer <token>`, the scheme in any case. Whether
/// it is one is for the [`Verifier`](super::Verifier) to say.
///
/// # Errors
///
/// [`Refusal::Missing`] without the header; [`Refusal::Invalid`] when there are several, or when the
/// scheme is another. A request with a bad header is not taken for one without: its sender believes to
/// be signed in.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::Missing)?;
    if values.next().is_some() {
        return Err(Reason::SeveralHeaders.into());
    }
    let value = std::str::from_utf8(value.as_bytes()).map_err(|_| Reason::Characters)?;
    let (scheme, token) = value.split_once(' ').ok_or(Reason::Scheme)?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(Reason::Scheme.into());
    }
    Ok(token.trim_matches(' '))
}

/// Whether this can be a token at all (`token68` of RFC 9110), before anything of it is decoded.
pub(super) fn check_text(token: &str) -> Result<(), Reason> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Reason::TooLong);
    }
    let unpadded = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if unpadded.is_empty() || !unpadded.bytes().all(allowed) {
        return Err(Reason::Characters);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn takes_the_token_whatever_the_case_of_the_scheme() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
            assert_eq!(bearer(&with(&[value.as_bytes()])), Ok("a.b.c"));
        }
    }

    #[test]
    fn no_header_is_a_missing_token() {
        assert_eq!(bearer(&HeaderMap::new()), Err(Refusal::Missing));
    }

    #[test]
    fn refuses_what_is_no_bearer() {
        let cases: [(&[&[u8]], Reason); 6] = [
            (&[b"Bearer a", b"Bearer a"], Reason::SeveralHeaders),
            (&[b""], Reason::Scheme),
            (&[b"Bearer"], Reason::Scheme),
            (&[b"Basic YTpi"], Reason::Scheme),
            (&[b"Bearera.b.c"], Reason::Scheme),
            (&[b"Bearer \xff.b.c"], Reason::Characters),
        ];
        for (values, reason) in cases {
            let headers = with(values);
            assert_eq!(
                bearer(&headers),
                Err(Refusal::Invalid(reason)),
                "{values:?}"
            );
        }
    }

    #[test]
    fn refuses_what_cannot_be_a_token() {
        for text in ["", "==", "a b", "a,b", "a=b", "é.b.c"] {
            assert_eq!(check_text(text), Err(Reason::Characters), "{text}");
        }
        assert_eq!(
            check_text(&"a".repeat(MAX_TOKEN_BYTES + 1)),
            Err(Reason::TooLong)
        );
        assert_eq!(check_text(&"a".repeat(MAX_TOKEN_BYTES)), Ok(()));
    }
}
