//! A task's words: title, description, and the words a search looks for.

use super::fold;

/// A title: 1 to 200 characters after trimming, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// The longest title, in characters (Unicode scalar values).
    pub const MAX: usize = 200;

    /// Trims and checks a title.
    ///
    /// # Errors
    /// The rule it breaks, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let length = text.chars().count();
        if length == 0 {
            return Err("A title must not be empty.".into());
        }
        if length > Self::MAX {
            return Err(too_long("A title", Self::MAX, length));
        }
        if text.chars().any(char::is_control) {
            return Err("A title must not hold control characters, such as line breaks.".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// As the owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A description: at most 10,000 characters, of control characters only tabs and line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// The longest description, in characters (Unicode scalar values).
    pub const MAX: usize = 10_000;

    /// Checks a description; it is kept as it was written.
    ///
    /// # Errors
    /// The rule it breaks, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        if length > Self::MAX {
            return Err(too_long("A description", Self::MAX, length));
        }
        let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        if !text.chars().all(allowed) {
            return Err(
                "A description must not hold control characters other than tabs and line breaks."
                    .into(),
            );
        }
        Ok(Self(text.to_owned()))
    }

    /// As the owner wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a search looks for: words that must all occur, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerms(Vec<String>);

impl SearchTerms {
    /// The longest search text, in characters.
    pub const MAX: usize = 200;

    /// Splits a search text into words. A text without words looks for nothing and finds all.
    ///
    /// # Errors
    /// The rule it breaks, as a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        if length > Self::MAX {
            return Err(too_long("A search", Self::MAX, length));
        }
        if text.contains('\0') {
            return Err("A search must not hold the character U+0000.".into());
        }
        Ok(Self(
            fold(text).split_whitespace().map(str::to_owned).collect(),
        ))
    }

    /// The folded words.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

pub(super) fn too_long(what: &str, max: usize, length: usize) -> String {
    format!("{what} can have at most {max} characters; this one has {length}.")
}

#[cfg(test)]
mod tests {
    use super::{Description, SearchTerms, Title};

    #[test]
    fn a_title_is_trimmed_and_measured_in_characters() {
        assert_eq!(
            Title::parse("  Buy milk\n").map(|t| t.0),
            Ok("Buy milk".into())
        );
        assert!(Title::parse(&"é".repeat(200)).is_ok());
        assert!(
            Title::parse(&"é".repeat(201)).is_err_and(|e| e.contains("200") && e.contains("201"))
        );
        for bad in ["", " \t\u{2003}", "a\u{0}b", "a\nb", "\u{7f}x\u{7f}"] {
            assert!(Title::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_description_keeps_its_lines() {
        assert_eq!(
            Description::parse(" a\n\tb\r\n").map(|d| d.0),
            Ok(" a\n\tb\r\n".into())
        );
        assert!(Description::parse(&"x".repeat(10_000)).is_ok());
        assert!(Description::parse(&"x".repeat(10_001)).is_err());
        assert!(Description::parse("a\u{0}b").is_err());
    }

    #[test]
    fn a_search_is_words() {
        assert_eq!(
            SearchTerms::parse(" Über  50% ").map(|s| s.0),
            Ok(vec!["über".into(), "50%".into()])
        );
        assert_eq!(SearchTerms::parse("  ").map(|s| s.0), Ok(vec![]));
    }
}
