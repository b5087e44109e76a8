//! What a conversation shows of a message, whatever its kind: typed, and without a word of the platform's XML.

use puzi_wechat::{
    message::{Body, Event, Push},
    reply::{Article, Reply},
};

use super::media::Kept;

/// The file of a picture, voice or film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaView {
    /// How the file stands.
    pub state: MediaState,
    /// Its MIME type, as its bytes say; empty while it is not kept.
    pub content_type: String,
    /// Its length, bytes.
    pub bytes: i64,
}

/// How a file of a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// It is being fetched.
    Waiting,
    /// It is here.
    Kept,
    /// WeChat had it no more.
    Gone,
    /// It could not be fetched.
    Failed,
}

/// A message as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Bubble {
    /// Words.
    Text(String),
    /// A picture.
    Picture(MediaView),
    /// A voice, and what WeChat understood of it.
    Voice {
        /// The file.
        media: MediaView,
        /// The words.
        words: Option<String>,
    },
    /// A film, and its still.
    Film {
        /// The file.
        media: MediaView,
        /// The still.
        still: MediaView,
    },
    /// A place.
    Place {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Its name.
        label: String,
    },
    /// A link.
    Link {
        /// Title.
        title: String,
        /// Second line.
        description: String,
        /// Where it leads; empty when it is no address of the web.
        url: String,
    },
    /// A card of a mini program.
    MiniProgram {
        /// Title.
        title: String,
        /// The page within it.
        page: String,
    },
    /// A file: WeChat tells its name and size, and gives the account no way to fetch it.
    File {
        /// Its name.
        title: String,
        /// Bytes.
        bytes: Option<u64>,
    },
    /// Articles.
    Articles(Vec<Article>),
    /// Music.
    Music {
        /// Title.
        title: String,
        /// Second line.
        description: String,
    },
    /// A picture, voice or film of the account's own, known by WeChat's id alone: `image`, `voice` or `video`.
    Material {
        /// The kind.
        kind: &'static str,
        /// Title, when it has one.
        title: String,
    },
    /// Handed over to WeChat's own customer service.
    Transfer,
    /// Something a person did, in a line between the messages.
    Event(EventLine),
    /// A kind that is not known: its name.
    Unknown(String),
}

/// Something a person did: the key of its text below `inbox.event`, and what fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// Key, such as `click`.
    pub key: &'static str,
    /// What stands for `{value}`.
    pub value: String,
}

/// What WeChat's records tell: files only by their kind.
pub(super) fn record(kind: &str, text: String) -> Bubble {
    match kind {
        "image" => Bubble::Material { kind: "image", title: String::new() },
        "voice" => Bubble::Material { kind: "voice", title: String::new() },
        "video" => Bubble::Material { kind: "video", title: String::new() },
        _ => Bubble::Text(text),
    }
}

/// What came in.
pub(super) fn inbound(push: &Push, kept: &[&Kept]) -> Bubble {
    let media = |part| view(kept, part);
    match &push.body {
        Body::Text(text) => Bubble::Text(text.content.clone()),
        Body::Image(_) => Bubble::Picture(media("main")),
        Body::Voice(voice) => Bubble::Voice { media: media("main"), words: voice.recognition.clone() },
        Body::Video(_) | Body::ShortVideo(_) => Bubble::Film { media: media("main"), still: media("thumb") },
        Body::Location(place) => match (place.latitude, place.longitude) {
            (Some(latitude), Some(longitude)) => Bubble::Place { latitude, longitude, label: place.label.clone() },
            _ => Bubble::Text(place.label.clone()),
        },
        Body::Link(link) => Bubble::Link {
            title: link.title.clone(),
            description: link.description.clone(),
            url: web_address(&link.url),
        },
        Body::MiniProgramPage(card) => Bubble::MiniProgram { title: card.title.clone(), page: card.page_path.clone() },
        Body::File(file) => Bubble::File { title: file.title.clone(), bytes: file.file_total_len },
        Body::Event(event) => Bubble::Event(line(push, event)),
        _ => Bubble::Unknown(push.msg_type().to_owned()),
    }
}

/// What went out by a rule.
pub(super) fn reply(reply: Reply) -> Option<Bubble> {
    Some(match reply {
        Reply::Text { content, .. } => Bubble::Text(content),
        Reply::Image { .. } => Bubble::Material { kind: "image", title: String::new() },
        Reply::Voice { .. } => Bubble::Material { kind: "voice", title: String::new() },
        Reply::Video { title, .. } => Bubble::Material { kind: "video", title },
        Reply::Music { title, description, .. } => Bubble::Music { title, description },
        Reply::News { mut articles, .. } => {
            for article in &mut articles {
                article.url = web_address(&article.url);
            }
            Bubble::Articles(articles)
        }
        Reply::TransferCustomerService { .. } => Bubble::Transfer,
        Reply::Nothing => return None,
    })
}

fn view(kept: &[&Kept], part: &str) -> MediaView {
    let Some(kept) = kept.iter().find(|kept| kept.part == part) else {
        return MediaView { state: MediaState::Waiting, content_type: String::new(), bytes: 0 };
    };
    let state = match kept.state.as_str() {
        "kept" => MediaState::Kept,
        "gone" => MediaState::Gone,
        _ => MediaState::Failed,
    };
    MediaView { state, content_type: kept.content_type.clone().unwrap_or_default(), bytes: kept.bytes }
}

/// An address that may become a link: what a follower sends may be `javascript:` as well.
fn web_address(url: &str) -> String {
    let url = url.trim();
    let lower = url.to_ascii_lowercase();
    let is_web = lower.starts_with("http://") || lower.starts_with("https://");
    if is_web { url.to_owned() } else { String::new() }
}

fn line(push: &Push, event: &Event) -> EventLine {
    let key_of_event = || push.event_key().unwrap_or_default().to_owned();
    let says = |key, value: String| EventLine { key, value };
    match event {
        Event::Subscribe { .. } => match push.scene() {
            Some(scene) => says("subscribe_by_scene", scene.to_owned()),
            None => says("subscribe", String::new()),
        },
        Event::Unsubscribe { .. } => says("unsubscribe", String::new()),
        Event::Scan { event_key, .. } => says("scan", event_key.clone()),
        Event::Location { latitude, longitude, .. } => {
            says("location", format!("{:.4}, {:.4}", latitude.unwrap_or_default(), longitude.unwrap_or_default()))
        }
        Event::Click { event_key } => says("click", event_key.clone()),
        Event::View { event_key, .. } => says("view", event_key.clone()),
        Event::ViewMiniProgram { event_key, .. } => says("view_mini_program", event_key.clone()),
        Event::ScanCodePush { info, .. } | Event::ScanCodeWaitMsg { info, .. } => {
            says("scan_code", info.as_ref().map(|info| info.scan_result.clone()).unwrap_or_default())
        }
        Event::PicSysPhoto { info, .. } | Event::PicPhotoOrAlbum { info, .. } | Event::PicWeixin { info, .. } => {
            says("pictures", info.as_ref().and_then(|info| info.count).unwrap_or(1).to_string())
        }
        Event::LocationSelect { info, .. } => {
            says("place", info.as_ref().map(|info| info.label.clone()).unwrap_or_default())
        }
        Event::TemplateSendJobFinish { status, .. } => says("template_sent", status.clone()),
        _ => says("other", format!("{} {}", push.event().unwrap_or_default(), key_of_event()).trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &str) -> Bubble {
        let xml = format!(
            "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>{fields}</xml>"
        );
        inbound(&Push::from_xml(xml.as_bytes()).unwrap(), &[])
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        let link = |url: &str| {
            shown(&format!("<MsgType>link</MsgType><Title>t</Title><Description>d</Description><Url>{url}</Url>"))
        };
        let url = |bubble| if let Bubble::Link { url, .. } = bubble { url } else { panic!("{bubble:?}") };
        assert_eq!(url(link("https://example.com/a")), "https://example.com/a");
        for bad in ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", " vbscript:x", "//evil"] {
            assert_eq!(url(link(bad)), "", "{bad}");
        }
        let article = Article { title: "t".into(), url: "javascript:1".into(), ..Article::default() };
        let Some(Bubble::Articles(articles)) = reply(Reply::News { articles: vec![article], star: false }) else {
            panic!("no articles")
        };
        assert_eq!(articles[0].url, "");
    }

    #[test]
    fn every_kind_is_shown_as_what_it_is() {
        let place = "<MsgType>location</MsgType><Location_X>30.1</Location_X><Location_Y>120.2</Location_Y>\
                     <Label>西湖</Label>";
        assert_eq!(shown(place), Bubble::Place { latitude: 30.1, longitude: 120.2, label: "西湖".into() });
        let click = "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>HOURS</EventKey>";
        assert_eq!(shown(click), Bubble::Event(EventLine { key: "click", value: "HOURS".into() }));
        let file = "<MsgType>file</MsgType><Title>a.pdf</Title><FileTotalLen>12</FileTotalLen>";
        assert_eq!(shown(file), Bubble::File { title: "a.pdf".into(), bytes: Some(12) });
        assert_eq!(shown("<MsgType>hologram</MsgType>"), Bubble::Unknown("hologram".into()));
        let Bubble::Voice { media, words } =
            shown("<MsgType>voice</MsgType><MediaId>m</MediaId><Recognition>你好</Recognition>")
        else {
            panic!("no voice")
        };
        assert_eq!((media.state, words.as_deref()), (MediaState::Waiting, Some("你好")));
    }
}
