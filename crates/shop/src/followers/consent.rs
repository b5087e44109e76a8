//! Names and pictures that followers agree to show. WeChat asks them on a page of its own (`snsapi_userinfo`); what it
//! then tells is somebody's own typing, and its picture's address is not believed either.

use std::{io::Cursor, sync::LazyLock, time::Duration};

use image::{ImageFormat, ImageReader, Limits};
use puzi_wechat::client::{Client, ErrorKind};
use sea_orm::ConnectionTrait;
use url::Url;

use super::{Followers, search};
use crate::{
    Error, Problem, Result,
    db::{self, now_ms},
    inbox::Folder,
    media_type::{MediaType, sniff},
};

/// Characters of a nickname that are kept; WeChat's own have 32.
const LONGEST: usize = 64;
/// Bytes of a picture that are read.
const PICTURE_BYTES: usize = 2 << 20;
/// Pixels of a picture that are decoded.
const PIXELS: u64 = 4_000_000;
/// Pixels of a side of what is kept.
const SIDE: u32 = 132;
/// How long a picture may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where WeChat keeps pictures of people.
const HOSTS: [&str; 2] = ["qlogo.cn", "qpic.cn"];

static HTTP: LazyLock<Option<reqwest::Client>> = LazyLock::new(|| {
    // No way around the host by a redirection.
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE).build().ok()
});

/// Somebody who agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Who, for the account.
    pub openid: String,
    /// What they are called now.
    pub nickname: String,
}

impl Followers {
    /// Keeps name and picture of whom WeChat sent back with `code`. A picture that cannot be had leaves the one before.
    ///
    /// # Errors
    /// [`Error::NotNow`] when the code is used or old, when WeChat showed a made-up person, and when no name came.
    pub async fn keep_consent(&self, folder: &Folder, account: i64, code: &str) -> Result<Agreed> {
        let live = self.live(account)?;
        let again = || Error::NotNow(Problem::new("code", "followers.no_consent"));
        let asked = live.client.oauth().token(code).await;
        let token = match asked {
            Ok(token) if token.is_snapshotuser || token.openid.is_empty() => return Err(again()),
            Ok(token) => token,
            Err(error) if matches!(error.kind, ErrorKind::AskUserAgain | ErrorKind::CallerMistake) => {
                return Err(again());
            }
            Err(error) if error.kind == ErrorKind::Transport => return Err(Error::Busy),
            Err(error) => return Err(error.into()),
        };
        let profile = live.client.oauth().profile(&token.access_token, &token.openid, None).await?;
        if profile.openid != token.openid {
            return Err(again());
        }
        let nickname = cleaned(&profile.nickname);
        if nickname.is_empty() {
            return Err(Error::NotNow(Problem::new("code", "followers.name_empty")));
        }
        let picture = match fetch(&live.client, live.account.api_base.as_deref(), &profile.headimgurl).await {
            Some(bytes) => folder.keep_whole(&bytes).await.ok(),
            None => None,
        };
        let unionid = Some(profile.unionid).filter(|unionid| !unionid.is_empty());
        // Who agreed need not follow; then they are known from now on as somebody who does not.
        const SQL: &str = "INSERT INTO followers (account_id, openid, subscribed, subscription_changed_at, \
                           first_seen_at, last_seen_at, nickname, picture, unionid, consented_at, profile_read_at) \
                           VALUES ($1, $2, FALSE, 0, $3, $3, $4, $5, $6, $3, $3) \
                           ON CONFLICT (account_id, openid) DO UPDATE SET nickname = excluded.nickname, \
                           picture = COALESCE(excluded.picture, followers.picture), \
                           unionid = COALESCE(excluded.unionid, followers.unionid), \
                           consented_at = excluded.consented_at, profile_read_at = excluded.profile_read_at \
                           RETURNING id";
        let values = [
            account.into(),
            token.openid.as_str().into(),
            now_ms().into(),
            nickname.as_str().into(),
            picture.into(),
            unionid.into(),
        ];
        let tx = self.db.begin_write().await?;
        let row = tx.query_one_raw(db::statement(&*tx, SQL, values)).await?.ok_or(Error::NotFound)?;
        search::index(&*tx, &[row.try_get("", "id")?]).await?;
        tx.commit().await?;
        Ok(Agreed { openid: token.openid, nickname })
    }
}

/// A nickname that can be shown: without signs that turn or break a line, and not endless.
fn cleaned(name: &str) -> String {
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let name: String = name.chars().filter(shown).collect();
    name.trim().chars().take(LONGEST).collect()
}

/// The picture at `url`, made anew; none when it is not WeChat's, too large or no picture.
async fn fetch(client: &Client, api_base: Option<&str>, url: &str) -> Option<Vec<u8>> {
    if url.is_empty() || !is_wechats(url, api_base) {
        return None;
    }
    let http = HTTP.as_ref()?;
    let mut response = http.get(url).send().await.ok().filter(|response| response.status().is_success())?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > PICTURE_BYTES {
            tracing::debug!(appid = client.appid(), "a follower's picture is too large");
            return None;
        }
    }
    tokio::task::spawn_blocking(move || remade(&bytes)).await.ok()?
}

/// Only WeChat's own hosts, and the one that the account calls in its place: what is told here must not make this server
/// ask its neighbours.
fn is_wechats(url: &str, api_base: Option<&str>) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    if api_base.and_then(|base| Url::parse(base).ok()).is_some_and(|base| place(&base) == place(&url)) {
        return true;
    }
    let host = url.host_str().unwrap_or_default();
    let under = |domain: &&str| host.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    matches!(url.scheme(), "http" | "https") && url.port().is_none() && HOSTS.iter().any(under)
}

/// A small PNG of our own making.
fn remade(bytes: &[u8]) -> Option<Vec<u8>> {
    let MediaType::Picture(mime) = sniff(bytes) else { return None };
    let format = ImageFormat::from_mime_type(mime)?;
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().ok()?;
    if u64::from(size.0) * u64::from(size.1) > PIXELS {
        return None;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(64 << 20);
    reader.limits(limits);
    let image = reader.decode().ok()?;
    let mut png = Vec::new();
    image.thumbnail(SIDE, SIDE).into_rgb8().write_to(&mut Cursor::new(&mut png), ImageFormat::Png).ok()?;
    Some(png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_breaks_no_line_and_ends_somewhere() {
        assert_eq!(cleaned(" 阿\u{202e}青\u{0}\n🌸 "), "阿青🌸");
        assert_eq!(cleaned(&"长".repeat(10_000)).chars().count(), LONGEST);
        assert_eq!(cleaned("\u{7}\u{200b}"), "");
    }

    #[test]
    fn pictures_are_fetched_from_wechat_alone() {
        let sandbox = Some("http://127.0.0.1:8899");
        for good in ["https://thirdwx.qlogo.cn/mmopen/x/132", "http://wx.qlogo.cn/a", "http://127.0.0.1:8899/avatar/1"]
        {
            assert!(is_wechats(good, sandbox), "{good}");
        }
        for bad in [
            "http://127.0.0.1:8900/a",
            "http://169.254.169.254/latest/meta-data",
            "https://qlogo.cn.evil.example/a",
            "https://evilqlogo.cn/a",
            "https://wx.qlogo.cn:6379/a",
            "file:///etc/passwd",
            "x",
        ] {
            assert!(!is_wechats(bad, sandbox), "{bad}");
        }
        assert!(!is_wechats("http://127.0.0.1:8899/avatar/1", None));
    }

    #[test]
    fn what_is_no_picture_is_not_kept() {
        for bad in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"<html>", b"\xff\xd8\xff\xe0 no jpeg", b""] {
            assert!(remade(bad).is_none());
        }
        let mut png = Vec::new();
        image::RgbImage::new(300, 200).write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        let kept = remade(&png).unwrap();
        let size = ImageReader::with_format(Cursor::new(kept), ImageFormat::Png).into_dimensions().unwrap();
        assert_eq!(size, (132, 88));
    }
}
