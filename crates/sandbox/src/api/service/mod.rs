//! Customer service: its accounts, the sessions they hold with users, and what was said in them.

mod accounts;
mod desk;
mod lines;
mod records;
mod sessions;

use std::collections::BTreeMap;

use serde_json::Value;

use super::ask::text;
use super::{Answered, ApiError, Call, Endpoint, Reply, Verb, read, write};

pub(crate) use desk::{Deed, act};
pub(crate) use sessions::{hear, transfer};

use accounts::Agent;
use records::Records;
use sessions::{Session, Waiting};

/// Calls a day of those that the limits page does not name.
const DAILY: u32 = 100_000;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    read("/cgi-bin/customservice/getkflist", DAILY, accounts::list),
    read("/customservice/getkflist", DAILY, accounts::list),
    read("/cgi-bin/customservice/getonlinekflist", DAILY, accounts::online),
    read("/customservice/getonlinekflist", DAILY, accounts::online),
    write("/customservice/kfaccount/add", DAILY, accounts::add),
    write("/customservice/kfaccount/update", DAILY, accounts::update),
    write("/customservice/kfaccount/inviteworker", DAILY, accounts::invite),
    write("/customservice/kfaccount/uploadheadimg", DAILY, accounts::upload_picture),
    Endpoint { verb: Verb::Any, ..write("/customservice/kfaccount/del", DAILY, accounts::delete) },
    write("/customservice/kfsession/create", DAILY, sessions::create),
    write("/customservice/kfsession/close", DAILY, sessions::close),
    read("/customservice/kfsession/getsession", DAILY, sessions::of_user),
    read("/customservice/kfsession/getsessionlist", DAILY, sessions::of_agent),
    read("/customservice/kfsession/getwaitcase", DAILY, sessions::waiting),
    write("/customservice/msgrecord/getmsglist", DAILY, records::list),
    write("/customservice/msgrecord/getrecord", DAILY, records::pages),
];

const UNKNOWN: ApiError = ApiError::new(65401, "invalid custom service account");
const NOT_BOUND: ApiError = ApiError::new(65402, "the custom service account need to bind a wechat user");

/// What the account keeps of it.
#[derive(Default)]
pub(crate) struct State {
    /// In the order they were added.
    agents: Vec<Agent>,
    last_agent: u32,
    /// By openid: a user has one agent at most.
    sessions: BTreeMap<String, Session>,
    /// In the order they came.
    waiting: Vec<Waiting>,
    records: Records,
}

impl State {
    /// Whether there is such a customer-service account.
    pub(crate) fn has_agent(&self, kf_account: &str) -> bool {
        self.agent(kf_account).is_ok()
    }

    /// Who serves this user.
    pub(crate) fn agent_of(&self, openid: &str) -> Option<&str> {
        self.sessions.get(openid).map(|session| session.kf_account.as_str())
    }

    /// Writes down what the account said to a user who is served.
    pub(crate) fn spoke(&mut self, openid: &str, kf_account: Option<&str>, words: &str, now: i64) {
        let Some(session) = self.sessions.get(openid) else { return };
        let worker = kf_account.unwrap_or(&session.kf_account).to_owned();
        self.records.put(records::SPOKE, openid, &worker, words, now);
    }

    fn agent(&self, kf_account: &str) -> Result<&Agent, ApiError> {
        self.agents.iter().find(|agent| agent.account == kf_account).ok_or(UNKNOWN)
    }

    fn agent_mut(&mut self, kf_account: &str) -> Result<&mut Agent, ApiError> {
        self.agents.iter_mut().find(|agent| agent.account == kf_account).ok_or(UNKNOWN)
    }

    /// An account that a person stands behind.
    fn bound(&self, kf_account: &str) -> Result<&Agent, ApiError> {
        let agent = self.agent(kf_account)?;
        if agent.worker().is_some() { Ok(agent) } else { Err(NOT_BOUND) }
    }

    fn cases(&self, kf_account: &str) -> usize {
        self.sessions.values().filter(|session| session.kf_account == kf_account).count()
    }
}

/// The field `kf_account` of a body.
fn named(request: &Value) -> Result<&str, ApiError> {
    text(request, "kf_account", UNKNOWN)
}

fn done() -> Answered {
    Ok(Reply::ok())
}

/// The body as an object.
fn body(call: &Call) -> Result<Value, ApiError> {
    super::shelf::object(call)
}
