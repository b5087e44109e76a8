//! The client of the Official Account API.
//!
//! A [`Client`] speaks for one account. It gets, shares and renews the access token by itself, repeats what may be
//! repeated, and answers with errors that say what to do. What has no typed call here is reached by [`Client::call`].
//!
//! ```no_run
//! use puzi_wechat::client::{ApiError, Client, Condition, CustomMessage, Method};
//! use puzi_wechat::Secret;
//!
//! # async fn example(secret: String, openid: &str) -> Result<(), ApiError> {
//! let wechat = Client::builder("wx0000000000000000", Secret::new(secret)).build()?;
//!
//! match wechat.messages().send(openid, &CustomMessage::text("您的包裹已发出")).await {
//!     Err(e) if e.is(Condition::WindowClosed) => println!("the user wrote too long ago"),
//!     other => other?,
//! }
//! let tags: serde_json::Value = wechat.call(Method::GET, "/cgi-bin/tags/get").send().await?;
//! # let _ = tags;
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Secret;

mod answer;
mod base;
mod call;
mod codes;
mod error;
mod keeper;
mod media;
mod menu;
mod messages;
mod token;
mod upload;
mod users;
mod wire;

pub use answer::Binary;
pub use base::{Base, CheckAction, CheckOperator, DnsCheck, NetworkCheck, PingCheck, Quota, QuotaUse, RateLimit};
pub use call::Call;
pub use error::{ApiError, Condition, ErrorKind, Result};
pub use media::{Media, MediaFile, MediaKind, Uploaded};
pub use menu::{Action, Button, ConditionalMenu, Menu, MenuSet, MenuTools};
pub use messages::{CustomArticle, CustomMessage, MenuChoice, Messages, NotSendable};
pub use reqwest::Method;
pub use token::{AccessToken, MemoryTokens, StoreError, StoreFuture, TokenStore};
pub use upload::{Content, Field};
pub use users::{Follower, FollowerPage, FollowerPages, Language, Users};

/// Where the platform's API is.
const PLATFORM: &str = "https://api.weixin.qq.com";

/// Speaks to the platform for one account. Cloning is cheap, and clones share everything.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    wire: wire::Wire,
    keeper: keeper::Keeper,
}

impl Client {
    /// Begins a client for the account `appid`.
    pub fn builder(appid: impl Into<String>, secret: Secret<String>) -> Builder {
        Builder {
            appid: appid.into(),
            secret,
            base_url: PLATFORM.to_owned(),
            tokens: Arc::new(MemoryTokens::new()),
            timeout: Duration::from_secs(10),
            back_off: Duration::from_secs(1),
            deadline: Duration::from_secs(20),
            user_agent: concat!("puzi-wechat/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
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

    /// A call of any API path, such as `/cgi-bin/tags/get`.
    pub fn call(&self, method: Method, path: impl Into<String>) -> Call {
        Call::new(self.clone(), method, path.into())
    }

    /// Followers and what the platform tells about them.
    pub fn users(&self) -> Users<'_> {
        Users { client: self, language: Language::default() }
    }

    /// Customer-service messages to one user.
    pub fn messages(&self) -> Messages<'_> {
        Messages { client: self }
    }

    /// The account's menu.
    pub fn menu(&self) -> MenuTools<'_> {
        MenuTools { client: self }
    }

    /// Temporary media.
    pub fn media(&self) -> Media<'_> {
        Media { client: self }
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

/// Puts a [`Client`] together.
#[derive(Clone)]
#[must_use]
pub struct Builder {
    appid: String,
    secret: Secret<String>,
    base_url: String,
    tokens: Arc<dyn TokenStore>,
    timeout: Duration,
    back_off: Duration,
    deadline: Duration,
    user_agent: String,
}

impl Builder {
    /// Where the API is: another host of the platform's, a proxy, or a sandbox.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Where tokens are kept; by default in this client's memory.
    pub fn tokens(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.tokens = store;
        self
    }

    /// The time for one attempt, 10 s by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The first pause before a call is repeated, 1 s by default; it doubles up to 8 s, for 4 repetitions.
    pub fn back_off(mut self, first: Duration) -> Self {
        self.back_off = first;
        self
    }

    /// The time after which a call is not repeated any more, 20 s by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// What the client calls itself.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Makes the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when the base URL is not an http or https URL, or TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let wrong = |text: String| ApiError::local(ErrorKind::Configuration, "", text);
        let url = reqwest::Url::parse(&self.base_url).map_err(|e| wrong(format!("the base URL is not a URL: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("the base URL must be an http or https URL without query".to_owned()));
        }
        let mut http = reqwest::Client::builder()
            .user_agent(self.user_agent)
            .connect_timeout(self.timeout.min(Duration::from_secs(5)))
            // Following a redirect would carry the token in the query to another host.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&url) {
            // A proxy from the environment cannot reach a sandbox on this machine.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|e| wrong(ApiError::transport("", e).errmsg))?;
        let base = self.base_url.trim_end_matches('/').to_owned();
        let wire = wire::Wire { http, base, timeout: self.timeout, back_off: self.back_off, deadline: self.deadline };
        let keeper = keeper::Keeper::new(self.appid, self.secret, self.tokens);
        Ok(Client { inner: Arc::new(Inner { wire, keeper }) })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("appid", &self.appid).field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
