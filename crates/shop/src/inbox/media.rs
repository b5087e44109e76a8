//! Pictures, voices and films that followers send: fetched soon, for WeChat keeps them three days.

use std::time::Duration;

use puzi_wechat::{
    client::{Client, ErrorKind, MediaFile},
    message::{Body, Push},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde::{Deserialize, Serialize};

use super::{
    Inbox, Seen,
    files::Written,
    live::{self, Kind},
};
use crate::{
    Error, Result,
    conversations::reading::{self, Line},
    db::{self, now_ms},
    jobs::{self, Job, MAX_ATTEMPTS, Outcome},
    media_type::MediaType,
};

/// The job that fetches.
pub(super) const JOB: &str = "inbox_media";

/// How long WeChat keeps a file, ms.
const LIFE_MS: i64 = 3 * 24 * 3_600_000;
/// After the last quick attempt, the next ones come hourly while the file lives.
const HOUR_MS: i64 = 3_600_000;
/// The largest file that is kept, bytes; WeChat's own films are at most 25 MB.
const LARGEST: u64 = 64 << 20;
/// A film's download may take this long.
const DOWNLOAD: Duration = Duration::from_secs(90);
/// WeChat's code for a file that is not there (any more).
const NO_SUCH_MEDIA: i64 = 40007;

#[derive(Debug, Serialize, Deserialize)]
struct Fetch {
    message_id: i64,
}

/// A file of a message, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Kept {
    /// The message.
    pub message_id: i64,
    /// `main`, or `thumb` for a film's still.
    pub part: String,
    /// `kept`, `gone` (WeChat had it no more) or `failed`.
    pub state: String,
    /// The file's name in the folder.
    pub file: Option<String>,
    /// Its MIME type, as its bytes say.
    pub content_type: Option<String>,
    /// Its length.
    pub bytes: i64,
}

/// Enqueues the fetching of what the message carries, in the transaction that takes the message into the inbox.
pub(super) async fn push_job<C: ConnectionTrait>(tx: &C, line: &Line, now: i64) -> Result<()> {
    let has_media = matches!(line.kind.as_str(), "image" | "voice" | "video" | "shortvideo");
    if !line.inbound || !has_media || now - line.received_at > LIFE_MS {
        return Ok(());
    }
    let key = format!("{JOB}/{}", line.id);
    jobs::push_of(tx, Some(line.account_id), JOB, Some(&key), &Fetch { message_id: line.id }, now).await
}

/// A client for the films' addresses; it follows nobody elsewhere.
pub(super) fn http_client() -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(DOWNLOAD);
    builder.build().map_err(|error| Error::Io(std::io::Error::other(error)))
}

/// Why a file was not kept.
enum NotKept {
    /// WeChat has it no more.
    Gone,
    /// It never will be.
    Never(String),
    /// Another time.
    Later(String),
}

impl From<Error> for NotKept {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(_) => Self::Never("the file is larger than what is kept".into()),
            other => Self::Later(other.to_string()),
        }
    }
}

impl Inbox {
    pub(super) async fn fetch_media(&self, job: &Job) -> Outcome {
        let Ok(Fetch { message_id }) = job.read() else { return Outcome::Dead("the job cannot be read".into()) };
        let message = match reading::one(&self.shared.db, message_id).await {
            Ok(Some(message)) => message,
            Ok(None) => return Outcome::Done,
            Err(error) => return Outcome::Retry(error.to_string()),
        };
        let Some(live) = self.shared.registry.by_id(message.account_id) else {
            return Outcome::Retry("the account is not loaded".into());
        };
        let api = live.account.api_base.clone().unwrap_or_default();
        for (part, media_id) in media_ids(&message.payload) {
            let fetched = self.fetch(&live.client, &api, &media_id).await;
            if let Err(NotKept::Later(error)) = fetched {
                return self.once_more(job, message_id, message.received_at, error).await;
            }
            if let Err(error) = self.keep(message_id, &message, part, fetched).await {
                return Outcome::Retry(error.to_string());
            }
        }
        Outcome::Done
    }

    /// The quick attempts are used up: hourly, until the file's three days are over.
    async fn once_more(&self, job: &Job, message_id: i64, received_at: i64, error: String) -> Outcome {
        if job.attempts < MAX_ATTEMPTS - 1 {
            return Outcome::Retry(error);
        }
        let at = now_ms() + HOUR_MS;
        if at - received_at > LIFE_MS {
            return Outcome::Dead(error);
        }
        let pushed = async {
            let tx = self.shared.db.begin_write().await?;
            let key = format!("{JOB}/{message_id}/{at}");
            if jobs::take(&*tx, job).await? {
                jobs::push_of(&*tx, job.account_id, JOB, Some(&key), &Fetch { message_id }, at).await?;
                tx.commit().await?;
            }
            Ok::<_, Error>(())
        };
        match pushed.await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Retry(error.to_string()),
        }
    }

    async fn fetch(&self, client: &Client, api: &str, media_id: &str) -> Result<Written, NotKept> {
        match client.media().download(media_id).await {
            Ok(MediaFile::Bytes(file)) => Ok(self.shared.folder.keep(&file.bytes, LARGEST).await?),
            Ok(MediaFile::Video { url }) => self.download(api, &url).await,
            Err(error) if error.errcode == Some(NO_SUCH_MEDIA) => Err(NotKept::Gone),
            Err(error) => match error.kind {
                ErrorKind::RetryLater | ErrorKind::RefreshToken | ErrorKind::Transport | ErrorKind::Configuration => {
                    Err(NotKept::Later(error.to_string()))
                }
                _ => Err(NotKept::Never(error.to_string())),
            },
        }
    }

    /// Films come from an address that WeChat names. It is read as it comes, and not beyond the limit.
    async fn download(&self, api: &str, url: &str) -> Result<Written, NotKept> {
        if !is_wechats(url, api) {
            return Err(NotKept::Never("the film's address is not WeChat's".into()));
        }
        let later = |error: reqwest::Error| NotKept::Later(error.without_url().to_string());
        let mut response = self.shared.http.get(url).send().await.map_err(later)?;
        if !response.status().is_success() {
            return Err(NotKept::Later(format!("the film's server answered {}", response.status())));
        }
        let mut writing = self.shared.folder.begin(LARGEST).await?;
        while let Some(chunk) = response.chunk().await.map_err(later)? {
            writing.write(&chunk).await?;
        }
        Ok(self.shared.folder.finish(writing).await?)
    }

    async fn keep(
        &self,
        message_id: i64,
        message: &reading::Full,
        part: &str,
        fetched: Result<Written, NotKept>,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO inbox_media (message_id, part, state, file, content_type, bytes, error, at) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (message_id, part) DO UPDATE SET \
                           state = excluded.state, file = excluded.file, content_type = excluded.content_type, \
                           bytes = excluded.bytes, error = excluded.error, at = excluded.at";
        let (state, file, error) = match fetched {
            Ok(file) => ("kept", Some(file), None),
            Err(NotKept::Gone) => ("gone", None, None),
            Err(NotKept::Never(error) | NotKept::Later(error)) => ("failed", None, Some(error)),
        };
        let length = file.as_ref().map_or(0, |file| i64::try_from(file.length).unwrap_or(i64::MAX));
        let values = [
            message_id.into(),
            part.into(),
            state.into(),
            file.as_ref().map(|file| file.name.clone()).into(),
            file.as_ref().map(|file| file.kind.mime()).into(),
            length.into(),
            error.into(),
            now_ms().into(),
        ];
        let tx = self.shared.db.begin_write().await?;
        db::execute(&*tx, SQL, values).await?;
        let chat = "SELECT id FROM chats WHERE account_id = $1 AND openid = $2";
        let whose = [message.account_id.into(), message.openid.as_str().into()];
        if let Some(row) = tx.query_one_raw(db::statement(&*tx, chat, whose)).await? {
            live::note(&*tx, row.try_get("", "id")?, Kind::Media, "").await?;
        }
        tx.commit().await?;
        self.shared.live.wake();
        Ok(())
    }
}

impl Seen {
    /// The kept file of a message of this conversation: where it lies, and of what type it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the conversation has no such message, or its file is not kept.
    pub async fn media_file(
        &self,
        chat_id: i64,
        message_id: i64,
        part: &str,
    ) -> Result<(std::path::PathBuf, MediaType)> {
        let chat = self.chat(chat_id).await?;
        let message = reading::one(&self.shared.db, message_id).await?.ok_or(Error::NotFound)?;
        if (message.account_id, &message.openid) != (chat.account_id, &chat.openid) {
            return Err(Error::NotFound);
        }
        let kept = kept(&self.shared.db, &[message_id]).await?;
        let kept = kept.into_iter().find(|kept| kept.part == part).ok_or(Error::NotFound)?;
        let path = self.shared.folder.path(kept.file.as_deref().ok_or(Error::NotFound)?)?;
        Ok((path, MediaType::of_mime(kept.content_type.as_deref().unwrap_or_default())))
    }
}

/// What is known of the files of these messages.
pub(super) async fn kept(db: &db::Db, messages: &[i64]) -> Result<Vec<Kept>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = messages.iter().map(i64::to_string).collect();
    let sql = format!(
        "SELECT message_id, part, state, file, content_type, bytes FROM inbox_media WHERE message_id IN ({})",
        ids.join(", ")
    );
    Ok(Kept::find_by_statement(db::statement(db.read(), &sql, [])).all(db.read()).await?)
}

fn media_ids(payload: &str) -> Vec<(&'static str, String)> {
    let ids = match read(payload).map(|push| push.body) {
        Some(Body::Image(image)) => vec![("main", image.media_id)],
        Some(Body::Voice(voice)) => vec![("main", voice.media_id)],
        Some(Body::Video(film) | Body::ShortVideo(film)) => {
            vec![("main", film.media_id), ("thumb", film.thumb_media_id)]
        }
        _ => Vec::new(),
    };
    ids.into_iter().filter(|(_, id)| !id.is_empty()).collect()
}

/// The push as it was stored.
pub(super) fn read(payload: &str) -> Option<Push> {
    reading::read_push(payload).ok()
}

/// Only WeChat's own hosts, and the host that the account calls in its place: an address in an answer must not make this
/// server ask its neighbours.
fn is_wechats(url: &str, api: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    if let Ok(api) = url::Url::parse(api)
        && (api.scheme(), api.host_str(), api.port_or_known_default())
            == (url.scheme(), url.host_str(), url.port_or_known_default())
    {
        return true;
    }
    let host = url.host_str().unwrap_or_default();
    let known = ["qq.com", "qpic.cn", "weixin.com", "wechat.com"];
    let under = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    matches!(url.scheme(), "http" | "https") && url.port().is_none() && known.iter().any(under)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn films_are_fetched_from_wechat_alone() {
        let sandbox = "http://127.0.0.1:8899";
        for good in ["http://127.0.0.1:8899/media/x", "https://mp.weixin.qq.com/v", "http://vweixinp.tc.qq.com/1.mp4"] {
            assert!(is_wechats(good, sandbox), "{good}");
        }
        for bad in [
            "http://127.0.0.1:8900/media/x",
            "http://localhost:8899/x",
            "http://169.254.169.254/latest",
            "https://qq.com.evil.example/x",
            "https://evilqq.com/x",
            "https://qq.com:6379/x",
            "file:///etc/passwd",
            "ftp://qq.com/x",
            "x",
        ] {
            assert!(!is_wechats(bad, sandbox), "{bad}");
        }
        assert!(!is_wechats("http://127.0.0.1:8899/media/x", ""), "an account that calls WeChat itself");
    }
}
