//! `generated.toml`: what was generated, so that it can be taken back.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;

use super::TreeError;
use crate::generate::Entry;

/// The manifest's path.
pub(super) const MANIFEST: &str = "generated.toml";

const HEAD: &str = "\
# What `puzi generate` wrote into this workspace: `puzi generate destroy NAME` takes it back, as long as it is not edited.
# The program keeps this list. Commit it together with the code.
";

/// What was generated, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[serde(default, rename = "generated")]
    pub records: Vec<Record>,
}

/// What was generated at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub name: String,
    pub command: String,
    #[serde(default)]
    pub files: Vec<Stamp>,
    /// Modules on the way, with what stands in them besides the lines of those who use them.
    #[serde(default)]
    pub rooms: Vec<Stamp>,
    /// Folders that were made; like rooms and lines, all who need one name it, and it goes with the last.
    #[serde(default)]
    pub folders: Vec<String>,
    #[serde(default)]
    pub lines: Vec<Added>,
    #[serde(default)]
    pub replacements: Vec<Replaced>,
}

/// A file and its content.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stamp {
    pub path: String,
    pub sha256: String,
}

/// A line in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Added {
    pub path: String,
    pub text: String,
}

/// Whole lines of a file for other ones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replaced {
    pub path: String,
    pub from: String,
    pub to: String,
}

/// SHA-256, in hexadecimal.
pub(super) fn hash(content: &[u8]) -> String {
    digest(&SHA256, content).as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Stamp {
    pub(super) fn new(path: &str, content: &str) -> Self {
        Self { path: path.to_owned(), sha256: hash(content.as_bytes()) }
    }

    pub(super) fn fits(&self, content: &str) -> bool {
        self.sha256 == hash(content.as_bytes())
    }
}

impl Record {
    /// Whether it wrote into this file, which is another one's.
    pub(super) fn writes_into(&self, path: &str) -> bool {
        self.lines.iter().any(|line| line.path == path) || self.replacements.iter().any(|it| it.path == path)
    }

    pub(super) fn has_file(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }

    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.rooms.is_empty() && self.lines.is_empty() && self.replacements.is_empty()
    }

    fn entry(&self, state: crate::generate::State) -> Entry {
        let files = self.files.iter().map(|file| file.path.clone()).collect();
        Entry { name: self.name.clone(), command: self.command.clone(), files, state }
    }
}

impl Manifest {
    /// The manifest that `text` is; no text is an empty one.
    ///
    /// # Errors
    /// [`TreeError::Manifest`] when it is none.
    pub(super) fn parse(text: Option<&str>) -> Result<Self, TreeError> {
        toml::from_str(text.unwrap_or_default())
            .map_err(|error| TreeError::Manifest(error.to_string().trim().to_owned()))
    }

    /// Its text; of an empty one there is none.
    pub(super) fn text(&self) -> Option<String> {
        let records: Vec<&Record> = self.records.iter().filter(|record| !record.is_empty()).collect();
        (!records.is_empty()).then(|| {
            let mut text = HEAD.to_owned();
            for record in records {
                write_record(&mut text, record);
            }
            text
        })
    }

    /// The records with how each stands.
    pub(super) fn entries(
        &self,
        state: impl Fn(&Record) -> Result<crate::generate::State, TreeError>,
    ) -> Result<Vec<Entry>, TreeError> {
        self.records.iter().map(|record| Ok(record.entry(state(record)?))).collect()
    }

    /// The hash of a file that a generator itself changed. Who edited it before that has still edited it.
    pub(super) fn restamp(&mut self, path: &str, before: &str, now: &str) {
        for stamp in self.records.iter_mut().flat_map(|record| &mut record.files) {
            if stamp.path == path && stamp.fits(before) {
                *stamp = Stamp::new(path, now);
            }
        }
    }
}

/// One line for each file and line: who merges two branches sees what comes from which.
fn write_record(text: &mut String, record: &Record) {
    let _ = write!(text, "\n[[generated]]\nname = {}\ncommand = {}\n", quoted(&record.name), quoted(&record.command));
    let stamps = |all: &[Stamp]| -> Vec<String> {
        all.iter().map(|it| format!("{{ path = {}, sha256 = {} }}", quoted(&it.path), quoted(&it.sha256))).collect()
    };
    let lines = record.lines.iter();
    let lines = lines.map(|it| format!("{{ path = {}, text = {} }}", quoted(&it.path), quoted(&it.text)));
    let replacements = record
        .replacements
        .iter()
        .map(|it| format!("{{ path = {}, from = {}, to = {} }}", quoted(&it.path), quoted(&it.from), quoted(&it.to)));
    write_list(text, "files", &stamps(&record.files));
    write_list(text, "rooms", &stamps(&record.rooms));
    write_list(text, "folders", &record.folders.iter().map(|it| quoted(it)).collect::<Vec<_>>());
    write_list(text, "lines", &lines.collect::<Vec<_>>());
    write_list(text, "replacements", &replacements.collect::<Vec<_>>());
}

fn write_list(text: &mut String, key: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "{key} = [");
    for item in items {
        let _ = writeln!(text, "    {item},");
    }
    text.push_str("]\n");
}

/// A string of TOML on one line.
fn quoted(text: &str) -> String {
    let plain = !text.contains('\'') && !text.chars().any(char::is_control);
    if plain && text.contains(['"', '\\']) {
        return format!("'{text}'");
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ if char.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(char));
            }
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(words: &[&str]) -> Manifest {
        let records = words.iter().map(|word| Record {
            name: (*word).to_owned(),
            command: format!("puzi generate crud {word}"),
            files: vec![Stamp::new("a/b.rs", word)],
            rooms: vec![Stamp::new("a/mod.rs", "")],
            folders: vec!["a".into()],
            lines: vec![Added { path: "lib.rs".into(), text: (*word).to_owned() }],
            replacements: vec![Replaced { path: "c.rs".into(), from: (*word).to_owned(), to: "x\ny\n".into() }],
        });
        Manifest { records: records.collect() }
    }

    #[test]
    fn what_is_written_reads_back() {
        let all = manifest(&["plain", "\"a\"", "it's \"both\"", "C:\\x", "行\n\t\r\u{1}\u{7f}", "\u{85}", "#", "'"]);
        assert_eq!(Manifest::parse(all.text().as_deref()).unwrap(), all);
    }

    #[test]
    fn it_reads_as_if_written_by_hand() {
        let mut all = manifest(&["posts"]);
        all.records[0].command = "puzi generate crud Posts --fields=\"title#string\"".into();
        all.records[0].files[0].sha256 = "05".into();
        all.records[0].rooms.clear();
        let text = all.text().unwrap();
        let expected = r#"
[[generated]]
name = "posts"
command = 'puzi generate crud Posts --fields="title#string"'
files = [
    { path = "a/b.rs", sha256 = "05" },
]
folders = [
    "a",
]
lines = [
    { path = "lib.rs", text = "posts" },
]
replacements = [
    { path = "c.rs", from = "posts", to = "x\ny\n" },
]
"#;
        assert_eq!(text, format!("{HEAD}{expected}"));
    }

    #[test]
    fn an_empty_one_has_no_text_and_another_file_is_none() {
        assert_eq!((Manifest::default().text(), Manifest::parse(None).unwrap()), (None, Manifest::default()));
        let nothing = Record { name: "posts".into(), ..Record::default() };
        assert_eq!(Manifest { records: vec![nothing] }.text(), None);
        for text in ["x", "a = 1", "[[generated]]\nname = \"a\"", "generated = 1"] {
            assert!(matches!(Manifest::parse(Some(text)), Err(TreeError::Manifest(_))), "{text}");
        }
    }

    #[test]
    fn a_hash_follows_the_generator_and_nobody_else() {
        assert_eq!(hash(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let mut all = manifest(&["a"]);
        all.restamp("a/b.rs", "edited", "now");
        assert!(all.records[0].files[0].fits("a"));
        all.restamp("a/b.rs", "a", "now");
        assert!(all.records[0].files[0].fits("now"));
    }
}
