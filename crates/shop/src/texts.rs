//! Texts that a person sees, by key and language.

use std::{collections::HashMap, sync::LazyLock};

/// A language Puzi speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// Simplified Chinese, the default.
    #[default]
    ZhCn,
    /// English.
    En,
}

impl Locale {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::ZhCn, Self::En];

    /// Reads a language tag or a `LANG` value (`zh-CN`, `en_US.UTF-8`); what is not Chinese is English.
    pub fn from_tag(tag: &str) -> Self {
        if tag.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("zh")) { Self::ZhCn } else { Self::En }
    }

    /// The language's tag: `zh-CN` or `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }
}

/// The texts of one part of the program, in each language.
#[derive(Debug)]
pub struct Catalogues([HashMap<String, String>; 2]);

impl Catalogues {
    /// Reads TOML files, those in Chinese and those in English: in `[group.inner]`, `key` becomes `group.inner.key`.
    ///
    /// # Panics
    /// When a file is not made of tables and texts: they are compiled in, and a test reads them.
    pub fn read(zh: &[&str], en: &[&str]) -> Self {
        Self([zh, en].map(|files| {
            let mut texts = HashMap::new();
            for file in files {
                let table: toml::Table = file.parse().expect("locale files are TOML");
                flatten("", table, &mut texts);
            }
            texts
        }))
    }

    /// The text of `key` as it stands.
    pub fn find(&self, locale: Locale, key: &str) -> Option<&str> {
        self.0[locale as usize].get(key).map(String::as_str)
    }

    /// The text of `key` in `locale`, its `{name}` places filled from `args`. A missing key gives the key itself.
    pub fn say(&self, locale: Locale, key: &str, args: &[(&'static str, String)]) -> String {
        let mut text = self.find(locale, key).unwrap_or(key).to_owned();
        for (name, value) in args {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// All keys of a language, sorted.
    pub fn keys(&self, locale: Locale) -> Vec<&str> {
        let mut keys: Vec<_> = self.0[locale as usize].keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }
}

fn flatten(prefix: &str, table: toml::Table, texts: &mut HashMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, texts),
            toml::Value::String(text) => drop(texts.insert(key, text)),
            other => panic!("{key} is no text: {other}"),
        }
    }
}

static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(|| {
    Catalogues::read(
        &[
            include_str!("../../../locales/zh-CN/shop.toml"),
            include_str!("../../../locales/zh-CN/broadcast.toml"),
            include_str!("../../../locales/zh-CN/replies.toml"),
            include_str!("../../../locales/zh-CN/runs.toml"),
            include_str!("../../../locales/zh-CN/staff.toml"),
            include_str!("../../../locales/zh-CN/uploads.toml"),
        ],
        &[
            include_str!("../../../locales/en/shop.toml"),
            include_str!("../../../locales/en/broadcast.toml"),
            include_str!("../../../locales/en/replies.toml"),
            include_str!("../../../locales/en/runs.toml"),
            include_str!("../../../locales/en/staff.toml"),
            include_str!("../../../locales/en/uploads.toml"),
        ],
    )
});

/// The text of `key` in `locale`, its `{name}` places filled from `args`. A missing key gives the key itself.
pub fn t(locale: Locale, key: &str, args: &[(&'static str, String)]) -> String {
    CATALOGUES.say(locale, key, args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys() {
        assert_eq!(CATALOGUES.keys(Locale::ZhCn), CATALOGUES.keys(Locale::En));
    }

    #[test]
    fn places_are_filled() {
        let text = t(Locale::En, "account.too_long", &[("max", "100".into())]);
        assert!(text.contains("100"), "{text}");
    }

    #[test]
    fn tables_in_tables_become_longer_keys() {
        let texts = Catalogues::read(&["[a.b]\nc = \"丙\""], &["[a]\nb = { c = \"see {n}\" }"]);
        assert_eq!(texts.find(Locale::ZhCn, "a.b.c"), Some("丙"));
        assert_eq!(texts.say(Locale::En, "a.b.c", &[("n", "3".into())]), "see 3");
        assert_eq!(texts.say(Locale::En, "a.b", &[]), "a.b");
    }
}
