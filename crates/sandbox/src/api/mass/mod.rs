//! Messages to all or many.

mod audience;
mod content;
mod job;
mod manage;
mod originals;

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::ask::{BAD_FORMAT, INVALID, number_or, text_or_empty, texts};
use super::users::BAD_OPENID;
use super::{Answered, ApiError, Call, Endpoint, Reply, write};
use crate::AccountKind;
use crate::chat::{ChatItem, Side};
use crate::overview::Letter;
use crate::world::{Inner, World};

use audience::{Quotas, Target};
use content::Message;
use job::{Job, Status};

/// Calls a minute of one sending path.
const A_MINUTE: u32 = 60;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint { a_minute: A_MINUTE, ..write("/cgi-bin/message/mass/sendall", 100, send_all) },
    Endpoint { a_minute: A_MINUTE, ..write("/cgi-bin/message/mass/send", 100, send) },
    write("/cgi-bin/message/mass/preview", 100, preview),
    write("/cgi-bin/message/mass/delete", 10, manage::delete),
    write("/cgi-bin/message/mass/get", 10_000, manage::status),
    write("/cgi-bin/message/mass/speed/get", 10_000, manage::speed),
    write("/cgi-bin/message/mass/speed/set", 10_000, manage::set_speed),
];

/// Bytes of a `clientmsgid`: the platform names 64, but refuses one of 34; and seconds for which it is remembered.
const CLIENT_ID: usize = 32;
const REMEMBERED: i64 = 24 * 3600;
/// Seconds that must lie between two repetitions of a `clientmsgid`.
const PATIENCE: i64 = 60;
/// Openids of `mass/send`.
const OPENIDS: std::ops::RangeInclusive<usize> = 2..=10_000;
/// Jobs that are remembered; the oldest go first.
const JOBS: usize = 10_000;

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    /// By msg_id.
    jobs: BTreeMap<i64, Job>,
    last_job: i64,
    by_client: HashMap<String, Sent>,
    quotas: Quotas,
    /// 0 to 4, the fastest first.
    speed: usize,
    /// Titles of other accounts' original articles, and whether one may reprint them.
    originals: HashMap<String, bool>,
}

/// A `clientmsgid` that was accepted.
struct Sent {
    msg_id: i64,
    /// Unix seconds.
    at: i64,
    repeated_at: Option<i64>,
}

impl State {
    /// What was sent: msg_id, msg_data_id (0 unless articles), Unix seconds, titles of the articles.
    pub(crate) fn sent(&self) -> Vec<(i64, i64, i64, Vec<String>)> {
        let done = self.jobs.iter().filter(|(_, job)| job.status == Status::Sent);
        done.map(|(id, job)| (*id, job.msg_data_id, job.at, job.message.titles())).collect()
    }

    /// An article that was sent, by its msg_data_id and its place from 0, and whether it was deleted since.
    pub(crate) fn article(&self, msg_data_id: i64, place: usize) -> Option<(&Value, bool)> {
        let sent = |job: &&Job| matches!(job.status, Status::Sent | Status::Deleted);
        let job = self.jobs.values().filter(sent).find(|job| job.msg_data_id == msg_data_id)?;
        let is_deleted = job.status == Status::Deleted || job.message.articles.get(place)?.url.is_empty();
        Some((job.message.values.get(place)?, is_deleted))
    }

    fn number(&mut self) -> i64 {
        self.last_job += 1;
        // In the platform's range; ids of other accounts lie between.
        3_147_480_000 + self.last_job * 7
    }
}

/// `POST /cgi-bin/message/mass/sendall`, sendAll: to all, or to those with a tag.
fn send_all(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    const BAD_TAG: ApiError = ApiError::new(40152, "invalid group id");
    let request = super::shelf::object(call)?;
    if let Some(answer) = repeated(world, call, &request)? {
        return Ok(answer);
    }
    let filter = &request["filter"];
    if !filter.is_object() {
        return Err(if filter.is_null() { INVALID } else { BAD_FORMAT });
    }
    let to_all = match &filter["is_to_all"] {
        Value::Null => false,
        Value::Bool(to_all) => *to_all,
        _ => return Err(BAD_FORMAT),
    };
    let target = if to_all {
        Target::All
    } else {
        // `group_id` is what tags were called before.
        let tag = number_or(filter, "tag_id", number_or(filter, "group_id", -1)?)?;
        if !world.account(&call.appid).has_tag(tag) {
            return Err(BAD_TAG);
        }
        Target::List(world.account(&call.appid).tag_members(tag))
    };
    submit(inner, world, call, &request, target)
}

/// `POST /cgi-bin/message/mass/send`, massSend: to these openids; service accounts only.
fn send(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    const TOO_FEW: ApiError = ApiError::new(40130, "invalid openid list size, at least two openid");
    if world.account(&call.appid).app.kind != AccountKind::Service {
        return Err(ApiError::new(48001, "api unauthorized"));
    }
    let request = super::shelf::object(call)?;
    if let Some(answer) = repeated(world, call, &request)? {
        return Ok(answer);
    }
    let openids = texts(&request, "touser", TOO_FEW)?;
    if !OPENIDS.contains(&openids.len()) {
        return Err(if openids.len() < 2 { TOO_FEW } else { ApiError::new(40032, "invalid openid list size") });
    }
    let account = world.account(&call.appid);
    if openids.iter().any(|openid| account.phone(openid).is_none()) {
        return Err(BAD_OPENID);
    }
    let mut seen = std::collections::HashSet::new();
    let openids = openids.into_iter().filter(|openid| seen.insert(*openid)).map(str::to_owned).collect();
    submit(inner, world, call, &request, Target::List(openids))
}

/// Refuses a `clientmsgid` that was accepted within a day, with the msg_id of then.
fn repeated(world: &mut World, call: &Call, request: &Value) -> Result<Option<Reply>, ApiError> {
    let id = text_or_empty(request, "clientmsgid")?;
    if id.len() > CLIENT_ID {
        return Err(ApiError::new(45067, "clientmsgid size out of limit"));
    }
    let now = call.now;
    let by_client = &mut world.account_mut(&call.appid).families.mass.by_client;
    by_client.retain(|_, sent| now - sent.at < REMEMBERED);
    let Some(sent) = by_client.get_mut(id) else { return Ok(None) };
    if sent.repeated_at.replace(now).is_some_and(|before| now - before < PATIENCE) {
        return Err(ApiError::new(45066, "same clientmsgid retry too fast"));
    }
    Ok(Some(Reply::Json(json!({ "errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": sent.msg_id }))))
}

/// Takes a job on: it is done when the clock has come to its end.
fn submit(inner: &Inner, world: &mut World, call: &Call, request: &Value, target: Target) -> Answered {
    let message = Message::read(inner, world, call, request)?;
    let reprints = match number_or(request, "send_ignore_reprint", 0)? {
        0 => false,
        1 => true,
        _ => return Err(INVALID),
    };
    let account = world.account_mut(&call.appid);
    let audience = audience::take(account, target, call.now)?;
    if let Some(draft) = &message.draft {
        super::draft::take(account, draft);
    }
    let is_news = !message.articles.is_empty();
    // The number that comments know it by, too.
    let msg_data_id = if is_news { account.families.comments.next_msg_data_id() } else { 0 };
    let mass = &mut account.families.mass;
    let msg_id = mass.number();
    let client_id = text_or_empty(request, "clientmsgid")?;
    if !client_id.is_empty() {
        mass.by_client.insert(client_id.to_owned(), Sent { msg_id, at: call.now, repeated_at: None });
    }
    let now_ms = inner.clock.now_ms();
    let due = now_ms + job::takes_ms(mass.speed, audience.wanted);
    let letter = account.families.outbox.put(Letter {
        way: "mass",
        kind: message.kind,
        to: &format!("{} of {}", audience.left(), audience.wanted),
        summary: &message.summary(),
        at: now_ms,
        state: "sending",
        msg_id: Some(msg_id),
    });
    let job = Job { msg_data_id, at: call.now, message, audience, reprints, letter, status: Status::Sending };
    let mass = &mut account.families.mass;
    mass.jobs.insert(msg_id, job);
    if mass.jobs.len() > JOBS {
        mass.jobs.pop_first();
    }
    let appid = call.appid.clone();
    inner.later.at(due, move |inner| job::finish(inner, &appid, msg_id));
    let mut answer = json!({ "errcode": 0, "errmsg": "send job submission success", "msg_id": msg_id });
    if is_news {
        answer["msg_data_id"] = json!(msg_data_id);
    }
    Ok(Reply::Json(answer))
}

/// `POST /cgi-bin/message/mass/preview`, preview: to one, at once. `towxname`, here the nickname, comes first.
fn preview(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = super::shelf::object(call)?;
    let account = world.account(&call.appid);
    let openid = match (text_or_empty(&request, "towxname")?, text_or_empty(&request, "touser")?) {
        ("", openid) => account.phone(openid).map(|phone| phone.openid.clone()).ok_or(BAD_OPENID)?,
        (name, _) => {
            let named = account.known_phones().find(|phone| phone.nickname == name || phone.openid == name);
            named.map(|phone| phone.openid.clone()).ok_or(ApiError::new(40132, "invalid username"))?
        }
    };
    let message = Message::read(inner, world, call, &request)?;
    if !world.account(&call.appid).is_following(&openid) {
        return Err(ApiError::new(43004, "require subscribe"));
    }
    let at = inner.clock.now_ms();
    let families = &mut world.account_mut(&call.appid).families;
    let msg_id = families.mass.number();
    families.outbox.put(Letter {
        way: "preview",
        kind: message.kind,
        to: &openid,
        summary: &message.summary(),
        at,
        state: "delivered",
        msg_id: Some(msg_id),
    });
    show(world, &call.appid, &openid, &message, at);
    Ok(Reply::Json(json!({ "errcode": 0, "errmsg": "preview success", "msg_id": msg_id })))
}

/// Puts a message into one chat.
fn show(world: &mut World, appid: &str, openid: &str, message: &Message, at: i64) {
    for item in message.items() {
        let (appid, openid) = (appid.to_owned(), openid.to_owned());
        world.say(ChatItem { appid, openid, at, side: Side::Account, ..item });
    }
}
