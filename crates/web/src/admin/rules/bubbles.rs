//! Answers as bubbles of a chat.

use std::collections::HashMap;

use askama::Template;
use puzi_shop::{materials::Material, replies::Shown, texts::Locale};
use puzi_wechat::reply::Reply;
use url::Url;

use crate::texts::say;

/// Articles that WeChat shows in answer to a message, and to a tap, a scan or a follow.
const ARTICLES: (usize, usize) = (1, 8);

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) link: bool,
}

/// An article of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Card {
    pub(super) title: String,
    pub(super) description: String,
    /// Where its picture comes from; empty when it has none.
    pub(super) picture: String,
}

/// A file as far as it is known here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct File {
    pub(super) media_id: String,
    /// Its name; empty when it was not uploaded here.
    pub(super) name: String,
    /// Address of a small picture.
    pub(super) picture: String,
    /// WeChat has let it go.
    pub(super) ended: bool,
}

/// What stands in the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bubble {
    Text(Vec<Piece>),
    Image(File),
    Voice(File),
    Video {
        file: File,
        title: String,
        description: String,
    },
    Music {
        file: File,
        title: String,
        description: String,
    },
    News {
        first: Card,
        more: Vec<Card>,
    },
    /// A line between the bubbles.
    Note(String),
}

/// Bubbles and what is to be said about them.
#[derive(Debug, Template)]
#[template(path = "admin/rules/bubbles.html")]
pub(super) struct Chat {
    /// What the follower does.
    pub(super) mine: Vec<Bubble>,
    pub(super) theirs: Vec<Bubble>,
    pub(super) notes: Vec<String>,
    pub(super) or: String,
}

impl Chat {
    /// The chat as HTML.
    pub(super) fn html(&self) -> String {
        self.render().unwrap_or_default()
    }
}

/// Makes bubbles; `files` are those known by their media id.
pub(super) struct Maker<'a> {
    pub(super) locale: Locale,
    pub(super) files: &'a HashMap<String, Material>,
    pub(super) now_ms: i64,
    /// In answer to a message, not to a tap, a scan or a follow.
    pub(super) to_message: bool,
}

impl Maker<'_> {
    fn t(&self, key: &str) -> String {
        say(self.locale, key, &[])
    }

    /// The answer's bubbles, after those of the follower.
    pub(super) fn chat(&self, mine: Vec<Bubble>, shown: &[Shown]) -> Chat {
        let mut notes = Vec::new();
        let theirs = shown.iter().map(|one| self.bubble(one, &mut notes)).collect();
        if shown.len() > 1 {
            notes.insert(0, self.t("rules.preview.at_random"));
        }
        notes.dedup();
        Chat { mine, theirs, notes, or: self.t("rules.preview.or") }
    }

    fn bubble(&self, shown: &Shown, notes: &mut Vec<String>) -> Bubble {
        match shown {
            Shown::Reply(reply) => self.reply(reply, notes),
            Shown::Unfilled(reply) => {
                notes.push(self.t("rules.preview.unfilled"));
                self.reply(reply, notes)
            }
            Shown::Webhook(url) => {
                let host = host(url);
                Bubble::Note(say(self.locale, "rules.preview.webhook", &[("host", host)]))
            }
        }
    }

    /// A reply's bubble.
    pub(super) fn reply(&self, reply: &Reply, notes: &mut Vec<String>) -> Bubble {
        match reply {
            Reply::Text { content, .. } if content.trim().is_empty() => Bubble::Note(self.t("rules.preview.empty")),
            Reply::Text { content, .. } => Bubble::Text(pieces(content)),
            Reply::Image { media_id } => Bubble::Image(self.file(media_id, notes)),
            Reply::Voice { media_id } => Bubble::Voice(self.file(media_id, notes)),
            Reply::Video { media_id, title, description } => Bubble::Video {
                file: self.file(media_id, notes),
                title: title.clone(),
                description: description.clone(),
            },
            Reply::Music { title, description, thumb_media_id, .. } => Bubble::Music {
                file: self.file(thumb_media_id, notes),
                title: title.clone(),
                description: description.clone(),
            },
            Reply::News { articles, .. } => self.news(articles, notes),
            Reply::TransferCustomerService { .. } => Bubble::Note(self.t("rules.preview.hand_over")),
            Reply::Nothing => Bubble::Note(self.t("rules.preview.nothing")),
        }
    }

    fn news(&self, articles: &[puzi_wechat::reply::Article], notes: &mut Vec<String>) -> Bubble {
        let shown = if self.to_message { ARTICLES.0 } else { ARTICLES.1 };
        if articles.len() > shown {
            let args = [("n", shown.to_string()), ("all", articles.len().to_string())];
            notes.push(say(self.locale, "rules.preview.articles_cut", &args));
        }
        let card = |article: &puzi_wechat::reply::Article| Card {
            title: article.title.clone(),
            description: article.description.clone(),
            picture: if article.pic_url.is_empty() { String::new() } else { host(&article.pic_url) },
        };
        let mut cards = articles.iter().take(shown).map(card);
        match cards.next() {
            None => Bubble::Note(self.t("rules.preview.empty")),
            Some(first) => Bubble::News { first, more: cards.collect() },
        }
    }

    fn file(&self, media_id: &str, notes: &mut Vec<String>) -> File {
        if media_id.is_empty() {
            notes.push(self.t("rules.preview.no_file"));
            return File::default();
        }
        let Some(known) = self.files.get(media_id) else {
            notes.push(self.t("rules.preview.unknown_file"));
            return File { media_id: media_id.to_owned(), ..File::default() };
        };
        let ended = known.has_ended(self.now_ms);
        notes.push(if ended {
            self.t("rules.preview.ended_file")
        } else {
            let hours = (known.expires_at - self.now_ms) / 3_600_000;
            say(self.locale, "rules.preview.file_ends", &[("hours", hours.to_string())])
        });
        File {
            media_id: media_id.to_owned(),
            name: known.name.clone(),
            picture: if known.has_thumbnail { super::media::thumbnail_path(known.id) } else { String::new() },
            ended,
        }
    }
}

/// The host of an address, or the address when it is none.
fn host(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    parsed.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| url.to_owned())
}

/// WeChat makes links of `<a href="…">…</a>`; everything else is shown as it is written.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let plain = |pieces: &mut Vec<Piece>, text: &str| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), link: false });
        }
    };
    let mut rest = text;
    while let Some((before, link, after)) = next_link(rest) {
        plain(&mut pieces, before);
        pieces.push(Piece { text: link.to_owned(), link: true });
        rest = after;
    }
    plain(&mut pieces, rest);
    pieces
}

/// What stands before the next link, its words, and what stands behind.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("<a ")?;
    let inside = &text[start..];
    let open = inside.find('>')? + 1;
    let close = open + inside[open..].find("</a>")?;
    inside[..open].contains("href=").then(|| (&text[..start], &inside[open..close], &inside[close + 4..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_and_other_markup_is_text() {
        let shown: Vec<_> = pieces("去<a href=\"https://a.example\">看看</a>吧 <b>粗</b>")
            .into_iter()
            .map(|p| (p.text, p.link))
            .collect();
        assert_eq!(shown, [("去".to_owned(), false), ("看看".to_owned(), true), ("吧 <b>粗</b>".to_owned(), false)]);
        for text in ["<a name=x>y</a>", "<a href=x>", "a < b", ""] {
            assert!(pieces(text).iter().all(|piece| !piece.link), "{text}");
        }
    }

    #[test]
    fn markup_in_an_answer_is_never_markup_in_the_page() {
        let files = HashMap::new();
        let maker = Maker { locale: Locale::En, files: &files, now_ms: 0, to_message: true };
        let evil = "<script>alert(1)</script><a href=\"javascript:x\">y</a>\"'";
        let article = puzi_wechat::reply::Article { title: evil.into(), pic_url: evil.into(), ..Default::default() };
        for reply in [Reply::text(evil), Reply::News { articles: vec![article], star: false }] {
            let html = maker.chat(vec![], &[Shown::Reply(reply)]).html();
            assert!(html.contains("alert(1)") && !html.contains("<script") && !html.contains("<a "), "{html}");
        }
    }

    #[test]
    fn a_message_gets_one_article_and_a_tap_eight() {
        let files = HashMap::new();
        let articles: Vec<_> =
            (0..10).map(|n| puzi_wechat::reply::Article { title: n.to_string(), ..Default::default() }).collect();
        for (to_message, shown) in [(true, 1), (false, 8)] {
            let maker = Maker { locale: Locale::En, files: &files, now_ms: 0, to_message };
            let reply = Reply::News { articles: articles.clone(), star: false };
            let chat = maker.chat(vec![], &[Shown::Reply(reply)]);
            let [Bubble::News { more, .. }] = chat.theirs.as_slice() else { panic!("{chat:?}") };
            assert_eq!((more.len() + 1, chat.notes.len()), (shown, 1));
        }
    }
}
