//! Customer-service accounts and the people behind them.

use serde_json::{Value, json};

use super::{NOT_BOUND, UNKNOWN, body, done, named};
use crate::api::ask::{text, text_or_empty};
use crate::api::{Answered, ApiError, Call, Reply};
use crate::media::{StoredMedia, sniff};
use crate::push;
use crate::world::{Inner, World};
use crate::xml;

/// Accounts that there may be.
const ACCOUNTS: usize = 100;
/// Letters before the `@`, and after it.
const PREFIX: usize = 10;
const SUFFIX: usize = 30;
/// Characters of a nickname.
const NICKNAME: usize = 16;
/// Accounts, of whatever Official Account, that one person may stand behind.
const BOUND: usize = 5;
/// Seconds that an invitation can be accepted.
const INVITATION: i64 = 24 * 3600;
/// Bytes of a picture.
const PICTURE: usize = 5 * 1024 * 1024;

const BAD_WORKER: ApiError = ApiError::new(65409, "wechat account invalid");
const BAD_NICKNAME: ApiError = ApiError::new(65403, "illegal nickname");
const BAD_ACCOUNT: ApiError = ApiError::new(65404, "illegal custom service account");

/// One customer-service account.
pub(super) struct Agent {
    /// `prefix@id of the Official Account`.
    pub(super) account: String,
    pub(super) nickname: String,
    id: u32,
    picture: Option<String>,
    who: Who,
    /// How many users it takes on its own, while it is online.
    pub(super) online: Option<u32>,
}

/// Who answers for an account.
enum Who {
    Nobody,
    Invited { wx: String, until: i64, declined: bool },
    Bound { wx: String },
}

impl Agent {
    /// The WeChat id of the person behind it.
    pub(super) fn worker(&self) -> Option<&str> {
        match &self.who {
            Who::Bound { wx } => Some(wx),
            _ => None,
        }
    }

    fn invited(&self, now: i64) -> Option<&str> {
        match &self.who {
            Who::Invited { wx, until, declined: false } if now < *until => Some(wx),
            _ => None,
        }
    }

    /// Answers an invitation; whether there was one to answer.
    pub(super) fn answer(&mut self, accept: bool, now: i64) -> bool {
        match &mut self.who {
            Who::Invited { wx, until, declined } if now < *until && !*declined => {
                if accept {
                    self.who = Who::Bound { wx: std::mem::take(wx) };
                } else {
                    *declined = true;
                }
                true
            }
            _ => false,
        }
    }

    fn card(&self, inner: &Inner, now: i64) -> Value {
        let mut card = json!({
            "kf_account": self.account,
            "kf_nick": self.nickname,
            "kf_id": self.id.to_string(),
            "kf_headimgurl": self.picture.as_deref().map_or_else(String::new, |id| inner.media_url(id)),
        });
        match &self.who {
            Who::Nobody => {}
            Who::Bound { wx } => card["kf_wx"] = json!(wx),
            Who::Invited { wx, until, declined } => {
                let status = match (*declined, now < *until) {
                    (true, _) => "rejected",
                    (false, true) => "waiting",
                    (false, false) => "expired",
                };
                card["invite_wx"] = json!(wx);
                card["invite_expire_time"] = json!(until);
                card["invite_status"] = json!(status);
            }
        }
        card
    }
}

/// `GET /cgi-bin/customservice/getkflist`, getkflist.
pub(super) fn list(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let agents = &world.account(&call.appid).families.service.agents;
    let cards: Vec<_> = agents.iter().map(|agent| agent.card(inner, call.now)).collect();
    Ok(Reply::Json(json!({ "kf_list": cards })))
}

/// `GET /cgi-bin/customservice/getonlinekflist`, getonlinekflist: those who are online, on the web.
pub(super) fn online(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let service = &world.account(&call.appid).families.service;
    let online = service.agents.iter().filter_map(|agent| {
        agent.online?;
        Some(json!({
            "kf_account": agent.account, "status": 1, "kf_id": agent.id.to_string(),
            "accepted_case": service.cases(&agent.account),
        }))
    });
    Ok(Reply::Json(json!({ "kf_online_list": online.collect::<Vec<_>>() })))
}

/// `POST /customservice/kfaccount/add`, addkfaccount.
pub(super) fn add(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = body(call)?;
    let account = text(&request, "kf_account", BAD_ACCOUNT)?;
    let nickname = nickname(&request)?;
    if !is_account(account) {
        return Err(BAD_ACCOUNT);
    }
    let service = &mut world.account_mut(&call.appid).families.service;
    if service.has_agent(account) {
        return Err(ApiError::new(65406, "custom service account existed"));
    }
    if service.agents.len() >= ACCOUNTS {
        return Err(ApiError::new(65405, "custom service account number reach limit"));
    }
    service.last_agent += 1;
    service.agents.push(Agent {
        account: account.to_owned(),
        nickname: nickname.to_owned(),
        id: 1000 + service.last_agent,
        picture: None,
        who: Who::Nobody,
        online: None,
    });
    done()
}

fn nickname(request: &Value) -> Result<&str, ApiError> {
    let nickname = text(request, "nickname", BAD_NICKNAME)?;
    if nickname.chars().count() > NICKNAME { Err(BAD_NICKNAME) } else { Ok(nickname) }
}

fn is_account(account: &str) -> bool {
    let word = |text: &str, most: usize, more: &[u8]| {
        (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b))
    };
    account.split_once('@').is_some_and(|(prefix, id)| word(prefix, PREFIX, b"_") && word(id, SUFFIX, b"_-"))
}

/// `POST /customservice/kfaccount/update`, updatekfaccount.
pub(super) fn update(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = body(call)?;
    let agent = world.account_mut(&call.appid).families.service.agent_mut(named(&request)?)?;
    nickname(&request)?.clone_into(&mut agent.nickname);
    done()
}

/// `POST /customservice/kfaccount/inviteworker`, invitekfworker: a person is asked to stand behind an account.
pub(super) fn invite(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = body(call)?;
    let account = named(&request)?.to_owned();
    let wx = text(&request, "invite_wx", BAD_WORKER)?;
    let behind = world.apps.values().flat_map(|app| &app.families.service.agents);
    let behind = behind.filter(|agent| agent.worker() == Some(wx)).count();
    let service = &mut world.account_mut(&call.appid).families.service;
    let agent = service.agent(&account)?;
    if agent.worker().is_some() {
        return Err(ApiError::new(65412, "the custom service account have been bound by a wechat user"));
    }
    if agent.invited(call.now).is_some() {
        return Err(ApiError::new(65411, "a effective invitation to bind the custom service account exists"));
    }
    if wx.len() > 20 || !wx.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(BAD_WORKER);
    }
    if service.agents.iter().any(|agent| agent.worker() == Some(wx)) {
        return Err(ApiError::new(65407, "the wechat user have been one of your workers"));
    }
    if service.agents.iter().any(|agent| agent.invited(call.now) == Some(wx)) {
        return Err(ApiError::new(65408, "you have already invited the wechat user"));
    }
    if behind >= BOUND {
        return Err(ApiError::new(65410, "too many custom service accounts bound by the worker"));
    }
    let who = Who::Invited { wx: wx.to_owned(), until: call.now + INVITATION, declined: false };
    service.agent_mut(&account)?.who = who;
    done()
}

/// `POST /customservice/kfaccount/uploadheadimg?kf_account=`, uploadkfheadimg: a JPEG up to 5 MiB.
pub(super) fn upload_picture(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = call.query("kf_account");
    world.account(&call.appid).families.service.agent(account)?;
    let part = call.part("media").ok_or(ApiError::new(41005, "media data missing"))?;
    if part.bytes.is_empty() {
        return Err(ApiError::new(44001, "empty media data"));
    }
    if part.bytes.len() > PICTURE {
        return Err(ApiError::new(40009, "invalid image size"));
    }
    let Some(("image", "image/jpeg")) = sniff(&part.bytes) else {
        return Err(ApiError::new(40005, "invalid file type"));
    };
    let media_id = world.chance.media_id();
    let picture = StoredMedia {
        kind: "image",
        content_type: "image/jpeg",
        bytes: part.bytes.clone(),
        created_at: call.now,
        appid: Some(call.appid.clone()),
    };
    world.media.put(media_id.clone(), picture);
    world.account_mut(&call.appid).families.service.agent_mut(account)?.picture = Some(media_id);
    done()
}

/// `POST /customservice/kfaccount/del`, delkfaccount; once it was a GET with the account in the query. Its sessions end.
pub(super) fn delete(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = if call.body.is_empty() { Value::Null } else { body(call)? };
    let account = match text_or_empty(&request, "kf_account")? {
        "" => call.query("kf_account").to_owned(),
        account => account.to_owned(),
    };
    let service = &mut world.account_mut(&call.appid).families.service;
    let place = service.agents.iter().position(|agent| agent.account == account).ok_or(UNKNOWN)?;
    service.agents.remove(place);
    let served = service.sessions.extract_if(.., |_, session| session.kf_account == account);
    for (openid, _) in served {
        let fields = vec![xml::text("KfAccount", account.clone())];
        push::announce_soon(inner, &call.appid, &openid, "kf_close_session", fields);
    }
    done()
}

/// Sets how many users an account takes on its own, or that it is offline.
pub(super) fn attend(agent: &mut Agent, online: Option<u32>) -> Result<(), ApiError> {
    if agent.worker().is_none() {
        return Err(NOT_BOUND);
    }
    agent.online = online;
    Ok(())
}
