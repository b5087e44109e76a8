//! What counts as the same word.

use std::borrow::Cow;

/// A text as keywords see it: without white space at both ends, full-width letters, digits and signs as half-width
/// ones (`ＡＢＣ！` is `abc!`), and without regard to case in any script that has it. What is inside stays: `你 好`
/// is not `你好`, and `你好!` is not `你好`.
///
/// Words of exact and contains rules are compared in this form. A regular expression sees the text as it was sent,
/// only trimmed, because folding would change the meaning of a pattern such as `[（(]`; it ignores case.
pub fn normalise(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if trimmed.chars().all(is_normal) {
        return Cow::Borrowed(trimmed);
    }
    let mut out = String::with_capacity(trimmed.len());
    for c in trimmed.chars() {
        match narrow(c) {
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            // Chinese has no case, and asking Unicode's table about each character takes most of the time here.
            c if is_normal(c) => out.push(c),
            c => out.extend(c.to_lowercase()),
        }
    }
    Cow::Owned(out)
}

/// A character as [`normalise`] leaves it inside a text.
pub(crate) fn fold(c: char) -> impl Iterator<Item = char> {
    narrow(c).to_lowercase()
}

/// Full-width forms (U+FF01 to U+FF5E) and the ideographic space, as Unicode's compatibility mapping has them.
fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A character that [`normalise`] leaves alone; the scripts without case are known by their blocks.
fn is_normal(c: char) -> bool {
    match c {
        '\0'..='@' | '['..='\u{7f}' | '\u{2e80}'..='\u{2fff}' | '\u{3001}'..='\u{a63f}' | '\u{ac00}'..='\u{d7ff}' => {
            true
        }
        'A'..='Z' => false,
        '\u{3000}' | '\u{ff01}'..='\u{ff5e}' => false,
        _ => {
            let mut lower = c.to_lowercase();
            lower.next() == Some(c) && lower.next().is_none()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_case_and_ends_do_not_matter() {
        for (sent, seen) in [
            ("  你好\n", "你好"),
            ("　营业时间　", "营业时间"),
            ("ＨＥＬＬＯ　１２３！", "hello 123!"),
            ("Hello", "hello"),
            ("ÄÖÜ Ж Ω", "äöü ж ω"),
            ("İ", "i\u{307}"),
            ("你 好", "你 好"),
            ("", ""),
        ] {
            assert_eq!(normalise(sent), seen, "{sent}");
        }
    }

    #[test]
    fn what_is_normal_already_costs_nothing() {
        assert!(matches!(normalise("请问今天几点关门?"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn the_short_way_gives_what_the_long_way_gives(text in "\\PC{0,40}") {
            let long: String = text.trim().chars().flat_map(fold).collect();
            prop_assert_eq!(normalise(&text), long);
        }
    }
}
