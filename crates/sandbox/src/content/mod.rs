//! What happens to an account's content outside of the API: on the admin platform, and on a user's phone.

mod page;
mod routes;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::chat::{Article, ChatItem, Kind, Side};
use crate::world::Account;
use crate::{Error, Phone, Sandbox};

pub(crate) use routes::router;

/// What a phone runs on; conditional menus tell them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// iOS.
    Ios,
    /// Android, as every phone here until it says otherwise.
    #[default]
    Android,
    /// Anything else.
    Other,
}

impl Platform {
    /// As `client_platform_type` numbers them.
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Ios),
            2 => Some(Self::Android),
            3 => Some(Self::Other),
            _ => None,
        }
    }
}

/// The admin platform's side of an account's content.
impl Sandbox {
    fn with_account<T>(&self, appid: &str, act: impl FnOnce(&mut Account) -> T) -> Result<T, Error> {
        let mut world = self.inner.world();
        world.apps.get_mut(appid).map(act).ok_or_else(|| Error::UnknownApp(appid.to_owned()))
    }

    /// Sets the automatic replies, as `get_current_autoreply_info` tells them: `is_add_friend_reply_open`,
    /// `keyword_autoreply_info`, …
    ///
    /// # Errors
    /// [`Error::UnknownApp`].
    pub fn set_auto_reply(&self, appid: &str, rules: Value) -> Result<(), Error> {
        self.with_account(appid, |account| account.families.autoreply.set(rules))
    }

    /// Makes a menu on the admin platform, as `get_current_selfmenu_info` tells it: `{"button": [{"type": "text",
    /// "name": …, "value": …}, …]}` with sub-buttons in `{"list": […]}`. It takes the place of all menus of the API.
    ///
    /// # Errors
    /// [`Error::UnknownApp`].
    pub fn set_admin_menu(&self, appid: &str, menu: &Value) -> Result<(), Error> {
        self.with_account(appid, |account| account.set_admin_menu(menu))?;
        let world = self.inner.world();
        world.tell_app(appid);
        world.tell_phones(appid);
        Ok(())
    }

    /// Keeps articles as permanent material, which the API could do before there were drafts, and gives their media id.
    /// Fields are those that `get_material` tells: `title`, `content`, `url`, …
    ///
    /// # Errors
    /// [`Error::UnknownApp`].
    pub fn keep_old_articles(&self, appid: &str, articles: Vec<Value>) -> Result<String, Error> {
        let (media_id, now) = (self.inner.world().chance.media_id(), self.inner.clock.now());
        let kept = media_id.clone();
        self.with_account(appid, |account| account.families.material.keep_articles(kept, articles, now))?;
        Ok(media_id)
    }

    /// Records two seconds of silence in a web page and uploads them through the JS-SDK; gives the media id, which
    /// `media/get` and `media/get/jssdk` take.
    ///
    /// # Errors
    /// [`Error::UnknownApp`].
    pub fn record_voice(&self, appid: &str) -> Result<String, Error> {
        let now = self.inner.clock.now();
        self.with_account(appid, |_| ())?;
        let mut world = self.inner.world();
        let media_id = world.chance.media_id();
        world.media.record(media_id.clone(), appid, now);
        Ok(media_id)
    }

    /// Whether the account has drafts, or still the articles of before; new ones have.
    ///
    /// # Errors
    /// [`Error::UnknownApp`].
    pub fn set_draft_box(&self, appid: &str, open: bool) -> Result<(), Error> {
        self.with_account(appid, |account| account.families.draft.closed = !open)
    }

    /// Whether the account may have comments (留言功能); new ones may.
    ///
    /// # Errors
    /// [`Error::UnknownApp`].
    pub fn allow_comments(&self, appid: &str, allowed: bool) -> Result<(), Error> {
        self.with_account(appid, |account| account.families.comments.forbidden = !allowed)
    }

    /// Takes a publication away, as the platform does with what breaks its rules; false when there is none.
    ///
    /// # Errors
    /// [`Error::UnknownApp`].
    pub fn ban_article(&self, appid: &str, article_id: &str) -> Result<bool, Error> {
        self.with_account(appid, |account| account.ban_article(article_id))
    }
}

impl Account {
    /// The bubble that a menu button shows without asking the callback.
    pub(crate) fn shown_by(&self, button: &Value) -> ChatItem {
        let text = |name: &str| button[name].as_str().unwrap_or_default().to_owned();
        let bubble = |kind| ChatItem { side: Side::Account, kind, ..ChatItem::default() };
        let articles =
            |articles: &[Value]| ChatItem { articles: articles.iter().map(card).collect(), ..bubble(Kind::News) };
        let families = &self.families;
        let kind = text("type");
        if kind == "text" {
            return ChatItem { text: Some(text("value")), ..bubble(Kind::Text) };
        }
        if let Some(published) = families.publish.find(&text("article_id")) {
            let there: Vec<_> =
                published.articles.iter().filter(|it| !it.deleted).map(|it| it.content.clone()).collect();
            return articles(&there);
        }
        let media_id = if kind == "media_id" { text("media_id") } else { text("value") };
        if let Some(kept) = families.material.articles(&media_id) {
            return articles(kept);
        }
        let kind = match families.material.kind_of(&media_id).unwrap_or(&kind) {
            "voice" => Kind::Voice,
            "video" => Kind::Video,
            _ => Kind::Image,
        };
        ChatItem { media_id: Some(media_id), ..bubble(kind) }
    }

    fn ban_article(&mut self, article_id: &str) -> bool {
        let families = &mut self.families;
        let Some(published) = families.publish.find(article_id) else { return false };
        families.comments.ban(published.msg_data_id);
        families.publish.ban(article_id)
    }

    /// The menu of one phone where it is not the default one, as the page shows menus.
    pub(crate) fn own_menu(&self, openid: &str) -> Option<Value> {
        let shown = self.menu_for(openid).filter(|shown| shown.conditional)?;
        Some(json!({ "button": shown.buttons }))
    }
}

/// An article as a chat shows it.
fn card(article: &Value) -> Article {
    let text = |name: &str| article[name].as_str().unwrap_or_default().to_owned();
    Article { title: text("title"), description: text("digest"), pic_url: text("thumb_url"), url: text("url") }
}

/// The user's side of an account's content.
impl Phone {
    /// The menu as it shows in the chat: `{"button": […]}`.
    #[must_use]
    pub fn menu(&self) -> Option<Value> {
        let world = self.inner.world();
        let shown = world.account(&self.appid).menu_for(&self.openid)?;
        Some(json!({ "button": shown.buttons }))
    }

    /// Says what the phone runs on.
    pub fn set_platform(&self, platform: Platform) {
        let mut world = self.inner.world();
        world.account_mut(&self.appid).families.menu.set_platform(&self.openid, platform);
        world.tell_phone(&self.appid, &self.openid);
    }

    /// Writes a comment under an article: the `msg_data_id` that publishing or sending told, and its place from 0.
    /// Gives the comment's id; none when the article takes no comments from this user.
    pub fn comment(&self, msg_data_id: i64, index: i64, content: &str) -> Option<i64> {
        let now = self.inner.clock.now();
        let mut world = self.inner.world();
        let account = world.account_mut(&self.appid);
        let follows = account.is_following(&self.openid);
        account.families.comments.write((msg_data_id, index), &self.openid, follows, content, now)
    }

    /// Takes an own comment back; false when there is none with this id.
    pub fn take_back_comment(&self, user_comment_id: i64) -> bool {
        let mut world = self.inner.world();
        world.account_mut(&self.appid).families.comments.withdraw(&self.openid, user_comment_id)
    }
}
