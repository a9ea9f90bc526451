//! The first look at a document, before the parser: one pass over its bytes that counts tokens and
//! brackets. The parser recurses into brackets and goes back over what it has read, so it is only given
//! text that is known to be small in both.

use std::borrow::Cow;

use super::{Excess, Limits};

/// A document that the parser may read.
#[derive(Debug)]
pub(in crate::graphql) struct Scanned<'a> {
    /// The text, without its comments.
    pub(in crate::graphql) text: Cow<'a, str>,
    /// How many tokens it has.
    pub(in crate::graphql) tokens: u64,
}

/// The document without the text of its comments, once its tokens and brackets are within the limits.
///
/// Comments are the one part of a document that the parser may read many times and that no count of
/// tokens bounds. Each ends with its line, so nothing that stays changes its line or column.
pub(in crate::graphql) fn scan<'a>(text: &'a str, limits: &Limits) -> Result<Scanned<'a>, Excess> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        tokens: 0,
        nesting: 0,
    };
    let mut kept = String::new();
    let mut copied = 0;
    while let Some(comment) = scanner.next_comment(limits)? {
        kept.push_str(text.get(copied..comment.start).unwrap_or_default());
        copied = comment.end;
    }
    let tokens = scanner.tokens;
    if copied == 0 {
        let text = Cow::Borrowed(text);
        return Ok(Scanned { text, tokens });
    }
    kept.push_str(text.get(copied..).unwrap_or_default());
    let text = Cow::Owned(kept);
    Ok(Scanned { text, tokens })
}

/// What is longer, token or white space or comment, counts as one more token for each so many bytes:
/// the parser's time grows with the bytes too.
const LONG: usize = 32;

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    tokens: u64,
    nesting: u64,
}

impl Scanner<'_> {
    /// Counts up to the next comment, and says where it lies.
    fn next_comment(&mut self, limits: &Limits) -> Result<Option<std::ops::Range<usize>>, Excess> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            match byte {
                b'{' | b'[' | b'(' => {
                    self.nesting += 1;
                    Excess::check("nesting", self.nesting, limits.nesting)?;
                    self.at += 1;
                }
                b'}' | b']' | b')' => {
                    self.nesting = self.nesting.saturating_sub(1);
                    self.at += 1;
                }
                b'#' => self.skip_while(|byte| byte != b'\n' && byte != b'\r'),
                b'"' if self.bytes[self.at..].starts_with(b"\"\"\"") => self.skip_block_string(),
                b'"' => self.skip_string(),
                b'.' if self.bytes[self.at..].starts_with(b"...") => self.at += 3,
                b'-' | b'0'..=b'9' => {
                    self.at += 1;
                    self.skip_while(|byte| {
                        matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')
                    });
                }
                b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                    self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                }
                _ if is_ignored(byte) => self.skip_while(is_ignored),
                _ => self.at += 1,
            }
            let counts = byte != b'#' && !is_ignored(byte);
            self.tokens += u64::from(counts) + ((self.at - start) / LONG) as u64;
            Excess::check("tokens", self.tokens, limits.tokens)?;
            if byte == b'#' {
                return Ok(Some(start..self.at));
            }
        }
        Ok(None)
    }

    fn skip_while(&mut self, more: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.at..];
        self.at += rest
            .iter()
            .position(|&byte| !more(byte))
            .unwrap_or(rest.len());
    }

    /// Ends after the quote, or where the line ends: there the parser will object.
    fn skip_string(&mut self) {
        self.at += 1;
        loop {
            self.skip_while(|byte| !matches!(byte, b'"' | b'\\' | b'\n' | b'\r'));
            match self.bytes.get(self.at) {
                Some(b'\\') => self.at = (self.at + 2).min(self.bytes.len()),
                Some(b'"') => {
                    self.at += 1;
                    return;
                }
                _ => return,
            }
        }
    }

    fn skip_block_string(&mut self) {
        self.at += 3;
        loop {
            self.skip_while(|byte| byte != b'"' && byte != b'\\');
            let rest = &self.bytes[self.at..];
            if rest.is_empty() {
                return;
            } else if rest.starts_with(b"\\\"\"\"") {
                self.at += 4;
            } else if rest.starts_with(b"\"\"\"") {
                self.at += 3;
                return;
            } else {
                self.at += 1;
            }
        }
    }
}

/// White space and commas. The last three are the bytes of U+FEFF, which is white space too.
fn is_ignored(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b'\r' | b',' | 0xEF | 0xBB | 0xBF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> u64 {
        scan(text, &Limits::default()).unwrap().tokens
    }

    #[test]
    fn tokens_are_those_of_the_specification() {
        for (text, count) in [
            ("", 0),
            ("\u{feff}{a}", 3),
            ("{ a, b,,, }", 4),
            ("{ a(x: -1.5e+10) }", 8),
            ("{ a(x: \"( \\\" # {\") }", 8),
            ("{ a(x: \"\"\"( \\\"\"\" \" # {\"\"\") }", 8),
            ("query($a: [Int!]! = [1 2]) { ...F @include(if: $a) }", 28),
            ("{ a # } } }\n b }", 4),
            ("\"unterminated", 1),
            ("\"\"\"unterminated", 1),
            ("é", 2),
            ("a1234567890123456789012345678901", 2),
            (
                "# 4567890123456789012345678901234567890123456789012345678901234567",
                2,
            ),
        ] {
            assert_eq!(tokens(text), count, "{text}");
        }
    }

    #[test]
    fn comments_go_and_positions_stay() {
        let limits = Limits::default();
        for text in [
            "{ a }",
            "{ a(x: \"# no comment\") }",
            "{ a(x: \"\"\"\n# none\n\"\"\") }",
        ] {
            assert!(
                matches!(scan(text, &limits).unwrap().text, Cow::Borrowed(same) if same == text)
            );
        }
        assert_eq!(
            scan("#é\n{ a # b\r\n c #d\n}#", &limits).unwrap().text,
            "\n{ a \r\n c \n}"
        );
    }

    #[test]
    fn brackets_of_every_kind_are_counted_and_those_in_strings_are_not() {
        let limits = Limits {
            nesting: 3,
            ..Limits::default()
        };
        assert!(scan("{ a(x: [\"[[[[\"]) { b { c } } }", &limits).is_ok());
        for text in ["{ a(x: [[1]]) }", "{ a { b { c {", "[[[[", "(((("] {
            let excess = scan(text, &limits).unwrap_err();
            assert_eq!(
                (excess.limit, excess.max, excess.value),
                ("nesting", 3, 4),
                "{text}"
            );
        }
    }
}
