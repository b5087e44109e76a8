//! Temporary media, and pictures for articles.

use bytes::Bytes;
use serde_json::json;

use super::{Answered, ApiError, Call, Reply};
use crate::media::{StoredMedia, sniff};
use crate::world::{Inner, World};

const MB: usize = 1024 * 1024;

/// `POST /cgi-bin/media/upload`, uploadTempMedia: kept for three days.
pub(super) fn upload(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let (kind, most, too_large) = match call.query("type") {
        "image" => ("image", 10 * MB, ApiError::new(40009, "invalid image size")),
        "voice" => ("voice", 2 * MB, ApiError::new(40010, "invalid voice size")),
        "video" => ("video", 10 * MB, ApiError::new(40011, "invalid video size")),
        "thumb" => ("thumb", 64 * 1024, ApiError::new(40012, "invalid thumb size")),
        _ => return Err(ApiError::new(40004, "invalid media type")),
    };
    let content_type = check(file(call)?, kind, most, too_large)?;
    let media_id = keep(world, call, kind, content_type)?;
    let name = if kind == "thumb" { "thumb_media_id" } else { "media_id" };
    Ok(Reply::Json(json!({ "type": kind, name: media_id, "created_at": call.now })))
}

/// `POST /cgi-bin/media/uploadimg`, uploadImage: JPG or PNG up to 1 MiB, for good.
pub(super) fn upload_image(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let content_type = check(file(call)?, "image", MB, ApiError::new(40009, "invalid image size"))?;
    if !["image/png", "image/jpeg"].contains(&content_type) {
        return Err(ApiError::new(40005, "invalid file type"));
    }
    let media_id = keep(world, call, "image", content_type)?;
    Ok(Reply::Json(json!({ "url": inner.media_url(&media_id) })))
}

fn file(call: &Call) -> Result<&Bytes, ApiError> {
    let upload = call.upload.as_ref().ok_or(ApiError::new(41005, "media data missing"))?;
    if upload.is_empty() {
        return Err(ApiError::new(44001, "empty media data"));
    }
    Ok(upload)
}

/// The MIME type, when the file is what it is said to be: by its bytes, not by its name.
fn check(file: &Bytes, kind: &str, most: usize, too_large: ApiError) -> Result<&'static str, ApiError> {
    if file.len() > most {
        return Err(too_large);
    }
    let (found, content_type) = sniff(file).ok_or(ApiError::new(40005, "invalid file type"))?;
    let fits = match kind {
        "thumb" => content_type == "image/jpeg",
        "voice" => ["audio/amr", "audio/mpeg"].contains(&content_type),
        "video" => content_type == "video/mp4",
        kind => found == kind && content_type != "image/webp",
    };
    fits.then_some(content_type).ok_or(ApiError::new(40005, "invalid file type"))
}

fn keep(world: &mut World, call: &Call, kind: &'static str, content_type: &'static str) -> Result<String, ApiError> {
    let bytes = file(call)?.clone();
    let media_id = world.chance.media_id();
    let appid = Some(call.appid.clone());
    world.media.put(media_id.clone(), StoredMedia { kind, content_type, bytes, created_at: call.now, appid });
    Ok(media_id)
}

/// `GET /cgi-bin/media/get`, getTempMedia: the file, or for a video where it is.
pub(super) fn get(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let media_id = call.query("media_id");
    if media_id.is_empty() {
        return Err(ApiError::new(41006, "media_id missing"));
    }
    let media = world.media.usable(media_id, &call.appid, call.now);
    let media = media.ok_or(ApiError::new(40007, "invalid media_id"))?;
    if media.kind == "video" {
        return Ok(Reply::Json(json!({ "video_url": inner.media_url(media_id) })));
    }
    let ending = match media.content_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "audio/mpeg" => "mp3",
        "audio/amr" => "amr",
        _ => "bin",
    };
    let name = format!("{media_id}.{ending}");
    Ok(Reply::File { content_type: media.content_type, name, bytes: media.bytes.clone() })
}
