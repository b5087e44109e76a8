//! What the platform takes out of an article's text: scripts, and pictures from elsewhere.
//!
//! This is how the platform behaves, not what keeps a reader safe: the page of an article runs nothing at all.

/// Hosts of the platform's own pictures.
const PLATFORM: [&str; 2] = ["qpic.cn", "qlogo.cn"];

/// The text without scripts, and without pictures that were not uploaded for articles.
pub(super) fn html(text: &str, base_url: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        let tag = &rest[at..at + tag_end(&rest[at..])];
        rest = &rest[at + tag.len()..];
        if is_tag(tag, "script") {
            rest = after_closing(rest);
        } else if !is_tag(tag, "img") || source(tag).is_some_and(|url| is_own(url, base_url)) {
            kept.push_str(tag);
        }
    }
    kept.push_str(rest);
    kept
}

/// The words of a text without its tags.
pub(super) fn words(text: &str) -> String {
    without_tags(text, |_| false)
}

/// Words and product cards, which is all that a message of pictures can say.
pub(super) fn words_and_products(text: &str) -> String {
    without_tags(text, |tag| is_tag(tag, "mp-common-product") || tag.starts_with("</mp-common-product"))
}

fn without_tags(text: &str, keeps: impl Fn(&str) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        let tag = &rest[at..at + tag_end(&rest[at..])];
        rest = &rest[at + tag.len()..];
        if keeps(tag) {
            kept.push_str(tag);
        }
    }
    kept.push_str(rest);
    kept
}

/// Where a tag ends: behind its `>`, those in quotation marks left out. One that does not end goes to the end.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

fn is_tag(tag: &str, name: &str) -> bool {
    let named = tag.get(1..=name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    named && tag[1 + name.len()..].bytes().next().is_none_or(|next| !next.is_ascii_alphanumeric() && next != b'-')
}

fn after_closing(rest: &str) -> &str {
    const CLOSING: &str = "</script";
    let found = rest.as_bytes().windows(CLOSING.len()).position(|at| at.eq_ignore_ascii_case(CLOSING.as_bytes()));
    found.map_or("", |at| &rest[at + tag_end(&rest[at..])..])
}

/// The picture's address: its `src`, or the `data-src` that the platform's own editor writes.
fn source(tag: &str) -> Option<&str> {
    let value = |name: &str| {
        let lower = tag.to_ascii_lowercase();
        let at = lower.match_indices(name).map(|(at, _)| at).find(|at| {
            let before = tag[..*at].bytes().next_back();
            before.is_some_and(|byte| byte.is_ascii_whitespace() || byte == b'"' || byte == b'\'' || byte == b'/')
        })?;
        let value = tag[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        match value.chars().next()? {
            quote @ ('"' | '\'') => value[1..].split(quote).next(),
            _ => value.split(|c: char| c.is_whitespace() || c == '>').next(),
        }
    };
    value("src").or_else(|| value("data-src"))
}

fn is_own(url: &str, base_url: &str) -> bool {
    if url.strip_prefix(base_url).is_some_and(|path| path.starts_with('/')) {
        return true;
    }
    let host = url.split_once("//").map_or("", |(_, rest)| rest.split(['/', ':', '?']).next().unwrap_or_default());
    PLATFORM.iter().any(|own| host.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://127.0.0.1:7788";

    #[test]
    fn scripts_and_foreign_pictures_go_and_the_rest_stays() {
        for (given, kept) in [
            ("<p>字 &lt; <b>x</b></p>", "<p>字 &lt; <b>x</b></p>"),
            ("a<script>alert('<p>')</script>b", "ab"),
            ("a<SCRIPT src=\"x>y\"></ScRiPt >b", "ab"),
            ("a<script>never closed", "a"),
            ("<scripture>a</scripture>", "<scripture>a</scripture>"),
            (
                "<img src=\"http://127.0.0.1:7788/sandbox/media/m\">",
                "<img src=\"http://127.0.0.1:7788/sandbox/media/m\">",
            ),
            (
                "<img class=a data-src='https://mmbiz.qpic.cn/x/0'/>",
                "<img class=a data-src='https://mmbiz.qpic.cn/x/0'/>",
            ),
            ("a<img src=https://example.com/x.png>b", "ab"),
            ("a<img src=\"https://evilqpic.cn/x\">b", "ab"),
            ("a<img src=\"http://127.0.0.1:77889/x\">b", "ab"),
            ("a<img>b", "ab"),
            ("1 < 2", "1 < 2"),
            ("<", "<"),
        ] {
            assert_eq!(html(given, BASE), kept, "{given}");
        }
    }

    #[test]
    fn words_are_what_is_outside_of_tags() {
        assert_eq!(words("<p class=\"a>b\">早上<br/>好</p>"), "早上好");
        assert_eq!(words("no tags"), "no tags");
        let card = "<mp-common-product data-productid=\"1\"></mp-common-product>";
        assert_eq!(words_and_products(&format!("<b>看</b>{card}")), format!("看{card}"));
    }
}
