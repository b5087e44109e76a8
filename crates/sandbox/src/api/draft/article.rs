//! One article: what it must have, and how the platform gives it back.

use serde_json::{Map, Value, json};

use super::super::ask::{BAD_FORMAT, list, text, text_or_empty};
use super::super::media::BAD_ID;
use super::super::{ApiError, Call, material};
use super::{clean, switch_of};
use crate::world::{Inner, World};

/// Characters of a title, an author, a digest and a text.
const TITLE: usize = 32;
const AUTHOR: usize = 16;
const DIGEST: usize = 128;
/// Fewer than 20,000.
const CONTENT: usize = 19_999;
/// Characters of the text that stand in for a digest.
const DIGEST_OF_TEXT: usize = 54;
/// Bytes of the address behind "read the original".
const SOURCE_URL: usize = 1024;
/// Pictures of a message of pictures.
const PICTURES: usize = 20;

const BAD_TITLE: ApiError = ApiError::new(45003, "title size out of limit");
const BAD_CROP: ApiError = ApiError::new(53402, "cover crop failed, check the crop parameters");

/// An article as it is kept, when it may be. `url` is where it shows; only one that comes alone has a digest.
pub(super) fn accepted(
    inner: &Inner,
    world: &World,
    call: &Call,
    given: &Value,
    single: bool,
    url: &str,
) -> Result<Value, ApiError> {
    if !given.is_object() {
        return Err(BAD_FORMAT);
    }
    let title = limited(text(given, "title", BAD_TITLE)?, TITLE, BAD_TITLE)?;
    let written = text(given, "content", ApiError::new(44004, "empty content"))?;
    let written = limited(written, CONTENT, ApiError::new(45002, "content size out of limit"))?;
    let open_comment = switch_of(given, "need_open_comment")?;
    if open_comment == 1 && world.account(&call.appid).families.comments.forbidden {
        return Err(super::super::comments::NO_PRIVILEGE);
    }
    let mut article = Map::new();
    let kind = match text_or_empty(given, "article_type")? {
        "" => "news",
        kind => kind,
    };
    match kind {
        "news" => {
            let content = clean::html(written, &inner.base_url);
            news(inner, world, call, given, single.then_some(&content), &mut article)?;
            article.insert("content".into(), content.into());
        }
        "newspic" => {
            pictures(inner, world, call, given, &mut article)?;
            article.insert("content".into(), clean::words_and_products(written).into());
        }
        _ => return Err(super::super::ask::INVALID),
    }
    article.insert("article_type".into(), kind.into());
    article.insert("title".into(), title.into());
    article.insert("need_open_comment".into(), open_comment.into());
    article.insert("only_fans_can_comment".into(), switch_of(given, "only_fans_can_comment")?.into());
    article.insert("url".into(), url.into());
    Ok(Value::Object(article))
}

fn limited(text: &str, most: usize, error: ApiError) -> Result<&str, ApiError> {
    if text.chars().count() > most { Err(error) } else { Ok(text) }
}

/// Fields of an article with a cover; `content` when it comes alone.
fn news(
    inner: &Inner,
    world: &World,
    call: &Call,
    given: &Value,
    content: Option<&String>,
    article: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    let author = text_or_empty(given, "author")?;
    let author = limited(author, AUTHOR, ApiError::new(45110, "author size out of limit"))?;
    let digest = text_or_empty(given, "digest")?;
    let digest = limited(digest, DIGEST, ApiError::new(45004, "description size out of limit"))?;
    let source = text_or_empty(given, "content_source_url")?;
    if source.len() > SOURCE_URL {
        return Err(ApiError::new(45005, "url size out of limit"));
    }
    let cover = text(given, "thumb_media_id", BAD_ID)?;
    material::picture(world, &call.appid, cover).ok_or(BAD_ID)?;
    let digest = match (content, digest) {
        (None, _) => String::new(),
        (Some(content), "") => clean::words(content).trim().chars().take(DIGEST_OF_TEXT).collect(),
        (Some(_), digest) => digest.to_owned(),
    };
    for name in ["pic_crop_235_1", "pic_crop_1_1"] {
        match text_or_empty(given, name)? {
            "" => {}
            // No answer tells it.
            corners => check_corners(corners.split('_'))?,
        }
    }
    let fields = json!({
        "author": author, "digest": digest, "content_source_url": source, "show_cover_pic": 0,
        "thumb_media_id": cover, "thumb_url": inner.media_url(cover),
    });
    article.extend(fields.as_object().cloned().unwrap_or_default());
    Ok(())
}

/// Fields of a message of pictures.
fn pictures(
    inner: &Inner,
    world: &World,
    call: &Call,
    given: &Value,
    article: &mut Map<String, Value>,
) -> Result<(), ApiError> {
    let images = list(&given["image_info"], "image_list", BAD_ID)?;
    if images.len() > PICTURES {
        return Err(ApiError::new(45008, "article size out of limit"));
    }
    let ids: Result<Vec<&str>, _> = images.iter().map(|image| text(image, "image_media_id", BAD_ID)).collect();
    let ids = ids?;
    for id in &ids {
        material::picture(world, &call.appid, id).filter(|media| media.kind == "image").ok_or(BAD_ID)?;
    }
    let first = *ids.first().ok_or(BAD_ID)?;
    let kept: Vec<_> = ids.iter().map(|id| json!({ "image_media_id": id })).collect();
    article.insert("image_info".into(), json!({ "image_list": kept }));
    article.insert("thumb_media_id".into(), first.into());
    article.insert("thumb_url".into(), inner.media_url(first).into());
    if !given["cover_info"].is_null() {
        let crops = list(&given["cover_info"], "crop_percent_list", BAD_CROP)?;
        crops.iter().try_for_each(check_crop)?;
    }
    if !given["product_info"].is_null() {
        let product = &given["product_info"]["footer_product_info"];
        text(product, "product_key", super::super::ask::INVALID)?;
        article.insert("product_info".into(), given["product_info"].clone());
    }
    Ok(())
}

/// Two corners of a cover, each number a share of its width or height: left, top, right, bottom.
fn check_corners<'a>(corners: impl Iterator<Item = &'a str>) -> Result<(), ApiError> {
    let corners: Vec<f64> = corners.map_while(|number| number.parse().ok()).collect();
    match corners[..] {
        [left, top, right, bottom]
            if corners.iter().all(|at| (0.0..=1.0).contains(at)) && left < right && top < bottom =>
        {
            Ok(())
        }
        _ => Err(BAD_CROP),
    }
}

fn check_crop(crop: &Value) -> Result<(), ApiError> {
    if !["1_1", "16_9", "2.35_1"].contains(&text(crop, "ratio", BAD_CROP)?) {
        return Err(BAD_CROP);
    }
    // The documents have them as texts; numbers are met too.
    let corners: Vec<String> =
        ["x1", "y1", "x2", "y2"].iter().map(|name| crop[*name].to_string().trim_matches('"').to_owned()).collect();
    check_corners(corners.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_lies_within_its_picture() {
        let corners = |text: &str| check_corners(text.split('_'));
        assert_eq!(corners("0.1945_0_1_0.5236"), Ok(()));
        assert_eq!(corners("0_0_1_1"), Ok(()));
        for bad in
            ["0_0_1", "0_0_1_1_1", "0_0_1_1.1", "-0.1_0_1_1", "1_0_0_1", "0_0.5_1_0.5", "a_0_1_1", "NaN_0_1_1", ""]
        {
            assert_eq!(corners(bad), Err(BAD_CROP), "{bad}");
        }
        let crop = |ratio: &str, x2: Value| json!({ "ratio": ratio, "x1": "0.1", "y1": "0", "x2": x2, "y2": "1" });
        assert_eq!(check_crop(&crop("1_1", json!("0.9"))), Ok(()));
        assert_eq!(check_crop(&crop("16_9", json!(0.9))), Ok(()));
        assert_eq!(check_crop(&crop("4_3", json!("0.9"))), Err(BAD_CROP));
        assert_eq!(check_crop(&crop("1_1", json!("0.05"))), Err(BAD_CROP));
    }
}
