// Written by `cargo xtask catalogue` from `catalogue/tags.toml`: change that.

//! Tags of followers, and the blacklist.
//!
//! Made by [`Client::tags`](crate::client::Client::tags).

use serde::Deserialize;
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, inside};
use crate::client::{Client, Method, Result};

impl Client {
    /// Tags of followers, and the blacklist.
    pub fn tags(&self) -> Tags<'_> {
        Tags { client: self }
    }
}

/// Tags of followers, and the blacklist. See [`Client::tags`].
#[derive(Debug, Clone, Copy)]
pub struct Tags<'a> {
    pub(crate) client: &'a Client,
}

impl Tags<'_> {
    /// Makes a tag.
    ///
    /// `POST /cgi-bin/tags/create`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag.html).
    ///
    /// Limits: 100 tags an account.
    ///
    /// - `name`: The tag's name, unlike all others. At most 30 bytes.
    ///
    /// # Errors
    /// 45056, 45157 and 45158, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let tag = wechat.tags().create("VIP").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(self, name: &str) -> Result<Tag> {
        let path = "/cgi-bin/tags/create";
        Check::of(path).bytes("tag.name", name, 1..=30)?;
        let body = json!({ "tag": { "name": name } });
        self.client.call(Method::POST, path).json(&body).send_field("tag").await
    }

    /// Lists the account's tags. The numbers 0, 1 and 2 are the platform's own.
    ///
    /// `GET /cgi-bin/tags/get`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettags.html).
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let tags = wechat.tags().list().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(self) -> Result<Vec<Tag>> {
        self.client.call(Method::GET, "/cgi-bin/tags/get").send_field("tags").await
    }

    /// Gives a tag another name.
    ///
    /// `POST /cgi-bin/tags/update`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_updatetag.html).
    ///
    /// Limits: the platform's own tags 0, 1 and 2 cannot be changed.
    ///
    /// - `id`: Number of the tag.
    /// - `name`: The new name, unlike all others. At most 30 bytes.
    ///
    /// # Errors
    /// 45058, 45157 and 45158, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.tags().rename(100, "VIP").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rename(self, id: i64, name: &str) -> Result<()> {
        let path = "/cgi-bin/tags/update";
        Check::of(path).bytes("tag.name", name, 1..=30)?;
        let body = json!({ "tag": { "id": id, "name": name } });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Removes a tag, also from its followers. A tag of more than 100,000 followers must first be taken from them.
    ///
    /// `POST /cgi-bin/tags/delete`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_deletetag.html).
    ///
    /// Limits: 100,000 followers under the tag at most; the platform's own tags 0, 1 and 2 cannot be removed.
    ///
    /// - `id`: Number of the tag.
    ///
    /// # Errors
    /// 45057 and 45058, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.tags().delete(100).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, id: i64) -> Result<()> {
        let body = json!({ "tag": { "id": id } });
        self.client.call(Method::POST, "/cgi-bin/tags/delete").json(&body).idempotent(true).done().await
    }

    /// Lists the openids of the followers of a tag, up to 10,000 a page.
    ///
    /// `POST /cgi-bin/user/tag/get`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettagfans.html).
    ///
    /// Limits: 10,000 openids a page.
    ///
    /// - `tag_id`: Number of the tag.
    /// - `next_openid`: Where the page begins: `next_openid` of the page before; from the first follower without it.
    ///
    /// # Errors
    /// 40003 and 45159, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let openid_page = wechat.tags().followers(100, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn followers(self, tag_id: i64, next_openid: Option<&str>) -> Result<OpenidPage> {
        let mut body = json!({ "tagid": tag_id });
        if let Some(next_openid) = next_openid {
            body["next_openid"] = next_openid.into();
        }
        self.client.call(Method::POST, "/cgi-bin/user/tag/get").json(&body).idempotent(true).send().await
    }

    /// Gives a tag to up to 50 followers; a follower can have 20. Do not change one follower's tags in two calls at
    /// once.
    ///
    /// `POST /cgi-bin/tags/members/batchtagging`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_batchtagging.html).
    ///
    /// Limits: 50 openids a call; 20 tags a follower.
    ///
    /// - `openids`: Each a follower. 1 to 50.
    /// - `tag_id`: Number of the tag.
    ///
    /// # Errors
    /// 40003, 40032, 45059, 45159, 45169, 45171, 49003, 50002 and 50005, besides those of any call. A caller's
    /// mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.tags().tag(&["oLVPpjqs9BhvzwPj5A-vTYAX3GLc"], 100).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn tag(self, openids: &[impl AsRef<str>], tag_id: i64) -> Result<()> {
        let path = "/cgi-bin/tags/members/batchtagging";
        Check::of(path).items("openid_list", openids.len(), 1..=50)?;
        let body = json!({ "openid_list": shape::texts(openids), "tagid": tag_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Takes a tag from up to 50 followers.
    ///
    /// `POST /cgi-bin/tags/members/batchuntagging`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_batchuntagging.html).
    ///
    /// Limits: 50 openids a call.
    ///
    /// - `openids`: Each a follower. 1 to 50.
    /// - `tag_id`: Number of the tag.
    ///
    /// # Errors
    /// 40003, 40032, 45159, 45169, 45171 and 49003, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.tags().untag(&["oLVPpjqs9BhvzwPj5A-vTYAX3GLc"], 100).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn untag(self, openids: &[impl AsRef<str>], tag_id: i64) -> Result<()> {
        let path = "/cgi-bin/tags/members/batchuntagging";
        Check::of(path).items("openid_list", openids.len(), 1..=50)?;
        let body = json!({ "openid_list": shape::texts(openids), "tagid": tag_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Lists the tags of one follower.
    ///
    /// `POST /cgi-bin/tags/getidlist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_gettagidlist.html).
    ///
    /// Limits: 20 tags a follower.
    ///
    /// - `openid`: The follower.
    ///
    /// # Errors
    /// 40003 and 49003, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let tagid_list = wechat.tags().of("oLVPpjqs9BhvzwPj5A-vTYAX3GLc").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn of(self, openid: &str) -> Result<Vec<i64>> {
        let path = "/cgi-bin/tags/getidlist";
        Check::of(path).text("openid", openid)?;
        let body = json!({ "openid": openid });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field("tagid_list").await
    }

    /// Lists the openids of blocked users, up to 1,000 a page.
    ///
    /// `POST /cgi-bin/tags/members/getblacklist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getblacklist.html).
    ///
    /// Limits: 1,000 openids a page.
    ///
    /// - `begin_openid`: Where the page begins: `next_openid` of the page before; from the first without it.
    ///
    /// # Errors
    /// 40003 and 49003, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let blacklist = wechat.tags().blacklist(None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn blacklist(self, begin_openid: Option<&str>) -> Result<Blacklist> {
        let mut body = json!({});
        if let Some(begin_openid) = begin_openid {
            body["begin_openid"] = begin_openid.into();
        }
        self.client.call(Method::POST, "/cgi-bin/tags/members/getblacklist").json(&body).idempotent(true).send().await
    }

    /// Blocks up to 20 users.
    ///
    /// `POST /cgi-bin/tags/members/batchblacklist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchblacklist.html).
    ///
    /// Limits: 20 openids a call.
    ///
    /// - `openids`: Each a user. 1 to 20.
    ///
    /// # Errors
    /// 40003, 40032, 49003, 50002 and 268487001, besides those of any call. A caller's mistake, unsent, when a field
    /// is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.tags().block(&["oLVPpjqs9BhvzwPj5A-vTYAX3GLc"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn block(self, openids: &[impl AsRef<str>]) -> Result<()> {
        let path = "/cgi-bin/tags/members/batchblacklist";
        Check::of(path).items("openid_list", openids.len(), 1..=20)?;
        let body = json!({ "openid_list": shape::texts(openids) });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Unblocks up to 20 users.
    ///
    /// `POST /cgi-bin/tags/members/batchunblacklist`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchunblacklist.html).
    ///
    /// Limits: 20 openids a call.
    ///
    /// - `openids`: Each a user. 1 to 20.
    ///
    /// # Errors
    /// 40003, 40032 and 49003, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.tags().unblock(&["oLVPpjqs9BhvzwPj5A-vTYAX3GLc"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unblock(self, openids: &[impl AsRef<str>]) -> Result<()> {
        let path = "/cgi-bin/tags/members/batchunblacklist";
        Check::of(path).items("openid_list", openids.len(), 1..=20)?;
        let body = json!({ "openid_list": shape::texts(openids) });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }
}

/// A tag of followers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Tag {
    /// Number of the tag.
    pub id: i64,
    /// The tag's name.
    pub name: String,
    /// How many followers have it.
    pub count: i64,
}

/// A page of openids.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OpenidPage {
    /// How many openids this page has.
    pub count: i64,
    /// Each a follower; `data` is left out of an empty page.
    #[serde(rename = "data", deserialize_with = "in_openid")]
    pub openids: Vec<String>,
    /// The last openid of the page, where the next begins.
    pub next_openid: String,
}

/// A page of blocked users.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Blacklist {
    /// How many users are blocked.
    pub total: i64,
    /// How many openids this page has.
    pub count: i64,
    /// Each a blocked user; `data` is left out of an empty page.
    #[serde(rename = "data", deserialize_with = "in_openid")]
    pub openids: Vec<String>,
    /// The last openid of the page, where the next begins.
    pub next_openid: String,
}

inside! {
    read in_openid = "openid";
}
