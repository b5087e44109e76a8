//! What a user can do, and the push that comes of it.

use serde::Deserialize;

use crate::chat::{ChatItem, Kind, Note, Side};
use crate::samples::AMR_SECONDS;
use crate::window::Cause;
use crate::xml::{self, Fields, Value, nested, number, text};
use crate::{Choice, Label};

/// Something a user does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Follows the account.
    Follow,
    /// Follows by scanning a code with this scene.
    FollowByScene {
        /// The code's scene.
        scene: String,
    },
    /// Stops following.
    Unfollow,
    /// Writes.
    Text {
        /// The words.
        content: String,
        /// The id of the choice, when this answers a menu message.
        #[serde(default)]
        bizmsgmenuid: Option<String>,
    },
    /// Sends a picture; a sample when no uploaded one is named.
    Image {
        /// An uploaded file.
        #[serde(default)]
        media_id: Option<String>,
    },
    /// Sends a voice message.
    Voice {
        /// An uploaded file.
        #[serde(default)]
        media_id: Option<String>,
        /// What speech recognition heard, for accounts that have it on.
        #[serde(default)]
        recognition: Option<String>,
    },
    /// Sends a film.
    Video {
        /// An uploaded file.
        #[serde(default)]
        media_id: Option<String>,
    },
    /// Sends a film of a few seconds.
    ShortVideo {
        /// An uploaded file.
        #[serde(default)]
        media_id: Option<String>,
    },
    /// Sends a place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// The place's name.
        #[serde(default)]
        label: String,
    },
    /// Sends a link.
    Link {
        /// Title.
        title: String,
        /// Second line.
        #[serde(default)]
        description: String,
        /// Where it leads.
        url: String,
    },
    /// Taps a menu button of type click.
    Click {
        /// The button's key.
        key: String,
    },
    /// Taps a menu button of type view.
    View {
        /// The button's URL.
        url: String,
    },
    /// Scans a code; one who does not follow yet follows by it.
    Scan {
        /// The code's scene.
        scene: String,
    },
    /// Reports the position, as when a chat is opened.
    ReportLocation {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Metres.
        precision: f64,
    },
    /// Any event: its name and its fields in order.
    #[serde(skip)]
    Event {
        /// The field `Event`.
        event: String,
        /// Element names and texts.
        fields: Vec<(String, String)>,
    },
    /// Any message kind, known or not.
    #[serde(skip)]
    Message {
        /// The field `MsgType`.
        msg_type: String,
        /// Element names and texts.
        fields: Vec<(String, String)>,
    },
    /// These bytes as the message, signed and sealed as they are.
    #[serde(skip)]
    Raw {
        /// The whole message; need not be XML.
        body: String,
    },
    /// Taps a menu button of another type (`scancode_push`, `pic_weixin`, `location_select`, `view_miniprogram`, …).
    #[serde(skip)]
    Press {
        /// The button's type, which is the event's name.
        kind: String,
        /// The button's key, or page path.
        key: String,
    },
}

/// What an action means.
#[derive(Default)]
pub(crate) struct Meaning {
    pub(crate) label: (String, Option<String>),
    /// Fields after the envelope; the MsgId is added to messages.
    pub(crate) fields: Fields,
    pub(crate) is_event: bool,
    pub(crate) cause: Option<Cause>,
    /// The user's bubble or the system's note, without its envelope.
    pub(crate) item: Option<ChatItem>,
    /// Articles that an answer may show.
    pub(crate) articles: usize,
    /// The whole message, instead of fields.
    pub(crate) raw: Option<String>,
}

impl Meaning {
    pub(crate) fn label(&self) -> Label {
        Label { kind: self.label.0.clone(), text: self.label.1.clone() }
    }
}

/// A file that a message names.
#[derive(Default)]
pub(crate) struct Attached {
    pub(crate) media_id: String,
    pub(crate) thumb_media_id: String,
    pub(crate) url: String,
}

impl Action {
    /// Whether only a follower can do it.
    pub(crate) fn needs_following(&self) -> bool {
        !matches!(self, Self::Follow | Self::FollowByScene { .. } | Self::Scan { .. })
    }

    /// The kind of file it sends, and the upload if one is named.
    pub(crate) fn file(&self) -> Option<(&'static str, Option<&str>)> {
        match self {
            Self::Image { media_id } => Some(("image", media_id.as_deref())),
            Self::Voice { media_id, .. } => Some(("voice", media_id.as_deref())),
            Self::Video { media_id } | Self::ShortVideo { media_id } => Some(("video", media_id.as_deref())),
            _ => None,
        }
    }

    /// The push and the bubble. `file` is what [`Self::file`] asked for; `following` is the state before.
    pub(crate) fn meaning(self, file: Option<Attached>, following: bool) -> Meaning {
        match self {
            Self::Follow => follow(None),
            Self::FollowByScene { scene } => follow(Some(scene)),
            Self::Scan { scene } if !following => follow(Some(scene)),
            Self::Scan { scene } => {
                let fields = vec![text("EventKey", &scene), text("Ticket", ticket(&scene))];
                Meaning { cause: Some(Cause::Scan), ..event("SCAN", Some(scene), fields) }
            }
            Self::Unfollow => {
                let item = note(Note::Unfollowed, "你已取消关注该公众号");
                Meaning { item: Some(item), ..event("unsubscribe", None, vec![text("EventKey", "")]) }
            }
            Self::Click { key } => {
                let fields = vec![text("EventKey", &key)];
                Meaning { cause: Some(Cause::Menu), ..event("CLICK", Some(key), fields) }
            }
            Self::View { url } => event("VIEW", Some(url.clone()), vec![text("EventKey", url)]),
            Self::ReportLocation { latitude, longitude, precision } => {
                let fields = vec![
                    number("Latitude", format!("{latitude:.6}")),
                    number("Longitude", format!("{longitude:.6}")),
                    number("Precision", format!("{precision:.6}")),
                ];
                event("LOCATION", None, fields)
            }
            Self::Event { event: name, fields } => event(&name, None, loose(fields)),
            Self::Press { kind, key } => pressed(&kind, key),
            Self::Raw { body } => {
                Meaning { label: ("raw".into(), None), raw: Some(body), articles: 1, ..Meaning::default() }
            }
            said => message(said, file),
        }
    }
}

fn message(action: Action, file: Option<Attached>) -> Meaning {
    let file = file.unwrap_or_default();
    let with_file = |kind| {
        let (media_id, url) = (Some(file.media_id.clone()), Some(file.url.clone()));
        ChatItem { kind, media_id, url, ..ChatItem::default() }
    };
    let film = |kind: &str, shown| {
        let fields = vec![text("MediaId", &file.media_id), text("ThumbMediaId", &file.thumb_media_id)];
        said(kind, None, fields, with_file(shown))
    };
    match action {
        Action::Text { content, bizmsgmenuid } => {
            let mut fields = vec![text("Content", &content)];
            fields.extend(bizmsgmenuid.map(|id| text("bizmsgmenuid", id)));
            let item = ChatItem { kind: Kind::Text, text: Some(content.clone()), ..ChatItem::default() };
            said("text", Some(content), fields, item)
        }
        Action::Image { .. } => {
            let fields = vec![text("PicUrl", &file.url), text("MediaId", &file.media_id)];
            said("image", None, fields, with_file(Kind::Image))
        }
        Action::Voice { recognition, .. } => {
            let mut fields = vec![text("MediaId", &file.media_id), text("Format", "amr")];
            fields.extend(recognition.clone().map(|words| text("Recognition", words)));
            let item = ChatItem { duration: Some(AMR_SECONDS), ..with_file(Kind::Voice) };
            said("voice", recognition, fields, item)
        }
        Action::Video { .. } => film("video", Kind::Video),
        Action::ShortVideo { .. } => film("shortvideo", Kind::ShortVideo),
        Action::Location { latitude, longitude, label } => {
            let fields = vec![
                number("Location_X", format!("{latitude:.6}")),
                number("Location_Y", format!("{longitude:.6}")),
                number("Scale", 16),
                text("Label", &label),
            ];
            let item = ChatItem {
                kind: Kind::Location,
                latitude: Some(latitude),
                longitude: Some(longitude),
                label: Some(label.clone()),
                ..ChatItem::default()
            };
            said("location", Some(label), fields, item)
        }
        Action::Link { title, description, url } => {
            let fields = vec![text("Title", &title), text("Description", &description), text("Url", &url)];
            let item = ChatItem {
                kind: Kind::Link,
                title: Some(title.clone()),
                description: Some(description),
                url: Some(url),
                ..ChatItem::default()
            };
            said("link", Some(title), fields, item)
        }
        Action::Message { msg_type, fields } => {
            let item = ChatItem { kind: Kind::Text, text: Some(format!("[{msg_type}]")), ..ChatItem::default() };
            said(&msg_type, None, loose(fields), item)
        }
        other => unreachable!("{other:?} is an event"),
    }
}

fn said(kind: &str, words: Option<String>, fields: Fields, item: ChatItem) -> Meaning {
    Meaning {
        label: (kind.to_owned(), words),
        fields: [vec![text("MsgType", kind)], fields].concat(),
        cause: Some(Cause::Message),
        item: Some(ChatItem { side: Side::Me, ..item }),
        articles: 1,
        ..Meaning::default()
    }
}

fn event(name: &str, words: Option<String>, fields: Fields) -> Meaning {
    Meaning {
        label: (name.to_owned(), words),
        fields: [vec![text("MsgType", "event"), text("Event", name)], fields].concat(),
        is_event: true,
        articles: 8,
        ..Meaning::default()
    }
}

fn follow(scene: Option<String>) -> Meaning {
    let fields = match &scene {
        Some(scene) => vec![text("EventKey", format!("qrscene_{scene}")), text("Ticket", ticket(scene))],
        None => vec![text("EventKey", "")],
    };
    Meaning {
        cause: Some(Cause::Follow),
        item: Some(note(Note::Followed, "你已关注该公众号")),
        ..event("subscribe", scene, fields)
    }
}

fn pressed(kind: &str, key: String) -> Meaning {
    let mut fields = vec![text("EventKey", &key)];
    let mut cause = None;
    match kind {
        "scancode_push" | "scancode_waitmsg" => {
            cause = Some(Cause::Menu);
            let scanned = vec![text("ScanType", "qrcode"), text("ScanResult", "https://example.com/scanned")];
            fields.push(nested("ScanCodeInfo", scanned));
        }
        "pic_sysphoto" | "pic_photo_or_album" | "pic_weixin" => {
            let sum = nested("item", vec![text("PicMd5Sum", "1b5f7c23b5bf75682a53e7b6d163e185")]);
            fields.push(nested("SendPicsInfo", vec![number("Count", 1), nested("PicList", vec![sum])]));
        }
        "location_select" => {
            let place = vec![
                text("Location_X", "30.274085"),
                text("Location_Y", "120.155070"),
                text("Scale", "16"),
                text("Label", "杭州市西湖区"),
                text("Poiname", ""),
            ];
            fields.push(nested("SendLocationInfo", place));
        }
        _ => {}
    }
    Meaning { cause, ..event(kind, Some(key), fields) }
}

fn note(note: Note, words: &str) -> ChatItem {
    ChatItem { note: Some(note), text: Some(words.to_owned()), ..ChatItem::default() }
}

fn loose(fields: Vec<(String, String)>) -> Fields {
    fields.into_iter().map(|(name, value)| (name.into(), Value::Text(value))).collect()
}

/// The ticket of a code; here it only has to be the same for the same scene.
fn ticket(scene: &str) -> String {
    format!("gQ{}", puzi_wechat::signature::sign(&[scene]))
}

/// The whole push: envelope, fields, and the MsgId for a message.
pub(crate) fn push_xml(to: &str, from: &str, create_time: i64, fields: Fields, msg_id: Option<u64>) -> String {
    let mut all = vec![text("ToUserName", to), text("FromUserName", from), number("CreateTime", create_time)];
    all.extend(fields);
    all.extend(msg_id.map(|id| number("MsgId", id)));
    xml::write(&all)
}

/// A tap on a choice of a menu message.
impl From<Choice> for Action {
    fn from(choice: Choice) -> Self {
        Self::Text { content: choice.content, bizmsgmenuid: Some(choice.id) }
    }
}
