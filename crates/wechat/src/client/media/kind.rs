//! Kinds of media and what the platform takes of each.

use crate::client::check::Check;
use crate::client::upload::ending;
use crate::client::{ApiError, Content, Result};

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// The kind of a media, and with it the limits. Permanent material may also be BMP, WMA and WAV.
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

    /// The endings allowed for permanent material; the sizes are the same.
    pub(super) fn endings_for_good(self) -> &'static [&'static str] {
        match self {
            Self::Image => &["bmp", "png", "jpg", "jpeg", "gif"],
            Self::Voice => &["mp3", "wma", "wav", "amr"],
            Self::Video | Self::Thumb => self.endings(),
        }
    }
}

/// Refuses a file whose ending, which tells the platform the format, or whose size is not allowed.
pub(super) async fn check_file(
    path: &str,
    endings: &[&str],
    most: u64,
    file_name: &str,
    content: &Content,
) -> Result<()> {
    if !endings.contains(&ending(file_name).as_str()) {
        let text = format!("`media` is called \"{file_name}\"; its name must end in one of {}", endings.join(", "));
        return Err(ApiError::mistake(path, text));
    }
    Check::of(path).file("media", content, most).await
}
