//! Rich text, made harmless: what is not on the list below does not get through, whatever it is.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use ammonia::{Builder, UrlRelative};
use regex::Regex;

/// Pictures: our own uploads, by their keys, and https.
static PICTURE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\A(?:/(?:admin/)?uploads/[A-Za-z0-9_-]+(?:/thumb)?|https://[^/\\\s@]+(?:[/?#][^\s\\]*)?)\z")
        .expect("a pattern of this file")
});

/// Links: to the web, a mailbox, a telephone, or a page of this site.
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\A(?:https?://[^\s\\]+|mailto:[^\s\\]+|tel:[-+0-9 ()]+|/(?:[^/\s\\][^\s\\]*)?|#[^\s\\]*)\z")
        .expect("a pattern of this file")
});

const TAGS: &[&str] = &[
    "a",
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "div",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

/// What the editor marks alignment, indent and size with.
const CLASSES: &[&str] = &[
    "ql-align-center",
    "ql-align-justify",
    "ql-align-right",
    "ql-indent-1",
    "ql-indent-2",
    "ql-indent-3",
    "ql-indent-4",
    "ql-indent-5",
    "ql-size-small",
    "ql-size-large",
    "ql-size-huge",
];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(
            [
                ("a", HashSet::from(["href", "title"])),
                ("img", HashSet::from(["src", "alt", "title", "width", "height"])),
                ("td", HashSet::from(["colspan", "rowspan"])),
                ("th", HashSet::from(["colspan", "rowspan", "scope"])),
            ]
            .into(),
        )
        .tag_attribute_values(
            [
                ("a", [("target", HashSet::from(["_blank"]))].into()),
                ("li", [("data-list", HashSet::from(["bullet", "ordered"]))].into()),
            ]
            .into(),
        )
        .allowed_classes(
            ["p", "h2", "h3", "h4", "li", "span", "blockquote"]
                .map(|tag| (tag, CLASSES.iter().copied().collect()))
                .into(),
        )
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener nofollow"))
        .strip_comments(true)
        .attribute_filter(|tag, attribute, value| {
            let kept = match (tag, attribute) {
                ("img", "src") => PICTURE.is_match(value),
                ("a", "href") => LINK.is_match(value),
                ("img", "width" | "height") | (_, "colspan" | "rowspan") => {
                    value.len() <= 4 && value.bytes().all(|b| b.is_ascii_digit())
                }
                _ => true,
            };
            kept.then_some(Cow::Borrowed(value))
        });
    builder
});

/// The harmless part of `html`, in well-formed HTML; empty when a reader would see nothing.
pub fn clean(html: &str) -> String {
    let clean = CLEANER.clean(html).to_string();
    // Quotes and `<` in texts are escaped by now.
    let seen = !text(&clean).is_empty() || clean.contains("<hr") || clean.contains(" src=\"");
    if seen { clean } else { String::new() }
}

/// What a reader sees of `html` without its marks: for lists, searching and exports. Plain text, to be escaped.
pub fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        let Some((name, after)) = tag.split_once('>') else {
            rest = "";
            break;
        };
        let name = name.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if matches!(name, "p" | "br" | "div" | "li" | "tr" | "td" | "th" | "h2" | "h3" | "h4" | "blockquote" | "pre") {
            out.push(' ');
        }
        rest = after;
    }
    out.push_str(rest);
    let out = out.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    out.replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ")
}
