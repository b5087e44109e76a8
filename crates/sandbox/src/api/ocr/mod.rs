//! Reading pictures. The pictures are fetched and checked, and the results are samples: a simulation cannot read.

mod samples;

use serde_json::{Value, json};

use super::{Answered, ApiError, Call, Endpoint, Reply, Run, write};
use crate::media::{StoredMedia, sniff};
use crate::world::{Inner, World};

/// Calls a day without paying.
const DAILY: u32 = 100;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    sample("/cv/ocr/idcard", id_card),
    sample("/cv/ocr/bankcard", |_, world, call| read(world, call, samples::bank_card)),
    sample("/cv/ocr/driving", |_, world, call| read(world, call, samples::driving)),
    sample("/cv/ocr/drivinglicense", |_, world, call| read(world, call, samples::driving_licence)),
    sample("/cv/ocr/bizlicense", |_, world, call| read(world, call, samples::business_licence)),
    sample("/cv/ocr/comm", |_, world, call| read(world, call, samples::print)),
    sample("/cv/ocr/platenum", |_, world, call| read(world, call, samples::plate)),
    sample("/cv/ocr/menu", |_, world, call| read(world, call, samples::menu)),
    sample("/cv/img/aicrop", crop),
    sample("/cv/img/qrcode", |_, world, call| read(world, call, samples::codes)),
    sample("/cv/img/superresolution", enlarge),
];

const fn sample(path: &'static str, run: Run) -> Endpoint {
    write(path, DAILY, run)
}

/// Bytes that a picture must stay under.
const MOST: usize = 2 * 1024 * 1024;

const BAD_URL: ApiError = ApiError::new(101_000, "invalid image url");
const BAD_IMAGE: ApiError = ApiError::new(101_002, "invalid image data");

/// A picture that may be read.
pub(super) struct Picture {
    /// Pixels; of one whose header does not tell them, those of a small sample.
    pub(super) width: u32,
    pub(super) height: u32,
    /// Something that is the same for the same picture.
    pub(super) mark: String,
}

/// The picture of a call: the part `img`, or one whose address is `img_url`.
///
/// An address on this machine is looked up; any other is believed, since the sandbox needs no network.
fn picture(world: &World, call: &Call) -> Result<Picture, ApiError> {
    if let Some(part) = call.part("img") {
        return from_bytes(&part.bytes);
    }
    let url = call.query("img_url");
    let named = (url.starts_with("http://") || url.starts_with("https://")) && url.len() > 10;
    if !named {
        return Err(BAD_URL);
    }
    match url.split_once("/sandbox/media/") {
        Some((_, media_id)) => from_bytes(&world.media.get(media_id).ok_or(BAD_URL)?.bytes),
        None => Ok(Picture { width: 966, height: 728, mark: url.to_owned() }),
    }
}

fn from_bytes(bytes: &[u8]) -> Result<Picture, ApiError> {
    let kind = sniff(bytes).map(|(_, content_type)| content_type);
    let is_picture = matches!(kind, Some("image/png" | "image/jpeg" | "image/bmp"));
    if bytes.is_empty() || bytes.len() >= MOST || !is_picture {
        return Err(BAD_IMAGE);
    }
    let (width, height) = size(bytes).unwrap_or((160, 120));
    let ends = format!("{:x?}", &bytes[bytes.len().saturating_sub(16)..]);
    Ok(Picture { width, height, mark: format!("{}{ends}", bytes.len()) })
}

/// Pixels, as the header of a PNG or BMP tells them.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let four = |at: usize| <[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok();
    let (width, height) = match bytes {
        [0x89, b'P', ..] => (u32::from_be_bytes(four(16)?), u32::from_be_bytes(four(20)?)),
        [b'B', b'M', ..] => (u32::from_le_bytes(four(18)?), i32::from_le_bytes(four(22)?).unsigned_abs()),
        _ => return None,
    };
    (width > 0 && height > 0).then_some((width, height))
}

fn answer(mut result: Value) -> Answered {
    result["errcode"] = 0.into();
    result["errmsg"] = "ok".into();
    Ok(Reply::Json(result))
}

fn read(world: &World, call: &Call, sample: fn(&Picture) -> Value) -> Answered {
    answer(sample(&picture(world, call)?))
}

/// `POST /cv/ocr/idcard`: the front or, by the picture, the back of a card.
fn id_card(_: &Inner, world: &mut World, call: &Call) -> Answered {
    if !matches!(call.query("type"), "" | "photo" | "scan") {
        return Err(super::ask::INVALID);
    }
    read(world, call, samples::id_card)
}

/// `POST /cv/img/aicrop`: for each of up to five ratios the largest cut around the middle.
fn crop(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let picture = picture(world, call)?;
    let form = call.part("ratios").map(|part| String::from_utf8_lossy(&part.bytes).into_owned());
    let given = form.unwrap_or_else(|| call.query("ratios").to_owned());
    let mut ratios = Vec::new();
    for text in given.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        let ratio: f64 = text.parse().map_err(|_| super::ask::INVALID)?;
        if !(ratio.is_finite() && ratio > 0.0) {
            return Err(super::ask::INVALID);
        }
        ratios.push(ratio);
    }
    match ratios.len() {
        0 => ratios.push(1.0),
        1..=5 => {}
        _ => return Err(super::ask::INVALID),
    }
    let cuts: Vec<Value> = ratios.into_iter().map(|ratio| samples::cut(&picture, ratio)).collect();
    answer(json!({ "results": cuts, "img_size": { "w": picture.width, "h": picture.height } }))
}

/// `POST /cv/img/superresolution`: a temporary picture twice the size on the platform; here the same one again.
fn enlarge(_: &Inner, world: &mut World, call: &Call) -> Answered {
    picture(world, call)?;
    let sent = call.part("img").map(|part| part.bytes.clone());
    let sample = world.media.sample("image", &call.appid, call.now);
    let media = match sent {
        Some(bytes) => {
            let content_type = sniff(&bytes).map_or("image/png", |(_, content_type)| content_type);
            StoredMedia { bytes, content_type, ..sample }
        }
        None => sample,
    };
    let media_id = world.chance.media_id();
    world.media.put(media_id.clone(), media);
    answer(json!({ "media_id": media_id }))
}
