//! Permanent material: what has a file.

use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::instead;
use super::kind::{MediaKind, check_file};
use crate::client::answer::Binary;
use crate::client::check::Check;
use crate::client::loose::flag;
use crate::client::upload::Field;
use crate::client::{ApiError, Client, Content, Method, Result};

const UPLOAD: &str = "/cgi-bin/material/add_material";
const GET: &str = "/cgi-bin/material/get_material";

/// An uploaded material.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct UploadedMaterial {
    /// Its id.
    pub media_id: String,
    /// Where a picture is, shown on Tencent's sites only; empty for other kinds.
    #[serde(default)]
    pub url: String,
}

/// A downloaded material.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum MaterialFile {
    /// The bytes of a picture, a voice or a cover.
    Bytes(Binary),
    /// A video, which is at a URL.
    Video {
        /// Title.
        title: String,
        /// What it is about.
        description: String,
        /// Where it is.
        url: String,
    },
    /// The articles of a news.
    News(Vec<MaterialArticle>),
}

/// An article of [`MaterialFile::News`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MaterialArticle {
    /// Title.
    pub title: String,
    /// Author.
    pub author: String,
    /// Summary; empty when there are several articles.
    pub digest: String,
    /// Content, as HTML.
    pub content: String,
    /// What "read the original" opens.
    pub content_source_url: String,
    /// Media id of the cover.
    pub thumb_media_id: String,
    /// URL of the cover.
    pub thumb_url: String,
    /// Whether the cover is shown inside.
    #[serde(deserialize_with = "flag")]
    pub show_cover_pic: bool,
    /// Whether comments are open.
    #[serde(deserialize_with = "flag")]
    pub need_open_comment: bool,
    /// Whether only followers may comment.
    #[serde(deserialize_with = "flag")]
    pub only_fans_can_comment: bool,
    /// URL of the article.
    pub url: String,
}

/// What comes in the place of a file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Instead {
    News {
        news_item: Vec<MaterialArticle>,
    },
    Video {
        #[serde(default, deserialize_with = "text")]
        title: String,
        #[serde(default, deserialize_with = "text")]
        description: String,
        down_url: String,
    },
}

/// `null` is no text.
fn text<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Calls about permanent material; see [`Client::material`].
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    pub(crate) client: &'a Client,
}

impl Material<'_> {
    /// Uploads a picture, a voice or a cover that is kept until it is removed; a video goes by
    /// [`Material::upload_video`]. It is never repeated by itself: the account would have it twice.
    ///
    /// `POST /cgi-bin/material/add_material`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial.html); 100,000 pictures
    /// an account, 1,000 of each other kind.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::{Content, MediaKind};
    ///
    /// let picture = wechat.material().upload(MediaKind::Image, "tea.jpg", Content::file("tea.jpg")).await?;
    /// println!("{} at {}", picture.media_id, picture.url);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake when the ending or the size is not allowed for the kind, without a call.
    pub async fn upload(
        self,
        kind: MediaKind,
        file_name: &str,
        content: impl Into<Content>,
    ) -> Result<UploadedMaterial> {
        if kind == MediaKind::Video {
            return Err(ApiError::mistake(UPLOAD, "`description` is missing: a video needs a title, see upload_video"));
        }
        self.add(kind, file_name, content.into(), None).await
    }

    /// Uploads a video that is kept until it is removed: MP4, 10 MB at most.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::Content;
    ///
    /// let film = Content::file("tea.mp4");
    /// let video = wechat.material().upload_video("采茶", "三月的茶山", "tea.mp4", film).await?;
    /// println!("{}", video.media_id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Material::upload`], and for an empty title.
    pub async fn upload_video(
        self,
        title: &str,
        introduction: &str,
        file_name: &str,
        content: impl Into<Content>,
    ) -> Result<UploadedMaterial> {
        Check::of(UPLOAD).text("description.title", title)?;
        let description = json!({ "title": title, "introduction": introduction });
        self.add(MediaKind::Video, file_name, content.into(), Some(description.to_string())).await
    }

    async fn add(
        self,
        kind: MediaKind,
        file_name: &str,
        content: Content,
        description: Option<String>,
    ) -> Result<UploadedMaterial> {
        check_file(UPLOAD, kind.endings_for_good(), kind.max_bytes(), file_name, &content).await?;
        let mut form = vec![Field::file("media", file_name, content)];
        form.extend(description.map(|description| Field::text("description", description)));
        self.client.call(Method::POST, UPLOAD).query("type", kind.as_str()).multipart(form).send().await
    }

    /// Downloads a material.
    ///
    /// `POST /cgi-bin/material/get_material`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterial.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::MaterialFile;
    ///
    /// match wechat.material().download("MEDIA_ID").await? {
    ///     MaterialFile::Bytes(file) => println!("{} bytes", file.bytes.len()),
    ///     MaterialFile::Video { title, url, .. } => println!("{title} at {url}"),
    ///     MaterialFile::News(articles) => println!("{} articles", articles.len()),
    ///     _ => {}
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 40007 when there is none of this id.
    pub async fn download(self, media_id: &str) -> Result<MaterialFile> {
        Check::of(GET).text("media_id", media_id)?;
        let call = self.client.call(Method::POST, GET).json(&json!({ "media_id": media_id })).idempotent(true);
        let answer = call.send_bytes().await?;
        Ok(match instead(&answer) {
            Some(Instead::News { news_item }) => MaterialFile::News(news_item),
            Some(Instead::Video { title, description, down_url }) => {
                MaterialFile::Video { title, description, url: down_url }
            }
            None => MaterialFile::Bytes(answer),
        })
    }
}
