//! Calls of any API path, which the typed calls are made of.

use std::fmt;
use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use super::answer::{self, Binary};
use super::builder::LONGEST;
use super::content::Content;
use super::download::Download;
use super::error::{self, ApiError, ErrorKind, Result};
use super::pauses::Pauses;
use super::token::AccessToken;
use super::upload::{Field, Payload};
use super::wire::{Outgoing, is_secret};

/// GETs that use a code up: the second would be refused, and the first one's answer lost.
const ONE_TIME: [&str; 4] = [
    "/sns/oauth2/access_token",
    "/sns/oauth2/component/access_token",
    "/sns/jscode2session",
    "/sns/component/jscode2session",
];
/// An upload may take this long where the client's own limit is shorter.
const UPLOAD_TIME: Duration = Duration::from_secs(60);
/// One call gets at most so many tokens in the place of refused ones.
const RENEWALS: u32 = 3;

/// A call being put together; see [`Client::call`].
///
/// ```no_run
/// # async fn example(wechat: puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
/// use puzi_wechat::client::{Content, Field, Method};
///
/// let picture = Field::file("media", "tea.png", Content::file("/srv/pictures/tea.png"));
/// let call = wechat.call(Method::POST, "cgi-bin/media/uploadimg").multipart([picture]);
/// let answer: serde_json::Value = call.idempotent(true).send().await?;
/// println!("{}", answer["url"]);
/// # Ok(())
/// # }
/// ```
///
/// ```no_run
/// # async fn example(wechat: puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
/// use std::time::Duration;
///
/// use puzi_wechat::client::{Content, Field, Method};
/// use serde_json::{Value, json};
///
/// let body = json!({"begin_date": "2026-11-01", "end_date": "2026-11-01"});
/// let call = wechat.call(Method::POST, "/datacube/getusersummary").json(&body);
/// let figures: Value = call.idempotent(true).timeout(Duration::from_secs(30)).send().await?;
///
/// let picture = Field::file("media", "tea.jpg", Content::file("tea.jpg"));
/// let call = wechat.call(Method::POST, "/cgi-bin/media/upload").query("type", "image");
/// let uploaded: Value = call.multipart([picture, Field::text("note", "spring")]).send().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made by send, send_bytes, send_stream or done"]
pub struct Call {
    client: Client,
    method: Method,
    host: Option<&'static str>,
    pub(super) path: String,
    query: Vec<(String, String)>,
    payload: Result<Payload>,
    idempotent: bool,
    with_token: bool,
    timeout: Option<Duration>,
}

impl Call {
    pub(super) fn new(client: Client, method: Method, mut path: String) -> Self {
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        let idempotent = method.is_safe() && !ONE_TIME.iter().any(|once| path.starts_with(once));
        let payload = Ok(Payload::Empty);
        let (host, query, with_token, timeout) = (None, Vec::new(), true, None);
        Self { client, method, host, path, query, payload, idempotent, with_token, timeout }
    }

    /// The platform's host for the few paths that are not at the API's own, such as `mp.weixin.qq.com`. It counts only
    /// while the base URL is one of the platform's: a sandbox or a gateway answers all paths itself.
    pub fn host(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    /// Adds a query parameter. The access token needs none, it is added by itself.
    pub fn query(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sends `body` as JSON, in plain UTF-8 without `\uXXXX`.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        if self.payload.is_ok() {
            self.payload = Payload::json(&self.path, body);
        }
        self
    }

    /// Sends a form, `multipart/form-data`, with files.
    pub fn multipart(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        if self.payload.is_ok() {
            self.payload = Ok(Payload::Form(fields.into_iter().collect()));
        }
        self
    }

    /// Sends a plain text, for the calls that take one in the place of JSON.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.raw("text/plain; charset=utf-8", text.into().into_bytes())
    }

    /// Sends bytes as they are, for the calls that take a file in the place of a form.
    pub fn raw(mut self, content_type: &'static str, content: impl Into<Content>) -> Self {
        if self.payload.is_ok() {
            self.payload = Ok(Payload::Plain(content_type, content.into()));
        }
        self
    }

    /// Whether doing the call twice is the same as doing it once. Such a call is repeated after a pause when the
    /// platform is busy or the exchange breaks; GET is taken for one, other methods are not. How often and how long:
    /// [`Builder`](super::Builder).
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Sends no access token, for the APIs that take none.
    pub fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }

    /// The time for one attempt, in the place of the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout.min(LONGEST));
        self
    }

    /// Makes the call and reads its JSON answer.
    ///
    /// # Errors
    /// Any [`ApiError`]; [`ErrorKind::Transport`] also when the answer is not a `T`.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T> {
        let mut tries = self.begin();
        loop {
            let answer = self.exchange(&mut tries).await;
            let read = answer.and_then(|answer| answer::parse(&self.path, &answer.bytes));
            if let Some(result) = self.settle(&mut tries, read).await {
                return result;
            }
        }
    }

    /// Makes a call whose answer says no more than that it went well.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn done(self) -> Result<()> {
        self.send::<serde::de::IgnoredAny>().await.map(|_| ())
    }

    /// Makes the call and takes its answer as bytes. A JSON error in the place of the bytes is an error.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn send_bytes(self) -> Result<Binary> {
        let mut tries = self.begin();
        loop {
            let answer = self.exchange(&mut tries).await;
            if let Some(result) = self.settle(&mut tries, answer).await {
                return result;
            }
        }
    }

    /// Makes the call and takes its answer piece by piece, for files that should not lie in memory as a whole. The
    /// beginning is looked at: a JSON error in the place of the file is an error.
    ///
    /// ```no_run
    /// # async fn example(wechat: puzi_wechat::client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use tokio::io::AsyncWriteExt;
    ///
    /// let mut video = wechat.get("cgi-bin/media/get").query("media_id", "M").send_stream().await?;
    /// let mut file = tokio::fs::File::create("video.mp4").await?;
    /// while let Some(piece) = video.chunk().await? {
    ///     file.write_all(&piece).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn send_stream(self) -> Result<Download> {
        let mut tries = self.begin();
        loop {
            let answer = self.open(&mut tries).await;
            if let Some(result) = self.settle(&mut tries, answer).await {
                return result;
            }
        }
    }

    fn begin(&self) -> Tries {
        let wire = &self.client.inner.wire;
        Tries { token: None, attempt: 0, renewals: 0, pauses: wire.pauses(wire.deadline) }
    }

    async fn exchange(&self, tries: &mut Tries) -> Result<Binary> {
        let wire = &self.client.inner.wire;
        let _slot = wire.slot().await;
        wire.exchange(&self.outgoing(tries).await?).await
    }

    async fn open(&self, tries: &mut Tries) -> Result<Download> {
        let wire = &self.client.inner.wire;
        let slot = wire.slot().await;
        wire.open(&self.outgoing(tries).await?, slot).await
    }

    /// The request, with a token that is good as far as anyone knows.
    async fn outgoing<'a>(&'a self, tries: &'a mut Tries) -> Result<Outgoing<'a>> {
        let inner = &self.client.inner;
        let payload = self.payload.as_ref().map_err(Clone::clone)?;
        inner.spent.refusal(error::bare(&self.path)).map_or(Ok(()), Err)?;
        if self.with_token && tries.token.is_none() {
            // It was asked for often enough by the keeper itself.
            let unsent = |error: ApiError| error.before_sending().settled();
            tries.token = Some(inner.keeper.current(&inner.wire).await.map_err(unsent)?);
        }
        let usual = inner.wire.timeout;
        let timeout = self.timeout.unwrap_or(match payload {
            Payload::Form(_) | Payload::Plain(..) => usual.max(UPLOAD_TIME),
            Payload::Empty | Payload::Json(_) => usual,
        });
        tries.attempt += 1;
        let token = tries.token.as_ref().map(|token| token.value.expose().as_str());
        let (method, path, query) = (&self.method, self.path.as_str(), self.query.as_slice());
        let (secret, attempt) = (self.client.credentials().1.expose().as_str(), tries.attempt);
        Ok(Outgoing { method, host: self.host, path, query, token, secret, payload, timeout, attempt })
    }

    /// What the call answers; `None` when it should be tried again, after a pause or with another token.
    async fn settle<T>(&self, tries: &mut Tries, result: Result<T>) -> Option<Result<T>> {
        let (inner, token) = (&self.client.inner, tries.token.as_ref());
        inner.spent.note(error::bare(&self.path), result.as_ref().err());
        let error = match result {
            Ok(answer) => {
                token.inspect(|token| inner.keeper.accepted(token));
                return Some(Ok(answer));
            }
            Err(error) => error.presentable(&self.secrets(tries)),
        };
        if error.kind == ErrorKind::RefreshToken
            && let Some(failed) = token
        {
            // The platform refuses a token before it does anything, so that any call may be repeated. It is not asked
            // for a third token when it never took the second: whatever it hands out, it would refuse.
            if tries.renewals == 0 || (tries.renewals < RENEWALS && inner.keeper.was_accepted(failed)) {
                tries.renewals += 1;
                match inner.keeper.replace(&inner.wire, failed).await {
                    Ok(token) => tries.token = Some(token),
                    Err(error) => return Some(Err(error.before_sending())),
                }
                return None;
            }
        } else if error.errcode.is_some() && !error.unsent {
            token.inspect(|token| inner.keeper.accepted(token));
        }
        match tries.pauses.next().filter(|_| self.idempotent && error.is_passing()) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Some(Err(error)),
        }
        None
    }

    /// What no error of this call may show.
    fn secrets<'a>(&'a self, tries: &'a Tries) -> Vec<&'a str> {
        let token = tries.token.iter().map(|token| token.value.expose().as_str());
        let asked = self.query.iter().filter(|(name, value)| is_secret(name, value)).map(|(_, value)| value.as_str());
        let (_, secret) = self.client.credentials();
        token.chain(asked).chain([secret.expose().as_str()]).collect()
    }
}

/// How far the attempts of one call have come.
struct Tries {
    token: Option<AccessToken>,
    attempt: u32,
    renewals: u32,
    pauses: Pauses,
}

impl fmt::Debug for Call {
    /// Without the query and the body, which may carry secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = error::bare(&self.path);
        f.debug_struct("Call").field("method", &self.method).field("path", &path).finish_non_exhaustive()
    }
}
