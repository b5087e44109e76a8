//! One exchange with WeChat as it is written down.

use std::{borrow::Cow, sync::LazyLock};

use aws_lc_rs::digest::{Context, SHA256};
use puzi_wechat::message::{Event, Push};

/// An endpoint's name is cut here, in characters: the platform's longest path has 60.
const LONGEST_ENDPOINT: usize = 120;
/// What took longer than this, microseconds, is told of like a failure: it stays when others are left out.
pub const SLOW_US: i64 = 1_000_000;
/// Kinds of messages that the platform's documents name.
const KINDS: [&str; 9] =
    ["text", "image", "voice", "video", "shortvideo", "location", "link", "file", "miniprogrampage"];

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// WeChat refused the call; there is an errcode.
    Refused,
    /// The exchange broke, or what came was no answer.
    Transport,
    /// No answer in time.
    Late,
    /// A push of WeChat's that could not be read.
    Unreadable,
    /// The answer to a push could not be computed.
    Failed,
    /// The answer to a push took too long; it follows as a message.
    Deferred,
    /// A push could not be stored; WeChat delivers it again.
    NotTaken,
}

impl Trouble {
    /// All there are.
    pub const ALL: [Self; 7] =
        [Self::Refused, Self::Transport, Self::Late, Self::Unreadable, Self::Failed, Self::Deferred, Self::NotTaken];

    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Transport => "transport",
            Self::Late => "late",
            Self::Unreadable => "unreadable",
            Self::Failed => "failed",
            Self::Deferred => "deferred",
            Self::NotTaken => "not_taken",
        }
    }
}

/// Who made a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The server.
    #[default]
    Serve,
    /// The command line.
    Cli,
    /// Somebody had a push handled again.
    Replay,
}

impl Origin {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Cli => "cli",
            Self::Replay => "replay",
        }
    }
}

/// The names of pushes, sorted.
static PUSHES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let kinds = KINDS.iter().map(|kind| format!("push:{kind}"));
    let events = Event::NAMES.iter().map(|name| format!("push:event:{name}"));
    let rest = ["push:other", "push:event:other", "push:unreadable"].map(str::to_owned);
    let mut names: Vec<_> = kinds.chain(events).chain(rest).collect();
    names.sort_unstable();
    names.dedup();
    names
});

/// The names of all pushes.
pub(super) fn push_names() -> impl Iterator<Item = &'static str> {
    PUSHES.iter().map(String::as_str)
}

/// The endpoint of a push, as a number: noting a push takes no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PushEndpoint(u16);

impl PushEndpoint {
    /// `push:text`, `push:event:SCAN`; what the platform's documents do not name is `push:other` or `push:event:other`,
    /// so that nobody can fill a list with names.
    pub fn of(push: &Push) -> Self {
        let (kind, rest, what) = match push.event() {
            Some(event) => ("push:event:", "push:event:other", event),
            None => ("push:", "push:other", push.msg_type()),
        };
        // A name of neither kind: `push:event:…` is no message.
        if what.contains(':') { Self::named("", rest) } else { Self::find(kind, what).unwrap_or(Self::named("", rest)) }
    }

    /// Of a push that could not be read.
    pub fn unreadable() -> Self {
        Self::named("", "push:unreadable")
    }

    /// The name.
    pub fn name(self) -> &'static str {
        PUSHES.get(usize::from(self.0)).map_or("push:other", String::as_str)
    }

    fn named(kind: &str, what: &str) -> Self {
        Self::find(kind, what).unwrap_or(Self(u16::MAX))
    }

    fn find(kind: &str, what: &str) -> Option<Self> {
        let sought = || kind.bytes().chain(what.bytes());
        let at = PUSHES.binary_search_by(|name| name.bytes().cmp(sought())).ok()?;
        u16::try_from(at).ok().map(Self)
    }
}

/// A push that was dealt with: what the callback tells. Small and without memory of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushSeen {
    /// The account's row number.
    pub account: i64,
    /// When it arrived, Unix ms.
    pub at: i64,
    /// From arrival to the answer, microseconds.
    pub us: u32,
    /// Bytes of the answer.
    pub sent: u32,
    /// Bytes that arrived.
    pub received: u32,
    /// The HTTP status that WeChat got.
    pub status: u16,
    /// What it is.
    pub endpoint: PushEndpoint,
    /// Leads to the message, or to the refused push.
    pub key: [u8; 24],
    /// What went wrong.
    pub trouble: Option<Trouble>,
    /// It was there already: WeChat delivered it again.
    pub repeat: bool,
}

impl PushSeen {
    /// The key of a push that could not be read, which has none of its own.
    pub fn key_of_unreadable(account: i64, at: i64, body: &[u8]) -> [u8; 24] {
        let mut hash = Context::new(&SHA256);
        hash.update(&account.to_be_bytes());
        hash.update(&at.to_be_bytes());
        hash.update(body);
        let mut key = [0; 24];
        key.copy_from_slice(&hash.finish().as_ref()[..24]);
        key
    }

    /// Whether it is told of even when there is no time for all.
    pub(super) fn is_notable(&self) -> bool {
        self.trouble.is_some() || i64::from(self.us) > SLOW_US
    }
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The account's row number.
    pub account_id: i64,
    /// When it began, Unix ms.
    pub at: i64,
    /// True: a call of WeChat's API. False: a push.
    pub outgoing: bool,
    /// The API path or the push's name.
    pub endpoint: Cow<'static, str>,
    /// How long it took, microseconds.
    pub us: i64,
    /// Bytes that went to WeChat.
    pub sent: i64,
    /// Bytes that came from WeChat.
    pub received: i64,
    /// What went wrong.
    pub trouble: Option<Trouble>,
    /// WeChat's number of the refusal.
    pub errcode: Option<i64>,
    /// The HTTP status.
    pub status: Option<i32>,
    /// WeChat's number of the request.
    pub rid: Option<String>,
    /// From 1.
    pub attempt: i32,
    /// Who made it.
    pub origin: Origin,
    /// The follower that a call was about.
    pub openid: Option<String>,
    /// Leads to a push's message, or to the refused push.
    pub message_key: Option<[u8; 24]>,
    /// WeChat's words, masked.
    pub errmsg: Option<String>,
    /// What went out, as masked JSON: `method`, `host`, `query`, and one of `body`, `form`, `file`. Too long a text is
    /// cut in its middle and no JSON any more.
    pub request: Option<String>,
    /// What came back, as masked JSON; of a file its `content_type` and `bytes`.
    pub response: Option<String>,
}

impl Line {
    /// Whether it is told of even when there is no time for all.
    pub(super) fn is_notable(&self) -> bool {
        self.trouble.is_some() || self.us > SLOW_US
    }

    /// Bytes that its bodies take.
    pub(super) fn weight(&self) -> usize {
        self.request.as_ref().map_or(0, String::len) + self.response.as_ref().map_or(0, String::len)
    }

    /// Whether there is a row in `call_bodies`.
    pub(super) fn has_bodies(&self) -> bool {
        self.request.is_some() || self.response.is_some()
    }
}

impl From<&PushSeen> for Line {
    fn from(seen: &PushSeen) -> Self {
        Self {
            account_id: seen.account,
            at: seen.at,
            endpoint: seen.endpoint.name().into(),
            us: seen.us.into(),
            sent: seen.sent.into(),
            received: seen.received.into(),
            trouble: seen.trouble,
            status: Some(seen.status.into()),
            attempt: if seen.repeat { 2 } else { 1 },
            message_key: Some(seen.key),
            ..Self::default()
        }
    }
}

/// The name of an API path: without its query, and of bounded length.
pub(super) fn endpoint(path: &str) -> String {
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    bare.chars().filter(|c| !c.is_control()).take(LONGEST_ENDPOINT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(inner: &str) -> Push {
        let xml = format!("<xml><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>{inner}</xml>");
        Push::from_xml(xml.as_bytes()).unwrap()
    }

    #[test]
    fn a_push_has_a_name_and_an_unknown_one_no_name_of_its_own() {
        for (inner, name) in [
            ("<MsgType>text</MsgType><Content>a</Content>", "push:text"),
            ("<MsgType>event</MsgType><Event>SCAN</Event>", "push:event:SCAN"),
            ("<MsgType>event</MsgType><Event>subscribe</Event>", "push:event:subscribe"),
            ("<MsgType>event</MsgType><Event>made_up_7</Event>", "push:event:other"),
            ("<MsgType>event</MsgType><Event>:</Event>", "push:event:other"),
            ("<MsgType>made_up</MsgType>", "push:other"),
            ("<MsgType>event:SCAN</MsgType>", "push:other"),
        ] {
            assert_eq!(PushEndpoint::of(&push(inner)).name(), name, "{inner}");
        }
        assert_eq!(PushEndpoint::unreadable().name(), "push:unreadable");
    }

    #[test]
    fn a_push_seen_is_small() {
        assert!(size_of::<PushSeen>() <= 72, "{}", size_of::<PushSeen>());
    }

    #[test]
    fn a_path_is_named_without_its_query() {
        assert_eq!(endpoint("/cgi-bin/user/info?openid=o1"), "/cgi-bin/user/info");
        assert_eq!(endpoint(&"/a".repeat(200)).len(), LONGEST_ENDPOINT);
    }
}
