//! Followers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answered, ApiError, Call, Reply};
use crate::world::{Inner, PhoneState, World};

/// Openids of one page of `user/get`.
const PAGE: usize = 10_000;
/// Openids that `batchget` takes.
const BATCH: usize = 100;

pub(super) const BAD_OPENID: ApiError = ApiError::new(40003, "invalid openid");

/// `GET /cgi-bin/user/info`, getUserInfo.
pub(super) fn info(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let openid = call.query("openid");
    if openid.is_empty() {
        return Err(ApiError::new(41009, "missing openid"));
    }
    let phone = world.account(&call.appid).phone(openid).ok_or(BAD_OPENID)?;
    Ok(Reply::Json(card(phone, call.query("lang"), inner.nicknames)))
}

#[derive(Deserialize)]
struct BatchRequest {
    user_list: Vec<BatchUser>,
}

#[derive(Deserialize)]
struct BatchUser {
    openid: String,
    #[serde(default)]
    lang: String,
}

/// `POST /cgi-bin/user/info/batchget`, batchGetUserInfo.
pub(super) fn batch(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let BatchRequest { user_list } = call.json()?;
    if user_list.is_empty() || user_list.len() > BATCH {
        return Err(ApiError::new(40032, "invalid openid list size"));
    }
    let account = world.account(&call.appid);
    let cards: Result<Vec<_>, _> = user_list
        .iter()
        .map(|user| account.phone(&user.openid).map(|phone| card(phone, &user.lang, inner.nicknames)).ok_or(BAD_OPENID))
        .collect();
    Ok(Reply::Json(json!({ "user_info_list": cards? })))
}

/// What the platform tells of a user: since 2021 neither name, picture, sex nor place; of one who does not follow,
/// nothing but that.
fn card(phone: &PhoneState, lang: &str, nicknames: bool) -> Value {
    if !phone.is_following() {
        return json!({ "subscribe": 0, "openid": phone.openid, "tagid_list": [] });
    }
    let lang = if lang.is_empty() { "zh_CN" } else { lang };
    let scene = phone.scene.as_deref();
    let number = scene.and_then(|scene| scene.parse::<u32>().ok());
    json!({
        "subscribe": 1,
        "openid": phone.openid,
        "nickname": if nicknames { phone.nickname.as_str() } else { "" },
        "sex": 0,
        "language": lang,
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": phone.subscribe_time,
        "remark": phone.remark,
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": if scene.is_some() { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" },
        "qr_scene": number.unwrap_or_default(),
        "qr_scene_str": scene.filter(|_| number.is_none()).unwrap_or_default(),
    })
}

/// `POST /cgi-bin/user/info/updateremark`: 30 characters at most.
pub(super) fn remark(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let (openid, remark) = (text("openid"), text("remark"));
    let phone = world.account_mut(&call.appid).phone_mut(&openid).ok_or(BAD_OPENID)?;
    if remark.chars().count() > 30 {
        return Err(ApiError::new(40117, "remark too long"));
    }
    phone.remark = remark;
    Ok(Reply::ok())
}

/// `GET /cgi-bin/user/get`, getFans: followers in the order they came, after `next_openid`.
pub(super) fn list(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = world.account(&call.appid);
    let after = match call.query("next_openid") {
        "" => 0,
        openid => account.phone(openid).map(|phone| phone.last_place).ok_or(BAD_OPENID)?,
    };
    let (total, page) = account.followers_after(after, PAGE);
    let next = page.last().copied().unwrap_or_default();
    let mut answer = json!({ "total": total, "count": page.len(), "next_openid": next });
    if !page.is_empty() {
        answer["data"] = json!({ "openid": page });
    }
    Ok(Reply::Json(answer))
}
