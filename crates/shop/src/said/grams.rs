//! The pieces of a text that the index knows, and the words that are asked for.
//!
//! Chinese has no spaces, so words are found by what is next to what: each sign and each pair of signs is a gram. Of
//! letters and digits there are grams of one, two and three, of punctuation those of one. A word that is asked for is found where its longest grams all
//! stand, and then compared with the text itself, so that 绿茶杯 does not find 绿茶…茶杯.

use std::{collections::BTreeSet, ops::Range};

use crate::{
    Error, Problem, Result,
    replies::{fold, normalise},
};

/// Characters of a question at most.
pub const LONGEST_QUESTION: usize = 100;
/// Words of a question at most.
const MOST_WORDS: usize = 8;
/// Grams of one text at most; a message of the platform's longest has fewer.
const MOST_GRAMS: usize = 8_000;

/// How signs cling together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Signs that need no space between words, pictures among them.
    Sign,
    /// Letters and digits of scripts with spaces.
    Letter,
    /// What stands between the others.
    Point,
}

impl Class {
    /// Characters of its longest grams.
    fn longest(self) -> usize {
        match self {
            Self::Sign => 2,
            Self::Letter => 3,
            Self::Point => 1,
        }
    }
}

/// None: nobody can ask for it.
fn class(c: char) -> Option<Class> {
    match c {
        _ if c.is_ascii_alphanumeric() => Some(Class::Letter),
        _ if c.is_whitespace() || c.is_control() => None,
        _ if c.is_ascii() => Some(Class::Point),
        '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff65}' => Some(Class::Point),
        '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Some(Class::Sign),
        _ if c.is_alphanumeric() => Some(Class::Letter),
        _ => Some(Class::Sign),
    }
}

/// The number of a gram: 32-bit FNV-1a of its UTF-8. Written indexes hold it, so it never changes.
pub(super) fn hash(gram: &str) -> u32 {
    gram.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The gram that all texts have: a question without words goes by it.
pub(super) fn of_all() -> u32 {
    hash("")
}

/// The gram of a fact about a text, such as `k:image`; no text has it by its words.
pub(super) fn of_fact(fact: &str) -> u32 {
    hash(&format!("\u{1}{fact}"))
}

/// Runs of signs of one class in `text`, each with its characters' places.
fn runs(text: &str) -> Vec<(Class, Vec<usize>)> {
    let mut runs: Vec<(Class, Vec<usize>)> = Vec::new();
    let mut open = None;
    for (at, c) in text.char_indices() {
        let class = class(c);
        match (class, open) {
            (Some(class), Some(before)) if class == before => {}
            (Some(class), _) => runs.push((class, Vec::new())),
            (None, _) => {}
        }
        open = class;
        if let (Some(_), Some((_, places))) = (class, runs.last_mut()) {
            places.push(at);
        }
    }
    for (_, places) in &mut runs {
        if let Some(last) = places.last().copied() {
            let length = text[last..].chars().next().map_or(0, char::len_utf8);
            places.push(last + length);
        }
    }
    runs
}

/// The grams of `lengths` characters within a run.
fn pieces<'a>(text: &'a str, places: &'a [usize], length: usize) -> impl Iterator<Item = &'a str> {
    places.windows(length + 1).map(move |span| &text[span[0]..span[length]])
}

/// The grams of a text, as numbers, in order.
pub(super) fn of_text(text: &str) -> Vec<u32> {
    let text = normalise(text);
    let mut grams = BTreeSet::new();
    for (class, places) in runs(&text) {
        for length in 1..=class.longest() {
            for piece in pieces(&text, &places, length) {
                if grams.len() == MOST_GRAMS {
                    return grams.into_iter().collect();
                }
                grams.insert(hash(piece));
            }
        }
    }
    grams.into_iter().collect()
}

/// What is asked for: words that must all stand in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl Words {
    /// Reads a question. A word of nothing but control characters does not count.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `q` when it is too long.
    pub(super) fn read(question: &str) -> Result<Self> {
        if question.chars().count() > LONGEST_QUESTION {
            return Err(Error::Invalid(vec![Problem::new("q", "said.too_long").with("max", LONGEST_QUESTION)]));
        }
        let question = normalise(question);
        let words: BTreeSet<&str> = question.split_whitespace().filter(|word| !runs(word).is_empty()).collect();
        if words.len() > MOST_WORDS {
            return Err(Error::Invalid(vec![Problem::new("q", "said.too_many_words").with("max", MOST_WORDS)]));
        }
        Ok(Self(words.into_iter().map(str::to_owned).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The grams that a text with these words has, as few and long as they tell the same.
    pub(super) fn grams(&self) -> Vec<u32> {
        let mut grams = BTreeSet::new();
        for word in &self.0 {
            for (class, places) in runs(word) {
                let length = class.longest().min(places.len() - 1);
                grams.extend(pieces(word, &places, length).map(hash));
            }
        }
        grams.into_iter().collect()
    }

    /// Whether all words stand in `text`.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        let text = normalise(text);
        self.0.iter().all(|word| text.contains(word.as_str()))
    }

    /// Where the words stand in `text`, in bytes, in order and not overlapping.
    pub(super) fn marks(&self, text: &str) -> Vec<Range<usize>> {
        let mut folded = String::with_capacity(text.len());
        // For each byte of the folded text, where its character stands in the text itself.
        let mut origin = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            folded.extend(fold(c));
            origin.resize(folded.len(), at..at + c.len_utf8());
        }
        let mut marks: Vec<Range<usize>> = (self.0.iter())
            .flat_map(|word| folded.match_indices(word.as_str()))
            .map(|(at, found)| origin[at].start..origin[at + found.len() - 1].end)
            .collect();
        marks.sort_by_key(|mark| (mark.start, mark.end));
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(marks.len());
        for mark in marks {
            match apart.last_mut() {
                Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
                _ => apart.push(mark),
            }
        }
        apart
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_numbers_of_grams_are_fixed_for_ever() {
        assert_eq!(hash(""), 0x811c_9dc5);
        assert_eq!(hash("a"), 0xe40c_292c);
        assert_eq!(hash("foobar"), 0xbf9c_f968);
        assert_eq!(hash("绿茶"), hash("绿茶"));
        assert_ne!(of_fact("o"), hash("o"));
    }

    #[test]
    fn words_are_found_whatever_their_width_and_case() {
        for (question, text, found) in [
            ("绿茶", "我要绿茶两盒", true),
            ("绿茶杯", "绿茶和茶杯", false),
            ("ＡＢ", "xabz", true),
            ("1234", "订单号 88123499", true),
            ("茶 杯", "杯子里的茶", true),
            ("ok!", "ok？", false),
            ("%", "打 95% 折", true),
            ("?!", "啊？！", true),
            ("?!", "？啊！", false),
            ("ok!", "OK！好的", true),
            ("😀", "好😀的", true),
        ] {
            let words = Words::read(question).unwrap();
            assert_eq!(words.stand_in(text), found, "{question} in {text}");
            let has = of_text(text);
            if found {
                assert!(words.grams().iter().all(|gram| has.contains(gram)), "{question} in {text}");
            }
        }
    }

    #[test]
    fn a_question_of_nothing_or_too_long_is_told_apart() {
        assert!(Words::read(" \u{1} \n").unwrap().is_empty());
        assert!(Words::read(&"茶".repeat(101)).is_err());
        assert!(Words::read("a b c d e f g h i").is_err());
    }

    #[test]
    fn marks_cover_the_words_in_the_text_as_it_was_written() {
        let words = Words::read("绿茶 ab").unwrap();
        let text = "我要绿茶，ＡＢ款，绿茶绿茶";
        let marked: Vec<&str> = words.marks(text).into_iter().map(|mark| &text[mark]).collect();
        assert_eq!(marked, ["绿茶", "ＡＢ", "绿茶绿茶"]);
    }

    proptest! {
        #[test]
        fn every_part_of_a_text_has_only_grams_of_the_text(
            text in "[的绿茶杯aB9İＡ😀 !。]{0,30}", from in 0usize..30, length in 1usize..12,
        ) {
            let part: String = text.chars().skip(from).take(length).collect();
            let words = Words::read(&part).unwrap();
            prop_assert!(words.is_empty() || words.stand_in(&text) || part.contains(char::is_whitespace));
            if words.stand_in(&text) {
                let has = of_text(&text);
                prop_assert!(words.grams().iter().all(|gram| has.contains(gram)));
            }
        }

        #[test]
        fn marks_are_whole_characters(text in "[的绿茶aBİＡ😀 ]{0,30}", question in "[绿茶aBİ]{1,3}") {
            let words = Words::read(&question).unwrap();
            for mark in words.marks(&text) {
                prop_assert!(text.get(mark).is_some());
            }
        }
    }
}
