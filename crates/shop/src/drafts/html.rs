//! The inside of an article: made harmless when it is written, its pictures exchanged for WeChat's when it is saved there.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use regex::{Captures, Regex};

const TAGS: &[&str] = &[
    "a",
    "b",
    "blockquote",
    "br",
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
    "section",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(TAGS.iter().copied().collect())
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(
            [
                ("a", HashSet::from(["href"])),
                ("img", HashSet::from(["src", "alt"])),
                ("td", HashSet::from(["colspan", "rowspan"])),
                ("th", HashSet::from(["colspan", "rowspan"])),
            ]
            .into(),
        )
        .url_schemes(HashSet::from(["http", "https"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true);
    builder
});

/// A picture in what [`clean`] wrote: all of it before its address, and the address.
static PICTURE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(<img(?:\s+[a-z]+="[^"]*")*?\s+src=")([^"]*)"#).expect("a pattern of this file"));

/// An upload of ours in an address.
static UPLOAD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\A/(?:admin/)?uploads/([0-9a-f]{32})(?:/thumb)?\z").expect("a pattern of this file"));

/// The harmless part of `html`, well-formed.
pub fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// Where the pictures of what [`clean`] wrote are, each once.
pub(super) fn pictures(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for captured in PICTURE.captures_iter(html) {
        let address = plain(&captured[2]);
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// The same with other addresses for its pictures; one that is not in `places` stays.
pub(super) fn with_pictures(html: &str, places: &HashMap<String, String>) -> String {
    let exchanged = PICTURE.replace_all(html, |captured: &Captures<'_>| {
        let to = places.get(&plain(&captured[2])).map_or_else(|| captured[2].to_owned(), |to| escaped(to));
        format!("{}{to}", &captured[1])
    });
    exchanged.into_owned()
}

/// The key of an upload of ours, if the address is of one.
pub(super) fn upload_key(address: &str) -> Option<&str> {
    Some(UPLOAD.captures(address)?.get(1)?.as_str())
}

/// Whether the picture lies with WeChat already.
pub(super) fn is_wechats(address: &str) -> bool {
    let host = url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| host == "qpic.cn" || host.ends_with(".qpic.cn"))
}

/// What a reader sees of `html`, without its marks.
pub fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        out.push(' ');
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let out = out.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn plain(attribute: &str) -> String {
    attribute.replace("&quot;", "\"").replace("&amp;", "&")
}

fn escaped(address: &str) -> String {
    address.replace('&', "&amp;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn scripts_and_what_runs_do_not_get_through() {
        for (given, kept) in [
            ("<p onclick=\"x()\">茶</p><script>alert(1)</script>", "<p>茶</p>"),
            ("<a href=\"javascript:alert(1)\">茶</a>", "<a>茶</a>"),
            ("<iframe src=\"https://evil.example\"></iframe>茶", "茶"),
            ("<img src=\"data:text/html,x\" onerror=\"x()\">", "<img>"),
            ("<style>p{}</style><svg onload=x()></svg>", ""),
        ] {
            assert_eq!(clean(given), kept, "{given}");
        }
    }

    #[test]
    fn pictures_are_found_and_exchanged_wherever_they_stand() {
        let ours = format!("/admin/uploads/{KEY}");
        let html = clean(&format!(
            "<p><img alt=\"a > b\" src=\"{ours}\"><img src=\"https://x.example/a?b=1&c=2\"></p><img src=\"{ours}\">"
        ));
        assert_eq!(pictures(&html), [ours.clone(), "https://x.example/a?b=1&c=2".to_owned()]);
        let to = HashMap::from([(ours, "https://mmbiz.qpic.cn/1?x=1&y=2".to_owned())]);
        let exchanged = with_pictures(&html, &to);
        assert_eq!(pictures(&exchanged), ["https://mmbiz.qpic.cn/1?x=1&y=2", "https://x.example/a?b=1&c=2"]);
        assert!(!exchanged.contains(KEY), "{exchanged}");
    }

    #[test]
    fn whose_a_picture_is() {
        assert_eq!(upload_key(&format!("/admin/uploads/{KEY}/thumb")), Some(KEY));
        for address in ["/admin/uploads/../../etc/passwd", "https://x.example/uploads/1", "/admin/uploads/ABC", ""] {
            assert_eq!(upload_key(address), None, "{address}");
        }
        assert!(is_wechats("https://mmbiz.qpic.cn/mmbiz_jpg/1/0"));
        for address in ["https://evilqpic.cn/1", "https://mmbiz.qpic.cn.evil.example/1", "/uploads/1", "qpic.cn"] {
            assert!(!is_wechats(address), "{address}");
        }
    }

    #[test]
    fn words_alone() {
        assert_eq!(text("<p>明前&nbsp;<b>龙井</b></p><p>1 &lt; 2</p>"), "明前 龙井 1 < 2");
    }
}
