//! Who serves whom, and who waits to be served.

use serde_json::{Value, json};

use super::records::{BEGUN, ENDED, HANDED_OVER, HEARD, TAKEN, WAITS};
use super::{State, UNKNOWN, body, done, named};
use crate::Label;
use crate::api::ask::text;
use crate::api::users::BAD_OPENID;
use crate::api::{Answered, ApiError, Call, Reply};
use crate::push;
use crate::world::{Account, Inner, World};
use crate::xml;

/// Seconds after which messages of a session that nobody closed go to the callback again.
const FORWARDING: i64 = 30 * 60;
/// Users that `getwaitcase` names.
const SHOWN: usize = 100;

/// A user with an agent.
pub(super) struct Session {
    pub(super) kf_account: String,
    /// Unix seconds.
    pub(super) since: i64,
}

/// A user without one.
pub(super) struct Waiting {
    pub(super) openid: String,
    /// Unix seconds of the last message.
    pub(super) latest: i64,
    /// The agent that was asked for.
    pub(super) wanted: Option<String>,
}

impl State {
    /// Opens a session and tells of it.
    pub(super) fn open(&mut self, inner: &Inner, appid: &str, openid: &str, kf_account: &str) {
        let now = inner.clock.now();
        let waited = self.waiting.iter().position(|case| case.openid == openid);
        let opercode = match waited {
            Some(place) => {
                self.waiting.remove(place);
                TAKEN
            }
            None => BEGUN,
        };
        self.sessions.insert(openid.to_owned(), Session { kf_account: kf_account.to_owned(), since: now });
        self.records.put(opercode, openid, kf_account, "", now);
        let fields = vec![xml::text("KfAccount", kf_account)];
        push::announce_soon(inner, appid, openid, "kf_create_session", fields);
    }

    /// Ends a session and tells of it; whether there was one with this agent.
    pub(super) fn end(&mut self, inner: &Inner, appid: &str, openid: &str, kf_account: &str) -> Result<(), ApiError> {
        match self.sessions.get(openid) {
            None => return Err(ApiError::new(65413, "no such session")),
            Some(session) if session.kf_account != kf_account => return Err(SERVED),
            Some(_) => self.sessions.remove(openid),
        };
        self.records.put(ENDED, openid, kf_account, "", inner.clock.now());
        let fields = vec![xml::text("KfAccount", kf_account)];
        push::announce_soon(inner, appid, openid, "kf_close_session", fields);
        Ok(())
    }

    /// Gives a session to another agent.
    pub(super) fn hand_over(
        &mut self,
        inner: &Inner,
        appid: &str,
        openid: &str,
        (from, to): (&str, &str),
    ) -> Result<(), ApiError> {
        self.attending(to)?;
        let session = self.sessions.get_mut(openid).ok_or(ApiError::new(65413, "no such session"))?;
        if session.kf_account != from {
            return Err(SERVED);
        }
        to.clone_into(&mut session.kf_account);
        self.records.put(HANDED_OVER, openid, to, "", inner.clock.now());
        let fields = vec![xml::text("FromKfAccount", from), xml::text("ToKfAccount", to)];
        push::announce_soon(inner, appid, openid, "kf_switch_session", fields);
        Ok(())
    }

    /// Puts a user who is not served at the end of those who wait, or serves at once when someone is free.
    pub(super) fn queue(&mut self, inner: &Inner, appid: &str, openid: &str, wanted: Option<&str>) {
        if self.sessions.contains_key(openid) || self.waits(openid) {
            return;
        }
        let now = inner.clock.now();
        if let Some(free) = self.free(wanted) {
            return self.open(inner, appid, openid, &free);
        }
        let wanted = wanted.map(str::to_owned);
        self.records.put(WAITS, openid, wanted.as_deref().unwrap_or_default(), "", now);
        self.waiting.push(Waiting { openid: openid.to_owned(), latest: now, wanted });
    }

    pub(super) fn waits(&self, openid: &str) -> bool {
        self.waiting.iter().any(|case| case.openid == openid)
    }

    /// Serves those who wait, in their order, while someone is free.
    pub(super) fn serve_waiting(&mut self, inner: &Inner, appid: &str) {
        let mut place = 0;
        while let Some(case) = self.waiting.get(place) {
            match self.free(case.wanted.as_deref()) {
                Some(free) => {
                    let openid = case.openid.clone();
                    self.open(inner, appid, &openid, &free);
                }
                None => place += 1,
            }
        }
    }

    /// Who is online and takes another user on its own: the one asked for, or the one with the fewest.
    fn free(&self, wanted: Option<&str>) -> Option<String> {
        let able = self.agents.iter().filter(|agent| wanted.is_none_or(|wanted| agent.account == wanted));
        let able = able.filter_map(|agent| {
            let cases = self.cases(&agent.account);
            (cases < agent.online? as usize).then_some((cases, &agent.account))
        });
        able.min().map(|(_, account)| account.clone())
    }

    /// An agent who is there to serve.
    pub(super) fn attending(&self, kf_account: &str) -> Result<(), ApiError> {
        match self.bound(kf_account)?.online {
            Some(_) => Ok(()),
            None => Err(ApiError::new(65415, "the worker is not online")),
        }
    }
}

const SERVED: ApiError = ApiError::new(65414, "the client is being served by another worker");

/// Hears what a user says. True when it goes to an agent and not to the callback.
pub(crate) fn hear(account: &mut Account, openid: &str, label: &Label, now: i64) -> bool {
    let service = &mut account.families.service;
    if let Some(case) = service.waiting.iter_mut().find(|case| case.openid == openid) {
        case.latest = now;
    }
    let Some(session) = service.sessions.get(openid) else { return false };
    let forwarded = now - session.since < FORWARDING;
    if forwarded {
        let worker = session.kf_account.clone();
        service.records.put(HEARD, openid, &worker, &in_words(label), now);
    }
    forwarded
}

/// As records show it: a text as it is, anything else by its kind.
fn in_words(label: &Label) -> String {
    match (label.kind.as_str(), &label.text) {
        ("text", Some(words)) => words.clone(),
        (kind, _) => format!("[{kind}]"),
    }
}

/// The callback answered that a person takes over.
pub(crate) fn transfer(inner: &Inner, world: &mut World, appid: &str, openid: &str, wanted: Option<&str>) {
    world.account_mut(appid).families.service.queue(inner, appid, openid, wanted);
}

/// The agent and the follower that a request names.
fn both(world: &World, call: &Call, request: &Value) -> Result<(String, String), ApiError> {
    let account = world.account(&call.appid);
    let kf_account = named(request)?;
    account.families.service.bound(kf_account)?;
    let openid = text(request, "openid", BAD_OPENID)?;
    if account.phone(openid).is_none() {
        return Err(BAD_OPENID);
    }
    Ok((kf_account.to_owned(), openid.to_owned()))
}

/// `POST /customservice/kfsession/create`, createkfsession; once more for the same two is fine.
pub(super) fn create(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = body(call)?;
    let (kf_account, openid) = both(world, call, &request)?;
    let service = &mut world.account_mut(&call.appid).families.service;
    match service.agent_of(&openid) {
        Some(agent) if agent == kf_account => return done(),
        Some(_) => return Err(SERVED),
        None => service.attending(&kf_account)?,
    }
    service.open(inner, &call.appid, &openid, &kf_account);
    done()
}

/// `POST /customservice/kfsession/close`, closekfsession.
pub(super) fn close(inner: &Inner, world: &mut World, call: &Call) -> Answered {
    let request = body(call)?;
    let (kf_account, openid) = both(world, call, &request)?;
    let service = &mut world.account_mut(&call.appid).families.service;
    service.end(inner, &call.appid, &openid, &kf_account)?;
    service.serve_waiting(inner, &call.appid);
    done()
}

/// `GET /customservice/kfsession/getsession?openid=`, getkfsession: an empty account when nobody serves.
pub(super) fn of_user(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let account = world.account(&call.appid);
    let openid = call.query("openid");
    if account.phone(openid).is_none() {
        return Err(BAD_OPENID);
    }
    Ok(Reply::Json(match account.families.service.sessions.get(openid) {
        Some(session) => json!({ "createtime": session.since, "kf_account": session.kf_account }),
        None => json!({ "createtime": 0, "kf_account": "" }),
    }))
}

/// `GET /customservice/kfsession/getsessionlist?kf_account=`, getkfsessionlist.
pub(super) fn of_agent(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let service = &world.account(&call.appid).families.service;
    let kf_account = call.query("kf_account");
    if kf_account.is_empty() {
        return Err(UNKNOWN);
    }
    service.bound(kf_account)?;
    let mine = service.sessions.iter().filter(|(_, session)| session.kf_account == kf_account);
    let list: Vec<_> = mine.map(|(openid, session)| json!({ "createtime": session.since, "openid": openid })).collect();
    Ok(Reply::Json(json!({ "sessionlist": list })))
}

/// `GET /customservice/kfsession/getwaitcase`, getwaitcase: all are counted, the first hundred named.
pub(super) fn waiting(_: &Inner, world: &mut World, call: &Call) -> Answered {
    let waiting = &world.account(&call.appid).families.service.waiting;
    let list: Vec<_> =
        waiting.iter().take(SHOWN).map(|case| json!({ "latest_time": case.latest, "openid": case.openid })).collect();
    Ok(Reply::Json(json!({ "count": waiting.len(), "waitcaselist": list })))
}
