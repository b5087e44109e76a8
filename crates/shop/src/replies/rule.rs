//! What a reply rule is made of: trigger, answer, order and time.

use puzi_wechat::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{active::Active, webhook::SigningKey};

/// How long a webhook may take when its rule does not say, in milliseconds.
pub const DEFAULT_TIMEOUT_MS: u32 = 4_000;

/// A stored rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Number of the rule; of two equal rules the older (smaller) one answers.
    pub id: i64,
    /// The account it belongs to.
    pub account_id: i64,
    /// What the merchant calls it; unique in its account.
    pub name: String,
    /// What it answers to.
    pub trigger: Trigger,
    /// What it answers.
    pub answer: Answer,
    /// Larger goes first.
    pub priority: i32,
    /// When it is in force.
    pub active: Active,
    /// A disabled rule never answers.
    pub enabled: bool,
    /// Grows with each change: whoever saves says which version they changed.
    pub version: i64,
}

/// A rule as a merchant writes it: for saving, and in the import and export file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// See [`Rule::name`].
    pub name: String,
    /// See [`Rule::priority`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// See [`Rule::enabled`].
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// See [`Rule::trigger`].
    pub trigger: Trigger,
    /// See [`Rule::active`].
    #[serde(default, skip_serializing_if = "Active::is_always")]
    pub active: Active,
    /// See [`Rule::answer`].
    pub answer: Answer,
}

impl Draft {
    /// An enabled rule of ordinary priority that is always in force.
    pub fn new(name: impl Into<String>, trigger: Trigger, answer: Answer) -> Self {
        Self { name: name.into(), priority: 0, enabled: true, trigger, active: Active::default(), answer }
    }

    /// The same with another priority.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The same, in force only at these times.
    #[must_use]
    pub fn active(mut self, active: Active) -> Self {
        self.active = active;
        self
    }

    /// The first version of the rule, with its number and account.
    pub fn into_rule(self, id: i64, account_id: i64) -> Rule {
        let Self { name, priority, enabled, trigger, active, answer } = self;
        Rule { id, account_id, name, trigger, answer, priority, active, enabled, version: 1 }
    }
}

impl From<Rule> for Draft {
    fn from(rule: Rule) -> Self {
        let Rule { name, trigger, answer, priority, active, enabled, .. } = rule;
        Self { name, priority, enabled, trigger, active, answer }
    }
}

/// What a rule answers to.
///
/// A scene may end in `*` and then stands for every scene that begins so; `*` alone is any scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// Somebody follows the account; with a scene: by scanning that code.
    Follow {
        /// Only when the scanned code has this scene.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scene: Option<String>,
    },
    /// A message that no other rule answers. Events have no default.
    Default,
    /// The text of a message; see [`super::normalise()`] for what counts as equal.
    Keyword {
        /// How the words are compared.
        #[serde(default)]
        matching: Matching,
        /// Any one of these is enough.
        words: Vec<String>,
    },
    /// A menu button with this key: a tap, or the scan, picture or place that the button asked for.
    Menu {
        /// The button's key, compared as it is.
        key: String,
    },
    /// A code with this scene is scanned: by a follower, or by somebody who follows by it.
    Scan {
        /// The scene, compared as it is.
        scene: String,
    },
    /// A message of this kind.
    Kind {
        /// The kind.
        kind: MessageKind,
    },
}

impl Trigger {
    /// The word of this trigger in files, tables and texts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Follow { .. } => "follow",
            Self::Default => "default",
            Self::Keyword { .. } => "keyword",
            Self::Menu { .. } => "menu",
            Self::Scan { .. } => "scan",
            Self::Kind { .. } => "kind",
        }
    }

    /// When rules with this trigger are asked: the most specific, 0, first; whatever the priorities.
    pub fn stage(&self) -> u8 {
        super::book::class(self)
    }
}

/// How keywords are compared with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// The whole text is the word.
    #[default]
    Exact,
    /// The word is somewhere in the text.
    Contains,
    /// The regular expression matches somewhere in the text, without regard to case.
    Regex,
}

/// The kinds of ordinary messages (`MsgType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// `text`
    Text,
    /// `image`
    Image,
    /// `voice`
    Voice,
    /// `video`
    Video,
    /// `shortvideo`
    ShortVideo,
    /// `location`
    Location,
    /// `link`
    Link,
    /// `miniprogrampage`
    MiniProgramPage,
    /// `file`
    File,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Image,
        Self::Voice,
        Self::Video,
        Self::ShortVideo,
        Self::Location,
        Self::Link,
        Self::MiniProgramPage,
        Self::File,
    ];

    /// The kind with this `MsgType`.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.wire() == name)
    }

    /// The `MsgType` that WeChat sends.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::ShortVideo => "shortvideo",
            Self::Location => "location",
            Self::Link => "link",
            Self::MiniProgramPage => "miniprogrampage",
            Self::File => "file",
        }
    }
}

/// What a rule answers. Texts, and titles and descriptions of articles, may hold placeholders
/// (see [`super::template`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// A text.
    Text {
        /// The text, with placeholders.
        content: String,
    },
    /// A picture.
    Image {
        /// WeChat's number of the picture.
        media_id: String,
    },
    /// A voice message.
    Voice {
        /// WeChat's number of the recording.
        media_id: String,
    },
    /// A video.
    Video {
        /// WeChat's number of the video.
        media_id: String,
        /// Shown below it.
        #[serde(default)]
        title: String,
        /// Shown below the title.
        #[serde(default)]
        description: String,
    },
    /// A piece of music to play.
    Music {
        /// Its title.
        title: String,
        /// Shown below the title.
        #[serde(default)]
        description: String,
        /// Where the music is.
        music_url: String,
        /// The same in better quality, for Wi-Fi; empty: the same file.
        #[serde(default)]
        hq_music_url: String,
        /// WeChat's number of the cover.
        thumb_media_id: String,
    },
    /// Articles. In answer to a message WeChat shows the first one only; to a tap or a scan, up to eight.
    News {
        /// One to ten.
        articles: Vec<Article>,
    },
    /// One of several, at random; the same one when WeChat delivers the message again.
    OneOf {
        /// What to choose from.
        answers: Vec<Answer>,
    },
    /// The conversation goes to a person of customer service.
    HandOver {
        /// A certain agent; without: whoever is free.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kf_account: Option<String>,
    },
    /// The merchant's own server answers.
    Webhook {
        /// Where the message is sent.
        url: String,
        /// The key that signs the request.
        #[serde(default)]
        secret: WebhookSecret,
        /// How long it may take, in milliseconds.
        #[serde(default = "default_timeout")]
        timeout_ms: u32,
    },
    /// Silence.
    Nothing,
}

impl Answer {
    /// A text answer.
    pub fn text(content: impl Into<String>) -> Self {
        Self::Text { content: content.into() }
    }

    /// The word of this answer in files, tables and texts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::Music { .. } => "music",
            Self::News { .. } => "news",
            Self::OneOf { .. } => "one_of",
            Self::HandOver { .. } => "hand_over",
            Self::Webhook { .. } => "webhook",
            Self::Nothing => "nothing",
        }
    }
}

/// One article of a news answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// Its title, with placeholders.
    pub title: String,
    /// Shown below the title, with placeholders.
    #[serde(default)]
    pub description: String,
    /// The picture; may be empty.
    #[serde(default)]
    pub pic_url: String,
    /// Where a tap leads.
    pub url: String,
}

/// The signing key of a webhook. It is never serialised: a file, a page or a JSON column holds the marker `kept`,
/// and the store keeps the key sealed in a column of its own.
#[derive(Clone, Default)]
pub enum WebhookSecret {
    /// The stored one; a new rule gets a new one.
    #[default]
    Kept,
    /// This one: `whsec_` and base64 of 24 to 64 bytes.
    Given(Secret<String>),
}

impl WebhookSecret {
    const MARKER: &str = "kept";

    /// A new key.
    pub fn generate() -> Self {
        Self::Given(SigningKey::generate())
    }

    /// The key, when it is known here.
    pub fn given(&self) -> Option<&Secret<String>> {
        match self {
            Self::Kept => None,
            Self::Given(secret) => Some(secret),
        }
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.given().is_some() { "Given(***)" } else { "Kept" })
    }
}

impl PartialEq for WebhookSecret {
    fn eq(&self, other: &Self) -> bool {
        self.given().map(Secret::expose) == other.given().map(Secret::expose)
    }
}

impl Serialize for WebhookSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::MARKER)
    }
}

impl<'de> Deserialize<'de> for WebhookSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(if text == Self::MARKER { Self::Kept } else { Self::Given(Secret::new(text)) })
    }
}

fn default_timeout() -> u32 {
    DEFAULT_TIMEOUT_MS
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_zero(value: &i32) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_key_leaves_neither_by_serde_nor_by_debug() {
        let answer: Answer =
            serde_json::from_str(r#"{"kind":"webhook","url":"https://a.example/","secret":"whsec_abc"}"#).unwrap();
        assert!(matches!(&answer, Answer::Webhook { secret, timeout_ms: 4000, .. } if secret.given().is_some()));
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"kind":"webhook","url":"https://a.example/","secret":"kept","timeout_ms":4000}"#
        );
        assert!(!format!("{answer:?}").contains("whsec_abc"));
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        for wrong in [
            r#"{"on":"keyword","word":["a"]}"#,
            r#"{"on":"menu","key":"a","scene":"b"}"#,
            r#"{"on":"kind","kind":"smell"}"#,
        ] {
            assert!(serde_json::from_str::<Trigger>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn kinds_are_found_by_their_wire_name() {
        for kind in MessageKind::ALL {
            assert_eq!(MessageKind::from_wire(kind.wire()), Some(kind));
        }
        assert_eq!(MessageKind::from_wire("short_video"), None);
    }
}
