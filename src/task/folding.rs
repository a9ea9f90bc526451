//! Text as it is compared: without case, and with one spelling for each letter.

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// Folds text for order and search: canonical caseless matching of the Unicode standard, section
/// 3.13 (D145), in composed form. The same on every database, because it is done here.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposed: String = text.nfd().collect();
    UniCase::unicode(decomposed)
        .to_folded_case()
        .nfc()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_and_composition_do_not_matter() {
        for (left, right) in [
            ("Straße", "STRASSE"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("Cafe\u{301}", "CAFÉ"),
            ("Дело", "дЕЛО"),
        ] {
            assert_eq!(fold(left), fold(right));
        }
        assert_ne!(fold("resume"), fold("résumé"));
    }
}
