//! Pictures, sounds and films: what users send and what an account uploads.

mod kinds;
mod playtime;

use std::collections::{HashMap, HashSet, VecDeque};

use bytes::Bytes;

pub(crate) use kinds::{ending, sniff};
pub(crate) use playtime::seconds;

use crate::samples;

/// Seconds that temporary media can be had through the API: three days.
pub(crate) const LIFE: i64 = 3 * 24 * 3600;
/// How many files are kept, and how many bytes in all; the oldest go first.
const FILES: usize = 20_000;
const BYTES: usize = 256 * 1024 * 1024;
/// Bytes of files without an end, of all accounts together.
const LASTING: usize = 1024 * 1024 * 1024;

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
    /// Permanent material, and pictures of articles.
    lasting: HashMap<String, StoredMedia>,
    lasting_bytes: usize,
    /// Voices that a web page recorded, which can be had in high quality.
    recorded: HashSet<String>,
    png: Bytes,
    amr: Bytes,
    mp4: Bytes,
    speex: Bytes,
}

impl MediaStore {
    pub(crate) fn new() -> Self {
        Self {
            files: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            lasting: HashMap::new(),
            lasting_bytes: 0,
            recorded: HashSet::new(),
            png: samples::png().into(),
            amr: samples::amr().into(),
            mp4: samples::mp4().into(),
            speex: kinds::speex(samples::AMR_SECONDS).into(),
        }
    }

    /// Keeps a file until newer ones need its room.
    pub(crate) fn put(&mut self, media_id: String, media: StoredMedia) {
        self.bytes += media.bytes.len();
        self.order.push_back(media_id.clone());
        self.files.insert(media_id, media);
        while self.order.len() > FILES || self.bytes > BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            self.recorded.remove(&oldest);
            if let Some(gone) = self.files.remove(&oldest) {
                self.bytes -= gone.bytes.len();
            }
        }
    }

    /// Keeps a file until it is deleted; false when there is no room left, and then it is not kept.
    pub(crate) fn put_for_good(&mut self, media_id: String, media: StoredMedia) -> bool {
        let bytes = self.lasting_bytes + media.bytes.len();
        if bytes > LASTING {
            return false;
        }
        self.lasting_bytes = bytes;
        self.lasting.insert(media_id, media);
        true
    }

    /// Deletes a file that was kept for good.
    pub(crate) fn forget(&mut self, media_id: &str) {
        if let Some(gone) = self.lasting.remove(media_id) {
            self.lasting_bytes -= gone.bytes.len();
        }
    }

    pub(crate) fn get(&self, media_id: &str) -> Option<&StoredMedia> {
        self.files.get(media_id).or_else(|| self.lasting.get(media_id))
    }

    /// What an account may send: its permanent material, and its temporary media of the last three days.
    pub(crate) fn usable(&self, media_id: &str, appid: &str, now: i64) -> Option<&StoredMedia> {
        self.permanent(media_id, appid).or_else(|| self.temporary(media_id, appid, now))
    }

    /// An account's temporary media, not yet three days old.
    pub(crate) fn temporary(&self, media_id: &str, appid: &str, now: i64) -> Option<&StoredMedia> {
        let media = self.files.get(media_id)?;
        (media.appid.as_deref() == Some(appid) && now - media.created_at < LIFE).then_some(media)
    }

    /// An account's permanent material, articles aside.
    pub(crate) fn permanent(&self, media_id: &str, appid: &str) -> Option<&StoredMedia> {
        self.lasting.get(media_id).filter(|media| media.appid.as_deref() == Some(appid))
    }

    /// Gives an uploaded file to the account it is sent to.
    pub(crate) fn give(&mut self, media_id: &str, appid: &str) {
        if let Some(media) = self.files.get_mut(media_id) {
            media.appid = Some(appid.to_owned());
        }
    }

    /// Keeps a voice that a web page recorded and uploaded through the JS-SDK.
    pub(crate) fn record(&mut self, media_id: String, appid: &str, now: i64) {
        let voice = self.sample("voice", appid, now);
        self.recorded.insert(media_id.clone());
        self.put(media_id, voice);
    }

    /// A recorded voice in high quality: Speex, 16 kHz.
    pub(crate) fn recorded(&self, media_id: &str, appid: &str, now: i64) -> Option<Bytes> {
        self.temporary(media_id, appid, now)?;
        self.recorded.contains(media_id).then(|| self.speex.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(appid: Option<&str>, size: usize) -> StoredMedia {
        let bytes = Bytes::from(vec![0; size]);
        let appid = appid.map(str::to_owned);
        StoredMedia { kind: "image", content_type: "image/png", bytes, created_at: 100, appid }
    }

    #[test]
    fn what_is_kept_for_good_outlives_everything_but_its_deletion() {
        let mut store = MediaStore::new();
        assert!(store.put_for_good("cover".into(), file(Some("wx1"), 10)));
        store.put("sent".into(), file(Some("wx1"), 10));
        let later = 100 + LIFE;
        assert!(store.usable("sent", "wx1", later - 1).is_some());
        assert!(store.usable("sent", "wx1", later).is_none());
        assert!(store.usable("cover", "wx1", later).is_some());
        assert!(store.usable("cover", "wx2", 100).is_none(), "another account's");
        assert!(store.temporary("cover", "wx1", 100).is_none());
        for n in 0..=FILES {
            store.put(n.to_string(), file(None, 1));
        }
        assert!(store.get("sent").is_none() && store.get("cover").is_some());
        store.forget("cover");
        assert_eq!((store.get("cover").is_none(), store.lasting_bytes), (true, 0));
    }

    #[test]
    fn there_is_an_end_to_what_is_kept_for_good() {
        let mut store = MediaStore::new();
        store.lasting_bytes = LASTING - 10;
        assert!(store.put_for_good("fits".into(), file(None, 10)));
        assert!(!store.put_for_good("over".into(), file(None, 1)));
        assert!(store.get("over").is_none());
    }
}
