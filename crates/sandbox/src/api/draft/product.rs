//! Product cards for articles. The account's shop is not simulated: every number is a product of it.

use serde_json::{Value, json};

use super::super::ask::{number, text};
use super::super::shelf::object;
use super::super::{Answered, ApiError, Call, Reply};
use crate::world::{Inner, World};

/// `POST /channels/ec/service/product/getcardinfo`, ecsgetproductcardinfo. Large 0, small 1, words 2, bar 3: an article
/// takes the first three, a message of pictures the last three.
pub(super) fn card(_: &Inner, _: &mut World, call: &Call) -> Answered {
    const BAD_PRODUCT: ApiError = ApiError::new(10_170_001, "invalid product id");
    const BAD_ARTICLE: ApiError = ApiError::new(10_170_002, "unsupported article type");
    const BAD_CARD: ApiError = ApiError::new(10_170_003, "unsupported card type");
    let request = object(call)?;
    let product = match &request["product_id"] {
        Value::Number(number) => number.to_string(),
        _ => text(&request, "product_id", BAD_PRODUCT)?.to_owned(),
    };
    if !product.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BAD_PRODUCT);
    }
    let pictures = match text(&request, "article_type", BAD_ARTICLE)? {
        "news" => false,
        "newspic" => true,
        _ => return Err(BAD_ARTICLE),
    };
    let card = number(&request, "card_type", BAD_CARD)?;
    if !(i64::from(pictures)..=2 + i64::from(pictures)).contains(&card) {
        return Err(BAD_CARD);
    }
    let key = puzi_wechat::signature::sign(&[&call.appid, &product, &card.to_string()]);
    let dom = format!("<mp-common-product data-cardtype=\"{card}\" data-productid=\"{product}\"></mp-common-product>");
    let mut answer = json!({ "errcode": 0, "errmsg": "ok", "DOM": dom });
    if pictures {
        answer["product_key"] = key.into();
    }
    Ok(Reply::Json(answer))
}
