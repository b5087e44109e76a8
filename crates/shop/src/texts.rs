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
}

type Catalogue = HashMap<String, String>;

static CATALOGUES: LazyLock<[Catalogue; 2]> = LazyLock::new(|| {
    let zh = concat!(include_str!("../../../locales/zh-CN/shop.toml"), "\n", include_str!("../../../locales/zh-CN/replies.toml"));
    let en = concat!(include_str!("../../../locales/en/shop.toml"), "\n", include_str!("../../../locales/en/replies.toml"));
    [zh, en].map(read_catalogue)
});

/// The catalogue of one file: `[group]` and `key` become `group.key`.
///
/// # Panics
/// When the file is not a table of tables of texts; it is compiled in and a test reads it.
fn read_catalogue(toml: &str) -> Catalogue {
    let groups: HashMap<String, HashMap<String, String>> = toml::from_str(toml).expect("locale files are tables of tables");
    groups
        .into_iter()
        .flat_map(|(group, texts)| texts.into_iter().map(move |(key, text)| (format!("{group}.{key}"), text)))
        .collect()
}

/// The text of `key` in `locale`, its `{name}` places filled from `args`. A missing key gives the key itself.
pub fn t(locale: Locale, key: &str, args: &[(&'static str, String)]) -> String {
    let catalogue = &CATALOGUES[locale as usize];
    let mut text = catalogue.get(key).cloned().unwrap_or_else(|| key.to_owned());
    for (name, value) in args {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_keys() {
        let keys = |c: &Catalogue| {
            let mut keys: Vec<_> = c.keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&CATALOGUES[0]), keys(&CATALOGUES[1]));
    }

    #[test]
    fn places_are_filled() {
        let text = t(Locale::En, "account.too_long", &[("max", "100".into())]);
        assert!(text.contains("100"), "{text}");
    }
}
