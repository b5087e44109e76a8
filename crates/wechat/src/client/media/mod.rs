//! Temporary media, kept by the platform for three days; pictures for articles; speech.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::{self, Binary};
use super::check::Check;
use super::content::Content;
use super::download::Download;
use super::error::Result;
use super::loose::number;
use super::upload::Field;
use super::{Client, Method};

mod kind;
mod permanent;
mod speech;

pub use kind::MediaKind;
pub use permanent::{Material, MaterialArticle, MaterialFile, UploadedMaterial};
pub use speech::{SpeechLanguage, Translation};

use kind::check_file;

const UPLOAD: &str = "/cgi-bin/media/upload";
const GET: &str = "/cgi-bin/media/get";
const VOICE: &str = "/cgi-bin/media/get/jssdk";
const PICTURE: &str = "/cgi-bin/media/uploadimg";
/// Pictures for articles must have less than 1 MB.
const LARGEST_PICTURE: u64 = 1024 * 1024 - 1;
/// What comes in the place of a video is shorter than this, bytes.
const LONGEST_TEXT: usize = 64 * 1024;

/// An uploaded temporary media.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Uploaded {
    /// Its id, for three days.
    #[serde(alias = "thumb_media_id")]
    pub media_id: String,
    /// When it was uploaded, unix seconds.
    #[serde(default, deserialize_with = "number")]
    pub created_at: i64,
}

/// A downloaded temporary media.
#[derive(Debug, Clone)]
pub enum MediaFile {
    /// Its bytes.
    Bytes(Binary),
    /// A video, which is at this URL.
    Video {
        /// The URL; needs no token.
        url: String,
    },
}

/// A temporary media as it comes; see [`Media::download_stream`].
#[derive(Debug)]
pub enum MediaStream {
    /// Its bytes, piece by piece.
    Bytes(Download),
    /// A video, which is at this URL.
    Video {
        /// The URL; needs no token.
        url: String,
    },
}

/// What comes in the place of a video.
#[derive(Deserialize)]
struct Video {
    video_url: String,
}

/// The JSON that comes in the place of a file, if it did.
fn instead<T: DeserializeOwned>(answer: &Binary) -> Option<T> {
    let is_object = answer::first_byte(&answer.bytes) == Some(b'{');
    is_object.then(|| answer::from_json(&answer.bytes).ok()).flatten()
}

/// Calls about temporary media; see [`Client::media`].
#[derive(Debug, Clone, Copy)]
pub struct Media<'a> {
    pub(crate) client: &'a Client,
}

impl Media<'_> {
    /// Uploads a file; [`Content::file`] is read while it is sent. The id can be used again and again for 3 days.
    ///
    /// `POST /cgi-bin/media/upload`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::{Content, MediaKind};
    ///
    /// let picture = wechat.media().upload(MediaKind::Image, "tea.jpg", Content::file("tea.jpg")).await?;
    /// println!("{}", picture.media_id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake when the ending or the size is not allowed for the kind, without a call.
    pub async fn upload(self, kind: MediaKind, file_name: &str, content: impl Into<Content>) -> Result<Uploaded> {
        let content = content.into();
        check_file(UPLOAD, kind.endings(), kind.max_bytes(), file_name, &content).await?;
        // Sent twice, it lies there twice until it ends; nobody sees the first.
        let call = self.client.call(Method::POST, UPLOAD).query("type", kind.as_str()).idempotent(true);
        call.multipart([Field::file("media", file_name, content)]).send().await
    }

    /// Downloads a temporary media into memory.
    ///
    /// `GET /cgi-bin/media/get`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/material/temporary/api_getmedia.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::MediaFile;
    ///
    /// match wechat.media().download("MEDIA_ID").await? {
    ///     MediaFile::Bytes(file) => println!("{} bytes of {:?}", file.bytes.len(), file.content_type),
    ///     MediaFile::Video { url } => println!("a video at {url}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any call; the platform's JSON in the place of the bytes is taken for the error it is.
    pub async fn download(self, media_id: &str) -> Result<MediaFile> {
        Check::of(GET).text("media_id", media_id)?;
        let answer = self.client.call(Method::GET, GET).query("media_id", media_id).send_bytes().await?;
        Ok(match instead::<Video>(&answer) {
            Some(video) => MediaFile::Video { url: video.video_url },
            None => MediaFile::Bytes(answer),
        })
    }

    /// Downloads a temporary media piece by piece, for what should not lie in memory as a whole.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use puzi_wechat::client::MediaStream;
    /// use tokio::io::AsyncWriteExt;
    ///
    /// if let MediaStream::Bytes(mut voice) = wechat.media().download_stream("MEDIA_ID").await? {
    ///     let mut file = tokio::fs::File::create("voice.amr").await?;
    ///     while let Some(piece) = voice.chunk().await? {
    ///         file.write_all(&piece).await?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Media::download`].
    pub async fn download_stream(self, media_id: &str) -> Result<MediaStream> {
        Check::of(GET).text("media_id", media_id)?;
        let mut stream = self.client.call(Method::GET, GET).query("media_id", media_id).send_stream().await?;
        let kind = stream.content_type.as_deref().unwrap_or_default();
        if !kind.contains("json") && !kind.starts_with("text/") {
            return Ok(MediaStream::Bytes(stream));
        }
        let mut text = Vec::new();
        while let Some(piece) = stream.chunk().await?.filter(|_| text.len() <= LONGEST_TEXT) {
            text.extend_from_slice(&piece);
        }
        let video: Video = answer::parse(GET, &text).map_err(|error| error.presentable(&[]))?;
        Ok(MediaStream::Video { url: video.video_url })
    }

    /// Downloads a voice that a web page uploaded with the JS-SDK, as Speex at 16 kHz: better for recognition than the
    /// AMR at 8 kHz of [`Media::download`].
    ///
    /// `GET /cgi-bin/media/get/jssdk`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/material/temporary/api_gethdvoice.html); for verified
    /// accounts.
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// let voice = wechat.media().download_voice("SERVER_ID").await?;
    /// println!("{} bytes", voice.bytes.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Media::download`].
    pub async fn download_voice(self, server_id: &str) -> Result<Binary> {
        Check::of(VOICE).text("media_id", server_id)?;
        self.client.call(Method::GET, VOICE).query("media_id", server_id).send_bytes().await
    }

    /// Uploads a picture for the inside of an article, JPEG or PNG below 1 MB, and tells its URL. It does not count among
    /// the account's materials.
    ///
    /// `POST /cgi-bin/media/uploadimg`,
    /// [document](https://developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage.html).
    ///
    /// ```no_run
    /// # async fn example(wechat: &puzi_wechat::client::Client) -> Result<(), puzi_wechat::client::ApiError> {
    /// use puzi_wechat::client::Content;
    ///
    /// let url = wechat.media().upload_image("tea.jpg", Content::file("tea.jpg")).await?;
    /// println!("<img src=\"{url}\">");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A caller's mistake when the ending or the size is not allowed, without a call.
    pub async fn upload_image(self, file_name: &str, content: impl Into<Content>) -> Result<String> {
        #[derive(Deserialize)]
        struct Answer {
            url: String,
        }
        let content = content.into();
        check_file(PICTURE, &["jpg", "jpeg", "png"], LARGEST_PICTURE, file_name, &content).await?;
        let call = self.client.call(Method::POST, PICTURE).idempotent(true);
        let answer: Answer = call.multipart([Field::file("media", file_name, content)]).send().await?;
        Ok(answer.url)
    }
}
