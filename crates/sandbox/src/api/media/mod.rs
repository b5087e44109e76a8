//! Temporary media, and pictures for articles.

mod mass;

use serde_json::json;

use super::{Answered, ApiError, Call, Endpoint, Part, Reply, read, write};
use crate::media::{StoredMedia, ending, seconds, sniff};
use crate::world::{Inner, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint { as_text: true, ..write("/cgi-bin/media/upload", 100_000, upload) },
    read("/cgi-bin/media/get", 200_000, get),
    read("/cgi-bin/media/get/jssdk", 200_000, get_recorded),
    Endpoint { as_text: true, ..write("/cgi-bin/media/uploadimg", 100_000, upload_image) },
    write("/cgi-bin/media/uploadvideo", 1000, mass::upload_video),
    write("/cgi-bin/media/uploadnews", 10, mass::upload_news),
];

const MB: usize = 1024 * 1024;
/// Seconds that a voice may play.
const VOICE_SECONDS: u64 = 60;

pub(super) const BAD_KIND: ApiError = ApiError::new(40004, "invalid media type");
pub(super) const BAD_ID: ApiError = ApiError::new(40007, "invalid media_id");
const BAD_FILE: ApiError = ApiError::new(40005, "invalid file type");
const BAD_IMAGE_SIZE: ApiError = ApiError::new(40009, "invalid image size");

/// What a file of a kind may be.
pub(super) struct Rules {
    pub(super) kind: &'static str,
    most: usize,
    too_large: ApiError,
    types: &'static [&'static str],
}

impl Rules {
    /// For temporary media.
    fn temporary(kind: &str) -> Result<Self, ApiError> {
        let types: &[&str] = match kind {
            "image" => &["image/png", "image/jpeg", "image/gif"],
            "voice" => &["audio/amr", "audio/mpeg"],
            other => return Self::permanent(other),
        };
        Ok(Self { types, ..Self::permanent(kind)? })
    }

    /// For permanent material, which may be of a few more types.
    pub(super) fn permanent(kind: &str) -> Result<Self, ApiError> {
        let rules = |kind, most, errcode, errmsg, types| {
            Ok(Self { kind, most, too_large: ApiError::new(errcode, errmsg), types })
        };
        let images: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/bmp"];
        let voices: &[&str] = &["audio/amr", "audio/mpeg", "audio/wav", "audio/x-ms-wma"];
        match kind {
            "image" => rules("image", 10 * MB, 40009, "invalid image size", images),
            "voice" => rules("voice", 2 * MB, 40010, "invalid voice size", voices),
            "video" => rules("video", 10 * MB, 40011, "invalid video size", &["video/mp4"]),
            "thumb" => rules("thumb", 64 * 1024, 40012, "invalid thumb size", &["image/jpeg"]),
            _ => Err(BAD_KIND),
        }
    }

    /// The file of this form as it is kept, when it is what it is said to be: by its bytes, not by its name.
    pub(super) fn check(&self, call: &Call, upload: &Part) -> Result<StoredMedia, ApiError> {
        let bytes = upload.bytes.clone();
        if bytes.is_empty() {
            return Err(ApiError::new(44001, "empty media data"));
        }
        if bytes.len() > self.most {
            return Err(self.too_large);
        }
        let (_, content_type) = sniff(&bytes).ok_or(BAD_FILE)?;
        if !self.types.contains(&content_type) {
            return Err(BAD_FILE);
        }
        if self.kind == "voice" && seconds(&bytes, content_type).is_some_and(|seconds| seconds > VOICE_SECONDS) {
            return Err(ApiError::new(45007, "playtime out of limit"));
        }
        Ok(StoredMedia { kind: self.kind, content_type, bytes, created_at: call.now, appid: Some(call.appid.clone()) })
    }
}

/// The file of a form: a part with a file name, as the platform insists.
pub(super) fn uploaded<'a>(call: &'a Call, names: &[&str]) -> Result<&'a Part, ApiError> {
    let part = names.iter().find_map(|name| call.part(name)).filter(|part| part.file_name.is_some());
    part.ok_or(ApiError::new(41005, "media data missing"))
}

/// `POST /cgi-bin/media/upload`, uploadTempMedia: kept for three days.
fn upload(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let rules = Rules::temporary(call.query("type"))?;
    let media = rules.check(call, uploaded(call, &["media"])?)?;
    let media_id = world.chance.media_id();
    world.media.put(media_id.clone(), media);
    let name = if rules.kind == "thumb" { "thumb_media_id" } else { "media_id" };
    Ok(Reply::Json(json!({ "type": rules.kind, name: media_id, "created_at": call.now })))
}

/// `POST /cgi-bin/media/uploadimg`, uploadImage: JPG or PNG of less than 1 MiB, for good; cards name their part `buffer`.
fn upload_image(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let rules = Rules { kind: "image", most: MB - 1, too_large: BAD_IMAGE_SIZE, types: &["image/png", "image/jpeg"] };
    let picture = rules.check(call, uploaded(call, &["media", "buffer"])?)?;
    let media_id = world.chance.media_id();
    // It has a URL and no media id: no account can send it.
    if !world.media.put_for_good(media_id.clone(), StoredMedia { appid: None, ..picture }) {
        return Err(super::material::FULL);
    }
    Ok(Reply::Json(json!({ "url": inner.media_url(&media_id) })))
}

/// `GET /cgi-bin/media/get`, getTempMedia: the file, or for a video where it is.
fn get(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let media_id = asked_id(call)?;
    let media = world.media.temporary(media_id, &call.appid, call.now).ok_or(BAD_ID)?;
    if media.kind == "video" {
        return Ok(Reply::Json(json!({ "video_url": inner.media_url(media_id) })));
    }
    Ok(as_file(media_id, media))
}

/// `GET /cgi-bin/media/get/jssdk`, getHDVoice: a voice that a web page recorded, as Speex.
fn get_recorded(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let media_id = asked_id(call)?;
    let bytes = world.media.recorded(media_id, &call.appid, call.now).ok_or(BAD_ID)?;
    Ok(Reply::File { content_type: "voice/speex", name: format!("{media_id}.speex"), bytes })
}

fn asked_id(call: &Call) -> Result<&str, ApiError> {
    match call.query("media_id") {
        "" => Err(ApiError::new(41006, "media_id missing")),
        media_id => Ok(media_id),
    }
}

/// A file to download.
pub(super) fn as_file(media_id: &str, media: &StoredMedia) -> Reply {
    let name = format!("{media_id}.{}", ending(media.content_type));
    Reply::File { content_type: media.content_type, name, bytes: media.bytes.clone() }
}
