//! Followers: who they are, and the list of them.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::error::{ApiError, Result};
use super::{Client, Method};

const BATCH: &str = "/cgi-bin/user/info/batchget";
/// So many can be asked for at once.
const BATCH_SIZE: usize = 100;

/// The language in which the platform writes place names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh_CN")]
    Simplified,
    /// Traditional Chinese.
    #[serde(rename = "zh_TW")]
    Traditional,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// The platform's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simplified => "zh_CN",
            Self::Traditional => "zh_TW",
            Self::English => "en",
        }
    }
}

/// What the platform tells about a user (`/cgi-bin/user/info`). Of somebody who does not follow, only `openid` and
/// `subscribe` are told. Name, picture and place are empty for most accounts since the platform withholds them.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Follower {
    /// Whether the user follows the account.
    #[serde(deserialize_with = "flag")]
    pub subscribe: bool,
    /// The user's id with this account.
    pub openid: String,
    /// The user's id with all accounts of the same owner, when they are bound together.
    pub unionid: Option<String>,
    /// Nickname.
    pub nickname: String,
    /// The language of the user's WeChat.
    pub language: String,
    /// URL of the picture.
    pub headimgurl: String,
    /// When the user followed last, unix seconds.
    pub subscribe_time: i64,
    /// What the account's staff call the user.
    pub remark: String,
    /// Ids of the user's tags.
    pub tagid_list: Vec<i64>,
    /// How the user came: `ADD_SCENE_QR_CODE`, `ADD_SCENE_SEARCH` and others.
    pub subscribe_scene: String,
    /// The number of the scanned code, 0 for none.
    #[serde(deserialize_with = "number")]
    pub qr_scene: i64,
    /// The name of the scanned code.
    pub qr_scene_str: String,
    /// All other fields.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Accepts 0 and 1, their strings, and booleans.
fn flag<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<bool, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(flag) => flag,
        value => as_number(&value) != 0,
    })
}

/// Accepts numbers and their strings; anything else is 0.
fn number<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<i64, D::Error> {
    Ok(as_number(&Value::deserialize(from)?))
}

pub(super) fn as_number(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()).unwrap_or_default()
}

/// One page of followers' openids, at most 10,000, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FollowerPage {
    /// How many follow the account in all.
    pub total: u64,
    /// The openids of this page.
    pub openids: Vec<String>,
    /// Where the next page begins; empty after the last.
    pub next_openid: String,
}

#[derive(Deserialize)]
struct ListAnswer {
    #[serde(default)]
    total: u64,
    #[serde(default)]
    data: Option<ListData>,
    #[serde(default)]
    next_openid: String,
}

#[derive(Deserialize)]
struct ListData {
    #[serde(default)]
    openid: Vec<String>,
}

/// Calls about followers; see [`Client::users`].
#[derive(Clone, Copy)]
pub struct Users<'a> {
    pub(super) client: &'a Client,
    pub(super) language: Language,
}

impl<'a> Users<'a> {
    /// The language of place names, simplified Chinese by default.
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// What the platform tells about one user.
    ///
    /// # Errors
    /// [`NoSuchUser`](super::Condition::NoSuchUser) for an openid that is not this account's.
    pub async fn info(self, openid: &str) -> Result<Follower> {
        let call = self.client.call(Method::GET, "/cgi-bin/user/info");
        call.query("openid", openid).query("lang", self.language.as_str()).send().await
    }

    /// What the platform tells about up to 100 users, in one call.
    ///
    /// # Errors
    /// A caller's mistake for none or more than 100 openids, without a call.
    pub async fn infos<S: AsRef<str>>(self, openids: &[S]) -> Result<Vec<Follower>> {
        #[derive(Serialize)]
        struct Ask<'a> {
            openid: &'a str,
            lang: Language,
        }
        #[derive(Deserialize)]
        struct Answer {
            user_info_list: Vec<Follower>,
        }
        if openids.is_empty() || openids.len() > BATCH_SIZE {
            let text = format!("1 to {BATCH_SIZE} openids can be asked for at once, not {}", openids.len());
            return Err(ApiError::mistake(BATCH, text));
        }
        let list: Vec<_> = openids.iter().map(|openid| Ask { openid: openid.as_ref(), lang: self.language }).collect();
        let body = serde_json::json!({ "user_list": list });
        let answer: Answer = self.client.call(Method::POST, BATCH).json(&body).idempotent(true).send().await?;
        Ok(answer.user_info_list)
    }

    /// One page of followers, from the beginning or from an earlier page's `next_openid`.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn list(self, next_openid: Option<&str>) -> Result<FollowerPage> {
        let mut call = self.client.call(Method::GET, "/cgi-bin/user/get");
        if let Some(next) = next_openid {
            call = call.query("next_openid", next);
        }
        let answer: ListAnswer = call.send().await?;
        let openids = answer.data.map(|data| data.openid).unwrap_or_default();
        Ok(FollowerPage { total: answer.total, openids, next_openid: answer.next_openid })
    }

    /// All followers, page by page.
    pub fn pages(self) -> FollowerPages<'a> {
        FollowerPages { users: self, next: Some(String::new()), seen: 0 }
    }
}

/// Goes through all followers; see [`Users::pages`].
pub struct FollowerPages<'a> {
    users: Users<'a>,
    /// Where the next page begins; `None` when there is none.
    next: Option<String>,
    seen: u64,
}

impl FollowerPages<'_> {
    /// The openids of the next page; `None` after the last. After an error the same page can be asked for again.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn next(&mut self) -> Result<Option<Vec<String>>> {
        let Some(from) = &self.next else { return Ok(None) };
        let page = self.users.list(Some(from.as_str()).filter(|from| !from.is_empty())).await?;
        self.seen += page.openids.len() as u64;
        // The last page names its own last openid as the next one: the count tells that it was the last.
        let over = page.openids.is_empty()
            || page.next_openid.is_empty()
            || page.next_openid == *from
            || self.seen >= page.total;
        self.next = (!over).then_some(page.next_openid);
        Ok(Some(page.openids).filter(|openids| !openids.is_empty()))
    }
}
