//! What WeChat pushes: messages and events as typed values, with everything received beside them.

mod body;
mod define;
mod event;
mod parts;

use aws_lc_rs::digest::{Context, SHA256};

pub use self::body::{Body, Device, File, Image, Link, Location, MiniProgramPage, Text, Video, Voice};
pub use self::event::Event;
pub use self::parts::{
    ArticleUrl, ArticleUrlResult, Beacon, CopyrightCheck, CopyrightCheckResult, FastRegisterInfo, PublishEventInfo,
    PublishedArticle, PublishedArticles, ScanCodeInfo, SendLocationInfo, SendPicsInfo, SentPicture, SubscribeMsgChange,
    SubscribeMsgPopup, SubscribeMsgSent,
};
pub use crate::fields::{Field, Fields, ReadError, Value};

/// The scene of a subscription is written behind this.
const SCENE_PREFIX: &str = "qrscene_";

/// One push.
///
/// ```
/// use puzi_wechat::message::{Body, Event, Push};
///
/// let xml = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1700000000</CreateTime>\
///            <MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_spring</EventKey></xml>";
/// let push = Push::from_xml(xml.as_bytes())?;
/// assert!(matches!(&push.body, Body::Event(Event::Subscribe { .. })));
/// assert_eq!((push.from.as_str(), push.event(), push.scene()), ("o1", Some("subscribe"), Some("spring")));
///
/// let again = Push::from_xml(xml.as_bytes())?;
/// assert_eq!(push.dedup_key(), again.dedup_key());
/// # Ok::<(), puzi_wechat::message::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// `ToUserName`: the account's original id (`gh_…`).
    pub to: String,
    /// `FromUserName`: the follower's openid.
    pub from: String,
    /// `CreateTime`, Unix seconds.
    pub create_time: i64,
    /// `MsgId` of an ordinary message; events have none. It may repeat from one follower to another.
    pub msg_id: Option<u64>,
    /// `MsgDataId`, when the message was sent from an article.
    pub msg_data_id: Option<String>,
    /// `Idx`: which of the broadcast's articles it was sent from, from 1.
    pub idx: Option<i64>,
    /// The message or event.
    pub body: Body,
    /// Everything received, in order.
    pub fields: Fields,
}

impl Push {
    /// Reads an XML push.
    ///
    /// # Errors
    /// See [`ReadError`]; [`ReadError::Field`] when it has no kind, no sender or no time.
    pub fn from_xml(xml: &[u8]) -> Result<Self, ReadError> {
        Self::from_fields(Fields::from_xml(xml)?)
    }

    /// Reads a JSON push.
    ///
    /// # Errors
    /// See [`ReadError`]; [`ReadError::Field`] when it has no kind, no sender or no time.
    pub fn from_json(json: &[u8]) -> Result<Self, ReadError> {
        Self::from_fields(Fields::from_json(json)?)
    }

    /// Types fields that were read already.
    ///
    /// # Errors
    /// [`ReadError::Field`] when they have no kind, no sender or no time.
    pub fn from_fields(fields: Fields) -> Result<Self, ReadError> {
        let text = |name| fields.text(name).unwrap_or_default();
        let from_platform = !text("InfoType").is_empty();
        if text("MsgType").is_empty() && !from_platform {
            return Err(ReadError::Field("MsgType"));
        }
        if text("FromUserName").is_empty() && !from_platform {
            return Err(ReadError::Field("FromUserName"));
        }
        Ok(Self {
            to: text("ToUserName").to_owned(),
            from: text("FromUserName").to_owned(),
            create_time: text("CreateTime").trim().parse().map_err(|_| ReadError::Field("CreateTime"))?,
            msg_id: text("MsgId").trim().parse().ok(),
            msg_data_id: filled(&fields, "MsgDataId").map(str::to_owned),
            idx: text("Idx").trim().parse().ok(),
            body: Body::read(msg_type(&fields), event(&fields), &fields),
            fields,
        })
    }

    /// `MsgType` as received; `event` for a push of the open platform, which has an `InfoType` instead.
    #[must_use]
    pub fn msg_type(&self) -> &str {
        msg_type(&self.fields)
    }

    /// `Event` (or `InfoType`) as received.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        event(&self.fields)
    }

    /// `EventKey`; an empty one is none.
    #[must_use]
    pub fn event_key(&self) -> Option<&str> {
        filled(&self.fields, "EventKey")
    }

    /// The content of a text message.
    #[must_use]
    pub const fn text(&self) -> Option<&str> {
        if let Body::Text(text) = &self.body { Some(text.content.as_str()) } else { None }
    }

    /// The scene of the code that was scanned, by a follower or by somebody who follows now.
    #[must_use]
    pub fn scene(&self) -> Option<&str> {
        match &self.body {
            Body::Event(Event::Scan { event_key, .. }) => Some(event_key.as_str()).filter(|scene| !scene.is_empty()),
            Body::Event(Event::Subscribe { event_key, .. }) => event_key.as_deref()?.strip_prefix(SCENE_PREFIX),
            _ => None,
        }
    }

    /// What two deliveries of one push have in common, and two pushes of one account do not: `CreateTime` in 5 bytes and
    /// `MsgId` in 8 (0 for events), big-endian, so that keys sort as pushes come and an index grows at its end; then 11
    /// bytes of a hash over the sender and what tells the push apart.
    ///
    /// That is `MsgId`, together with the sender because it may repeat between followers. An event has none: there it is
    /// `Event` with `EventKey` and `MsgID`, because two events can share follower and second, or with all of its fields
    /// when it has neither (two cards received in one second differ in nothing else).
    #[must_use]
    pub fn dedup_key(&self) -> [u8; 24] {
        let mut hash = Context::new(&SHA256);
        part(&mut hash, &self.from);
        if let Some(id) = self.msg_id {
            hash.update(&id.to_be_bytes());
        } else {
            part(&mut hash, self.msg_type());
            part(&mut hash, self.event().unwrap_or_default());
            match (self.event_key(), filled(&self.fields, "MsgID")) {
                (None, None) => all_parts(&mut hash, &self.fields),
                (key, id) => [key, id].into_iter().for_each(|text| part(&mut hash, text.unwrap_or_default())),
            }
        }
        let mut key = [0; 24];
        key[..5].copy_from_slice(&self.create_time.to_be_bytes()[3..]);
        key[5..13].copy_from_slice(&self.msg_id.unwrap_or_default().to_be_bytes());
        key[13..].copy_from_slice(&hash.finish().as_ref()[..11]);
        key
    }
}

fn filled<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.text(name).filter(|text| !text.is_empty())
}

fn msg_type(fields: &Fields) -> &str {
    filled(fields, "MsgType").unwrap_or("event")
}

fn event(fields: &Fields) -> Option<&str> {
    filled(fields, "Event").or_else(|| filled(fields, "InfoType"))
}

/// The length goes first, so that no two lists of parts look alike.
fn part(hash: &mut Context, text: &str) {
    hash.update(&(text.len() as u64).to_be_bytes());
    hash.update(text.as_bytes());
}

fn all_parts(hash: &mut Context, fields: &Fields) {
    for field in fields {
        // The envelope's ciphertext is new with every delivery.
        if field.name != "Encrypt" {
            part(hash, &field.name);
            value_parts(hash, &field.value);
        }
    }
}

fn value_parts(hash: &mut Context, value: &Value) {
    match value {
        Value::Text(text) | Value::Literal(text) => part(hash, text),
        Value::Tree(fields) => all_parts(hash, fields),
        Value::List(values) => values.iter().for_each(|value| value_parts(hash, value)),
    }
}
