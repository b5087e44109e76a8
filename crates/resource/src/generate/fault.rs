//! What is wrong with a request, and where.

use std::ops::Range;

use crate::table::width;

/// What the places of a text stand for.
type Args = [(&'static str, String)];

/// Where in what was given: an option (or a file) with its whole text, and the bytes at fault in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The option or the file, such as `--fields`.
    pub option: String,
    /// Its whole text as it was given.
    pub text: String,
    /// The bytes at fault; empty: just before this byte.
    pub span: Range<usize>,
}

/// Why a request is refused. Nothing is written then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}")]
pub struct Fault {
    /// Key of the text, below `generate.faults`.
    pub key: &'static str,
    /// What the text's places stand for.
    pub args: Vec<(&'static str, String)>,
    /// Where it stands.
    pub place: Option<Box<Place>>,
    /// The nearest word that would have been right.
    pub suggestion: Option<String>,
}

impl Fault {
    /// A fault whose text is `generate.faults.{key}`.
    pub fn new(key: &'static str, args: Vec<(&'static str, String)>) -> Self {
        Self { key, args, place: None, suggestion: None }
    }

    /// At this place.
    #[must_use]
    pub fn at(mut self, option: &str, text: &str, span: Range<usize>) -> Self {
        self.place = Some(Box::new(Place { option: option.to_owned(), text: text.to_owned(), span }));
        self
    }

    /// With the word that was probably meant.
    #[must_use]
    pub fn suggest(mut self, word: Option<impl Into<String>>) -> Self {
        self.suggestion = word.map(Into::into);
        self
    }

    /// The lines for a terminal: what is wrong, the text with a caret under the place, the word that was meant. `say`
    /// gives the text of a key.
    pub fn lines(&self, say: &dyn Fn(&str, &Args) -> String) -> Vec<String> {
        let mut lines = vec![say(&format!("generate.faults.{}", self.key), &self.args)];
        if let Some(place) = &self.place {
            lines.push(String::new());
            lines.extend(place.lines());
        }
        if let Some(word) = &self.suggestion {
            lines.push(say("generate.did_you_mean", &[("word", word.clone())]));
        }
        lines
    }
}

impl Place {
    /// The line at fault, and the carets under it.
    fn lines(&self) -> [String; 2] {
        let start = floor(&self.text, self.span.start);
        let end = floor(&self.text, self.span.end).max(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        // One column a character that a terminal would not show.
        let shown = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let head = format!("  {}: ", self.option);
        let before = shown(&self.text[line_start..start]);
        let marked = width(&shown(&self.text[start..end.min(line_end)])).max(1);
        let line = format!("{head}{}", shown(&self.text[line_start..line_end]));
        [line, format!("{}{}", " ".repeat(width(&head) + width(&before)), "^".repeat(marked))]
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(key: &str, args: &[(&'static str, String)]) -> String {
        format!("{key} {args:?}")
    }

    #[test]
    fn a_caret_stands_under_the_place_also_behind_chinese() {
        let text = "标题#string; body#txet";
        let fault = Fault::new("type", vec![]).at("--fields", text, 20..24).suggest(Some("text"));
        let lines = fault.lines(&english);
        assert_eq!(lines[2], "  --fields: 标题#string; body#txet");
        assert_eq!(lines[3], "                              ^^^^");
        assert!(lines[4].contains("text"), "{}", lines[4]);
    }

    #[test]
    fn of_several_lines_the_one_at_fault_is_shown() {
        let fault = Fault::new("json", vec![]).at("fields.json", "{\n  \"fields\": 1\n}", 14..15);
        let lines = fault.lines(&english);
        assert_eq!((lines[2].as_str(), lines[3].find('^')), ("  fields.json:   \"fields\": 1", Some(27)));
    }

    #[test]
    fn a_place_at_the_end_is_marked_after_it() {
        let lines = Fault::new("end", vec![]).at("--fields", "a#", 2..2).lines(&english);
        assert_eq!(lines[3], "              ^");
    }
}
