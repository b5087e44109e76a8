// Written by `cargo xtask catalogue` from `catalogue/mass.toml`: change that.

//! Mass messages: to all followers, to a tag or to a list of them.
//!
//! Made by [`Client::mass`](crate::client::Client::mass).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::check::Check;
use crate::client::shape::{self, inside, open_texts};
use crate::client::{Client, Method, Result};

impl Client {
    /// Mass messages: to all followers, to a tag or to a list of them.
    pub fn mass(&self) -> Mass<'_> {
        Mass { client: self }
    }
}

/// Mass messages: to all followers, to a tag or to a list of them. See [`Client::mass`].
#[derive(Debug, Clone, Copy)]
pub struct Mass<'a> {
    pub(crate) client: &'a Client,
}

impl Mass<'_> {
    /// Begins to send a message to all followers or to those with a tag. The push MASSSENDJOBFINISH tells the end, and
    /// `status` how far it is. Where the API is protected, an administrator must confirm within 30 minutes.
    ///
    /// `POST /cgi-bin/message/mass/sendall`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_sendall.html).
    ///
    /// Limits: 60 calls a minute; subscription account: 1 call a day; service account: a follower receives 4 mass
    /// messages a month.
    ///
    /// # Errors
    /// 40007, 40008, 40152, 42010, 44004, 45002, 45028, 45052, 45062, 45065, 45066, 45067, 45113, 48003, 48013, 48021,
    /// 48022, 89504, 89505 and 268488001, besides those of any call. A caller's mistake, unsent, when a field is
    /// beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::mass::{Filter, MessageKind, SendAll};
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = SendAll::new(MessageKind::Mpnews)
    ///     .filter(Filter::new()
    ///     .is_to_all(true))
    ///     .mpnews("MEDIA_ID");
    /// let sent = wechat.mass().send_all(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_all(self, ask: &SendAll) -> Result<Sent> {
        let path = "/cgi-bin/message/mass/sendall";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).send().await
    }

    /// Begins to send a message to a list of followers. The push MASSSENDJOBFINISH tells the end, and `status` how far
    /// it is.
    ///
    /// `POST /cgi-bin/message/mass/send`, for verified service accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_masssend.html).
    ///
    /// Limits: 60 calls a minute; 100 calls a day for a new account; a follower receives 4 mass messages a month.
    ///
    /// # Errors
    /// 40003, 40007, 40008, 40031, 40032, 40130, 42010, 44004, 45002, 45028, 45052, 45062, 45065, 45066, 45067, 45113,
    /// 45162, 48003, 48013, 48021, 48022 and 9500002, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::mass::{MessageKind, Send};
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Send::new(["oLVPpjqs9BhvzwPj5A-vTYAX3GLc"], MessageKind::Mpnews)
    ///     .mpnews("MEDIA_ID");
    /// let sent = wechat.mass().send(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self, ask: &Send) -> Result<Sent> {
        let path = "/cgi-bin/message/mass/send";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).send().await
    }

    /// Sends a message to one follower, to see what it looks like before all receive it. Needs `touser` or `towxname`;
    /// the latter counts when there are both.
    ///
    /// `POST /cgi-bin/message/mass/preview`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_preview.html).
    ///
    /// Limits: 100 calls a day.
    ///
    /// # Errors
    /// 40003, 40007 and 40008, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::mass::{Preview, PreviewKind};
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Preview::new(PreviewKind::Mpnews)
    ///     .touser("oLVPpjqs9BhvzwPj5A-vTYAX3GLc")
    ///     .mpnews("MEDIA_ID");
    /// let msg_id = wechat.mass().preview(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn preview(self, ask: &Preview) -> Result<Option<i64>> {
        let path = "/cgi-bin/message/mass/preview";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).send_field_or_default("msg_id").await
    }

    /// Takes back articles or a video sent by the API: the message stays, but what it opens is gone. Articles sent
    /// more than once are gone everywhere. Needs `msg_id` or `url`.
    ///
    /// `POST /cgi-bin/message/mass/delete`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_deletemassmsg.html).
    ///
    /// Limits: articles and videos only; 10 calls a day for a new account.
    ///
    /// # Errors
    /// 40008, 40059, 40060, 40065, 40204 and 9500001, besides those of any call. A caller's mistake, unsent, when a
    /// field is beyond its bounds.
    ///
    /// ```no_run
    /// use puzi_wechat::api::mass::Delete;
    ///
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let ask = Delete::new().msg_id(100);
    /// wechat.mass().delete(&ask).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(self, ask: &Delete) -> Result<()> {
        let path = "/cgi-bin/message/mass/delete";
        ask.check(&Check::of(path))?;
        self.client.call(Method::POST, path).json(ask).done().await
    }

    /// Tells how far a message is.
    ///
    /// `POST /cgi-bin/message/mass/get`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_massmsgget.html).
    ///
    /// - `msg_id`: Number of the message, as text.
    ///
    /// # Errors
    /// 40059, 89504 and 89505, besides those of any call. A caller's mistake, unsent, when a field is beyond its
    /// bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let status = wechat.mass().status("MSG_ID").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn status(self, msg_id: &str) -> Result<Status> {
        let path = "/cgi-bin/message/mass/get";
        Check::of(path).text("msg_id", msg_id)?;
        let body = json!({ "msg_id": msg_id });
        self.client.call(Method::POST, path).json(&body).idempotent(true).send().await
    }

    /// Tells how fast mass messages are sent.
    ///
    /// `POST /cgi-bin/message/mass/speed/get`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_getspeed.html).
    ///
    /// # Errors
    /// 45083 and 45084, besides those of any call.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// let speed = wechat.mass().speed().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn speed(self) -> Result<Speed> {
        self.client.call(Method::POST, "/cgi-bin/message/mass/speed/get").idempotent(true).send().await
    }

    /// Sets how fast mass messages are sent.
    ///
    /// `POST /cgi-bin/message/mass/speed/set`, for verified accounts:
    /// [the platform's page](https://developers.weixin.qq.com/doc/service/api/notify/message/api_setspeed.html).
    ///
    /// - `speed`: Step of the speed: 0 is 800,000 a minute, 1 is 600,000, 2 is 450,000, 3 is 300,000, 4 is 100,000. 0
    ///   to 4.
    ///
    /// # Errors
    /// 45083, 45084, 89504 and 89505, besides those of any call. A caller's mistake, unsent, when a field is beyond
    /// its bounds.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> puzi_wechat::client::Result<()> {
    /// wechat.mass().set_speed(4).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_speed(self, speed: i64) -> Result<()> {
        let path = "/cgi-bin/message/mass/speed/set";
        Check::of(path).range("speed", speed, 0..=4)?;
        let body = json!({ "speed": speed });
        self.client.call(Method::POST, path).json(&body).idempotent(true).done().await
    }
}

/// Whom a message goes to.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Filter {
    /// Whether all followers receive it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_to_all: Option<bool>,
    /// Number of the tag whose followers receive it; needed unless all do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_id: Option<i64>,
}

impl Filter {
    /// With nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether all followers receive it.
    pub fn is_to_all(mut self, is_to_all: bool) -> Self {
        self.is_to_all = Some(is_to_all);
        self
    }

    /// Number of the tag whose followers receive it; needed unless all do.
    pub fn tag_id(mut self, tag_id: i64) -> Self {
        self.tag_id = Some(tag_id);
        self
    }
}

/// Pictures that are sent together.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Images {
    /// Each a picture; needed by `image`.
    pub media_ids: Vec<String>,
    /// What is said about the pictures; "shared pictures" in Chinese when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommend: Option<String>,
    /// Title of the pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether comments are open.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub need_open_comment: Option<bool>,
    /// Whether only followers may comment.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub only_fans_can_comment: Option<bool>,
}

impl Images {
    /// With what is required.
    pub fn new(media_ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            media_ids: media_ids.into_iter().map(Into::into).collect(),
            recommend: None,
            title: None,
            need_open_comment: None,
            only_fans_can_comment: None,
        }
    }

    /// What is said about the pictures; "shared pictures" in Chinese when left out.
    pub fn recommend(mut self, recommend: impl Into<String>) -> Self {
        self.recommend = Some(recommend.into());
        self
    }

    /// Title of the pictures.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Whether comments are open.
    pub fn need_open_comment(mut self, need_open_comment: bool) -> Self {
        self.need_open_comment = Some(need_open_comment);
        self
    }

    /// Whether only followers may comment.
    pub fn only_fans_can_comment(mut self, only_fans_can_comment: bool) -> Self {
        self.only_fans_can_comment = Some(only_fans_can_comment);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.items("media_ids", self.media_ids.len(), 1..)?;
        Ok(())
    }
}

/// A message to all followers, or to those with a tag.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SendAll {
    /// Whom a message goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Kind of the message; the object of the same name carries it, for `image` that is `images`.
    #[serde(rename = "msgtype")]
    pub kind: MessageKind,
    /// A draft; needed by `mpnews`. The draft and its id are gone once it is sent.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub mpnews: Option<String>,
    /// The text; needed by `text`.
    #[serde(serialize_with = "as_content", skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A voice; needed by `voice`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Pictures that are sent together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Images>,
    /// A video, with the id that `media.upload_video` tells; needed by `mpvideo`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub mpvideo: Option<String>,
    /// A card; needed by `wxcard`, which may be refused with 45113.
    #[serde(serialize_with = "as_card_id", skip_serializing_if = "Option::is_none")]
    pub wxcard: Option<String>,
    /// Whether an article found to be a copy is sent nevertheless, as a reprint, where its author allows it; otherwise
    /// nothing is sent.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub send_ignore_reprint: Option<bool>,
    /// The sender's own id of the message: a second one within 24 hours is refused with 45065. When left out, a digest
    /// of recipients and content. At most 32 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clientmsgid: Option<String>,
}

impl SendAll {
    /// With what is required.
    pub fn new(kind: MessageKind) -> Self {
        Self {
            filter: None,
            kind,
            mpnews: None,
            text: None,
            voice: None,
            images: None,
            mpvideo: None,
            wxcard: None,
            send_ignore_reprint: None,
            clientmsgid: None,
        }
    }

    /// Whom a message goes to.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// A draft; needed by `mpnews`. The draft and its id are gone once it is sent.
    pub fn mpnews(mut self, mpnews: impl Into<String>) -> Self {
        self.mpnews = Some(mpnews.into());
        self
    }

    /// The text; needed by `text`.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// A voice; needed by `voice`.
    pub fn voice(mut self, voice: impl Into<String>) -> Self {
        self.voice = Some(voice.into());
        self
    }

    /// Pictures that are sent together.
    pub fn images(mut self, images: Images) -> Self {
        self.images = Some(images);
        self
    }

    /// A video, with the id that `media.upload_video` tells; needed by `mpvideo`.
    pub fn mpvideo(mut self, mpvideo: impl Into<String>) -> Self {
        self.mpvideo = Some(mpvideo.into());
        self
    }

    /// A card; needed by `wxcard`, which may be refused with 45113.
    pub fn wxcard(mut self, wxcard: impl Into<String>) -> Self {
        self.wxcard = Some(wxcard.into());
        self
    }

    /// Whether an article found to be a copy is sent nevertheless, as a reprint, where its author allows it; otherwise
    /// nothing is sent.
    pub fn send_ignore_reprint(mut self, send_ignore_reprint: bool) -> Self {
        self.send_ignore_reprint = Some(send_ignore_reprint);
        self
    }

    /// The sender's own id of the message: a second one within 24 hours is refused with 45065. When left out, a digest
    /// of recipients and content. At most 32 bytes.
    pub fn clientmsgid(mut self, clientmsgid: impl Into<String>) -> Self {
        self.clientmsgid = Some(clientmsgid.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        if let Some(it) = &self.images {
            it.check(&check.field("images"))?;
        }
        check.bytes("clientmsgid", self.clientmsgid.as_deref(), ..=32)?;
        Ok(())
    }
}

/// A message that is being sent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Sent {
    /// Number of the message.
    pub msg_id: i64,
    /// Number of the articles, for their comments and statistics; for `mpnews` only.
    pub msg_data_id: Option<i64>,
}

/// A video with its words.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Video {
    /// A video, with the id that `media.upload_video` tells; needed by `mpvideo`.
    pub media_id: String,
    /// Title of the video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the video is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Video {
    /// With what is required.
    pub fn new(media_id: impl Into<String>) -> Self {
        Self { media_id: media_id.into(), title: None, description: None }
    }

    /// Title of the video.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// What the video is about.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("media_id", self.media_id.as_str())?;
        Ok(())
    }
}

/// A message to a list of followers.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Send {
    /// Who receives it. 2 to 10,000.
    pub touser: Vec<String>,
    /// Kind of the message; the object of the same name carries it, for `image` that is `images`.
    #[serde(rename = "msgtype")]
    pub kind: MessageKind,
    /// A draft; needed by `mpnews`. The draft and its id are gone once it is sent.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub mpnews: Option<String>,
    /// The text; needed by `text`.
    #[serde(serialize_with = "as_content", skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A voice; needed by `voice`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// Pictures that are sent together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<Images>,
    /// A video with its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mpvideo: Option<Video>,
    /// A card; needed by `wxcard`, which may be refused with 45113.
    #[serde(serialize_with = "as_card_id", skip_serializing_if = "Option::is_none")]
    pub wxcard: Option<String>,
    /// Whether an article found to be a copy is sent nevertheless, as a reprint, where its author allows it; otherwise
    /// nothing is sent.
    #[serde(serialize_with = "shape::as_flag", skip_serializing_if = "Option::is_none")]
    pub send_ignore_reprint: Option<bool>,
    /// The sender's own id of the message: a second one within 24 hours is refused with 45065. When left out, a digest
    /// of recipients and content. At most 32 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clientmsgid: Option<String>,
}

impl Send {
    /// With what is required.
    pub fn new(touser: impl IntoIterator<Item = impl Into<String>>, kind: MessageKind) -> Self {
        Self {
            touser: touser.into_iter().map(Into::into).collect(),
            kind,
            mpnews: None,
            text: None,
            voice: None,
            images: None,
            mpvideo: None,
            wxcard: None,
            send_ignore_reprint: None,
            clientmsgid: None,
        }
    }

    /// A draft; needed by `mpnews`. The draft and its id are gone once it is sent.
    pub fn mpnews(mut self, mpnews: impl Into<String>) -> Self {
        self.mpnews = Some(mpnews.into());
        self
    }

    /// The text; needed by `text`.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// A voice; needed by `voice`.
    pub fn voice(mut self, voice: impl Into<String>) -> Self {
        self.voice = Some(voice.into());
        self
    }

    /// Pictures that are sent together.
    pub fn images(mut self, images: Images) -> Self {
        self.images = Some(images);
        self
    }

    /// A video with its words.
    pub fn mpvideo(mut self, mpvideo: Video) -> Self {
        self.mpvideo = Some(mpvideo);
        self
    }

    /// A card; needed by `wxcard`, which may be refused with 45113.
    pub fn wxcard(mut self, wxcard: impl Into<String>) -> Self {
        self.wxcard = Some(wxcard.into());
        self
    }

    /// Whether an article found to be a copy is sent nevertheless, as a reprint, where its author allows it; otherwise
    /// nothing is sent.
    pub fn send_ignore_reprint(mut self, send_ignore_reprint: bool) -> Self {
        self.send_ignore_reprint = Some(send_ignore_reprint);
        self
    }

    /// The sender's own id of the message: a second one within 24 hours is refused with 45065. When left out, a digest
    /// of recipients and content. At most 32 bytes.
    pub fn clientmsgid(mut self, clientmsgid: impl Into<String>) -> Self {
        self.clientmsgid = Some(clientmsgid.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.items("touser", self.touser.len(), 2..=10_000)?;
        if let Some(it) = &self.images {
            it.check(&check.field("images"))?;
        }
        if let Some(it) = &self.mpvideo {
            it.check(&check.field("mpvideo"))?;
        }
        check.bytes("clientmsgid", self.clientmsgid.as_deref(), ..=32)?;
        Ok(())
    }
}

/// A card, with what it takes besides.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Card {
    /// A card; needed by `wxcard`.
    pub card_id: String,
    /// What the card takes besides, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_ext: Option<String>,
}

impl Card {
    /// With what is required.
    pub fn new(card_id: impl Into<String>) -> Self {
        Self { card_id: card_id.into(), card_ext: None }
    }

    /// What the card takes besides, as JSON text.
    pub fn card_ext(mut self, card_ext: impl Into<String>) -> Self {
        self.card_ext = Some(card_ext.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.text("card_id", self.card_id.as_str())?;
        Ok(())
    }
}

/// A message to one follower, to look at.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Preview {
    /// Who receives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touser: Option<String>,
    /// Who receives it, by WeChat id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub towxname: Option<String>,
    /// Kind of the message; the object of the same name carries it.
    #[serde(rename = "msgtype")]
    pub kind: PreviewKind,
    /// A draft; needed by `mpnews`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub mpnews: Option<String>,
    /// The text; needed by `text`.
    #[serde(serialize_with = "as_content", skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A voice; needed by `voice`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// A piece of music; needed by `music`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub music: Option<String>,
    /// A picture; needed by `image`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// A video, with the id that `media.upload_video` tells; needed by `mpvideo`.
    #[serde(serialize_with = "as_media_id", skip_serializing_if = "Option::is_none")]
    pub mpvideo: Option<String>,
    /// A card, with what it takes besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wxcard: Option<Card>,
}

impl Preview {
    /// With what is required.
    pub fn new(kind: PreviewKind) -> Self {
        Self {
            touser: None,
            towxname: None,
            kind,
            mpnews: None,
            text: None,
            voice: None,
            music: None,
            image: None,
            mpvideo: None,
            wxcard: None,
        }
    }

    /// Who receives it.
    pub fn touser(mut self, touser: impl Into<String>) -> Self {
        self.touser = Some(touser.into());
        self
    }

    /// Who receives it, by WeChat id.
    pub fn towxname(mut self, towxname: impl Into<String>) -> Self {
        self.towxname = Some(towxname.into());
        self
    }

    /// A draft; needed by `mpnews`.
    pub fn mpnews(mut self, mpnews: impl Into<String>) -> Self {
        self.mpnews = Some(mpnews.into());
        self
    }

    /// The text; needed by `text`.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// A voice; needed by `voice`.
    pub fn voice(mut self, voice: impl Into<String>) -> Self {
        self.voice = Some(voice.into());
        self
    }

    /// A piece of music; needed by `music`.
    pub fn music(mut self, music: impl Into<String>) -> Self {
        self.music = Some(music.into());
        self
    }

    /// A picture; needed by `image`.
    pub fn image(mut self, image: impl Into<String>) -> Self {
        self.image = Some(image.into());
        self
    }

    /// A video, with the id that `media.upload_video` tells; needed by `mpvideo`.
    pub fn mpvideo(mut self, mpvideo: impl Into<String>) -> Self {
        self.mpvideo = Some(mpvideo.into());
        self
    }

    /// A card, with what it takes besides.
    pub fn wxcard(mut self, wxcard: Card) -> Self {
        self.wxcard = Some(wxcard);
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        if let Some(it) = &self.wxcard {
            it.check(&check.field("wxcard"))?;
        }
        Ok(())
    }
}

/// A message to take back.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Delete {
    /// Number of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msg_id: Option<i64>,
    /// Which of its articles, from 1; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article_idx: Option<i64>,
    /// The article; looked at without `msg_id` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Delete {
    /// With nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of the message.
    pub fn msg_id(mut self, msg_id: i64) -> Self {
        self.msg_id = Some(msg_id);
        self
    }

    /// Which of its articles, from 1; 0 for all.
    pub fn article_idx(mut self, article_idx: i64) -> Self {
        self.article_idx = Some(article_idx);
        self
    }

    /// The article; looked at without `msg_id` only.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    fn check(&self, check: &Check<'_>) -> Result<()> {
        check.range("article_idx", self.article_idx, 0..)?;
        Ok(())
    }
}

/// How far a message is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Status {
    /// Number of the message.
    #[serde(deserialize_with = "shape::int")]
    pub msg_id: i64,
    /// How far it is.
    pub msg_status: State,
}

/// How fast messages are sent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Speed {
    /// Step of the speed: 0 is 800,000 a minute, 1 is 600,000, 2 is 450,000, 3 is 300,000, 4 is 100,000.
    pub speed: i64,
    /// The speed in ten thousands a minute.
    pub realspeed: i64,
}

open_texts! {
/// Kind of the message; the object of the same name carries it, for `image` that is `images`.
MessageKind {
/// `mpnews`.
Mpnews = "mpnews",
/// `text`.
Text = "text",
/// `voice`.
Voice = "voice",
/// `image`.
Image = "image",
/// `mpvideo`.
Mpvideo = "mpvideo",
/// `wxcard`.
Wxcard = "wxcard",
}
}

open_texts! {
/// Kind of the message; the object of the same name carries it.
PreviewKind {
/// `mpnews`.
Mpnews = "mpnews",
/// `text`.
Text = "text",
/// `voice`.
Voice = "voice",
/// `music`.
Music = "music",
/// `image`.
Image = "image",
/// `mpvideo`.
Mpvideo = "mpvideo",
/// `wxcard`.
Wxcard = "wxcard",
}
}

open_texts! {
/// How far it is.
State {
/// `SEND_SUCCESS`.
SendSuccess = "SEND_SUCCESS",
/// `SENDING`.
Sending = "SENDING",
/// `SEND_FAIL`.
SendFail = "SEND_FAIL",
/// `DELETE`.
Delete = "DELETE",
}
}

inside! {
    write as_media_id = "media_id";
    write as_content = "content";
    write as_card_id = "card_id";
}
