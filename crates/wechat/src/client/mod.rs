//! The client of the Official Account API.
//!
//! A [`Client`] speaks for one account. It gets, shares and renews the access token by itself, repeats what may be
//! repeated, and answers with errors that say what to do. What has no typed call here is reached by [`Client::call`].
//!
//! ```no_run
//! use puzi_wechat::client::{ApiError, Client, Condition, CustomMessage};
//! use puzi_wechat::Secret;
//!
//! # async fn example(secret: String, openid: &str) -> Result<(), ApiError> {
//! let wechat = Client::builder("wx0000000000000000", Secret::new(secret)).build()?;
//!
//! match wechat.messages().send(openid, &CustomMessage::text("您的包裹已发出")).await {
//!     Err(e) if e.is(Condition::WindowClosed) => println!("the user wrote too long ago"),
//!     other => other?,
//! }
//! let tags: serde_json::Value = wechat.get("cgi-bin/tags/get").send().await?;
//! # let _ = tags;
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::Secret;

mod answer;
mod base;
mod builder;
mod call;
pub(crate) mod check;
mod codes;
mod content;
mod download;
mod error;
mod follower;
mod jssdk;
mod keeper;
mod loose;
mod media;
mod menu;
mod messages;
mod oauth;
mod observe;
mod pages;
mod pauses;
mod picture;
mod qrcode;
mod received;
pub(crate) mod shape;
mod spent;
mod tickets;
mod token;
pub(crate) mod upload;
mod users;
mod wire;

pub use answer::Binary;
pub use base::{Base, CheckAction, CheckOperator, DnsCheck, NetworkCheck, PingCheck, Quota, QuotaUse, RateLimit};
pub use builder::Builder;
pub use call::Call;
pub use content::{Content, Source};
pub use download::Download;
pub use error::{ApiError, Condition, ErrorKind, Result};
pub use follower::Follower;
pub use jssdk::{CardChoice, CardExt, JsSdkConfig};
pub use media::{
    Material, MaterialArticle, MaterialFile, Media, MediaFile, MediaKind, MediaStream, SpeechLanguage, Translation,
    Uploaded, UploadedMaterial,
};
pub use menu::{
    Action, Button, ConditionalMenu, CurrentAction, CurrentButton, CurrentMenu, Menu, MenuArticle, MenuFault,
    MenuFaultKind, MenuRule, MenuSet, MenuTools, Platform,
};
pub use messages::{CustomArticle, CustomMessage, MenuChoice, Messages, NotSendable};
pub use oauth::Scope;
pub use observe::{Exchange, Got, Observer, Sent, SentForm};
pub use pages::{Infos, Items, Page, Pages};
pub use picture::Picture;
pub use qrcode::{QrCode, Scene};
pub use reqwest::Method;
pub use tickets::{Ticket, TicketKind, Tickets};
pub use token::{AccessToken, MemoryTokens, StoreError, StoreFuture, TokenStore};
pub use upload::Field;
pub use users::{FollowerPage, FollowerPages, Language, Users};

/// Where the platform's API is.
const PLATFORM: &str = "https://api.weixin.qq.com";

/// Speaks to the platform for one account. Cloning is cheap, and clones share everything.
///
/// ```no_run
/// # async fn example() -> Result<(), puzi_wechat::client::ApiError> {
/// use puzi_wechat::Secret;
/// use puzi_wechat::client::{Client, Content, MediaKind};
///
/// let wechat = Client::builder("wx0123456789abcdef", Secret::new("the AppSecret".to_owned())).build()?;
/// println!("{} has {} followers", wechat.appid(), wechat.users().list(None).await?.total);
/// println!("menu: {:?}", wechat.menu().current().await?);
/// println!("left today: {}", wechat.base().quota("/cgi-bin/user/get").await?.quota.remain);
/// wechat.messages().typing("oABC", true).await?;
/// wechat.material().upload(MediaKind::Image, "tea.jpg", Content::file("tea.jpg")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    wire: wire::Wire,
    keeper: keeper::Keeper,
    spent: spent::Spent,
    tickets: tickets::TicketKeeper,
}

impl Client {
    /// Begins a client for the account `appid`.
    pub fn builder(appid: impl Into<String>, secret: Secret<String>) -> Builder {
        Builder::new(appid.into(), secret)
    }

    /// The account's appid.
    pub fn appid(&self) -> &str {
        &self.inner.keeper.appid
    }

    /// The access token, fetched if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the platform refuses the account's credentials or address; it is answered
    /// from memory for 10 s. Otherwise as any call.
    pub async fn token(&self) -> Result<AccessToken> {
        self.inner.keeper.current(&self.inner.wire).await
    }

    /// What some calls send in the place of an access token.
    pub(crate) fn credentials(&self) -> (&str, &Secret<String>) {
        (&self.inner.keeper.appid, &self.inner.keeper.secret)
    }

    /// A call of any API path, such as `cgi-bin/tags/get`.
    pub fn call(&self, method: Method, path: impl Into<String>) -> Call {
        Call::new(self.clone(), method, path.into())
    }

    /// A GET of any API path.
    ///
    /// ```no_run
    /// # async fn example(wechat: puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let page: serde_json::Value = wechat.get("cgi-bin/user/get").query("next_openid", "o1").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, path: impl Into<String>) -> Call {
        self.call(Method::GET, path)
    }

    /// A POST of `body` as JSON to any API path.
    ///
    /// ```no_run
    /// # use serde_json::{Value, json};
    /// # async fn example(wechat: puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let made: Value = wechat.post("cgi-bin/tags/create", &json!({"tag": {"name": "VIP"}})).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn post(&self, path: impl Into<String>, body: &impl Serialize) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// Followers and what the platform tells about them.
    pub fn users(&self) -> Users<'_> {
        Users { client: self, language: Language::default() }
    }

    /// Customer-service messages to one user.
    pub fn messages(&self) -> Messages<'_> {
        Messages::new(self)
    }

    /// The account's menu.
    pub fn menu(&self) -> MenuTools<'_> {
        MenuTools { client: self }
    }

    /// Temporary media.
    pub fn media(&self) -> Media<'_> {
        Media { client: self }
    }

    /// Permanent material.
    pub fn material(&self) -> Material<'_> {
        Material { client: self }
    }

    /// Tickets of the JS-SDK and of cards, and what pages sign with them.
    pub fn tickets(&self) -> Tickets<'_> {
        Tickets { client: self }
    }

    /// Addresses, network diagnosis and quotas.
    pub fn base(&self) -> Base<'_> {
        Base { client: self }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("appid", &self.appid())
            .field("base_url", &self.inner.wire.base)
            .finish_non_exhaustive()
    }
}
