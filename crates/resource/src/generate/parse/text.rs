//! Parts of what was given, which know where they stand.

use std::{ops::Range, rc::Rc};

use crate::generate::Fault;

/// A part of an option's or a file's text.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    /// The option or the file.
    option: &'a str,
    /// Its whole text.
    whole: &'a str,
    /// What a text of JSON says, where that is not what stands there.
    said: Option<Rc<Said>>,
    /// Of what is said, or else of the whole.
    range: Range<usize>,
}

/// A text that was written with escapes.
#[derive(Debug)]
struct Said {
    text: String,
    /// For each byte of the text and for its end, the byte of the whole where it is written.
    places: Vec<usize>,
}

impl<'a> Text<'a> {
    /// All of an option or of a file.
    pub(super) fn of(option: &'a str, whole: &'a str) -> Self {
        Self { option, whole, said: None, range: 0..whole.len() }
    }

    /// `text`, which these bytes mean: `places` has for each of its bytes and for its end the byte of this text.
    pub(super) fn meaning(&self, text: String, places: &[usize]) -> Self {
        let places = places.iter().map(|at| self.place(*at)).collect();
        let range = 0..text.len();
        Self { option: self.option, whole: self.whole, said: Some(Rc::new(Said { text, places })), range }
    }

    /// `text`, which all of this stands for.
    pub(super) fn called(&self, text: String) -> Self {
        let mut places = vec![0; text.len()];
        places.push(self.range.len());
        self.meaning(text, &places)
    }

    pub(super) fn as_str(&self) -> &str {
        match &self.said {
            Some(said) => &said.text[self.range.clone()],
            None => &self.whole[self.range.clone()],
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Where it stands in the whole.
    pub(super) fn span(&self) -> Range<usize> {
        self.place(0)..self.place(self.range.len())
    }

    /// The byte of the whole where the byte `at` of this text stands.
    fn place(&self, at: usize) -> usize {
        let at = self.range.start + at;
        match &self.said {
            Some(said) => said.places[at],
            None => at,
        }
    }

    /// These bytes of it.
    pub(super) fn sub(&self, range: Range<usize>) -> Self {
        let start = self.range.start;
        Self { range: start + range.start..start + range.end, ..self.clone() }
    }

    /// From this byte on.
    pub(super) fn from(&self, at: usize) -> Self {
        self.sub(at..self.range.len())
    }

    /// The character at this byte.
    pub(super) fn char_at(&self, at: usize) -> Self {
        let length = self.as_str()[at..].chars().next().map_or(0, char::len_utf8);
        self.sub(at..at + length)
    }

    /// The place behind it.
    pub(super) fn end(&self) -> Self {
        self.from(self.range.len())
    }

    /// Without the spaces around it.
    pub(super) fn trim(&self) -> Self {
        let text = self.as_str();
        let start = text.len() - text.trim_start().len();
        self.sub(start..start.max(text.trim_end().len()))
    }

    /// The pieces between these characters, without the spaces around them.
    pub(super) fn split(&self, between: &[char]) -> Vec<Self> {
        let text = self.as_str();
        let mut start = 0;
        let mut pieces = Vec::new();
        for (at, mark) in text.match_indices(between) {
            pieces.push(self.sub(start..at).trim());
            start = at + mark.len();
        }
        pieces.push(self.from(start).trim());
        pieces
    }

    /// What stands before and after the first of these characters, without the spaces around it.
    pub(super) fn split_once(&self, between: char) -> Option<(Self, Self)> {
        let at = self.as_str().find(between)?;
        Some((self.sub(0..at).trim(), self.from(at + between.len_utf8()).trim()))
    }

    /// Whether it was given by the same option, or in the same file.
    pub(super) fn same_option(&self, other: &Self) -> bool {
        self.option == other.option
    }

    /// A fault that is here.
    pub(super) fn fault(&self, key: &'static str, args: Vec<(&'static str, String)>) -> Fault {
        Fault::new(key, args).at(self.option, self.whole, self.span())
    }
}

/// Pieces between separators; the last may be empty, the others may not.
///
/// # Errors
/// `entry_missing` where two separators follow each other.
pub(super) fn entries<'a>(pieces: Vec<Text<'a>>) -> Result<Vec<Text<'a>>, Fault> {
    let last = pieces.len().saturating_sub(1);
    let missing = pieces.iter().enumerate().find(|(at, piece)| piece.is_empty() && *at < last);
    if let Some((_, piece)) = missing {
        return Err(piece.fault("entry_missing", vec![]));
    }
    Ok(pieces.into_iter().filter(|piece| !piece.is_empty()).collect())
}
