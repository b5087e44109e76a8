//! The newcomer's texts come in the two languages Puzi speaks.

/// Chinese when the terminal's locale is Chinese, English otherwise.
pub(crate) fn pick<'a>(en: &'a str, zh: &'a str) -> &'a str {
    let locale =
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if locale.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("zh")) { zh } else { en }
}
