//! Temporary media: kept by the platform for three days.

use serde::Deserialize;
use serde_json::Value;

use super::answer::{self, Binary};
use super::error::{ApiError, Result};
use super::upload::{Content, Field, ending};
use super::users::as_number;
use super::{Client, Method};

const UPLOAD: &str = "/cgi-bin/media/upload";
const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// The kind of a temporary media, and with it the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A picture: PNG, JPEG or GIF, at most 10 MB.
    Image,
    /// A voice: AMR or MP3, at most 2 MB and 60 s.
    Voice,
    /// A video: MP4, at most 10 MB.
    Video,
    /// A small picture for videos, music and cards: JPEG, at most 64 KB.
    Thumb,
}

impl MediaKind {
    /// The platform's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }

    /// The largest allowed, bytes.
    pub fn max_bytes(self) -> u64 {
        match self {
            Self::Image | Self::Video => 10 * MB,
            Self::Voice => 2 * MB,
            Self::Thumb => 64 * KB,
        }
    }

    /// The allowed endings of file names; the platform tells the format by them.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Image => &["png", "jpg", "jpeg", "gif"],
            Self::Voice => &["amr", "mp3"],
            Self::Video => &["mp4"],
            Self::Thumb => &["jpg", "jpeg"],
        }
    }

    fn check(self, file_name: &str, length: u64) -> std::result::Result<(), String> {
        if !self.endings().contains(&ending(file_name).as_str()) {
            let allowed = self.endings().join(", ");
            return Err(format!("a file for {} must end in one of {allowed}, not be \"{file_name}\"", self.as_str()));
        }
        if length == 0 {
            return Err(format!("\"{file_name}\" is empty"));
        }
        if length > self.max_bytes() {
            let most = self.max_bytes();
            return Err(format!("\"{file_name}\" has {length} bytes; {most} are allowed for {}", self.as_str()));
        }
        Ok(())
    }
}

/// An uploaded temporary media.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// Its id, for three days.
    pub media_id: String,
    /// When it was uploaded, unix seconds.
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

/// Calls about temporary media; see [`Client::media`].
#[derive(Clone, Copy)]
pub struct Media<'a> {
    pub(super) client: &'a Client,
}

impl Media<'_> {
    /// Uploads a file; [`Content::file`] is read while it is sent.
    ///
    /// # Errors
    /// A caller's mistake when the ending or the size is not allowed for the kind, without a call.
    pub async fn upload(self, kind: MediaKind, file_name: &str, content: impl Into<Content>) -> Result<Uploaded> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(alias = "thumb_media_id")]
            media_id: String,
            #[serde(default)]
            created_at: Value,
        }
        let content = content.into();
        let length =
            content.len().await.map_err(|e| ApiError::mistake(UPLOAD, format!("the file cannot be read: {e}")))?;
        kind.check(file_name, length).map_err(|text| ApiError::mistake(UPLOAD, text))?;
        // Sent twice, it lies there twice until it ends; nobody sees the first.
        let call = self.client.call(Method::POST, UPLOAD).query("type", kind.as_str()).idempotent(true);
        let answer: Answer = call.multipart([Field::file("media", file_name, content)]).send().await?;
        Ok(Uploaded { media_id: answer.media_id, created_at: as_number(&answer.created_at) })
    }

    /// Downloads a temporary media.
    ///
    /// # Errors
    /// As any call; the platform's JSON in the place of the bytes is taken for the error it is.
    pub async fn download(self, media_id: &str) -> Result<MediaFile> {
        #[derive(Deserialize)]
        struct Video {
            video_url: String,
        }
        let call = self.client.call(Method::GET, "/cgi-bin/media/get").query("media_id", media_id);
        let answer = call.send_bytes().await?;
        match answer::from_json::<Video>(&answer.bytes) {
            Ok(video) => Ok(MediaFile::Video { url: video.video_url }),
            Err(_) => Ok(MediaFile::Bytes(answer)),
        }
    }
}
