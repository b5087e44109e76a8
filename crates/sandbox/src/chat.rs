//! What a follower sees in the chat.

use serde::{Deserialize, Serialize};

/// One line of a chat: a bubble, or a note between bubbles.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChatItem {
    /// Grows over the whole sandbox; the same id again is the same item, changed.
    pub id: u64,
    /// The account's appid.
    pub appid: String,
    /// Whose phone.
    pub openid: String,
    /// Who speaks.
    pub side: Side,
    /// What it is.
    pub kind: Kind,
    /// Unix milliseconds, by the sandbox's clock.
    pub at: i64,
    /// The exchange that brought it; absent for customer-service messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_id: Option<u64>,
    /// Of the user's own messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Text of a message or note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where a picture, sound, film or link is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The platform's id of the picture, sound or film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    /// Title of a video, music, link or card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its second line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Seconds of a voice message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    /// Degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// The place's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of a news message, as many as the platform shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub articles: Vec<Article>,
    /// Of a menu message (`msgmenu`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Which system note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
}

/// Who speaks in a chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The follower who holds the phone.
    Me,
    /// The Official Account.
    Account,
    /// WeChat itself, between the bubbles.
    #[default]
    System,
}

/// What a chat item is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words.
    Text,
    /// A picture.
    Image,
    /// A voice message.
    Voice,
    /// A film.
    Video,
    /// A film of a few seconds.
    ShortVideo,
    /// A place.
    Location,
    /// A link or a card.
    Link,
    /// Music.
    Music,
    /// Articles.
    News,
    /// A question with choices to tap.
    Menu,
    /// A note of the system.
    #[default]
    Event,
}

/// The way of a message of the user's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet on its way to the account.
    Sending,
    /// On its way, or there.
    Sent,
    /// Could not be sent.
    Failed,
}

/// Notes that the system writes into a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The user follows now.
    Followed,
    /// The user no longer follows.
    Unfollowed,
    /// Three deliveries failed.
    ServiceFailed,
    /// A person of the customer service takes over.
    Transferred,
}

/// One article of a news message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Article {
    /// Title.
    pub title: String,
    /// Second line; shown when it is the only article.
    pub description: String,
    /// Cover picture.
    #[serde(alias = "picurl")]
    pub pic_url: String,
    /// What a tap opens.
    pub url: String,
}

/// One choice of a menu message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// Comes back as `bizmsgmenuid`.
    pub id: String,
    /// What is shown, and comes back as the text.
    pub content: String,
}
