//! What a sandbox starts with.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Faults, seal};

/// Followers that can be made up.
const FOLLOWERS: usize = 100_000_000;

/// How a sandbox starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; port 0 takes a free one. Default `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// Seed of everything random: openids, MsgIds, nonces, tokens, faults.
    pub seed: u64,
    /// The Official Accounts that exist.
    pub apps: Vec<App>,
    /// Whether `user/info` tells nicknames. The platform stopped doing so; off by default.
    pub nicknames: bool,
    /// The faults that are on from the start.
    pub faults: Faults,
    /// Unix seconds at which the clock starts; the machine's time when absent.
    pub start_at: Option<i64>,
    /// Calls that an account may make in a minute before 45011 is answered. Default 600,000.
    pub calls_a_minute: u32,
    /// Calls a day before 45009 is answered, by path (`/cgi-bin/user/get`), in place of the platform's.
    pub quotas: BTreeMap<String, u32>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            apps: Vec::new(),
            nicknames: false,
            faults: Faults::default(),
            start_at: None,
            calls_a_minute: 600_000,
            quotas: BTreeMap::new(),
        }
    }
}

/// One simulated Official Account.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct App {
    /// The name on top of the chat.
    pub name: String,
    /// `wx` and 16 hexadecimal digits on the platform; any letters, digits, `_` and `-` here.
    pub appid: String,
    /// What `token` and `stable_token` ask for.
    pub secret: String,
    /// Signs pushes; 3 to 32 letters and digits.
    pub token: String,
    /// 43 characters; needed unless the mode is plain.
    pub encoding_aes_key: Option<String>,
    /// How pushes are sealed.
    pub mode: Mode,
    /// What the account is: how often it may send to all depends on it.
    pub kind: AccountKind,
    /// Where pushes go; nothing is pushed while it is empty.
    pub callback_url: String,
    /// 网页授权域名: the one host that a login page may lead back to; any when empty.
    pub login_domain: String,
    /// The account's own id in messages, `gh_…`; made from the appid when empty.
    pub original_id: String,
    /// Followers that exist from the start, 100,000,000 at most. They are made up on demand and cost no memory until
    /// something happens to one.
    pub followers: usize,
    /// Openids of the first of those followers (more than `followers` raises their number).
    pub openids: Vec<String>,
    /// The made-up followers came over the last three years and in six ways, in place of all at once by the search.
    pub varied: bool,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("name", &self.name)
            .field("appid", &self.appid)
            .field("mode", &self.mode)
            .field("callback_url", &self.callback_url)
            .field("original_id", &self.original_id)
            .field("followers", &self.followers)
            .finish_non_exhaustive()
    }
}

impl App {
    /// A plain-mode account for examples and tests: no followers, no callback URL yet.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            name: "铺子演示号".into(),
            appid: "wx5a4d706c75706f01".into(),
            secret: "sandbox-secret-of-the-demo-account".into(),
            token: "sandboxtoken".into(),
            original_id: "gh_5a4d706c7570".into(),
            ..Self::default()
        }
    }

    /// Checks what the platform's form would check, and fills in what may be left out.
    pub(crate) fn checked(mut self) -> Result<Self, Error> {
        let problem = |app: &Self, problem: String| Err(Error::App { appid: app.appid.clone(), problem });
        if !is_word(&self.appid) || self.appid.len() > 64 {
            return problem(&self, "appid must be 1 to 64 letters, digits, '_' or '-'".into());
        }
        if self.secret.is_empty() {
            return problem(&self, "secret is empty".into());
        }
        if !(3..=32).contains(&self.token.len()) || !self.token.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return problem(&self, "token must be 3 to 32 letters and digits".into());
        }
        match &self.encoding_aes_key {
            Some(key) => {
                if let Err(error) = seal::parse_key(key) {
                    return problem(&self, format!("encoding_aes_key: {error}"));
                }
            }
            None if self.mode != Mode::Plain => {
                return problem(&self, format!("encoding_aes_key is needed in {} mode", self.mode));
            }
            None => {}
        }
        if self.followers > FOLLOWERS {
            return problem(&self, format!("{FOLLOWERS} followers at most"));
        }
        if let Some(openid) = self.openids.iter().find(|openid| !is_openid(openid)) {
            return problem(&self, format!("openid {openid:?} must be 1 to 64 letters, digits, '_' or '-'"));
        }
        if self.name.is_empty() {
            self.name.clone_from(&self.appid);
        }
        if self.original_id.is_empty() {
            let tail: String = self.appid.chars().filter(|c| c.is_ascii_alphanumeric()).skip(2).take(12).collect();
            self.original_id = format!("gh_{tail}");
        }
        Ok(self)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Whether a text may be an openid here: it goes into a query unescaped.
pub(crate) fn is_openid(text: &str) -> bool {
    is_word(text) && text.len() <= 64
}

/// What an Official Account is registered as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 服务号: a follower gets four mass messages a month.
    #[default]
    Service,
    /// 订阅号: one mass message a day.
    Subscription,
}

/// How an account seals its pushes (消息加解密方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 明文模式: XML as it is.
    #[default]
    Plain,
    /// 兼容模式: the plain fields and the sealed message side by side.
    Compatible,
    /// 安全模式: only the sealed message.
    Encrypted,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Compatible => "compatible",
            Self::Encrypted => "encrypted",
        })
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "plain" => Ok(Self::Plain),
            "compatible" => Ok(Self::Compatible),
            "encrypted" => Ok(Self::Encrypted),
            other => Err(format!("mode {other:?} is none of plain, compatible, encrypted")),
        }
    }
}
