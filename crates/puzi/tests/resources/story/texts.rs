//! The texts as they stand in `locales/`: what the pages should say.

use std::{collections::BTreeMap, path::Path};

use puzi_resource::{Resource, Say};

/// One language's texts.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) tag: &'static str,
    texts: BTreeMap<String, String>,
}

impl Texts {
    /// Reads every catalogue of a language.
    pub(super) fn read(tag: &'static str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../locales").join(tag);
        let mut texts = BTreeMap::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                let table: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
                flatten("", &table, &mut texts);
            }
        }
        Self { tag, texts }
    }

    /// What a field is called.
    #[track_caller]
    pub(super) fn label(&self, r: &Resource, field: &str) -> String {
        let own = format!("{}.fields.{field}", r.name);
        let found = self.find(&own).or_else(|| self.find(&format!("resource.fields.{field}")));
        found.unwrap_or_else(|| panic!("{own} has no text in {}", self.tag))
    }

    /// What a choice is called.
    #[track_caller]
    pub(super) fn option(&self, r: &Resource, field: &str, value: &str) -> String {
        let key = format!("{}.options.{field}.{value}", r.name);
        self.find(&key).unwrap_or_else(|| panic!("{key} has no text in {}", self.tag))
    }
}

impl Say for Texts {
    fn tag(&self) -> &str {
        self.tag
    }

    fn find(&self, key: &str) -> Option<String> {
        self.texts.get(key).cloned()
    }

    fn say(&self, key: &str, args: &[(&'static str, String)]) -> String {
        let text = self.find(key).unwrap_or_else(|| key.to_owned());
        args.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, into),
            toml::Value::String(text) => drop(into.insert(key, text.clone())),
            _ => {}
        }
    }
}
