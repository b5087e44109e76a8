//! Followers.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::tags::{BAD_SIZE, page_of};
use super::{Answered, ApiError, Call, Endpoint, Reply, ask, read, refused_by_switch, write};
use crate::people::Number;
use crate::world::{Account, Inner, PhoneState, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    read("/cgi-bin/user/info", 5_000_000, info),
    write("/cgi-bin/user/info/batchget", 500_000, batch),
    write("/cgi-bin/user/info/updateremark", 10_000, remark),
    read("/cgi-bin/user/get", 500, list),
    write("/cgi-bin/changeopenid", 100_000, change),
];

/// Openids of one page of `user/get`.
const PAGE: usize = 10_000;
/// Openids that `batchget` and `changeopenid` take.
const BATCH: usize = 100;
/// Bytes of a remark.
const REMARK: usize = 30;
/// Seconds after a migration in which openids can be asked for: fifteen days.
const MIGRATION: i64 = 15 * 86_400;

pub(super) const BAD_OPENID: ApiError = ApiError::new(40003, "invalid openid");

/// What the account keeps of it: whose followers it took over.
#[derive(Default)]
pub(crate) struct State {
    /// Unix seconds, by the old account's appid.
    migrations: HashMap<String, i64>,
    /// Openids by the old account's appid and openid.
    moved: HashMap<(String, String), String>,
}

impl State {
    pub(crate) fn migrate(&mut self, from: &str, now: i64) {
        self.migrations.insert(from.to_owned(), now);
    }
}

/// Someone whom the account knows, following or not.
pub(super) fn met(world: &World, appid: &str, openid: &str) -> Result<Number, ApiError> {
    if let Some(number) = world.account(appid).people.number(openid) {
        return Ok(number);
    }
    let is_anothers = world.apps.values().any(|account| account.people.number(openid).is_some());
    Err(if is_anothers { ApiError::new(49003, "not match openid with appid") } else { BAD_OPENID })
}

/// A follower of the account.
pub(super) fn follower(world: &World, appid: &str, openid: &str) -> Result<Number, ApiError> {
    let number = met(world, appid, openid)?;
    world.account(appid).people.is_following(number).then_some(number).ok_or(BAD_OPENID)
}

/// `GET /cgi-bin/user/info`, getUserInfo.
fn info(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let openid = call.query("openid");
    if openid.is_empty() {
        return Err(ApiError::new(41009, "missing openid"));
    }
    let account = world.account(&call.appid);
    let phone = account.phone(openid).ok_or(BAD_OPENID)?;
    Ok(Reply::Json(card(account, &phone, call.query("lang"), inner.nicknames)))
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

/// `POST /cgi-bin/user/info/batchget`, batchUserInfo.
fn batch(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let BatchRequest { user_list } = call.json()?;
    if user_list.is_empty() || user_list.len() > BATCH {
        return Err(BAD_SIZE);
    }
    refused_by_switch(inner, user_list.iter().map(|user| user.openid.as_str()))?;
    let account = world.account(&call.appid);
    let each = |user: &BatchUser| {
        let phone = account.phone(&user.openid).ok_or(BAD_OPENID)?;
        Ok(card(account, &phone, &user.lang, inner.nicknames))
    };
    let cards = user_list.iter().map(each).collect::<Result<Vec<_>, ApiError>>()?;
    Ok(Reply::Json(json!({ "user_info_list": cards })))
}

/// What the platform tells of a user: since 2021 neither name, picture, sex nor place; of one who does not follow,
/// nothing but that.
fn card(account: &Account, phone: &PhoneState, lang: &str, nicknames: bool) -> Value {
    if !phone.is_following() {
        return json!({ "subscribe": 0, "openid": phone.openid, "tagid_list": [] });
    }
    let lang = if lang.is_empty() { "zh_CN" } else { lang };
    let scene = phone.scene.as_deref();
    let number = scene.filter(|_| !phone.text_scene).and_then(|scene| scene.parse::<u32>().ok());
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
        "groupid": account.group_of(&phone.openid),
        "tagid_list": account.tags_of(&phone.openid),
        "subscribe_scene": if scene.is_some() { "ADD_SCENE_QR_CODE" } else { phone.came_by },
        "qr_scene": number.unwrap_or_default(),
        "qr_scene_str": scene.filter(|_| number.is_none()).unwrap_or_default(),
    })
}

/// `POST /cgi-bin/user/info/updateremark`, updateRemark: 30 bytes at most; an empty one takes it off.
fn remark(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request: Value = call.json()?;
    let openid = ask::text(&request, "openid", BAD_OPENID)?;
    let remark = request["remark"].as_str().ok_or(ask::BAD_FORMAT)?;
    let account = world.account_mut(&call.appid);
    let phone = account.phone_mut(openid).filter(|phone| phone.is_following()).ok_or(BAD_OPENID)?;
    if remark.len() > REMARK {
        return Err(ApiError::new(40092, "invalid remark name"));
    }
    remark.clone_into(&mut phone.remark);
    Ok(Reply::ok())
}

/// `GET /cgi-bin/user/get`, getFans: followers in the order they came, after `next_openid`.
fn list(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = world.account(&call.appid);
    let after = match call.query("next_openid") {
        "" => 0,
        openid => account.phone(openid).map(|phone| phone.last_place).ok_or(BAD_OPENID)?,
    };
    let limit = match inner.faults.get().short_list {
        0 => PAGE,
        // Places are counted, not followers: near enough for a list that is wrong on purpose.
        short => short.saturating_sub(usize::try_from(after).unwrap_or(usize::MAX)).min(PAGE),
    };
    let (total, page) = account.followers_after(after, limit);
    Ok(Reply::Json(page_of(json!({ "total": total }), page)))
}

/// `POST /cgi-bin/changeopenid`: the openids here of another account's followers, for fifteen days after they were
/// moved. The old account is named by its appid; the document says original id, and both are taken.
fn change(_: &Inner, world: &mut World, call: &Call) -> Answered {
    const WRONG: ApiError = ApiError::new(63178, "appid wrong");
    let request: Value = call.json()?;
    let from = ask::text(&request, "from_appid", WRONG)?;
    let openids = ask::texts(&request, "openid_list", BAD_SIZE)?;
    if openids.is_empty() || openids.len() > BATCH {
        return Err(BAD_SIZE);
    }
    let old = world.apps.values().find(|account| account.app.appid == from || account.app.original_id == from);
    let old = old.map(|account| account.app.appid.clone()).ok_or(WRONG)?;
    let migrated = world.account(&call.appid).families.users.migrations.get(&old);
    if migrated.is_none_or(|at| call.now - at >= MIGRATION) {
        return Err(WRONG);
    }
    let each = |openid: &&str| match moved(world, &old, &call.appid, openid, call.now) {
        Some(new) => json!({ "ori_openid": openid, "new_openid": new, "err_msg": "ok" }),
        None => json!({ "ori_openid": openid, "err_msg": "ori_openid error" }),
    };
    let list: Vec<_> = openids.iter().map(each).collect();
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "ok", "result_list": list })))
}

/// The openid here of someone who follows the old account; they follow this one from now on.
fn moved(world: &mut World, old: &str, new: &str, openid: &str, now: i64) -> Option<String> {
    let key = (old.to_owned(), openid.to_owned());
    if let Some(known) = world.account(new).families.users.moved.get(&key) {
        return Some(known.clone());
    }
    let nickname = world.account(old).phone(openid).filter(|phone| phone.is_following())?.nickname.clone();
    let made = world.add_phone(new, None, Some(nickname));
    let account = world.account_mut(new);
    account.follow(&made, now, None);
    account.families.users.moved.insert(key, made.clone());
    world.tell_phone(new, &made);
    Some(made)
}
