//! What followers speak of: the words that come again and again in what they wrote, found without a dictionary.
//!
//! A run of Chinese letters is a word when its letters stick together more than chance (the least mutual information of its
//! splits) and stand in many surroundings (the entropy of what is left and right of it). Latin words count as they are.
//! Numbers are left out: they are somebody's telephone.

use std::collections::{HashMap, HashSet};

use crate::{Result, accounts::Reach, chats::Chats, conversations::reading};

/// Texts that are looked through at most, evenly taken out of the span.
pub const TEXTS: usize = 20_000;
/// Words that are shown at most.
const SHOWN: usize = 60;
/// The longest word, letters.
const LONGEST: usize = 5;
/// How often a word must come.
const LEAST: u32 = 5;
/// How much more often than by chance its parts must stand together (natural logarithm).
const COHESION: f64 = 2.0;
/// How free its surroundings must be (natural logarithm).
const FREEDOM: f64 = 0.6;
/// Letters that no word begins or ends with.
const STOP: &str = "的了吗呢吧啊呀哦嗯么是在有我你您他她它们这那就都也还要会能可不没很太和与跟给到去来说看想用把被让从对为以而但或如一个几哪什怎请";
/// English words that say nothing of what is spoken of.
const STOP_ENGLISH: [&str; 60] = [
    "about", "all", "and", "any", "are", "but", "can", "could", "did", "does", "don", "for", "from", "get", "had",
    "has", "have", "hello", "her", "him", "his", "how", "into", "its", "just", "like", "may", "more", "much", "not",
    "now", "one", "our", "out", "please", "she", "should", "some", "than", "thank", "thanks", "that", "the", "their",
    "them", "then", "there", "they", "this", "too", "was", "were", "what", "when", "where", "which", "will", "with",
    "you", "your",
];

/// The words of `texts` with how often they come, the most frequent first.
pub fn words<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<(String, u32)> {
    let mut counted = Counted::default();
    let mut latin: HashMap<String, u32> = HashMap::new();
    for text in texts {
        let mut run: Vec<char> = Vec::new();
        for c in text.chars() {
            if is_letter(c) {
                run.push(c);
            } else {
                counted.run(&run);
                run.clear();
            }
        }
        counted.run(&run);
        for word in text.split(|c: char| !c.is_ascii_alphabetic()) {
            let word = word.to_ascii_lowercase();
            if (3..=20).contains(&word.len()) && STOP_ENGLISH.binary_search(&word.as_str()).is_err() {
                *latin.entry(word).or_default() += 1;
            }
        }
    }
    let mut found = counted.words();
    found.extend(latin.into_iter().filter(|(_, n)| *n >= LEAST));
    found.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    found.truncate(SHOWN);
    found
}

/// A Chinese letter.
fn is_letter(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')
}

#[derive(Default)]
struct Counted {
    grams: HashMap<Vec<char>, u32>,
    letters: u32,
    left: HashMap<Vec<char>, HashMap<char, u32>>,
    right: HashMap<Vec<char>, HashMap<char, u32>>,
}

impl Counted {
    fn run(&mut self, run: &[char]) {
        self.letters += run.len() as u32;
        for start in 0..run.len() {
            for length in 1..=LONGEST.min(run.len() - start) {
                let gram = &run[start..start + length];
                *self.grams.entry(gram.to_vec()).or_default() += 1;
                if length < 2 {
                    continue;
                }
                // The edge of a text is as free as it can be: each counts as another neighbour.
                let edge = |n: u32| char::from_u32(0xe000 + n % 0x1800).unwrap_or('\u{e000}');
                let before = if start > 0 { run[start - 1] } else { edge(self.letters) };
                let after = run.get(start + length).copied().unwrap_or_else(|| edge(self.letters));
                *self.left.entry(gram.to_vec()).or_default().entry(before).or_default() += 1;
                *self.right.entry(gram.to_vec()).or_default().entry(after).or_default() += 1;
            }
        }
    }

    fn words(&self) -> Vec<(String, u32)> {
        let stop: HashSet<char> = STOP.chars().collect();
        let is_word = |gram: &[char], n: u32| {
            gram.len() >= 2
                && n >= LEAST
                && !stop.contains(&gram[0])
                && !gram.last().is_some_and(|c| stop.contains(c))
                && self.cohesion(gram, n) >= COHESION
                && freedom(self.left.get(gram)) >= FREEDOM
                && freedom(self.right.get(gram)) >= FREEDOM
        };
        let found: Vec<_> = self.grams.iter().filter(|(gram, n)| is_word(gram, **n)).collect();
        let longer: Vec<(&Vec<char>, u32)> = found.iter().map(|(gram, n)| (*gram, **n)).collect();
        let is_part = |gram: &[char], n: u32| {
            longer.iter().any(|(other, m)| {
                other.len() > gram.len()
                    && f64::from(*m) >= 0.8 * f64::from(n)
                    && other.windows(gram.len()).any(|part| part == gram)
            })
        };
        found.iter().filter(|(gram, n)| !is_part(gram, **n)).map(|(gram, n)| (gram.iter().collect(), **n)).collect()
    }

    /// How much more often the weakest two parts stand together than by chance.
    fn cohesion(&self, gram: &[char], n: u32) -> f64 {
        let all = f64::from(self.letters.max(1));
        let part = |part: &[char]| f64::from(self.grams.get(part).copied().unwrap_or(1)) / all;
        let together = f64::from(n) / all;
        (1..gram.len())
            .map(|at| (together / (part(&gram[..at]) * part(&gram[at..]))).ln())
            .fold(f64::INFINITY, f64::min)
    }
}

fn freedom(neighbours: Option<&HashMap<char, u32>>) -> f64 {
    let Some(neighbours) = neighbours else { return 0.0 };
    let all: f64 = neighbours.values().map(|n| f64::from(*n)).sum();
    neighbours.values().map(|n| f64::from(*n) / all).map(|p| -p * p.ln()).sum()
}

impl Chats {
    /// The words that followers of the accounts within `reach` wrote since `from` (Unix ms), with how often. It takes a while: of
    /// many messages an even part is taken.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cloud(&self, reach: &Reach, from: i64) -> Result<Vec<(String, u32)>> {
        let texts = reading::texts_since(&self.db, reach, from, TEXTS).await?;
        let found = tokio::task::spawn_blocking(move || words(texts.iter().map(String::as_str))).await;
        Ok(found.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_found_and_telephones_are_not() {
        let mut texts = Vec::new();
        for (n, (before, after)) in
            [("想买", "多少钱"), ("还有", "吗"), ("要", "两斤"), ("新", "到了没"), ("这款", "好喝"), ("问下", "价格")]
                .iter()
                .enumerate()
        {
            for _ in 0..3 {
                texts.push(format!("{before}龙井茶{after}"));
                texts.push(format!("{after} wifi {before} 1380013800{n}, What about the wifi"));
            }
        }
        let found = words(texts.iter().map(String::as_str));
        let names: Vec<_> = found.iter().map(|(word, _)| word.as_str()).collect();
        assert!(names.contains(&"龙井茶") && names.contains(&"wifi"), "{names:?}");
        assert!(!names.contains(&"龙井"), "a part of it says less: {names:?}");
        assert!(!names.contains(&"about") && STOP_ENGLISH.is_sorted(), "{names:?}");
        assert!(names.iter().all(|word| !word.chars().any(|c| c.is_ascii_digit())));
        assert_eq!(words(["好的", "好的"].into_iter()), []);
    }
}
