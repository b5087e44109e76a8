//! What a callback answered, judged as the platform does.

use crate::chat::{Article, ChatItem, Kind, Note, Side};
use crate::media::MediaStore;
use crate::seal::Sealer;
use crate::xml::{self, Element};
use crate::{Mode, Outcome};

/// Bytes that a text may have.
const TEXT_BYTES: usize = 2048;

/// A passive reply, as the platform understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Words.
    Text {
        /// The words.
        content: String,
    },
    /// A picture.
    Image {
        /// The platform's file.
        media_id: String,
    },
    /// A voice message.
    Voice {
        /// The platform's file.
        media_id: String,
    },
    /// A film.
    Video {
        /// The platform's file.
        media_id: String,
        /// Title.
        title: String,
        /// Second line.
        description: String,
    },
    /// Music.
    Music {
        /// Title.
        title: String,
        /// Second line.
        description: String,
        /// The sound.
        music_url: String,
        /// The sound for Wi-Fi.
        hq_music_url: String,
        /// Cover.
        thumb_media_id: String,
    },
    /// Articles, all that were sent; the chat shows fewer.
    News {
        /// In their order.
        articles: Vec<Article>,
    },
    /// A person takes over.
    Transfer {
        /// Which one, when named.
        kf_account: Option<String>,
    },
}

impl Answer {
    /// The words of a text answer.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { content } => Some(content),
            _ => None,
        }
    }

    /// The file that it names: its field, its media id, and the kinds of which it may be.
    fn file(&self) -> Option<(&'static str, &str, &'static [&'static str])> {
        match self {
            Self::Image { media_id } => Some(("MediaId", media_id, &["image"])),
            Self::Voice { media_id } => Some(("MediaId", media_id, &["voice"])),
            Self::Video { media_id, .. } => Some(("MediaId", media_id, &["video"])),
            Self::Music { thumb_media_id, .. } => Some(("ThumbMediaId", thumb_media_id, &["thumb", "image"])),
            Self::Text { .. } | Self::News { .. } | Self::Transfer { .. } => None,
        }
    }

    /// The bubble of this answer; `shown` articles at most.
    pub(crate) fn item(&self, shown: usize) -> ChatItem {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let bubble = |kind| ChatItem { side: Side::Account, kind, ..ChatItem::default() };
        match self {
            Self::Text { content } => ChatItem { text: some(content), ..bubble(Kind::Text) },
            Self::Image { media_id } => ChatItem { media_id: some(media_id), ..bubble(Kind::Image) },
            Self::Voice { media_id } => ChatItem { media_id: some(media_id), ..bubble(Kind::Voice) },
            Self::Video { media_id, title, description } => ChatItem {
                media_id: some(media_id),
                title: some(title),
                description: some(description),
                ..bubble(Kind::Video)
            },
            Self::Music { title, description, music_url, .. } => ChatItem {
                title: some(title),
                description: some(description),
                url: some(music_url),
                ..bubble(Kind::Music)
            },
            Self::News { articles } => {
                ChatItem { articles: articles.iter().take(shown).cloned().collect(), ..bubble(Kind::News) }
            }
            Self::Transfer { .. } => ChatItem {
                note: Some(Note::Transferred),
                text: Some("已转接人工客服".into()),
                side: Side::System,
                ..bubble(Kind::Event)
            },
        }
    }
}

/// A judged answer.
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    /// The message after opening.
    pub(crate) plain: String,
    pub(crate) answer: Option<Answer>,
    pub(crate) error: Option<String>,
}

impl Judged {
    fn bad(plain: String, error: String) -> Self {
        Self { outcome: Outcome::BadAnswer, plain, answer: None, error: Some(error) }
    }

    /// The same, when the account has the file that the answer names: permanent material, or media of three days.
    pub(crate) fn with_file_of(self, appid: &str, media: &MediaStore, now: i64) -> Self {
        let Some((field, media_id, kinds)) = self.answer.as_ref().and_then(Answer::file) else { return self };
        let error = match media.usable(media_id, appid, now) {
            Some(media) if kinds.contains(&media.kind) => return self,
            Some(media) => format!("{field} {media_id:?} is of kind {}", media.kind),
            None => format!("{field} {media_id:?} is none of this account's media, or too old"),
        };
        Self::bad(self.plain, error)
    }
}

/// Judges an answer with status and body to a push for `openid`.
pub(crate) fn judge(status: u16, body: &[u8], sealer: &Sealer, openid: &str) -> Judged {
    let Ok(body) = std::str::from_utf8(body) else {
        return Judged::bad(String::new(), "the answer is not UTF-8".into());
    };
    if status != 200 {
        return Judged::bad(body.to_owned(), format!("HTTP status {status}"));
    }
    let content = |outcome, plain: &str| Judged { outcome, plain: plain.to_owned(), answer: None, error: None };
    match body.trim() {
        "" => return content(Outcome::Empty, ""),
        "success" => return content(Outcome::Success, body),
        _ => {}
    }
    let plain = match open(body, sealer) {
        Ok(plain) => plain,
        Err(error) => return Judged::bad(String::new(), error),
    };
    match plain.trim() {
        "" => return content(Outcome::Empty, ""),
        "success" => return content(Outcome::Success, &plain),
        _ => {}
    }
    match understand(&plain, sealer.original_id(), openid) {
        Ok(answer) => Judged { outcome: Outcome::Answered, plain, answer: Some(answer), error: None },
        Err(error) => Judged::bad(plain, error),
    }
}

/// The message inside an answer; in encrypted mode it must be sealed, in compatible mode it may be.
fn open(body: &str, sealer: &Sealer) -> Result<String, String> {
    let root = xml::read(body)?;
    if root.child("Encrypt").is_some() {
        return match sealer.mode() {
            Mode::Plain => Err("a sealed answer in plain mode".into()),
            Mode::Compatible | Mode::Encrypted => sealer.open(&root),
        };
    }
    match sealer.mode() {
        Mode::Encrypted => Err("a plain answer in encrypted mode".into()),
        Mode::Plain | Mode::Compatible => Ok(body.to_owned()),
    }
}

fn understand(plain: &str, original_id: &str, openid: &str) -> Result<Answer, String> {
    let root = xml::read(plain)?;
    if root.text_of("ToUserName") != openid {
        return Err("ToUserName is not the openid of the one who wrote".into());
    }
    if root.text_of("FromUserName") != original_id {
        return Err("FromUserName is not the account's original id".into());
    }
    if root.text_of("CreateTime").parse::<i64>().is_err() {
        return Err("CreateTime is not a number".into());
    }
    let within = |name: &str| root.child(name).ok_or_else(|| format!("{name} is missing"));
    match root.text_of("MsgType") {
        "text" => text(&root),
        "image" => Ok(Answer::Image { media_id: media_id(within("Image")?)? }),
        "voice" => Ok(Answer::Voice { media_id: media_id(within("Voice")?)? }),
        "video" => {
            let video = within("Video")?;
            Ok(Answer::Video {
                media_id: media_id(video)?,
                title: video.text_of("Title").to_owned(),
                description: video.text_of("Description").to_owned(),
            })
        }
        "music" => music(within("Music")?),
        "news" => news(&root, within("Articles")?),
        "transfer_customer_service" => {
            let agent = root.child("TransInfo").map(|info| info.text_of("KfAccount").to_owned());
            Ok(Answer::Transfer { kf_account: agent.filter(|account| !account.is_empty()) })
        }
        other => Err(format!("MsgType {other:?} is none of the passive replies")),
    }
}

fn text(root: &Element) -> Result<Answer, String> {
    // Not trimmed: spaces and line breaks are the writer's.
    let content = root.child("Content").map_or("", |content| &content.text);
    match content.len() {
        0 => Err("Content is empty".into()),
        1..=TEXT_BYTES => Ok(Answer::Text { content: content.to_owned() }),
        bytes => Err(format!("Content has {bytes} bytes, {TEXT_BYTES} at most")),
    }
}

fn media_id(element: &Element) -> Result<String, String> {
    match element.text_of("MediaId") {
        "" => Err("MediaId is missing".into()),
        id => Ok(id.to_owned()),
    }
}

fn music(music: &Element) -> Result<Answer, String> {
    if music.text_of("ThumbMediaId").is_empty() {
        return Err("ThumbMediaId is missing".into());
    }
    Ok(Answer::Music {
        title: music.text_of("Title").to_owned(),
        description: music.text_of("Description").to_owned(),
        music_url: music.text_of("MusicUrl").to_owned(),
        hq_music_url: music.text_of("HQMusicUrl").to_owned(),
        thumb_media_id: music.text_of("ThumbMediaId").to_owned(),
    })
}

fn news(root: &Element, articles: &Element) -> Result<Answer, String> {
    let articles: Vec<_> = articles.children.iter().filter(|child| child.name == "item").map(article).collect();
    let count = root.text_of("ArticleCount");
    match articles.len() {
        0 => Err("Articles has no item".into()),
        n if count != n.to_string() => Err(format!("ArticleCount is {count:?}, Articles has {n}")),
        1..=10 => Ok(Answer::News { articles }),
        n => Err(format!("{n} articles, 10 at most")),
    }
}

fn article(item: &Element) -> Article {
    Article {
        title: item.text_of("Title").to_owned(),
        description: item.text_of("Description").to_owned(),
        pic_url: item.text_of("PicUrl").to_owned(),
        url: item.text_of("Url").to_owned(),
    }
}
