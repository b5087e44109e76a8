// Written by `cargo xtask catalogue` from `catalogue/comments.toml`: change that.

//! Comments below the account's articles; the account must have been given them.
//!
//! Made by [`Client::comments`](crate::client::Client::comments).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape;
use crate::client::{Call, Client, Method, Result};

impl Client {
    /// Comments below the account's articles; the account must have been given them.
    pub fn comments(&self) -> Comments<'_> {
        Comments { client: self }
    }
}

/// Comments below the account's articles; the account must have been given them. See [`Client::comments`].
#[derive(Debug, Clone, Copy)]
pub struct Comments<'a> {
    pub(crate) client: &'a Client,
}

impl Comments<'_> {
    /// Opens the comments of an article that was sent.
    ///
    /// `POST /cgi-bin/comment/open`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_openarticlecomment.html).
    ///
    /// - `msg_data_id`: Number of the articles, told when they were sent or published.
    /// - `index`: Which of the articles, from 0.
    ///
    /// # Errors
    /// 88000, 88001 and 88002, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.comments().open(100, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(self, msg_data_id: i64, index: Option<i64>) -> Result<()> {
        self.article("/cgi-bin/comment/open", msg_data_id, index)?.done().await
    }

    /// Closes the comments of an article that was sent.
    ///
    /// `POST /cgi-bin/comment/close`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_closecomment.html).
    ///
    /// - `msg_data_id`: Number of the articles, told when they were sent or published.
    /// - `index`: Which of the articles, from 0.
    ///
    /// # Errors
    /// 88000 and 88001, besides those of any call. A caller's mistake, unsent, when a field is beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.comments().close(100, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(self, msg_data_id: i64, index: Option<i64>) -> Result<()> {
        self.article("/cgi-bin/comment/close", msg_data_id, index)?.done().await
    }

    /// Lists the comments of an article, up to 49 a page.
    ///
    /// `POST /cgi-bin/comment/list`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_listcomment.html).
    ///
    /// Limits: 49 comments a page.
    ///
    /// # Errors
    /// 88000, 88001 and 88010, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::comments::List;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = List::new(100, 0, 49, 2);
    /// let comment_page = wechat.comments().list(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn list(self, ask: &List) -> Result<CommentPage> {
        let path = "/cgi-bin/comment/list";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).idempotent(true).send().await
    }

    /// Puts a comment among those featured.
    ///
    /// `POST /cgi-bin/comment/markelect`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_electcomment.html).
    ///
    /// - `msg_data_id`: Number of the articles, told when they were sent or published.
    /// - `user_comment_id`: Number of the comment.
    /// - `index`: Which of the articles, from 0.
    ///
    /// # Errors
    /// 88000, 88001, 88003, 88004 and 88008, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.comments().feature(100, 100, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn feature(self, msg_data_id: i64, user_comment_id: i64, index: Option<i64>) -> Result<()> {
        self.comment("/cgi-bin/comment/markelect", msg_data_id, user_comment_id, index)?.done().await
    }

    /// Takes a comment from among those featured.
    ///
    /// `POST /cgi-bin/comment/unmarkelect`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_unelectcomment.html).
    ///
    /// - `msg_data_id`: Number of the articles, told when they were sent or published.
    /// - `user_comment_id`: Number of the comment.
    /// - `index`: Which of the articles, from 0.
    ///
    /// # Errors
    /// 88000, 88001 and 88008, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.comments().unfeature(100, 100, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unfeature(self, msg_data_id: i64, user_comment_id: i64, index: Option<i64>) -> Result<()> {
        self.comment("/cgi-bin/comment/unmarkelect", msg_data_id, user_comment_id, index)?.done().await
    }

    /// Removes a comment.
    ///
    /// `POST /cgi-bin/comment/delete`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_delcomment.html).
    ///
    /// - `msg_data_id`: Number of the articles, told when they were sent or published.
    /// - `user_comment_id`: Number of the comment.
    /// - `index`: Which of the articles, from 0.
    ///
    /// # Errors
    /// 88000, 88001 and 88008, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.comments().delete(100, 100, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, msg_data_id: i64, user_comment_id: i64, index: Option<i64>) -> Result<()> {
        self.comment("/cgi-bin/comment/delete", msg_data_id, user_comment_id, index)?.done().await
    }

    /// Replies to a comment; each takes one reply.
    ///
    /// `POST /cgi-bin/comment/reply/add`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_replycomment.html).
    ///
    /// # Errors
    /// 88000, 88001, 88005, 88007 and 88008, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::comments::Reply;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Reply::new(100, 100, "CONTENT");
    /// wechat.comments().reply(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn reply(self, ask: &Reply) -> Result<()> {
        let path = "/cgi-bin/comment/reply/add";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).done().await
    }

    /// Removes the reply to a comment.
    ///
    /// `POST /cgi-bin/comment/reply/delete`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/leaving/api_delreplycomment.html).
    ///
    /// - `msg_data_id`: Number of the articles, told when they were sent or published.
    /// - `user_comment_id`: Number of the comment.
    /// - `index`: Which of the articles, from 0.
    ///
    /// # Errors
    /// 87009, 88000, 88001 and 88008, besides those of any call. A caller's mistake, unsent, when a field is beyond
    /// its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.comments().delete_reply(100, 100, None).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete_reply(self, msg_data_id: i64, user_comment_id: i64, index: Option<i64>) -> Result<()> {
        self.comment("/cgi-bin/comment/reply/delete", msg_data_id, user_comment_id, index)?.done().await
    }

    fn article(self, path: &'static str, msg_data_id: i64, index: Option<i64>) -> Result<Call> {
        Check::of(path).range("index", index, 0..)?;
        let mut body = json!({ "msg_data_id": msg_data_id });
        if let Some(index) = index {
            body["index"] = index.into();
        }
        Ok(self.client.call(Method::POST, path).json(&body).idempotent(true))
    }

    fn comment(self, path: &'static str, msg_data_id: i64, user_comment_id: i64, index: Option<i64>) -> Result<Call> {
        Check::of(path).range("index", index, 0..)?;
        let mut body = json!({ "msg_data_id": msg_data_id, "user_comment_id": user_comment_id });
        if let Some(index) = index {
            body["index"] = index.into();
        }
        Ok(self.client.call(Method::POST, path).json(&body).idempotent(true))
    }
}

/// What [`Comments::list`] asks with.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct List {
    /// Number of the articles, told when they were sent or published.
    pub msg_data_id: i64,
    /// Which of the articles, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    /// Where the page begins, from 0.
    pub begin: i64,
    /// How many to list; 50 are refused. 1 to 49.
    pub count: i64,
    /// 0 all, 1 those not featured, 2 those featured. 0 to 2.
    #[serde(rename = "type")]
    pub kind: i64,
}

impl List {
    /// With what is required.
    pub fn new(msg_data_id: i64, begin: i64, count: i64, kind: i64) -> Self {
        Self { msg_data_id, index: None, begin, count, kind }
    }

    /// Which of the articles, from 0.
    pub fn index(mut self, index: i64) -> Self {
        self.index = Some(index);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.range("index", self.index, 0..)?;
        check.range("begin", self.begin, 0..)?;
        check.range("count", self.count, 1..=49)?;
        check.range("type", self.kind, 0..=2)?;
        Ok(())
    }
}

/// The account's reply to a comment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CommentReply {
    /// What the account replied; the object is left out when there is no reply.
    pub content: String,
    /// When the account replied. Unix seconds.
    #[serde(deserialize_with = "shape::int")]
    pub create_time: i64,
}

/// A comment below an article.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Comment {
    /// Number of a comment.
    pub user_comment_id: i64,
    /// Who wrote it; left out when the user did not write as their WeChat self.
    pub openid: String,
    /// When it was written. Unix seconds.
    #[serde(deserialize_with = "shape::int")]
    pub create_time: i64,
    /// What it says.
    pub content: String,
    /// Whether it is featured.
    #[serde(deserialize_with = "shape::flag")]
    pub comment_type: bool,
    /// The account's reply to a comment.
    pub reply: Option<CommentReply>,
}

/// A page of comments.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CommentPage {
    /// How many comments there are.
    pub total: i64,
    /// A comment below an article.
    pub comment: Vec<Comment>,
}

/// What [`Comments::reply`] asks with.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Reply {
    /// Number of the articles, told when they were sent or published.
    pub msg_data_id: i64,
    /// Which of the articles, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    /// Number of the comment.
    pub user_comment_id: i64,
    /// The reply.
    pub content: String,
}

impl Reply {
    /// With what is required.
    pub fn new(msg_data_id: i64, user_comment_id: i64, content: impl Into<String>) -> Self {
        Self { msg_data_id, index: None, user_comment_id, content: content.into() }
    }

    /// Which of the articles, from 0.
    pub fn index(mut self, index: i64) -> Self {
        self.index = Some(index);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.range("index", self.index, 0..)?;
        check.text("content", self.content.as_str())?;
        Ok(())
    }
}
