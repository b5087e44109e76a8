//! Followers: who they are, and the list of them.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::Check;
use super::error::Result;
use super::follower::Follower;
use super::pages::{Page, Pages};
use super::{Client, Method};

const INFO: &str = "/cgi-bin/user/info";
const BATCH: &str = "/cgi-bin/user/info/batchget";
const REMARK: &str = "/cgi-bin/user/info/updateremark";
/// So many can be asked for at once.
pub(super) const BATCH_SIZE: usize = 100;
/// Openids of a full page of followers, and of the blacklist.
const FOLLOWERS: usize = 10_000;
const BLOCKED: usize = 1000;
/// Bytes.
const LONGEST_REMARK: usize = 30;

/// The language in which the platform writes place names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    #[serde(rename = "zh_CN")]
    Simplified,
    /// Traditional Chinese.
    #[serde(rename = "zh_TW")]
    Traditional,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// The platform's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simplified => "zh_CN",
            Self::Traditional => "zh_TW",
            Self::English => "en",
        }
    }
}

/// One page of followers' openids, at most 10,000, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FollowerPage {
    /// How many are on the whole list; 0 for the followers of a tag, which the platform does not count here.
    pub total: u64,
    /// The openids of this page.
    pub openids: Vec<String>,
    /// Where the next page begins; the last page may name its own last openid.
    pub next_openid: String,
}

#[derive(Deserialize)]
struct ListAnswer {
    #[serde(default)]
    total: u64,
    #[serde(default)]
    data: Option<ListData>,
    #[serde(default)]
    next_openid: Option<String>,
}

#[derive(Deserialize)]
struct ListData {
    #[serde(default)]
    openid: Vec<String>,
}

impl From<ListAnswer> for FollowerPage {
    fn from(answer: ListAnswer) -> Self {
        let openids = answer.data.map(|data| data.openid).unwrap_or_default();
        Self { total: answer.total, openids, next_openid: answer.next_openid.unwrap_or_default() }
    }
}

/// Calls about followers; see [`Client::users`].
#[derive(Debug, Clone, Copy)]
pub struct Users<'a> {
    pub(crate) client: &'a Client,
    pub(crate) language: Language,
}

impl<'a> Users<'a> {
    /// The language of place names, simplified Chinese by default.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::Language;
    ///
    /// let follower = wechat.users().language(Language::English).info("oABC").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// What the platform tells about one user. Of somebody who does not follow, no more than `openid` and `subscribe`.
    ///
    /// `GET /cgi-bin/user/info`, [document](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html);
    /// for verified accounts.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let follower = wechat.users().info("oABC").await?;
    /// println!("follows: {}, since {}", follower.subscribe, follower.subscribe_time);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NoSuchUser`](super::Condition::NoSuchUser) for an openid that is not this account's.
    pub async fn info(self, openid: &str) -> Result<Follower> {
        Check::of(INFO).text("openid", openid)?;
        let call = self.client.call(Method::GET, INFO);
        call.query("openid", openid).query("lang", self.language.as_str()).send().await
    }

    /// What the platform tells about up to 100 users, in one call. Of a longer list, see [`Pages::infos`].
    ///
    /// `POST /cgi-bin/user/info/batchget`, [document](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo.html);
    /// for verified accounts.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// for follower in wechat.users().infos(&["oABC", "oDEF"]).await? {
    ///     println!("{} {}", follower.openid, follower.remark);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake for none or more than 100 openids, or an empty one, without a call.
    pub async fn infos<S: AsRef<str>>(self, openids: &[S]) -> Result<Vec<Follower>> {
        #[derive(Serialize)]
        struct Ask<'a> {
            openid: &'a str,
            lang: Language,
        }
        #[derive(Serialize)]
        struct Body<'a> {
            user_list: Vec<Ask<'a>>,
        }
        #[derive(Deserialize)]
        struct Answer {
            user_info_list: Vec<Follower>,
        }
        let check = Check::of(BATCH);
        check.items("user_list", openids.len(), 1..=BATCH_SIZE)?;
        for (at, openid) in openids.iter().enumerate() {
            check.item("user_list", at).text("openid", openid.as_ref())?;
        }
        let user_list = openids.iter().map(|openid| Ask { openid: openid.as_ref(), lang: self.language }).collect();
        let body = Body { user_list };
        let answer: Answer = self.client.call(Method::POST, BATCH).json(&body).idempotent(true).send().await?;
        Ok(answer.user_info_list)
    }

    /// One page of followers, from the beginning or from an earlier page's `next_openid`. [`Users::pages`] reads all.
    ///
    /// `GET /cgi-bin/user/get`, [document](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans.html);
    /// 10,000 openids a page.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// println!("{} follow", wechat.users().list(None).await?.total);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Any [`ApiError`](super::ApiError).
    pub async fn list(self, next_openid: Option<&str>) -> Result<FollowerPage> {
        let mut call = self.client.call(Method::GET, "/cgi-bin/user/get");
        if let Some(next) = next_openid {
            call = call.query("next_openid", next);
        }
        Ok(call.send::<ListAnswer>().await?.into())
    }

    /// The openids of all followers, page by page.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let mut openids = wechat.users().pages().items();
    /// while let Some(openid) = openids.next().await? {
    ///     println!("{openid}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> FollowerPages<'a> {
        counted(FOLLOWERS, move |from| async move { self.list(from.as_deref()).await })
    }

    /// The openids of the followers who have a tag, page by page; one call more than there are pages, because the
    /// platform does not say which is the last.
    ///
    /// `POST /cgi-bin/user/tag/get`, [document](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettagfans.html);
    /// 45159 for a tag that is not there.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let mut members = wechat.users().tagged(101).infos(wechat.users(), 4);
    /// while let Some(member) = members.next().await? {
    ///     println!("{} {}", member.openid, member.remark);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn tagged(self, tag: i64) -> FollowerPages<'a> {
        Pages::new(move |from| async move {
            let body = json!({ "tagid": tag, "next_openid": from.unwrap_or_default() });
            let call = self.client.call(Method::POST, "/cgi-bin/user/tag/get").json(&body).idempotent(true);
            let page = FollowerPage::from(call.send::<ListAnswer>().await?);
            let next = Some(page.next_openid).filter(|_| !page.openids.is_empty());
            Ok(Page::new(page.openids, next))
        })
    }

    /// The openids of those in the blacklist, page by page.
    ///
    /// `POST /cgi-bin/tags/members/getblacklist`, [document](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getblacklist.html);
    /// 1,000 openids a page.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let mut blocked = wechat.users().blacklisted().items();
    /// while let Some(openid) = blocked.next().await? {
    ///     println!("{openid}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn blacklisted(self) -> FollowerPages<'a> {
        counted(BLOCKED, move |from| async move {
            let body = json!({ "begin_openid": from.unwrap_or_default() });
            let call = self.client.call(Method::POST, "/cgi-bin/tags/members/getblacklist").json(&body);
            Ok(call.idempotent(true).send::<ListAnswer>().await?.into())
        })
    }

    /// Sets what the account's staff call a follower; an empty text removes it.
    ///
    /// `POST /cgi-bin/user/info/updateremark`, [document](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_updateremark.html);
    /// for verified service accounts.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// wechat.users().remark("oABC", "王阿姨").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake for more than 30 bytes, without a call; [`NotFollowing`](super::Condition::NotFollowing).
    pub async fn remark(self, openid: &str, remark: &str) -> Result<()> {
        Check::of(REMARK).text("openid", openid)?;
        Check::of(REMARK).bytes("remark", remark, ..=LONGEST_REMARK)?;
        let body = json!({ "openid": openid, "remark": remark });
        self.client.call(Method::POST, REMARK).json(&body).idempotent(true).done().await
    }
}

/// The openids of followers, page by page; see [`Users::pages`].
pub type FollowerPages<'a> = Pages<'a, String>;

/// Pages of a list that says how many are on it. The last page names its own last openid as the next one: the count
/// tells that it was the last. Of a full page it does not: who left while the list was read is counted no more.
fn counted<'a, F, Fut>(full: usize, mut fetch: F) -> FollowerPages<'a>
where
    F: FnMut(Option<String>) -> Fut + Send + 'a,
    Fut: Future<Output = Result<FollowerPage>> + Send + 'a,
{
    // How many came before which place. Of a list begun in the middle nobody knows: it is read until a page is empty.
    let passed: Arc<Mutex<Option<(String, u64)>>> = Arc::default();
    Pages::new(move |from| {
        let passed = Arc::clone(&passed);
        let before = match &from {
            None => Some(0),
            Some(from) => locked(&passed).as_ref().filter(|(place, _)| place == from).map(|(_, count)| *count),
        };
        let page = fetch(from);
        async move {
            let page = page.await?;
            let count = page.openids.len();
            let all = before.map(|before| before + count as u64);
            *locked(&passed) = all.map(|all| (page.next_openid.clone(), all));
            let all_told = page.total > 0 && all.is_some_and(|all| all >= page.total);
            let over = count == 0 || (count < full && all_told);
            Ok(Page::new(page.openids, Some(page.next_openid).filter(|_| !over)))
        }
    })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
