//! The admin's texts, of all its areas.

use std::sync::LazyLock;

use puzi_shop::texts::{Catalogues, Locale};

/// One line an area.
macro_rules! catalogues {
    ($($file:literal),* $(,)?) => {
        Catalogues::read(
            &[$(include_str!(concat!("../../../locales/zh-CN/", $file))),*],
            &[$(include_str!(concat!("../../../locales/en/", $file))),*],
        )
    };
}

static ADMIN: LazyLock<Catalogues> = LazyLock::new(|| {
    catalogues![
        "admin.toml",        // the shell, signing in, the first run, accounts
        "account_desk.toml", // health, quotas and settings of an account
        "agents.toml",
        "api.toml",
        "admin_face.toml", // the frame of every page
        "admin_rules.toml",
        "calls.toml",
        "chats.toml",
        "drafts.toml",
        "exchange.toml",
        "generate.toml",  // why a generation is refused
        "generator.toml", // the pages of the generator
        "followers.toml",
        "tags.toml",
        "inbox.toml",
        "jobs.toml",
        "notices.toml",
        "broadcasts.toml",
        "channels.toml",
        "menus.toml",
        "materials.toml",
        "resource.toml", // pages of declared resources, rules of validation
        "runs.toml",
        "said.toml",
        "webhooks.toml",
        "system.toml", // staff, roles, audit log, tokens
        "ecommerces.toml",
    ]
});

/// The text of `key`, its `{name}` places filled from `args`. A missing key gives the key itself.
pub(crate) fn say(locale: Locale, key: &str, args: &[(&'static str, String)]) -> String {
    ADMIN.say(locale, key, args)
}

/// The text of `key` when there is one.
pub(crate) fn find(locale: Locale, key: &str) -> Option<&'static str> {
    ADMIN.find(locale, key)
}

/// What an area of the permissions is called: as its records are, else by a text of its own.
pub(crate) fn area(locale: Locale, area: &str) -> Option<&'static str> {
    find(locale, &format!("{area}.many")).or_else(|| find(locale, &format!("areas.{area}")))
}

/// What `permission` allows in its area: the common word, else that of the area's own action.
pub(crate) fn verb(locale: Locale, permission: &str) -> Option<&'static str> {
    let (area, verb) = permission.split_once('.')?;
    find(locale, &format!("verbs.{verb}")).or_else(|| find(locale, &format!("{area}.actions.{verb}")))
}

/// The language's tag in HTML and HTTP.
pub(crate) fn tag(locale: Locale) -> &'static str {
    match locale {
        Locale::ZhCn => "zh-CN",
        Locale::En => "en",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names in `{…}`.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_places() {
        assert_eq!(ADMIN.keys(Locale::ZhCn), ADMIN.keys(Locale::En));
        for key in ADMIN.keys(Locale::En) {
            let places = |locale| ADMIN.find(locale, key).map(places);
            assert_eq!(places(Locale::ZhCn), places(Locale::En), "{key}");
        }
    }

    #[test]
    fn everything_that_can_be_permitted_has_a_name() {
        for permission in puzi_shop::staff::roles::all_permissions() {
            let (area, _) = permission.split_once('.').unwrap();
            for locale in [Locale::ZhCn, Locale::En] {
                assert!(super::area(locale, area).is_some() && verb(locale, &permission).is_some(), "{permission}");
            }
        }
    }

    /// Reads the admin's sources and templates.
    fn files(folder: &std::path::Path, into: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, into);
            } else {
                into.push((path.display().to_string(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }

    #[test]
    fn what_sources_and_templates_name_is_there() {
        let mut all = Vec::new();
        for folder in ["/src/admin", "/templates/admin"] {
            let folder = format!("{}{folder}", env!("CARGO_MANIFEST_DIR"));
            files(std::path::Path::new(&folder), &mut all);
        }
        let groups: BTreeSet<&str> = ADMIN.keys(Locale::En).iter().filter_map(|key| key.split('.').next()).collect();
        let (mut seen, mut missing) = (0, Vec::new());
        for (file, text) in &all {
            for call in [".t(\"", ".ta(\""] {
                for rest in text.split(call).skip(1) {
                    let Some((key, after)) = rest.split_once('"') else { continue };
                    // A key that is put together at run time ends with a dot or an underscore.
                    let whole = after.starts_with([')', ',']) && groups.contains(key.split('.').next().unwrap_or(key));
                    if whole && ADMIN.find(Locale::En, key).is_none() {
                        missing.push(format!("{file}: {key}"));
                    }
                    seen += 1;
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new());
        assert!(seen > 50, "only {seen}: has the way texts are named changed?");
    }
}
