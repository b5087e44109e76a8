//! An account's receiving side: who sent a push, is it fresh, what is inside; and the way back for the reply.
//!
//! Nothing of a body is read before its signature is verified. Documents: "接入指南", "消息加解密说明".

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::MAX_BODY;
use crate::crypto::EncodingAesKey;
use crate::message::{Fields, Push, ReadError};
use crate::query;
use crate::secret::Secret;
use crate::signature;
use crate::xml;

pub use crate::query::Query;

/// How long after its timestamp a push is accepted, and how long before: 10 minutes.
pub const REPLAY_WINDOW: Duration = Duration::from_secs(600);

/// An account's setting for message encryption (消息加解密方式).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// 明文模式.
    #[default]
    Plain,
    /// 兼容模式: plain and encrypted at once. What is encrypted is used.
    Compatible,
    /// 安全模式: a push in plain text is refused.
    Encrypted,
}

impl Mode {
    /// The setting's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Compatible => "compatible",
            Self::Encrypted => "encrypted",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no [`Mode`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mode is plain, compatible or encrypted, not {0:?}")]
pub struct UnknownMode(String);

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        let modes = [Self::Plain, Self::Compatible, Self::Encrypted];
        modes.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| UnknownMode(text.to_owned()))
    }
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// `signature`, `timestamp` or `nonce` is missing, or `msg_signature` of an encrypted push.
    #[error("the signature is missing")]
    MissingSignature,
    /// A signature is not of this account's token.
    #[error("the signature is wrong")]
    WrongSignature,
    /// The timestamp lies outside the replay window, or is no number.
    #[error("the timestamp is outside the replay window")]
    Stale,
    /// Plain text where encryption is insisted on or announced.
    #[error("plain text where encryption is insisted on")]
    PlainRefused,
    /// The body has more than 64 KiB.
    #[error("the body is longer than {MAX_BODY} bytes")]
    TooLarge,
    /// The body cannot be read.
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    /// The encrypted message is for another account.
    #[error("the encrypted message is for another appid")]
    WrongAppid,
    /// Neither the account's key nor its previous key opens the message.
    #[error("the message cannot be decrypted with the account's keys")]
    Undecryptable,
}

impl Refusal {
    /// Whether the sender could not show to be WeChat (answer 403), rather than sending what cannot be read (400, 413).
    #[must_use]
    pub const fn is_forgery(&self) -> bool {
        matches!(self, Self::MissingSignature | Self::WrongSignature | Self::Stale | Self::PlainRefused)
    }

    /// A short name for metrics.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::WrongSignature => "wrong_signature",
            Self::Stale => "stale",
            Self::PlainRefused => "plain_refused",
            Self::TooLarge => "too_large",
            Self::Malformed(_) => "malformed",
            Self::WrongAppid => "wrong_appid",
            Self::Undecryptable => "undecryptable",
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge => Self::TooLarge,
            error => Self::Malformed(error.to_string()),
        }
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The official account's.
    Xml,
    /// The mini program's and customer service's, when so set.
    Json,
}

impl Format {
    fn of(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        if body.trim_ascii_start().starts_with(b"{") { Self::Json } else { Self::Xml }
    }

    fn read(self, body: &[u8]) -> Result<Fields, ReadError> {
        match self {
            Self::Xml => Fields::from_xml(body),
            Self::Json => Fields::from_json(body),
        }
    }
}

/// How a push was sealed, and so how its reply must be. `true` is sealed with the current key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// Not at all.
    Plain,
    /// With the account's key.
    Current,
    /// With the key before the last rotation: WeChat wants the reply with the key it used.
    Previous,
}

impl From<bool> for Sealing {
    fn from(encrypted: bool) -> Self {
        if encrypted { Self::Current } else { Self::Plain }
    }
}

/// A push that is WeChat's and is understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// What it says.
    pub push: Push,
    /// The payload it was read from: decrypted, or the body as it came.
    pub plain: Vec<u8>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Which key it came with; for [`Receiver::wrap`].
    pub sealing: Sealing,
    /// How it is written.
    pub format: Format,
}

/// One account's receiving side.
///
/// ```
/// use puzi_wechat::Secret;
/// use puzi_wechat::crypto::EncodingAesKey;
/// use puzi_wechat::envelope::{Mode, Query, Receiver, Refusal};
///
/// let account = Receiver::new(Secret::new("token".to_owned()), "wx0123456789abcdef")
///     .mode(Mode::Encrypted)
///     .key(EncodingAesKey::generate());
///
/// // The URL check, when the callback URL is set on the admin platform.
/// let signature = puzi_wechat::signature::sign(&["token", "1700000000", "42"]);
/// let query = format!("signature={signature}&timestamp=1700000000&nonce=42&echostr=7061");
/// assert_eq!(account.verify_url(&Query::parse(&query), 1_700_000_005), Ok("7061".to_owned()));
///
/// // A push in plain text is not taken in this mode.
/// let refused = account.open(&Query::parse(&query), b"<xml></xml>", 1_700_000_005);
/// assert!(matches!(refused, Err(Refusal::PlainRefused)));
/// ```
#[derive(Clone, Debug)]
pub struct Receiver {
    token: Secret<String>,
    appid: String,
    mode: Mode,
    key: Option<EncodingAesKey>,
    previous_key: Option<EncodingAesKey>,
    replay_window: Duration,
}

impl Receiver {
    /// In plain mode, without keys, with a replay window of 10 minutes.
    pub fn new(token: Secret<String>, appid: impl Into<String>) -> Self {
        let (mode, replay_window) = (Mode::Plain, REPLAY_WINDOW);
        Self { token, appid: appid.into(), mode, key: None, previous_key: None, replay_window }
    }

    /// Sets the mode.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Sets the key that pushes are opened and replies are sealed with. With a key, an encrypted push is opened in plain
    /// mode too: WeChat may be switched before the server is.
    #[must_use]
    pub fn key(self, key: EncodingAesKey) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Sets the key before the last rotation, which WeChat uses for a while yet.
    #[must_use]
    pub fn previous_key(self, previous_key: Option<EncodingAesKey>) -> Self {
        Self { previous_key, ..self }
    }

    /// Sets how far a timestamp may lie in the past or future; it is compared in whole seconds.
    #[must_use]
    pub fn replay_window(self, replay_window: Duration) -> Self {
        Self { replay_window, ..self }
    }

    /// Answers WeChat's GET for the URL check: the `echostr` to give back as `text/plain`. `now` is Unix seconds.
    ///
    /// # Errors
    /// [`Refusal::MissingSignature`], [`Refusal::WrongSignature`], [`Refusal::Stale`]; [`Refusal::Malformed`] when there is
    /// no `echostr`, or one that no WeChat sends: it is not covered by the signature and goes back as it came.
    pub fn verify_url(&self, q: &Query, now: i64) -> Result<String, Refusal> {
        self.verify(q, now)?;
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte);
        q.echostr
            .as_deref()
            .filter(|text| !text.is_empty() && text.len() <= 256 && text.bytes().all(harmless))
            .map(str::to_owned)
            .ok_or_else(|| Refusal::Malformed("echostr is missing or wrong".into()))
    }

    /// Verifies a push, decrypts it when it is encrypted, and reads it. `now` is Unix seconds.
    ///
    /// # Errors
    /// See [`Refusal`]. Signatures come first: for a body whose sender is unknown there is no other answer.
    pub fn open(&self, q: &Query, body: &[u8], now: i64) -> Result<Received, Refusal> {
        let (timestamp, nonce) = self.verify(q, now)?;
        if body.len() > MAX_BODY {
            return Err(Refusal::TooLarge);
        }
        let announced = q.encrypt_type.as_deref() == Some("aes") || q.msg_signature.is_some();
        if self.mode == Mode::Encrypted && !announced {
            return Err(Refusal::PlainRefused);
        }
        let format = Format::of(body);
        let outer = format.read(body)?;
        let reads_plain = self.reads_plain(&outer);
        let Some(sealed) = outer.text("Encrypt").filter(|_| !reads_plain) else {
            if self.mode == Mode::Encrypted || (announced && !reads_plain) {
                return Err(Refusal::PlainRefused);
            }
            let (push, plain) = (Push::from_fields(outer)?, body.to_vec());
            return Ok(Received { push, plain, encrypted: false, sealing: Sealing::Plain, format });
        };
        let given = q.msg_signature.as_deref().ok_or(Refusal::MissingSignature)?;
        if !signature::verify(&[self.token.expose(), timestamp, nonce, sealed], given) {
            return Err(Refusal::WrongSignature);
        }
        self.unseal(sealed)
    }

    /// Opens a push again that was taken as WeChat's before and kept as it came, with the keys there are now: a message
    /// that no key opened is opened once the right one is set. `encrypted` says how it was announced then.
    ///
    /// Neither signature nor timestamp is looked at: both were right when it came, and its query was not kept. Give this
    /// nothing but what [`Receiver::open`] had refused after the signatures; what anybody may send goes to `open`.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::Malformed`], [`Refusal::PlainRefused`] (announced as encrypted, and it is not),
    /// [`Refusal::WrongAppid`], [`Refusal::Undecryptable`].
    pub fn reopen(&self, body: &[u8], encrypted: bool) -> Result<Received, Refusal> {
        if body.len() > MAX_BODY {
            return Err(Refusal::TooLarge);
        }
        let format = Format::of(body);
        let outer = format.read(body)?;
        let reads_plain = self.reads_plain(&outer);
        let Some(sealed) = outer.text("Encrypt").filter(|_| !reads_plain) else {
            if encrypted && !reads_plain {
                return Err(Refusal::PlainRefused);
            }
            let (push, plain) = (Push::from_fields(outer)?, body.to_vec());
            return Ok(Received { push, plain, encrypted: false, sealing: Sealing::Plain, format });
        };
        self.unseal(sealed)
    }

    /// Makes the answer's body of a reply. `how` is [`Received::sealing`]; `true` means sealed with the current key.
    ///
    /// A plain reply stays as it is, and so do an empty one and `success`, which WeChat takes unsealed. A sealed one has the
    /// same bytes each time for the same `reply_xml`, `context` and `at` (Unix seconds), so that a repeated delivery gets
    /// the very answer of the first. `context` should tell one push from all others, as
    /// [`Push::dedup_key`](crate::message::Push::dedup_key) does.
    #[must_use]
    pub fn wrap(&self, how: impl Into<Sealing>, reply_xml: String, context: &[u8], at: i64) -> String {
        let key = match how.into() {
            Sealing::Plain => None,
            Sealing::Current => self.key.as_ref(),
            Sealing::Previous => self.previous_key.as_ref().or(self.key.as_ref()),
        };
        match key {
            Some(key) if !reply_xml.is_empty() && reply_xml != "success" => self.seal(key, &reply_xml, context, at),
            _ => reply_xml,
        }
    }

    /// An account in plain mode without a key takes the plain half of what WeChat sends in compatible mode.
    fn reads_plain(&self, outer: &Fields) -> bool {
        self.mode == Mode::Plain && self.key.is_none() && outer.get("MsgType").is_some()
    }

    fn seal(&self, key: &EncodingAesKey, reply_xml: &str, context: &[u8], at: i64) -> String {
        // Two replies to one push (two versions of a rule, say) must not share their random bytes.
        let random = key.derive_random(&[b"reply\0", context, b"\0", reply_xml.as_bytes()].concat());
        let mut word = [0; 8];
        word.copy_from_slice(&key.derive_random(&random)[..8]);
        let (nonce, timestamp) = (u64::from_be_bytes(word).to_string(), at.to_string());
        let sealed = key.encrypt(random, reply_xml.as_bytes(), &self.appid);
        let signature = signature::sign(&[self.token.expose(), &timestamp, &nonce, &sealed]);
        let mut out = String::with_capacity(sealed.len() + 256);
        xml::open(&mut out, "xml");
        xml::cdata(&mut out, "Encrypt", &sealed);
        xml::cdata(&mut out, "MsgSignature", &signature);
        xml::number(&mut out, "TimeStamp", at);
        xml::cdata(&mut out, "Nonce", &nonce);
        xml::close(&mut out, "xml");
        out
    }

    /// Decrypts a message and reads it.
    fn unseal(&self, sealed: &str) -> Result<Received, Refusal> {
        let (plain, sealing) = self.decrypt(sealed)?;
        let format = Format::of(&plain);
        let push = Push::from_fields(format.read(&plain)?)?;
        Ok(Received { push, plain, encrypted: true, sealing, format })
    }

    fn decrypt(&self, sealed: &str) -> Result<(Vec<u8>, Sealing), Refusal> {
        let keys = [(self.key.as_ref(), Sealing::Current), (self.previous_key.as_ref(), Sealing::Previous)];
        for (key, sealing) in keys {
            if let Some(opened) = key.and_then(|key| key.decrypt(sealed.as_bytes()).ok()) {
                if opened.appid != self.appid {
                    return Err(Refusal::WrongAppid);
                }
                return Ok((opened.message, sealing));
            }
        }
        Err(Refusal::Undecryptable)
    }

    /// Checks the plain signature, then the timestamp; gives timestamp and nonce.
    fn verify<'q>(&self, q: &'q Query, now: i64) -> Result<(&'q str, &'q str), Refusal> {
        let [Some(given), Some(timestamp), Some(nonce)] =
            [&q.signature, &q.timestamp, &q.nonce].map(|text| query::filled(text.as_deref()))
        else {
            return Err(Refusal::MissingSignature);
        };
        if !signature::verify(&[self.token.expose(), timestamp, nonce], given) {
            return Err(Refusal::WrongSignature);
        }
        let at: i64 = timestamp.parse().map_err(|_| Refusal::Stale)?;
        if now.abs_diff(at) > self.replay_window.as_secs() {
            return Err(Refusal::Stale);
        }
        Ok((timestamp, nonce))
    }
}
