//! Pictures, sounds and films: what users send and what an account uploads.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::samples;

/// Seconds that temporary media can be had through the API: three days.
pub(crate) const LIFE: i64 = 3 * 24 * 3600;
/// How many files are kept, and how many bytes in all; the oldest go first.
const FILES: usize = 20_000;
const BYTES: usize = 256 * 1024 * 1024;

/// A file that the sandbox holds.
#[derive(Clone, Debug)]
pub struct StoredMedia {
    /// `image`, `voice`, `video` or `thumb`.
    pub kind: &'static str,
    /// MIME type, found from the bytes.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Bytes,
    /// Unix seconds.
    pub created_at: i64,
    /// The account that may fetch it; none for a file that no account was sent yet.
    pub(crate) appid: Option<String>,
}

/// All files, and the samples that need no upload.
pub(crate) struct MediaStore {
    files: HashMap<String, StoredMedia>,
    order: VecDeque<String>,
    bytes: usize,
    png: Bytes,
    amr: Bytes,
    mp4: Bytes,
}

impl MediaStore {
    pub(crate) fn new() -> Self {
        Self {
            files: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            png: samples::png().into(),
            amr: samples::amr().into(),
            mp4: samples::mp4().into(),
        }
    }

    pub(crate) fn put(&mut self, media_id: String, media: StoredMedia) {
        self.bytes += media.bytes.len();
        self.order.push_back(media_id.clone());
        self.files.insert(media_id, media);
        while self.order.len() > FILES || self.bytes > BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(gone) = self.files.remove(&oldest) {
                self.bytes -= gone.bytes.len();
            }
        }
    }

    pub(crate) fn get(&self, media_id: &str) -> Option<&StoredMedia> {
        self.files.get(media_id)
    }

    /// What an account may use: its own, not yet three days old.
    pub(crate) fn usable(&self, media_id: &str, appid: &str, now: i64) -> Option<&StoredMedia> {
        let media = self.files.get(media_id)?;
        (media.appid.as_deref() == Some(appid) && now - media.created_at < LIFE).then_some(media)
    }

    /// Gives an uploaded file to the account it is sent to.
    pub(crate) fn give(&mut self, media_id: &str, appid: &str) {
        if let Some(media) = self.files.get_mut(media_id) {
            media.appid = Some(appid.to_owned());
        }
    }

    /// A sample of a kind (`image`, `voice` or `video`).
    pub(crate) fn sample(&self, kind: &'static str, appid: &str, now: i64) -> StoredMedia {
        let (bytes, content_type) = match kind {
            "voice" => (&self.amr, "audio/amr"),
            "video" => (&self.mp4, "video/mp4"),
            _ => (&self.png, "image/png"),
        };
        StoredMedia { kind, content_type, bytes: bytes.clone(), created_at: now, appid: Some(appid.to_owned()) }
    }
}

/// What a file is, by its first bytes: its kind and MIME type.
pub(crate) fn sniff(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some(("image", "image/png")),
        [0xFF, 0xD8, 0xFF, ..] => Some(("image", "image/jpeg")),
        [b'G', b'I', b'F', b'8', ..] => Some(("image", "image/gif")),
        [b'B', b'M', ..] => Some(("image", "image/bmp")),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(("image", "image/webp")),
        [b'#', b'!', b'A', b'M', b'R', ..] => Some(("voice", "audio/amr")),
        [b'I', b'D', b'3', ..] => Some(("voice", "audio/mpeg")),
        [0xFF, second, ..] if second & 0xE0 == 0xE0 => Some(("voice", "audio/mpeg")),
        [b'O', b'g', b'g', b'S', ..] => Some(("voice", "audio/ogg")),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(("video", "video/mp4")),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(("video", "video/webm")),
        _ => None,
    }
}
