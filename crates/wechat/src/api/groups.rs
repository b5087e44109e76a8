// Written by `cargo xtask catalogue` from `catalogue/groups.toml`: change that.

//! Groups of followers, from before there were tags: a follower is in one group. The platform keeps them up no longer.
//!
//! Made by [`Client::groups`](crate::client::Client::groups).

use serde::Deserialize;
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape;
use crate::client::{Client, Method, Result};

impl Client {
    /// Groups of followers, from before there were tags: a follower is in one group. The platform keeps them up no
    /// longer.
    pub fn groups(&self) -> Groups<'_> {
        Groups { client: self }
    }
}

/// Groups of followers, from before there were tags: a follower is in one group. The platform keeps them up no longer.
/// See [`Client::groups`].
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a> {
    pub(crate) client: &'a Client,
}

impl Groups<'_> {
    /// Makes a group.
    ///
    /// `POST /cgi-bin/groups/create`, for verified accounts.
    ///
    /// Limits: 100 groups an account.
    ///
    /// - `name`: Its name. At most 30 characters.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let group = wechat.groups().create("NAME").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `tags().create`")]
    pub async fn create(self, name: &str) -> Result<Group> {
        let path = "/cgi-bin/groups/create";
        Check::of(path).chars("group.name", name, 1..=30)?;
        let body = json!({ "group": { "name": name } });
        self.client.call(Method::POST, path).json(&body).send_field("group").await
    }

    /// Lists the groups. The numbers 0, 1 and 2 are the platform's own: ungrouped, blocked, starred.
    ///
    /// `GET /cgi-bin/groups/get`, for verified accounts.
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let groups = wechat.groups().list().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `tags().list`")]
    pub async fn list(self) -> Result<Vec<Group>> {
        self.client.call(Method::GET, "/cgi-bin/groups/get").send_field("groups").await
    }

    /// Tells the group of a follower.
    ///
    /// `POST /cgi-bin/groups/getid`, for verified accounts.
    ///
    /// - `openid`: The follower.
    ///
    /// # Errors
    /// 40003, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let groupid = wechat.groups().of("oLVPpjqs9BhvzwPj5A-vTYAX3GLc").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `tags().of`")]
    pub async fn of(self, openid: &str) -> Result<i64> {
        let path = "/cgi-bin/groups/getid";
        Check::of(path).text("openid", openid)?;
        let body = json!({ "openid": openid });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send_field("groupid").await
    }

    /// Renames a group.
    ///
    /// `POST /cgi-bin/groups/update`, for verified accounts.
    ///
    /// - `id`: Number of the group.
    /// - `name`: Its new name. At most 30 characters.
    ///
    /// # Errors
    /// As any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.groups().rename(100, "NAME").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `tags().rename`")]
    pub async fn rename(self, id: i64, name: &str) -> Result<()> {
        let path = "/cgi-bin/groups/update";
        Check::of(path).chars("group.name", name, 1..=30)?;
        let body = json!({ "group": { "id": id, "name": name } });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Moves a follower to a group.
    ///
    /// `POST /cgi-bin/groups/members/update`, for verified accounts.
    ///
    /// - `openid`: The follower.
    /// - `to_groupid`: Number of the group.
    ///
    /// # Errors
    /// 40003, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.groups().move_follower("oLVPpjqs9BhvzwPj5A-vTYAX3GLc", 100).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `tags().tag`")]
    pub async fn move_follower(self, openid: &str, to_groupid: i64) -> Result<()> {
        let path = "/cgi-bin/groups/members/update";
        Check::of(path).text("openid", openid)?;
        let body = json!({ "openid": openid, "to_groupid": to_groupid });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Moves up to 50 followers to a group.
    ///
    /// `POST /cgi-bin/groups/members/batchupdate`, for verified accounts.
    ///
    /// Limits: 50 openids a call.
    ///
    /// - `openids`: Each a follower. 1 to 50.
    /// - `to_groupid`: Number of the group.
    ///
    /// # Errors
    /// 40003, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.groups().move_followers(&["oLVPpjqs9BhvzwPj5A-vTYAX3GLc"], 100).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `tags().tag`")]
    pub async fn move_followers(self, openids: &[impl AsRef<str>], to_groupid: i64) -> Result<()> {
        let path = "/cgi-bin/groups/members/batchupdate";
        Check::of(path).items("openid_list", openids.len(), 1..=50)?;
        let body = json!({ "openid_list": shape::texts(openids), "to_groupid": to_groupid });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }

    /// Removes a group; its followers are ungrouped then.
    ///
    /// `POST /cgi-bin/groups/delete`, for verified accounts.
    ///
    /// - `id`: Number of the group.
    ///
    /// # Errors
    /// As any call.
    ///
    /// ```no_run
    /// # #[allow(deprecated)]
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.groups().delete(100).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[deprecated(note = "use `tags().delete`")]
    pub async fn delete(self, id: i64) -> Result<()> {
        let body = json!({ "group": { "id": id } });
        self.client.call(Method::POST, "/cgi-bin/groups/delete").json(&body).idempotent(true).done().await
    }
}

/// A group of followers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Group {
    /// Number of the group.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How many followers are in it.
    pub count: i64,
}
