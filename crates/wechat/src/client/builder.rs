//! Putting a client together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use tokio::sync::Semaphore;

use super::error::{ApiError, ErrorKind, Result};
use super::keeper::Keeper;
use super::observe::Observer;
use super::spent::Spent;
use super::tickets::TicketKeeper;
use super::token::{MemoryTokens, TokenStore};
use super::wire::{SecondHost, Transport, Wire};
use super::{Client, Inner, PLATFORM};
use crate::Secret;

/// No time is longer, so that none is beyond what a clock can count: `Duration::MAX` stands for "no limit".
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// Puts a [`Client`] together; see [`Client::builder`].
///
/// ```
/// use std::time::Duration;
///
/// use puzi_wechat::Secret;
/// use puzi_wechat::client::Client;
///
/// # fn example() -> Result<Client, puzi_wechat::client::ApiError> {
/// Client::builder("wx0123456789abcdef", Secret::new("a secret".to_owned()))
///     .base_url("http://127.0.0.1:8000")
///     .timeout(Duration::from_secs(5))
///     .deadline(Duration::from_secs(12))
///     .concurrency(32)
///     .build()
/// # }
/// # assert_eq!(example().unwrap().appid(), "wx0123456789abcdef");
/// ```
#[derive(Clone)]
#[must_use = "a client is made by build"]
pub struct Builder {
    appid: String,
    secret: Secret<String>,
    base_url: String,
    second_url: Option<String>,
    tokens: Arc<dyn TokenStore>,
    timeout: Duration,
    connect_timeout: Duration,
    back_off: Duration,
    repeats: u32,
    deadline: Duration,
    concurrency: Option<usize>,
    quota_memory: Duration,
    proxy: Proxy,
    user_agent: String,
    observer: Option<Arc<dyn Observer>>,
    #[cfg(feature = "testing")]
    double: Option<crate::testing::Line>,
}

#[derive(Clone)]
enum Proxy {
    /// What the environment says.
    Usual,
    None,
    /// The URL may carry a password.
    At(Secret<String>),
}

impl Builder {
    pub(super) fn new(appid: String, secret: Secret<String>) -> Self {
        Self {
            appid,
            secret,
            base_url: PLATFORM.to_owned(),
            second_url: None,
            tokens: Arc::new(MemoryTokens::new()),
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(4),
            back_off: Duration::from_secs(1),
            repeats: 4,
            deadline: Duration::from_secs(20),
            concurrency: None,
            quota_memory: Duration::from_secs(10),
            proxy: Proxy::Usual,
            user_agent: concat!("puzi-wechat/", env!("CARGO_PKG_VERSION")).to_owned(),
            observer: None,
            #[cfg(feature = "testing")]
            double: None,
        }
    }

    /// Where the API is: another host of the platform's, a gateway, or a sandbox. It gets all calls, those too that
    /// usually go to another host of the platform's, such as `mp.weixin.qq.com`, unless it is one of the platform's own.
    ///
    /// The platform has these: `https://api.weixin.qq.com` (the default, takes the nearest way), `https://sh.api.weixin.qq.com`
    /// (Shanghai), `https://sz.api.weixin.qq.com` (Shenzhen), `https://hk.api.weixin.qq.com` (Hong Kong), and
    /// `https://api2.weixin.qq.com` for disasters.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Where the API is when there is no connection to the base URL; the platform names `https://api2.weixin.qq.com`
    /// for that. None by default.
    ///
    /// Only what was certainly not sent goes there; an answer that was lost is not asked for there again. While the
    /// first host is away, calls go to the second one at once, and the first is tried again after a minute.
    pub fn fallback_url(mut self, url: impl Into<String>) -> Self {
        self.second_url = Some(url.into());
        self
    }

    /// Where tokens are kept; by default in this client's memory.
    pub fn tokens(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.tokens = store;
        self
    }

    /// The time for one attempt, 10 s by default; an upload may take 60 s all the same. See also
    /// [`Call::timeout`](super::Call::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST);
        self
    }

    /// The time for making a connection, 4 s by default and never more than four fifths of the attempt's, so that
    /// "no connection" is told from "no answer".
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The first pause before a call is repeated, 1 s by default; it doubles up to 8 s.
    pub fn back_off(mut self, first: Duration) -> Self {
        self.back_off = first.min(LONGEST);
        self
    }

    /// How often a call is repeated at most, 4 times by default; 0 repeats nothing but what had a stale token.
    pub fn repeats(mut self, times: u32) -> Self {
        self.repeats = times;
        self
    }

    /// The time after which a call is not repeated any more, 20 s by default.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST);
        self
    }

    /// How many requests may be on their way at once; the others wait, and their time limits begin when they are sent.
    /// No limit by default. A [`Download`](super::Download) counts until its end, and 0 is taken for 1.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = Some(requests.max(1));
        self
    }

    /// How long a path whose quota is used up (45009) is answered from memory instead of asking again, 10 s by default;
    /// zero asks every time. Clearing the quota through this client ends it.
    ///
    /// The platform counts by the day, but anybody may clear the quota at any moment: asking once in a while finds out.
    pub fn quota_memory(mut self, lasts: Duration) -> Self {
        self.quota_memory = lasts;
        self
    }

    /// Sends all through an `http` or `https` proxy, whose URL may carry a user and a password.
    ///
    /// Without this the environment counts (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), except for a base URL on this
    /// machine.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Proxy::At(Secret::new(url.into()));
        self
    }

    /// Uses no proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.proxy = Proxy::None;
        self
    }

    /// What the client calls itself.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Who hears of each attempt of each call, those for tokens included. Nobody by default.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    #[cfg(feature = "testing")]
    pub(crate) fn double(mut self, double: crate::testing::Line) -> Self {
        self.double = Some(double);
        self
    }

    /// Makes the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] when a URL is not an http or https URL, or TLS cannot be set up.
    pub fn build(self) -> Result<Client> {
        let base = api_url("base URL", &self.base_url)?;
        let second = self.second_url.as_ref().map(|url| api_url("fallback URL", url)).transpose()?;
        let http = reqwest::Client::builder()
            .user_agent(self.user_agent)
            .connect_timeout(self.connect_timeout.min(self.timeout * 4 / 5))
            // Following a redirect would carry the token in the query to another host.
            .redirect(reqwest::redirect::Policy::none());
        let http = match &self.proxy {
            Proxy::At(url) => http.proxy(proxy_at(url.expose())?),
            // A proxy from the environment cannot reach a sandbox on this machine.
            Proxy::Usual if !is_loopback(&base) => http,
            _ => http.no_proxy(),
        };
        let http = http.build().map_err(|e| wrong(ApiError::transport("", e).errmsg))?;
        let wire = Wire {
            transport: Transport {
                http,
                #[cfg(feature = "testing")]
                double: self.double,
            },
            own: is_the_platforms(&base),
            base: without_slash(&self.base_url),
            second: second.map(|url| SecondHost::new(without_slash(url.as_str()))),
            timeout: self.timeout,
            back_off: self.back_off,
            repeats: self.repeats,
            deadline: self.deadline,
            slots: self.concurrency.map(|requests| Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS)))),
            observer: self.observer,
        };
        let keeper = Keeper::new(self.appid, self.secret, self.tokens);
        let (spent, tickets) = (Spent::new(self.quota_memory), TicketKeeper::default());
        Ok(Client { inner: Arc::new(Inner { wire, keeper, spent, tickets }) })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("appid", &self.appid).field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

fn wrong(text: String) -> ApiError {
    ApiError::local(ErrorKind::Configuration, "", text).before_sending()
}

fn api_url(what: &str, url: &str) -> Result<Url> {
    let parsed = Url::parse(url).map_err(|e| wrong(format!("the {what} is not a URL: {e}")))?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(wrong(format!("the {what} must be an http or https URL without query")));
    }
    Ok(parsed)
}

fn proxy_at(url: &str) -> Result<reqwest::Proxy> {
    // What a parser says of a URL could repeat its password.
    let refused = || wrong("the proxy must be an http or https URL".to_owned());
    let parsed = Url::parse(url).map_err(|_| refused())?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(refused());
    }
    reqwest::Proxy::all(url).map_err(|_| refused())
}

fn without_slash(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

fn is_the_platforms(url: &Url) -> bool {
    url.scheme() == "https" && url.host_str().is_some_and(|host| host.ends_with(".weixin.qq.com"))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_hosts_are_told_from_others() {
        for (url, own) in [
            (PLATFORM, true),
            ("https://sh.api.weixin.qq.com", true),
            ("http://api.weixin.qq.com", false),
            ("https://api.weixin.qq.com.example.com", false),
            ("http://127.0.0.1:8100", false),
        ] {
            assert_eq!(is_the_platforms(&Url::parse(url).unwrap()), own, "{url}");
        }
    }

    #[tokio::test]
    async fn no_limit_is_no_overflow() {
        let builder = Builder::new("wx1".into(), Secret::new(String::new())).base_url("http://127.0.0.1:9");
        let builder = builder.timeout(Duration::MAX).connect_timeout(Duration::MAX).deadline(Duration::MAX);
        let wechat = builder.back_off(Duration::MAX).repeats(1).deadline(Duration::from_secs(1)).build().unwrap();
        assert_eq!(wechat.get("/x").send::<()>().await.unwrap_err().kind, ErrorKind::Transport);
    }

    #[test]
    fn a_wrong_url_is_refused_without_showing_it() {
        let builder = || Builder::new("wx1".into(), Secret::new(String::new()));
        for (builder, says) in [
            (builder().base_url("api.weixin.qq.com"), "the base URL is not a URL"),
            (builder().fallback_url("ftp://api2.weixin.qq.com"), "the fallback URL must be"),
            (builder().proxy("socks5://user:hunter2@proxy"), "the proxy must be"),
            (builder().proxy("http://user:hunter2@:80"), "the proxy must be"),
            (builder().proxy("hunter2"), "the proxy must be"),
        ] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind, ErrorKind::Configuration);
            assert!(error.errmsg.starts_with(says) && !error.errmsg.contains("hunter2"), "{error}");
        }
    }
}
