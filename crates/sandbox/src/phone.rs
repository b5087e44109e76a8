//! A phone to hold, for tests: what a follower does, in words.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::Action;
use crate::chat::ChatItem;
use crate::exchange::{Delivery, Exchange};
use crate::push::{self, Prepared};
use crate::stream::Happening;
use crate::world::Inner;

/// One user's phone with one account's chat open. Cloning gives another hand on the same phone.
///
/// Whatever it does waits until the last delivery is over and gives the [`Exchange`].
#[derive(Clone)]
pub struct Phone {
    pub(crate) inner: Arc<Inner>,
    pub(crate) appid: String,
    pub(crate) openid: String,
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phone").field("appid", &self.appid).field("openid", &self.openid).finish_non_exhaustive()
    }
}

impl Phone {
    pub(crate) fn new(inner: Arc<Inner>, appid: String, openid: String) -> Self {
        Self { inner, appid, openid }
    }

    /// The account's appid.
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// The user's openid for this account.
    #[must_use]
    pub fn openid(&self) -> &str {
        &self.openid
    }

    /// The user's nickname.
    #[must_use]
    pub fn nickname(&self) -> String {
        self.inner.world().account(&self.appid).phone(&self.openid).map_or_else(String::new, |p| p.nickname.clone())
    }

    /// Whether the user follows the account.
    #[must_use]
    pub fn is_following(&self) -> bool {
        self.inner.world().account(&self.appid).is_following(&self.openid)
    }

    /// Whether the account shows "typing…" now.
    #[must_use]
    pub fn sees_typing(&self) -> bool {
        let now = self.inner.clock.now_ms();
        self.inner.world().account(&self.appid).phone(&self.openid).is_some_and(|phone| now < phone.typing_until_ms)
    }

    /// Follows the account.
    pub async fn follow(&self) -> Exchange {
        self.act(Action::Follow).await
    }

    /// Follows by scanning a code with this scene.
    pub async fn follow_by_scene(&self, scene: impl Into<String>) -> Exchange {
        self.act(Action::FollowByScene { scene: scene.into() }).await
    }

    /// Stops following.
    pub async fn unfollow(&self) -> Exchange {
        self.act(Action::Unfollow).await
    }

    /// Writes.
    pub async fn text(&self, content: impl Into<String>) -> Exchange {
        self.act(Action::Text { content: content.into(), bizmsgmenuid: None }).await
    }

    /// Sends the sample picture.
    pub async fn image(&self) -> Exchange {
        self.act(Action::Image { media_id: None }).await
    }

    /// Sends two seconds of silence.
    pub async fn voice(&self) -> Exchange {
        self.act(Action::Voice { media_id: None, recognition: None }).await
    }

    /// Sends the sample film.
    pub async fn video(&self) -> Exchange {
        self.act(Action::Video { media_id: None }).await
    }

    /// Sends the sample film as one of a few seconds.
    pub async fn short_video(&self) -> Exchange {
        self.act(Action::ShortVideo { media_id: None }).await
    }

    /// Sends a place: degrees north, degrees east, its name.
    pub async fn location(&self, latitude: f64, longitude: f64, label: impl Into<String>) -> Exchange {
        self.act(Action::Location { latitude, longitude, label: label.into() }).await
    }

    /// Sends a link: title, second line, URL.
    pub async fn link(
        &self,
        title: impl Into<String>,
        description: impl Into<String>,
        url: impl Into<String>,
    ) -> Exchange {
        self.act(Action::Link { title: title.into(), description: description.into(), url: url.into() }).await
    }

    /// Taps the menu button of type click with this key.
    pub async fn tap(&self, key: impl Into<String>) -> Exchange {
        self.act(Action::Click { key: key.into() }).await
    }

    /// Taps the menu button of type view with this URL.
    pub async fn view(&self, url: impl Into<String>) -> Exchange {
        self.act(Action::View { url: url.into() }).await
    }

    /// Scans a code with this scene; follows by it when not following. Where the account made a code for the scene,
    /// it is that code: its ticket is pushed, and nothing at all once its time is over. A ticket, or the URL that a
    /// code's picture says, does as well as its scene.
    pub async fn scan(&self, scene: impl Into<String>) -> Exchange {
        self.act(Action::Scan { scene: scene.into() }).await
    }

    /// Does anything else.
    pub async fn act(&self, action: Action) -> Exchange {
        let prepared = push::prepare(&self.inner, &self.appid, &self.openid, action);
        push::run(&self.inner, &prepared).await
    }

    /// Does it, but leaves the delivering to the caller.
    #[must_use]
    pub fn compose(&self, action: Action) -> Pending {
        let prepared = push::prepare(&self.inner, &self.appid, &self.openid, action);
        Pending { inner: self.inner.clone(), prepared: Arc::new(prepared), deliveries: Arc::default() }
    }

    /// The chat as it shows, the oldest first.
    #[must_use]
    pub fn chat(&self) -> Vec<ChatItem> {
        self.inner.world().account(&self.appid).chat_of(&self.openid)
    }

    /// Waits until the chat has an item of this kind, also one from before; `None` when the time is over.
    pub async fn wait_for(&self, limit: Duration, wanted: impl Fn(&ChatItem) -> bool) -> Option<ChatItem> {
        let mut events = self.inner.events.subscribe();
        let found = async {
            loop {
                // Looked at anew after every event: a slow reader of events may have missed one.
                if let Some(item) = self.chat().into_iter().find(|item| wanted(item)) {
                    return item;
                }
                while !matches!(events.recv().await, Ok(Happening::Chat(_)) | Err(_)) {}
            }
        };
        tokio::time::timeout(limit, found).await.ok()
    }
}

/// A push that was made and not yet sent. Each delivery is one POST with the same message and a signature of its
/// own, and no retry follows. Cloning gives another hand on the same push.
#[derive(Clone)]
pub struct Pending {
    inner: Arc<Inner>,
    prepared: Arc<Prepared>,
    deliveries: Arc<AtomicU8>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("exchange_id", &self.prepared.exchange_id).finish_non_exhaustive()
    }
}

impl Pending {
    /// The exchange that the deliveries are written down in.
    #[must_use]
    pub fn exchange_id(&self) -> u64 {
        self.prepared.exchange_id
    }

    /// The message before sealing.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.prepared.message
    }

    /// Delivers once to the account's callback URL.
    pub async fn deliver(&self) -> Delivery {
        push::deliver(&self.inner, &self.prepared, self.next(), None).await
    }

    /// Delivers once to another node: its base URL (`http://127.0.0.1:8081`), or a callback URL in full.
    pub async fn deliver_to(&self, url: &str) -> Delivery {
        push::deliver(&self.inner, &self.prepared, self.next(), Some(url)).await
    }

    fn next(&self) -> u8 {
        self.deliveries.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }
}
