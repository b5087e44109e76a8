//! The words of a message: links in them, and the faces that WeChat writes as codes.

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Plain words.
    Words(String),
    /// A link: where it leads, and what stands there.
    Link(String, String),
}

/// Faces as people pick them.
pub(crate) const FACES: &[&str] = &[
    "😊", "😄", "😂", "🤣", "😉", "😍", "🥰", "😘", "😎", "🤔", "😅", "😳", "🥺", "😭", "😢", "😡", "😴", "🤗", "🙏",
    "👍", "👌", "👏", "💪", "🤝", "✌️", "👋", "❤️", "💔", "🌹", "🎉", "🎁", "🧧", "✨", "⭐", "🔥", "☀️", "🌙", "🍵",
    "☕", "🍰", "📦", "🚚", "🧾", "💰", "🛒", "📞", "📍", "✅", "❌", "⏰",
];

/// WeChat's own codes, and the face that stands for each here. In WeChat the code itself becomes a face.
pub(crate) const CODES: &[(&str, &str)] = &[
    ("[微笑]", "🙂"),
    ("[撇嘴]", "😕"),
    ("[色]", "😍"),
    ("[发呆]", "😐"),
    ("[得意]", "😎"),
    ("[流泪]", "😢"),
    ("[害羞]", "☺️"),
    ("[闭嘴]", "🤐"),
    ("[睡]", "😴"),
    ("[大哭]", "😭"),
    ("[尴尬]", "😓"),
    ("[发怒]", "😡"),
    ("[调皮]", "😜"),
    ("[呲牙]", "😁"),
    ("[惊讶]", "😮"),
    ("[难过]", "🙁"),
    ("[偷笑]", "🤭"),
    ("[愉快]", "😊"),
    ("[白眼]", "🙄"),
    ("[疑问]", "🤨"),
    ("[捂脸]", "🤦"),
    ("[奸笑]", "😏"),
    ("[机智]", "🤓"),
    ("[皱眉]", "😟"),
    ("[耶]", "✌️"),
    ("[玫瑰]", "🌹"),
    ("[爱心]", "❤️"),
    ("[心碎]", "💔"),
    ("[蛋糕]", "🎂"),
    ("[咖啡]", "☕"),
    ("[礼物]", "🎁"),
    ("[太阳]", "☀️"),
    ("[月亮]", "🌙"),
    ("[拥抱]", "🤗"),
    ("[强]", "👍"),
    ("[弱]", "👎"),
    ("[握手]", "🤝"),
    ("[胜利]", "✌️"),
    ("[抱拳]", "🙏"),
    ("[合十]", "🙏"),
    ("[OK]", "👌"),
    ("[Smile]", "🙂"),
    ("[ThumbsUp]", "👍"),
    ("[Rose]", "🌹"),
    ("[Heart]", "❤️"),
];

/// The codes that the picker offers: each face once.
pub(crate) fn picked_codes() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    CODES.iter().filter(|(code, _)| !code.is_ascii() || *code == "[OK]")
}

/// A text with its codes turned into faces and its links found: WeChat's `<a href="…">…</a>`, and bare addresses of the
/// web. What leads elsewhere stays what it is: words.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while !rest.is_empty() {
        if let Some((link, after)) = anchor(rest).or_else(|| address(rest)) {
            flush(&mut plain, &mut pieces);
            pieces.push(link);
            rest = after;
            continue;
        }
        // To the next sign that can begin a link.
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let next = rest[first..].find(['<', 'h', 'H']).map_or(rest.len(), |at| at + first);
        plain.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    flush(&mut plain, &mut pieces);
    pieces
}

fn flush(plain: &mut String, into: &mut Vec<Piece>) {
    if !plain.is_empty() {
        into.push(Piece::Words(with_faces(plain)));
        plain.clear();
    }
}

/// Codes as faces.
pub(crate) fn with_faces(text: &str) -> String {
    if !text.contains('[') {
        return text.to_owned();
    }
    CODES.iter().fold(text.to_owned(), |text, (code, face)| text.replace(code, face))
}

fn is_web(url: &str) -> bool {
    let start = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    start.starts_with("http://") || start.starts_with("https://")
}

/// `<a href="https://…">words</a>` at the beginning of `text`.
fn anchor(text: &str) -> Option<(Piece, &str)> {
    let inside = text.strip_prefix("<a ")?;
    let (tag, after) = inside.split_once('>')?;
    let (label, after) = after.split_once("</a>")?;
    let value = tag.split_once("href=")?.1;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let url = value[1..].split(quote).next()?;
    is_web(url).then(|| (Piece::Link(url.to_owned(), with_faces(label)), after))
}

/// `https://…` at the beginning of `text`, up to a sign that no address has.
fn address(text: &str) -> Option<(Piece, &str)> {
    if !is_web(text) {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, '<' | '>' | '"' | '\'' | '`');
    let end = text.find(ends).unwrap_or(text.len());
    let url = text[..end].trim_end_matches(['.', ',', ';', '!', '?', ')']);
    (url.len() > "https://".len()).then(|| (Piece::Link(url.to_owned(), url.to_owned()), &text[url.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Piece {
        Piece::Words(text.into())
    }

    fn link(url: &str, label: &str) -> Piece {
        Piece::Link(url.into(), label.into())
    }

    #[test]
    fn links_are_found_and_nothing_else_becomes_one() {
        assert_eq!(
            pieces("看 https://a.cn/x?y=1，<a href=\"http://b.cn\">这里</a>!"),
            [
                words("看 "),
                link("https://a.cn/x?y=1", "https://a.cn/x?y=1"),
                words("，"),
                link("http://b.cn", "这里"),
                words("!")
            ]
        );
        for text in [
            "<a href=\"javascript:alert(1)\">x</a>",
            "<script>alert(1)</script>",
            "<a href=\"weixin://bizmsgmenu?x\">x</a>",
            "http:/ /x",
            "hhhh",
            "<<<<",
        ] {
            assert_eq!(pieces(text), [words(text)], "{text}");
        }
        assert!(pieces("").is_empty());
    }

    #[test]
    fn an_address_ends_where_its_sentence_does() {
        assert_eq!(pieces("(https://a.cn/x)."), [words("("), link("https://a.cn/x", "https://a.cn/x"), words(").")]);
        assert_eq!(pieces("https://"), [words("https://")]);
    }

    #[test]
    fn codes_become_faces() {
        assert_eq!(pieces("好[微笑][没有这个]"), [words("好🙂[没有这个]")]);
    }
}
